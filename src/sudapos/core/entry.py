"""Who needs a second factor, how long a signed-in person stays, and which PINs anybody would guess (R-19, R-21)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from .authority import Role

NEEDS_FACTOR = frozenset({Role.ADMIN, Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.OWNER})
"""A password alone does not let these in (domain R-19, PCI DSS 8.4)."""

PIN_ROLES = frozenset({Role.CASHIER, Role.CS})
"""All that a PIN can give: whoever holds any other role signs in with her password."""

PIN_DIGITS = 6
ONE_SHIFT = timedelta(hours=12)
AT_THE_TILL = timedelta(hours=4)


def needs_factor(roles: Collection[str]) -> bool:
    """Whether one of `roles` asks for more than a password."""
    return any(role in NEEDS_FACTOR for role in roles)


def may_use_pin(roles: Collection[str]) -> bool:
    """Whether a PIN at a bound till is enough for everything that these roles give."""
    return bool(roles) and all(role in PIN_ROLES for role in roles)


class Stay(NamedTuple):
    """How long a person may do nothing, and how long she may stay at all."""

    idle: timedelta
    whole: timedelta


def stay(roles: Collection[str], *, idle_minutes: int) -> Stay:
    """`idle_minutes` is for roles with a second factor; a cashier's queue may pause for longer."""
    idle = timedelta(minutes=idle_minutes)
    return Stay(idle if needs_factor(roles) else max(idle, AT_THE_TILL), ONE_SHIFT)


def over(limits: Stay, *, started: datetime, seen: datetime, at: datetime) -> str:
    """Why a stay is over at `at`: `age`, `idle`, or nothing while it goes on."""
    if at - started >= limits.whole:
        return "age"
    return "idle" if at - seen >= limits.idle else ""


def is_pin(text: str) -> bool:
    """Six digits, nothing else."""
    return len(text) == PIN_DIGITS and text.isascii() and text.isdigit()


def is_easy(pin: str) -> bool:
    """Whether strangers try this first: runs, one or two digits in turn, halves and doubles, and her own days."""
    if len(set(pin)) <= 2:
        return True
    steps = {(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({1}, {9}):
        return True
    half = len(pin) // 2
    if pin[:half] in (pin[half:], pin[half:][::-1]):
        return True
    return pin[0::2] == pin[1::2]

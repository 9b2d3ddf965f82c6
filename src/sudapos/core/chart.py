"""How the books look from outside: the merchant's account codes and names, and which side red letters stand on.

The journal keeps our own codes (domain §4.1); they are translated on the way out, so that a change of the chart
changes every page and file at once and no posted row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .journal import Posting
from .recipes import ACCOUNT_SETS, CR, DR, SMALL_ENTERPRISE
from .refusal import FieldError
from .rules import Rules

CODE_LENGTH = 15
"""Characters of a code that 用友 takes (domain §4.5)."""
NAME_LENGTH = 40
_CODE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})*")
_FIRST_LEVEL = 4
"""Digits of a first-level account in every scheme: 4-2-2, 4-3-3 …"""
KEYS: Mapping[str, str] = {code: key for key, (code, _) in SMALL_ENTERPRISE.codes.items()}
"""The code that the journal keeps → what the account is for."""
INTERNAL: Mapping[str, str] = {key: code for code, key in KEYS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Account key → (code, name) as the merchant has them; `style` is RED_CREDIT or DEBIT."""

    codes: Mapping[str, tuple[str, str]]
    style: str = "RED_CREDIT"

    def code(self, internal: str) -> str:
        """The merchant's code; one that nobody mapped stays as it is."""
        key = KEYS.get(internal)
        return self.codes[key][0] if key else internal

    def name(self, internal: str, own: str) -> str:
        """The merchant's name for it; `own` is what the row says."""
        key = KEYS.get(internal)
        return self.codes[key][1] if key else own

    def internal(self, code: str) -> str:
        """Our code for the merchant's; what is not in the chart stays as it is."""
        return next((INTERNAL[key] for key, (own, _) in self.codes.items() if own == code), code)

    def shown(self, line: Posting) -> Posting:
        """A line of the journal as the merchant's books have it."""
        side, amount = self.sided(line.side, line.amount)
        return Posting(
            side=side, account=self.code(line.account), name=self.name(line.account, line.name), amount=amount
        )

    def sided(self, side: str, amount: int) -> tuple[str, int]:
        """Red letters stay, or stand positive on the other side."""
        if amount >= 0 or self.style == "RED_CREDIT":
            return side, amount
        return (CR if side == DR else DR), -amount

    def is_leaf(self, code: str) -> bool:
        """Whether no other account stands below this one."""
        return not any(is_above(code, other) for other, _ in self.codes.values())


def standard(rules: Rules) -> Mapping[str, tuple[str, str]]:
    """The codes and names of the set that the rules name."""
    return ACCOUNT_SETS[rules.account_set].codes


def is_above(one: str, other: str) -> bool:
    """Whether `other` is an account below `one`: 1122 above 1122.01, and above 112201 in a scheme without dots."""
    upper, lower = one.split("."), other.split(".")
    last = len(upper) - 1
    if len(lower) < len(upper) or lower[:last] != upper[:last]:
        return False
    if lower[last] == upper[last]:
        return len(lower) > len(upper)
    return last == 0 and len(upper[0]) >= _FIRST_LEVEL and lower[0].startswith(upper[0])


def faults(codes: Mapping[str, tuple[str, str]]) -> Iterator[FieldError]:
    """What is wrong with a whole chart, by account key: codes are digits and dots, differ, and are all leaves."""
    seen: dict[str, str] = {}
    for key, (code, name) in codes.items():
        if not _CODE.fullmatch(code) or len(code) > CODE_LENGTH:
            yield FieldError((key, "code"), "not_a_code")
        elif code in seen:
            yield FieldError((key, "code"), "code_taken", seen[code])
        elif any(is_above(code, other) for other, _ in codes.values()):
            yield FieldError((key, "code"), "code_not_a_leaf")
        if not name.strip() or len(name) > NAME_LENGTH:
            yield FieldError((key, "name"), "bad_value")
        seen.setdefault(code, key)

"""What the contract must know of a channel beyond its name; each keeps its own in tests/channels/<name>/profile.py."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sudapos import channels
from sudapos.core import capability
from sudapos.core.outcome import Order

CONNECTED = [name for name in channels.REGISTRY if not capability.get(name).by_hand]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Where channels may differ. Pairs are (class of the outcome, its code); "*" stands for any code."""

    channel: str
    settles_at_once: bool
    """Whether the first answer is Settled; otherwise it is Accepted and a later question settles it."""
    broken: Mapping[str, str]
    """A change of the configuration with which the harmless signed call must fail."""
    closed: tuple[str, str] = ("Refused", "account_closed")
    """What is heard of a refund to a closed account: at once, or with `closed_later` by a later question."""
    closed_later: bool = False
    unreachable: Mapping[str, str] = field(default_factory=lambda: {"base_url": "http://127.0.0.1:1/x"})
    """A configuration with which nobody listens."""
    troubles: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    """Fault → (class, code, times paid), where a channel's wire makes it differ from the common table."""
    unasked: tuple[str, ...] = ("Absent",)
    """What a question for a number that was never sent may answer."""
    other_content: tuple[str, ...] = ("Refused",)
    """What the same number with another amount may answer; money never moves twice."""
    unknown_payment: Callable[[Order], Order] | None = None
    """The order, pointing at a payment that the channel has never seen; None: by out_trade_no alone."""
    statement_shows: Callable[[bytes, Order], bool] | None = None
    """Whether the day's file shows this refund; None where the channel gives no file."""
    notices: bool = True
    pause: float = 120
    """Seconds of sandbox time after which the same number may be sent again."""
    secrets: frozenset[str]
    """The fields of the configuration that nobody may see."""
    shown: tuple[str, ...]
    """Those by which people know the account."""
    askable: bool = True
    """Whether the channel can be asked what became of a refund; else it stays in doubt where the answer was lost."""
    numbered: bool = True
    """Whether the wire carries our number; else the channel's books know a refund by its payment only."""
    opening: Callable[[], Mapping[str, Any]] = dict
    """What else a connector is opened with."""
    speaks_http: bool = True
    signed_replies: bool = True
    """Whether replies carry a signature; where TLS alone protects them there is none to break."""
    voids: bool = False
    """Whether a whole payment can be undone by machine."""


def load(channel: str) -> Profile:
    profile: Profile = importlib.import_module(f"tests.channels.{channel}.profile").PROFILE
    assert profile.channel == channel
    return profile

"""What every channel must be able to do: four verbs, each returning one of seven outcomes.

A connector has no database, keeps no state between calls but its connections, and never raises for what the
channel says. `statement` is the exception to the rule of outcomes: it returns the file, or says why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from sudapos.core.outcome import Order, Outcome
from sudapos.core.refusal import FieldError, Invalid

from .signing import Secret

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement as the channel gave it: raw bytes, and a name that tells the format."""

    name: str
    content: bytes


class StatementMissing(Exception):
    """No file: `code` is no_trade (an empty day), not_ready (try later) or the channel's own word."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Another account for money that came back; number and holder never leave memory in the clear."""

    kind: str
    bank: str = ""
    number: Secret = Secret("")
    holder: Secret = Secret("")


class Reissuing(Protocol):
    """What a channel may do beside the four verbs, where its row in `capability` says `reissue`."""

    async def reissue(self, order: Order, to: Destination) -> Outcome:
        """Send a refund that bounced to another account, under its own number."""
        ...


class Channel(Protocol):
    """One account at one channel. Calls may run side by side."""

    async def refund(self, order: Order) -> Outcome:
        """Give `order.amount` fen back on a settled payment. Safe to repeat under the same number."""
        ...

    async def void(self, order: Order) -> Outcome:
        """Undo a whole payment before clearing; Refused("void_not_offered") where the channel has none."""
        ...

    async def ask(self, order: Order) -> Outcome:
        """What became of `order.number`? Absent if the channel never saw it."""
        ...

    async def statement(self, day: date) -> StatementFile:
        """The channel's file for one day. Raises StatementMissing."""
        ...

    async def check(self) -> str:
        """A harmless signed call; returns a sentence fragment, raises CheckFailed with the reason."""
        ...

    async def aclose(self) -> None: ...


class CheckFailed(Exception):
    """The harmless signed call did not work; the text says why."""


class NoticeRejected(Exception):
    """Not a genuine notice for this account; answered with an error, so that a genuine one follows.

    A channel that sends notices has a function `read_notice(config, headers, body, *, at) -> dict` beside its
    connector: it answers the plain content, which is only ever a reason to ask sooner.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a channel's configuration: forms, checks and docs are derived from it."""

    name: str
    zh: str
    en: str
    secret: bool = False
    required: bool = True
    default: str = ""


def read_config(fields: tuple[Field, ...], given: Mapping[str, str]) -> dict[str, str]:
    """Every field's text, defaults filled in. Raises Invalid naming each key that is missing or unknown."""
    known = {each.name for each in fields}
    faults = [FieldError((name,), "unknown_field") for name in given if name not in known]
    faults += [
        FieldError((each.name,), "missing")
        for each in fields
        if each.required and not str(given.get(each.name, "")).strip() and not each.default
    ]
    if faults:
        raise Invalid("account_config_invalid", errors=faults)
    return {each.name: str(given.get(each.name) or each.default).strip() for each in fields}


class Reading:
    """A configuration being read: each text is loaded under its name, and `done` names every one that did not load."""

    def __init__(self, fields: tuple[Field, ...], given: Mapping[str, str]) -> None:
        self.text = read_config(fields, given)
        self._faults: list[FieldError] = []

    def load(self, name: str, load: Callable[[str], Loaded]) -> Loaded:
        """What `load` makes of a key's text. A ValueError is kept for `done`, and the value is then of no use."""
        try:
            return load(self.text[name])
        except ValueError:
            self._faults.append(FieldError((name,), "unusable"))
            return None  # type: ignore[return-value]

    def done(self) -> None:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        if self._faults:
            raise Invalid("account_config_invalid", errors=self._faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What of a channel was checked against public material, and what a merchant must ask the acquirer first."""

    verified_zh: tuple[str, ...]
    verified_en: tuple[str, ...]
    to_ask_zh: tuple[str, ...] = ()
    to_ask_en: tuple[str, ...] = ()

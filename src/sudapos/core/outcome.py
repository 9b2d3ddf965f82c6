"""What a channel can tell us, and the order that we hand to it.

A connector returns one of seven outcomes and nothing else. It never raises for what a channel says, never
chooses a state and never writes a row: `lifecycle` decides what an outcome means for a leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

NOT_ENOUGH = "not_enough_balance"
"""The code of a Deferred when the merchant's own balance does not cover the refund (domain F03)."""

RETURNED = "returned_to_merchant"
"""The code of a Bounced whose money is back in the merchant's own bank account; the customer is still owed."""


class Route(StrEnum):
    """How money goes back."""

    VOID = "void"
    REFUND = "refund"
    TRANSFER = "transfer"
    CASH = "cash"
    EXCHANGE = "exchange"
    """Not at all: it pays for what the customer takes instead."""
    SET_OFF = "set_off"
    """Not at all: it came back, and is set off against what she owes for a wrong refund."""


class Verb(StrEnum):
    """What we say to a channel."""

    REFUND = "refund"
    VOID = "void"
    ASK = "ask"
    REISSUE = "reissue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One leg, ready to be spoken to its channel. Amounts in fen, times with offset."""

    number: str
    """The merchant refund number: idempotency key at the channel, never changed between attempts."""
    verb: Verb
    route: Route
    channel: str
    account: str
    amount: int
    paid_amount: int
    """What the original payment amounted to in all (WeChat's amount.total)."""
    out_trade_no: str
    channel_ref: str
    """The channel's own number of the original payment (WeChat transaction_id, Alipay trade_no)."""
    paid_at: datetime
    reason: str
    first_sent_at: datetime | None = None
    """When the first byte of this number may have left; None before the first attempt."""
    channel_refund_ref: str = ""
    notify_url: str = ""
    attempt: int = 0
    """Which attempt of ours this is; it comes back with the answer and never reaches the channel."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Identifiers that only some channels need: reference_no, batch_no, trace_no, auth_code, card_masked, store, till."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The money is back. `amount` is what the payer gets in fen, None where the channel does not say."""

    channel_refund_ref: str = ""
    amount: int | None = None
    received_account: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The channel took the order and has not finished it: 受理 is not 成功."""

    channel_refund_ref: str = ""
    received_account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An explicit no: no money moved and none will under this number."""

    code: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """The channel paid and the money came back, or waits between accounts (WeChat ABNORMAL)."""

    code: str
    message: str = ""
    channel_refund_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The channel was asked and has never seen this number."""

    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Certainly not done, and may be sent again under the same number after `after` seconds."""

    code: str
    message: str = ""
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No answer, an answer we cannot trust, or a code that is not on the list."""

    code: str
    message: str = ""


Outcome = Settled | Accepted | Refused | Bounced | Absent | Deferred | Unknown

"""Red invoices 红字发票: what a refund of an invoiced sale asks for, and the two ways in which it is issued (R-16).

The buyer has not used or booked the blue one: the seller asks and issues. The buyer has: either side starts a
confirmation form, the other side confirms within 72 hours, else the form lapses. The money never waits for the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from . import money


class Invoice(StrEnum):
    """Where the red invoice of one refund is; the names are those of the tax rules."""

    NOT_INVOICED = "not_invoiced"
    BLUE_ISSUED = "blue_issued"
    RED_REQUESTED = "red_requested"
    WAITING_CONFIRM = "waiting_confirm"
    RED_ISSUED = "red_issued"
    LAPSED = "lapsed"
    NOT_NEEDED = "not_needed"
    """Given up with a reason: the refund was undone, or the blue one was voided on paper in its own month."""


class Step(StrEnum):
    """What may be done to a task."""

    REQUEST = "request"
    ASK_BUYER = "ask_buyer"
    ISSUE = "issue"
    LAPSE = "lapse"
    GIVE_UP = "give_up"


_S = Invoice
TABLE: dict[tuple[Invoice, Step], Invoice] = {
    (_S.BLUE_ISSUED, Step.REQUEST): _S.RED_REQUESTED,
    (_S.BLUE_ISSUED, Step.ASK_BUYER): _S.WAITING_CONFIRM,
    # the tax portal said that the buyer has used it after all
    (_S.RED_REQUESTED, Step.ASK_BUYER): _S.WAITING_CONFIRM,
    (_S.RED_REQUESTED, Step.ISSUE): _S.RED_ISSUED,
    (_S.WAITING_CONFIRM, Step.ISSUE): _S.RED_ISSUED,
    (_S.WAITING_CONFIRM, Step.LAPSE): _S.LAPSED,
    (_S.BLUE_ISSUED, Step.GIVE_UP): _S.NOT_NEEDED,
    (_S.RED_REQUESTED, Step.GIVE_UP): _S.NOT_NEEDED,
}
FINAL = frozenset({_S.NOT_INVOICED, _S.RED_ISSUED, _S.LAPSED, _S.NOT_NEEDED})
"""Nothing more happens to these; what lapsed is followed by a task of its own."""
OPEN = frozenset(_S) - FINAL
START_WITHIN = timedelta(hours=72)
"""How long finance may leave a task untouched before it shows in red; ours, the rules name none."""


class IllegalStep(Exception):
    """The table has no such step."""


def advance(state: Invoice, step: Step) -> Invoice:
    """The state after `step`. Raises IllegalStep."""
    try:
        return TABLE[state, step]
    except KeyError:
        raise IllegalStep(f"no step {step!s} from {state!s}") from None


def steps(state: Invoice) -> tuple[Step, ...]:
    """What a person may do now, in the order of the table; a form lapses by itself."""
    return tuple(step for (at, step) in TABLE if at is state and step is not Step.LAPSE)


def has_lapsed(due_at: datetime, at: datetime) -> bool:
    """A confirmation that comes with the last second still counts."""
    return at > due_at


REASON_CODES = ("SALES_RETURN", "ISSUE_ERROR", "SERVICE_SUSPENSION", "SALES_DISCOUNT")
"""销货退回, 开票有误, 服务中止, 销售折让: the codes of the tax channel."""


def reason_code(reason: str, *, goods_back: bool) -> str:
    """What a refund's reason is to the tax office; finance may say otherwise."""
    if reason in ("wrong_charge", "duplicate_charge"):
        return "ISSUE_ERROR"
    if reason == "not_delivered" and not goods_back:
        return "SERVICE_SUSPENSION"
    return "SALES_RETURN" if goods_back else "SALES_DISCOUNT"


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the red invoice in fen, tax inside `amount`; positive here, printed with a minus."""

    name: str
    vat_bp: int
    amount: int
    tax: int

    @property
    def net(self) -> int:
        return self.amount - self.tax


def by_rate(parts: Iterable[Part]) -> list[Part]:
    """The same amounts summed for each rate, the highest first."""
    sums: dict[int, tuple[int, int]] = {}
    for part in parts:
        amount, tax = sums.get(part.vat_bp, (0, 0))
        sums[part.vat_bp] = (amount + part.amount, tax + part.tax)
    return [Part("", vat_bp, *sums[vat_bp]) for vat_bp in sorted(sums, reverse=True)]


def standing(parts: Sequence[Part], amount: int, tax: int) -> list[Part]:
    """What is left to red when only `amount` of the refund stands, shared as the remainders of its lines are."""
    if sum(part.amount for part in parts) == amount or not parts:
        return list(parts)
    left = money.share(amount, [part.amount for part in parts])
    taxes = [part.tax for part in parts]
    inside = money.share(tax, taxes) if sum(taxes) else taxes
    return [
        Part(part.name, part.vat_bp, *each)
        for part, each in zip(parts, zip(left, inside, strict=True), strict=True)
    ]

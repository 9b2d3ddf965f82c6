"""定金抵作价款: a deposit counts towards the price of a sale, as an exchange of it for goods (民法典 Art. 587, decision 29).

Nothing leaves: the sale takes over the very payment that made the deposit, so what comes back of the goods later goes
back over it. A deposit above the price is given back instead, because it ends whole or not at all.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from sudapos.core.authority import Act
from sudapos.core.deposits import Ending
from sudapos.core.refusal import Conflict, Refusal

from . import deposits, endings, exchanges, staff, weighing
from .deposits import Deposit, GiveBack
from .drafts import PaymentDraft
from .endings import Wish
from .exchanges import Exchange, Given, Shown, Swap
from .staff import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What the deposit pays a part of; `payment` pays the rest, its amount is ours to say."""

    given: Given
    payment: PaymentDraft | None = None
    expected_difference: int | None = None
    store: str = ""
    till: str = ""

    def wish(self) -> Wish:
        told = weighing.digest(asdict(self.given))
        return Wish(ending=Ending.APPLIED, store=self.store, till=self.till, pays_for=told)


def preview(number: str, purchase: Purchase, *, operator: Operator, at: datetime) -> tuple[Deposit, Shown]:
    """What is left to pay; changes nothing. Raises as `count`."""
    row = deposits.get(number)
    endings.require(row, operator)
    endings.require_held(row)
    swap = _swap(row, purchase, operator, "")
    return row, _shown(row, swap, at)


def count(
    number: str, purchase: Purchase, *, key: str, operator: Operator, at: datetime
) -> tuple[GiveBack, Exchange, bool]:
    """End a deposit by a sale that it pays a part of; the ending, the exchange, and whether this key had done it before.

    The exchange is done, waits for an approval, or waits for the rest to be paid. Raises NotFound, Forbidden, Refusal
    deposit_above_price, Conflict deposit_ended or difference_changed, and whatever an exchange is refused for.
    """
    try:
        return _count(number, purchase, key=key, operator=operator, at=at)
    except Conflict:
        if not GiveBack.objects.filter(key=key).exists():
            raise
        return _count(number, purchase, key=key, operator=operator, at=at)  # it came in twice at once


def _count(
    number: str, purchase: Purchase, *, key: str, operator: Operator, at: datetime
) -> tuple[GiveBack, Exchange, bool]:
    row = deposits.get(number)
    endings.require(row, operator)
    staff.require(operator, Act.SELL)
    wish = purchase.wish()
    if (seen := endings.repeat_of(row, wish, key)) is not None:
        assert seen.refund is not None
        return seen, exchanges.get(seen.refund.exchange.exchange_no), True
    refused: Refusal
    with transaction.atomic():
        settled = endings.settled_of(row, wish, evidence=False, confirmed=False)
        endings.hold(row, settled)
        swap = _swap(row, purchase, operator, key)
        _shown(row, swap, at)
        try:
            made = exchanges.open(swap, at=at).exchange
            ended = endings.write(row, wish, settled, made.refund, key=key, operator=operator, at=at)
            return ended, made, False
        except Refusal as refusal:
            refused = refusal  # what was tried stays in the audit log
    raise refused


def _swap(row: Deposit, purchase: Purchase, operator: Operator, key: str) -> Swap:
    wish = purchase.wish()
    settled = endings.settled_of(row, wish, evidence=False, confirmed=False)
    return Swap(
        back=endings.request_of(row, wish, settled, operator, key),
        given=purchase.given,
        payment=purchase.payment,
        expected_difference=purchase.expected_difference,
    )


def _shown(row: Deposit, swap: Swap, at: datetime) -> Shown:
    shown = exchanges.preview(swap, at=at)
    if shown.difference < 0:
        raise Refusal("deposit_above_price", amount=row.amount, price=shown.price)
    return shown

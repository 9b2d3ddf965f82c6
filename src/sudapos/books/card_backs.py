"""Refunds to stored-value cards and points: settled in the commit that promises them, in the buckets that were paid from."""

from __future__ import annotations

from collections.abc import Iterable

from sudapos.core import tenders
from sudapos.core.lifecycle import Event
from sudapos.core.outcome import Route
from sudapos.core.tenders import Parts

from . import cards
from .cards import CardMove
from .changes import Changes
from .legs import Leg
from .points import PointsEarned
from .sales import Payment, Sale

BY = "system"


def hold(legs: Iterable[Leg], *, accounts: Iterable[int] = ()) -> None:
    """Lock the cards that these legs go back to and the `accounts` of their points: all that one commit moves, in one order.

    Two customers may be each other's mirror, and in two steps they would wait for each other. Two statements.
    """
    paid = [leg.payment_id for leg in _own(legs)]
    uses = CardMove.objects.filter(payment_id__in=paid, kind="use").values_list("card_id", flat=True)
    wanted = {*accounts, *(uses if paid else ())}
    if wanted:
        cards.locked(wanted)


def hold_of(sale_nos: Iterable[str]) -> None:
    """Lock sales, their payments and every card that a refund of them could move, for a commit that opens some in more than one go.

    Cards come after payments, as where a leg is given up.
    """
    sales = Sale.objects.select_for_update().filter(sale_no__in=set(sale_nos)).order_by("id")
    numbers = list(sales.values_list("id", flat=True))
    list(Payment.objects.select_for_update(no_key=True).filter(sale_id__in=numbers).order_by("id"))
    uses = CardMove.objects.filter(payment__sale_id__in=numbers, kind="use").values("card_id")
    earned = PointsEarned.objects.filter(sale_id__in=numbers).values("account_id")
    cards.locked(uses.union(earned).values_list("card_id", flat=True))


def _own(legs: Iterable[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.channel in tenders.OWN and leg.route == Route.REFUND]


def give_back(legs: Iterable[Leg], changes: Changes) -> list[Leg]:
    """Put these legs' money back on its held cards, and settle them; three statements, none where no card was used.

    The way back by our own books is `refund`, like a channel's: the same account that paid, no other (domain R-12).
    """
    own = _own(legs)
    if not own:
        return []
    # read while the cards are held: two parts of one payment that are approved at once see each other
    known = cards.of_payments(leg.payment_id for leg in own)
    moves = []
    for leg in own:
        before = known[leg.payment_id]
        move = _move(leg, before, changes)
        before.append(move)
        moves.append(move)
    CardMove.objects.bulk_create(moves)
    for leg in own:
        changes.move(leg, Event.SEND, by=BY)
        changes.move(leg, Event.SETTLE, by=BY)
        leg.sent, leg.first_sent_at, leg.last_sent_at = 1, changes.at, changes.at
        leg.paid_amount, leg.settled_at, leg.confirmed_by = leg.amount, changes.at, BY
    return own


def _move(leg: Leg, before: list[CardMove], changes: Changes) -> CardMove:
    use, *earlier = before
    used = Parts(-use.principal, -use.bonus)
    back = sum((move.parts for move in earlier), Parts())
    parts = tenders.give_back(leg.amount, used=used, back=back)
    goodwill = leg.refund.is_goodwill
    tax = tenders.tax_back(
        tax=use.tax,
        bonus=used.bonus,
        # goodwill gave no revenue back, so it counts for none of the tax
        before=sum(move.bonus for move in earlier if not _is_goodwill(move)),
        tax_before=sum(move.tax for move in earlier),
        now=parts.bonus,
    )
    return CardMove(
        card=use.card,
        kind="refund",
        principal=parts.principal,
        bonus=parts.bonus,
        tax=0 if goodwill else tax,
        payment=leg.payment,
        leg=leg,
        subject_no=leg.refund.refund_no,
        at=changes.at,
        by=leg.refund.operator.code,
    )


def _is_goodwill(move: CardMove) -> bool:
    return move.leg is not None and move.leg.refund.is_goodwill

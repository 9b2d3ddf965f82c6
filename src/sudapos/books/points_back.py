"""Points taken back with a refund: weighed, written down with it, moved when it is promised, put back when it is undone.

What stays taken of a refund follows its money: `settle` compares what should have moved with what did, so it may be called
whenever a refund changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import models
from django.db.models import Q, Sum

from sudapos.core import points
from sudapos.core.lifecycle import RefundState
from sudapos.core.points import Back, Earned
from sudapos.core.rules import Reason, Rules, Weight
from sudapos.core.sold import Sold, Worth

from . import audit, cards
from .cards import CardMove, StoredCard
from .changes import Changes
from .points import PointsEarned
from .refunds import Refund
from .sales import Sale

LIVE_STATES = (RefundState.AWAITING, RefundState.APPROVED)
KINDS = ("take_back", "put_back")


class PointsBack(models.Model):
    """What one refund takes back: `points` in all, `deducted` of them paid for with `fen` of it. Append-only by trigger."""

    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="points_back")
    account = models.ForeignKey(StoredCard, on_delete=models.PROTECT, related_name="+")
    points = models.BigIntegerField()
    deducted = models.BigIntegerField(default=0)
    fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__gt=0, deducted__gte=0, deducted__lte=models.F("points"), fen__gte=0),
                name="points_back_are_whole",
            )
        ]

    @property
    def from_account(self) -> int:
        return self.points - self.deducted


@dataclass(frozen=True, slots=True)
class Account:
    """What a sale earned as the next refund finds it, and where."""

    account_id: int
    masked: str
    earned: Earned


Accounts = dict[int, Account]
"""By the id of the sale."""


def of(sales: Iterable[Sale]) -> Accounts:
    """Three statements for any list, one where no sale earned points. Kindness gives no sale back, so it counts for nothing."""
    rows = PointsEarned.objects.filter(sale__in=list(sales)).select_related("account", "sale")
    found = {row.sale_id: row for row in rows}
    if not found:
        return {}
    live = Refund.objects.filter(sale_id__in=found, state__in=LIVE_STATES).exclude(reason="goodwill")
    gone: dict[int, int] = dict.fromkeys(found, 0)
    taken: dict[int, int] = dict.fromkeys(found, 0)
    paid_for, fen = dict(taken), dict(taken)
    for refund in live.select_related("points_back"):
        gone[refund.sale_id] += refund.total - refund.undone + refund.fee - refund.undone_fee
        back = getattr(refund, "points_back", None)
        if back is not None:
            stands, borne = (
                points.standing(each, total=refund.total, undone=refund.undone)
                for each in (back.points, back.from_account)
            )
            taken[refund.sale_id] += stands
            paid_for[refund.sale_id] += stands - borne
            fen[refund.sale_id] += points.still_kept(back.fen, fee=refund.fee, undone_fee=refund.undone_fee)
    held = cards.held(row.account_id for row in found.values())
    return {
        sale_id: Account(
            row.account_id,
            row.account.number_masked,
            Earned(
                earned=row.points,
                paid=row.sale.total,
                gone=gone[sale_id],
                taken=taken[sale_id],
                held=held[row.account_id].bonus,
                deducted=paid_for[sale_id],
                fen=fen[sale_id],
            ),
        )
        for sale_id, row in found.items()
    }


def weigh(
    account: Account | None, sold: Sold, worth: Worth, *, reason: str, rules: Rules
) -> tuple[Worth, Back]:
    """What a refund takes back, and what it is worth after that."""
    if account is None or reason == "goodwill":
        return worth, points.NOTHING
    return points.taken_back(
        account.earned, sold, worth, choice=rules.points_taken_back, per_yuan=rules.points_per_yuan
    )


def said(account: Account | None, back: Back) -> Iterator[Reason]:
    """What the preview says of it."""
    if account is None or not back.points:
        return
    told = {
        "points": back.points,
        "account": account.masked,
        "after": account.earned.held - back.from_account,
    }
    yield Reason(Weight.NOTE, "points_taken_back", told)
    if back.fen:
        yield Reason(Weight.NOTE, "points_deducted", {"points": back.deducted, "amount": back.fen})


def add(accounts: Accounts, sale: Sale, worth: Worth, back: Back, *, reason: str) -> None:
    """One more of the same list."""
    if reason != "goodwill" and (account := accounts.get(sale.pk)) is not None:
        after = account.earned.after(worth.total + worth.fee, back)
        accounts[sale.pk] = Account(account.account_id, account.masked, after)


def write(taken: Iterable[tuple[Refund, Account | None, Back]]) -> None:
    """Beside new refunds; one statement, none where nothing is taken back."""
    rows = [
        PointsBack(
            refund=refund,
            account_id=account.account_id,
            points=back.points,
            deducted=back.deducted,
            fen=back.fen,
        )
        for refund, account, back in taken
        if account is not None and back.points
    ]
    if rows:
        PointsBack.objects.bulk_create(rows)


def of_refunds(refund_ids: Iterable[int]) -> list[PointsBack]:
    """What these refunds take back; one statement."""
    rows = PointsBack.objects.filter(refund_id__in=list(refund_ids))
    return list(rows.select_related("refund__store", "account").order_by("account_id", "id"))


def settle(refund_ids: Iterable[int], changes: Changes) -> None:
    """Move what should have moved by now: taken when a refund is promised, put back as far as it was undone.

    A correction that asks the money back of the customer gives her the points again.
    """
    rows = of_refunds(refund_ids)
    if rows:
        cards.locked(row.account_id for row in rows)
        move(rows, changes)


def move(rows: Sequence[PointsBack], changes: Changes) -> None:
    """As `settle`, on accounts that are held; two statements, none where nothing is taken back."""
    if not rows:
        return
    moved = _moved(rows)
    moves = []
    for row in rows:
        refund = row.refund
        undone = min(refund.total, refund.undone + _corrected(refund))
        wanted = -points.standing(row.from_account, total=refund.total, undone=undone)
        step = wanted - moved.get((row.account_id, refund.refund_no), 0)
        if not step:
            continue
        kind = KINDS[step > 0]
        moves.append(
            CardMove(
                card=row.account,
                kind=kind,
                bonus=step,
                subject_no=refund.refund_no,
                at=changes.at,
                by="system",
            )
        )
        changes.acts.append(_act(row, kind, step))
    CardMove.objects.bulk_create(moves)


def _moved(rows: Iterable[PointsBack]) -> dict[tuple[int, str], int]:
    found = (
        CardMove.objects.filter(
            card_id__in={row.account_id for row in rows},
            kind__in=KINDS,
            subject_no__in={row.refund.refund_no for row in rows},
        )
        .order_by()
        .values("card_id", "subject_no")
        .annotate(bonus=Sum("bonus"))
    )
    return {(row["card_id"], row["subject_no"]): row["bonus"] for row in found}


def _corrected(refund: Refund) -> int:
    asked = refund.corrections.exclude(state="undone").aggregate(amount=Sum("amount"))
    return int(asked["amount"] or 0)


def _act(row: PointsBack, kind: str, step: int) -> audit.Act:
    return audit.Act(
        act="card.points_taken_back" if kind == KINDS[0] else "card.points_put_back",
        subject="card",
        subject_no=row.account.card_ref,
        by="system",
        store=row.refund.store.code,
        facts={"refund_no": row.refund.refund_no, "points": abs(step)},
    )

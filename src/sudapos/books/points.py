"""Points that a sale earned, on whose account: written once with the sale (domain §5.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models
from django.db.models import Q

from sudapos.core.refusal import FieldError

from . import cards
from .cards import CardMove, StoredCard
from .drafts import SaleDraft
from .sales import Sale


class PointsEarned(models.Model):
    """What one sale earned. Append-only by trigger."""

    sale = models.OneToOneField(Sale, on_delete=models.PROTECT, related_name="points_earned")
    account = models.ForeignKey(StoredCard, on_delete=models.PROTECT, related_name="+")
    points = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(points__gt=0), name="points_are_earned")]


def accounts(drafts: Iterable[SaleDraft]) -> Mapping[str, StoredCard]:
    """The accounts that sales earn on, by their digest; one statement, none where no sale earns."""
    digests = {cards.number_digest(d.points_account) for d in drafts if d.points_account}
    if not digests:
        return {}
    rows = StoredCard.objects.filter(kind="points", number_digest__in=digests)
    return {row.number_digest: row for row in rows}


def check(draft: SaleDraft, known: Mapping[str, StoredCard]) -> list[FieldError]:
    """Points have an account, and an account that is ours."""
    if not draft.points_earned:
        return []
    if not draft.points_account:
        return [FieldError(("points_account",), "missing")]
    found = known.get(cards.number_digest(draft.points_account))
    return [] if found else [FieldError(("points_account",), "card_not_found")]


def keep(sold: Iterable[tuple[Sale, SaleDraft]], known: Mapping[str, StoredCard], *, at: datetime) -> None:
    """Write down what was earned, on the sale and on the account; two statements, none where nothing was."""
    rows, moves = [], []
    for sale, draft in sold:
        if not draft.points_earned:
            continue
        account = known[cards.number_digest(draft.points_account)]
        rows.append(PointsEarned(sale=sale, account=account, points=draft.points_earned))
        moves.append(
            CardMove(
                card=account,
                kind="earn",
                bonus=draft.points_earned,
                subject_no=sale.sale_no,
                at=at,
                by=sale.operator,
            )
        )
    if rows:
        PointsEarned.objects.bulk_create(rows)
        CardMove.objects.bulk_create(moves)

"""Stored-value cards and points: what each holds is the sum of its moves, which are only ever added (domain R-12, R-08b).

A card has principal, paid in by lots, and bonus, given with them; a points account has bonus alone, one point for a fen.
The number is sealed; it is found by a keyed digest or by its last four. No move leaves less than nothing, by trigger.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet, Sum

from sudapos.core import tenders
from sudapos.core.refusal import FieldError, Invalid, NotFound
from sudapos.core.tenders import Parts

from .drafts import PaymentDraft
from .sales import Payment, Sale
from .sealing import SealedText

LISTED = 50


class StoredCard(models.Model):
    """One card, or one points account. Whose it is, is sealed."""

    kind = models.CharField(max_length=12)
    number = SealedText()
    number_digest = models.CharField(max_length=64)
    number_masked = models.CharField(max_length=24)
    tail = models.CharField(max_length=4)
    holder = SealedText(default="")
    holder_masked = models.CharField(max_length=64, blank=True, default="")
    phone_digest = models.CharField(max_length=64, blank=True, default="")
    phone_masked = models.CharField(max_length=24, blank=True, default="")
    store = models.ForeignKey("books.Store", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=32)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["tail"], name="card_tail"),
            models.Index(fields=["phone_digest"], name="card_phone", condition=~Q(phone_digest="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number_digest"], name="card_number_once_per_kind"),
            models.CheckConstraint(condition=Q(kind__in=sorted(tenders.OWN)), name="card_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.number_masked

    @property
    def card_ref(self) -> str:
        """What the card is called where its number must not stand: in addresses, records and the journal."""
        return f"C{self.pk:06d}"

    @property
    def named(self) -> bool:
        """Whether the card is in somebody's name, which decides how much it may hold."""
        return bool(self.holder_masked)


class Lot(models.Model):
    """One top-up: what was paid, what was given with it, and the rates of that day. Append-only by trigger."""

    card = models.ForeignKey(StoredCard, on_delete=models.PROTECT, related_name="lots")
    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    paid = models.BigIntegerField()
    bonus = models.BigIntegerField()
    channel = models.CharField(max_length=16)
    payer_digest = models.CharField(max_length=64, blank=True, default="")
    """Keyed digest of who paid it in (FR22)."""
    lpr_bp = models.IntegerField()
    """One-year loan prime rate on the day of the contract, in hundredths of a percent."""
    deposit_bp = models.IntegerField()
    """One-year deposit rate of the central bank on that day."""
    at = models.DateTimeField()
    by = models.CharField(max_length=32)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(paid__gt=0, bonus__gte=0), name="lot_is_paid"),
        ]


class CardMove(models.Model):
    """What came onto a card (positive) or left it. Append-only by trigger."""

    card = models.ForeignKey(StoredCard, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=12)
    """top_up, use, refund, hand_back, earn, take_back."""
    principal = models.BigIntegerField(default=0)
    bonus = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)
    """Of a use: the tax that its bonus did not make. Of a refund: the part of it that was given back."""
    lot = models.OneToOneField(Lot, null=True, on_delete=models.PROTECT, related_name="move")
    payment = models.ForeignKey(
        "books.Payment", null=True, on_delete=models.PROTECT, related_name="card_moves"
    )
    leg = models.OneToOneField("books.Leg", null=True, on_delete=models.PROTECT, related_name="card_move")
    subject_no = models.CharField(max_length=64)
    """The sale, the refund or the paper that it belongs to."""
    at = models.DateTimeField()
    by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="use"), name="payment_uses_one_card_once"
            ),
        ]

    @property
    def parts(self) -> Parts:
        return Parts(self.principal, self.bonus)


def number_digest(number: str) -> str:
    """A keyed digest of a card's number: it can be looked up, not read."""
    plain = "".join(number.split()).upper()
    return hmac.new(settings.SECRET_KEY.encode(), f"card:{plain}".encode(), hashlib.sha256).hexdigest()


def masked(number: str) -> str:
    """A card of ours shows its last four only (domain §7.3)."""
    return f"****{''.join(number.split())[-4:]}"


def held(card_ids: Iterable[int]) -> dict[int, Parts]:
    """What each card holds, in one statement."""
    ids = list(card_ids)
    rows = (
        CardMove.objects.filter(card_id__in=ids)
        .order_by()
        .values("card_id")
        .annotate(principal=Sum("principal"), bonus=Sum("bonus"))
    )
    found = {row["card_id"]: Parts(row["principal"], row["bonus"]) for row in rows}
    return {number: found.get(number, Parts()) for number in ids}


def get(card_ref: str) -> StoredCard:
    """By what it is called in addresses. Raises NotFound card_not_found."""
    digits = card_ref.removeprefix("C")
    row = None
    if digits.isascii() and digits.isdigit() and len(digits) < 12:
        row = StoredCard.objects.select_related("store").filter(pk=int(digits)).first()
    if row is None:
        raise NotFound("card_not_found", card=card_ref[:20])
    return row


def locked(card_ids: Iterable[int]) -> dict[int, StoredCard]:
    """Cards that nobody else moves until this commit, in one order."""
    rows = StoredCard.objects.select_for_update(of=("self",), no_key=True).select_related("store")
    return {row.pk: row for row in rows.filter(pk__in=set(card_ids)).order_by("id")}


def find(q: str = "", *, phone: str = "", store: str = "") -> QuerySet[StoredCard]:
    """By a whole number, its last four, or the phone's digest; newest first, all where nothing is asked."""
    rows = StoredCard.objects.select_related("store").order_by("-id")
    if q.strip():
        rows = rows.filter(
            Q(number_digest=number_digest(q)) | Q(tail=q.strip()[-4:] if len(q.strip()) == 4 else "")
        )
    if phone:
        rows = rows.filter(phone_digest=phone)
    return rows.filter(store__code=store) if store else rows


@dataclass(frozen=True, slots=True)
class Use:
    """What one payment takes off one card."""

    card: StoredCard
    parts: Parts


Uses = dict[str, Use]
"""Payment number → what it takes."""


@dataclass(slots=True)
class Purse:
    """The cards that a list of sales is paid with, locked, and what each of them still holds."""

    cards: Mapping[tuple[str, str], StoredCard]
    holds: dict[int, Parts]

    def use(self, payments: Sequence[PaymentDraft]) -> Uses:
        """Take one sale's payments off; all of them or none. Raises Invalid card_not_found, Refusal card_short."""
        holds, uses = dict(self.holds), {}
        for index, payment in enumerate(payments):
            if payment.channel not in tenders.OWN:
                continue
            card = self.cards.get((payment.channel, number_digest(payment.card_no)))
            if card is None:
                wrong = FieldError(("payments", index, "card_no"), "card_not_found")
                raise Invalid("input_invalid", errors=[wrong])
            parts = tenders.take(
                payment.amount, holds[card.pk], principal=payment.principal, bonus=payment.bonus
            )
            holds[card.pk] -= parts
            uses[payment.payment_no] = Use(card, parts)
        self.holds = holds
        return uses


def paying(payments: Iterable[PaymentDraft]) -> set[int]:
    """The cards of these payments; one statement, none where no card is used."""
    digests = {number_digest(p.card_no) for p in payments if p.channel in tenders.OWN}
    if not digests:
        return set()
    return set(StoredCard.objects.filter(number_digest__in=digests).values_list("id", flat=True))


def purse(payments: Iterable[PaymentDraft], *, earning: Iterable[int] = ()) -> Purse:
    """Find and lock the cards of these payments, and with them the accounts that earn: whoever locked those later, by the
    trigger, could meet another sale the other way round. Three statements, none where no card is used.
    """
    paid = paying(payments)
    rows = locked(paid.union(earning)) if paid or earning else {}
    return Purse({(row.kind, row.number_digest): row for row in rows.values()}, held(rows) if paid else {})


def write_uses(
    payments: Sequence[Payment],
    sold: Iterable[tuple[Sale, Uses, list[tuple[int, int]]]],
    *,
    at: datetime,
) -> None:
    """One move for each payment by card, with the tax that its bonus did not make."""
    rows = {(payment.sale_id, payment.payment_no): payment for payment in payments}
    moves = []
    for sale, uses, rated in sold:
        taxes = tenders.bonus_tax(rated, [use.parts.bonus for use in uses.values()])
        for (payment_no, use), tax in zip(uses.items(), taxes, strict=True):
            moves.append(
                CardMove(
                    card=use.card,
                    kind="use",
                    principal=-use.parts.principal,
                    bonus=-use.parts.bonus,
                    tax=tax,
                    payment=rows[sale.pk, payment_no],
                    subject_no=sale.sale_no,
                    at=at,
                    by=sale.operator,
                )
            )
    if moves:
        CardMove.objects.bulk_create(moves)


def of_payments(payment_ids: Iterable[int]) -> dict[int, list[CardMove]]:
    """Every move that belongs to a payment, its use first."""
    found: dict[int, list[CardMove]] = defaultdict(list)
    rows = CardMove.objects.filter(payment_id__in=list(payment_ids)).select_related("card", "leg__refund")
    for move in rows.order_by("id"):
        assert move.payment_id is not None
        found[move.payment_id].append(move)
    return found

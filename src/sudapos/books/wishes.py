"""Customers who asked to be told: an address for one refund, sealed, used for nothing else and gone when it is over (R-18).

A message is written once per step of the money and sent under a lease; who never asked is never told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Max, Q

from sudapos.core import customer, masking
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import NotFound, Refusal

from . import audit, decisions, staff
from .changes import BY_HAND
from .legs import Leg, Move
from .refunds import Refund
from .sales import Sale
from .sealing import SealedText
from .staff import Operator

PHONE, MAIL = "phone", "mail"
MOBILE = re.compile(r"1[3-9][0-9]{9}")
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
KEPT_FOR = timedelta(days=30)
"""After the money has come to rest: so long a bank may still send it back (F05)."""
LEASE = timedelta(minutes=2)
PAUSES = (60, 300, 1_800, 7_200)
"""Seconds before each further try; after the last the message is given up."""
AT_MOST = 20


class Wish(models.Model):
    """One customer's wish about one refund. `to` is empty once it is forgotten; `seen` is the last move she may know of."""

    refund = models.OneToOneField("books.Refund", on_delete=models.PROTECT, related_name="wish")
    kind = models.CharField(max_length=8)
    to = SealedText(default="")
    masked = models.CharField(max_length=80, blank=True, default="")
    lang = models.CharField(max_length=4, default="zh")
    asked_by = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    seen = models.BigIntegerField(default=0)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="wish_alive", condition=Q(forgotten_at=None))]


class CustomerMessage(models.Model):
    """One message about one move of the money; never two about the same one."""

    wish = models.ForeignKey(Wish, on_delete=models.PROTECT, related_name="messages")
    move = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="+")
    told = models.CharField(max_length=12)
    state = models.CharField(max_length=8, default="waiting")
    """waiting, sent, failed."""
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    error = models.CharField(max_length=80, blank=True, default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["due_at"], name="customer_message_due", condition=Q(state="waiting"))]
        constraints = [models.UniqueConstraint(fields=["wish", "move"], name="customer_told_once")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that this sender owns until its lease is over; `to` is opened for it alone."""

    number: int
    kind: str
    to: str
    lang: str
    told: str
    refund: Refund
    leg: Leg


def kind_of(to: str) -> str:
    """phone or mail. Raises Refusal contact_unusable."""
    if MOBILE.fullmatch(to):
        return PHONE
    if ADDRESS.fullmatch(to) and len(to) <= 120:
        return MAIL
    raise Refusal("contact_unusable")


@transaction.atomic
def ask(
    refund_no: str, *, to: str, lang: str, offered: Iterable[str], operator: Operator, at: datetime
) -> Wish:
    """The customer wants to be told about this refund, from now on. Asking again changes the address.

    Raises NotFound, Forbidden, Refusal contact_unusable, contact_not_offered or no_customer_page.
    """
    refund = decisions.get(refund_no)
    staff.require(operator, Act.MAKE_REFUND)
    staff.require_store(operator, refund.store_id, refund.store.code)
    to = to.strip().replace(" ", "")
    kind = kind_of(to)
    if kind not in set(offered):
        raise Refusal("contact_not_offered", kind=kind)
    if refund.state not in (RefundState.AWAITING, RefundState.APPROVED):
        raise Refusal("no_customer_page", refund_no=refund_no)
    last = Move.objects.filter(leg__refund=refund).aggregate(last=Max("id"))["last"] or 0
    wish, _made = Wish.objects.update_or_create(
        refund=refund,
        defaults={
            "kind": kind,
            "to": to,
            "masked": masking.wallet(to),
            "lang": "en" if lang == "en" else "zh",
            "asked_by": operator.code,
            "asked_at": at,
            "seen": last,
            "forgotten_at": None,
        },
    )
    _audit("customer.asked", refund, operator.code, at, kind=kind)
    return wish


@transaction.atomic
def forget(refund_no: str, *, operator: Operator, at: datetime) -> None:
    """She does not want to be told any more; the address goes at once. Raises NotFound, Forbidden."""
    refund = decisions.get(refund_no)
    staff.require(operator, Act.MAKE_REFUND)
    staff.require_store(operator, refund.store_id, refund.store.code)
    if not _drop(Wish.objects.filter(refund=refund, forgotten_at=None), at):
        raise NotFound("no_contact", refund_no=refund_no)
    _audit("customer.contact_removed", refund, operator.code, at)


def forget_people(sales: Iterable[Sale], *, at: datetime) -> int:
    """The addresses on the refunds of these sales go with everything else that names the person."""
    return _drop(Wish.objects.filter(refund__sale__in=list(sales), forgotten_at=None), at)


def purge(*, at: datetime) -> int:
    """Addresses whose money has been at rest for KEPT_FOR go; how many."""
    rows = Wish.objects.filter(forgotten_at=None, asked_at__lt=at - KEPT_FOR)
    open_legs = Leg.objects.exclude(state__in=(LegState.SETTLED, LegState.DROPPED)).values("refund_id")
    lately = Move.objects.filter(at__gte=at - KEPT_FOR).values("leg__refund_id")
    waiting = Q(refund__state=RefundState.AWAITING)
    return _drop(rows.exclude(waiting).exclude(refund__in=open_legs).exclude(refund__in=lately), at)


def _drop(rows: models.QuerySet[Wish], at: datetime) -> int:
    """Address and mask go, and what was still to be sent."""
    found = list(rows.values_list("pk", flat=True)[:500])
    CustomerMessage.objects.filter(wish__in=found, state="waiting").update(state="failed", error="forgotten")
    return Wish.objects.filter(pk__in=found).update(to="", masked="", forgotten_at=at)


TELLING = (LegState.ACCEPTED, LegState.SETTLED, LegState.BOUNCED)
"""What is worth a message; a lost answer is our trouble, not hers."""


@transaction.atomic
def notice(*, at: datetime) -> int:
    """Write a message for each step of the money that somebody asked to hear of and has not; how many."""
    fresh = (
        Move.objects.filter(
            leg__refund__wish__forgotten_at=None, id__gt=F("leg__refund__wish__seen"), after__in=TELLING
        )
        .exclude(after=LegState.ACCEPTED, leg__route__in=BY_HAND)
        .exclude(code=Route.SET_OFF)  # she knows that it bounced
        .select_related("leg__refund__wish")
        .order_by("id")[:200]
    )
    rows = list(fresh)
    made = [
        CustomerMessage(
            wish=move.leg.refund.wish, move=move, told=customer.of_leg(move.after, move.leg.route), due_at=at
        )
        for move in rows
    ]
    CustomerMessage.objects.bulk_create(made, ignore_conflicts=True)
    last = {move.leg.refund.wish.pk: move.pk for move in rows}
    for wish, number in last.items():
        Wish.objects.filter(pk=wish, seen__lt=number).update(seen=number)
    return len(made)


@transaction.atomic
def claim(*, at: datetime) -> list[Letter]:
    """Messages that are due, owned until the lease is over; a second sender gets others."""
    rows = CustomerMessage.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.filter(state="waiting", due_at__lte=at, wish__forgotten_at=None)
    due = list(
        rows.select_related("wish__refund__store", "move__leg__payment").order_by("due_at", "id")[:AT_MOST]
    )
    CustomerMessage.objects.filter(pk__in=[row.pk for row in due]).update(
        due_at=at + LEASE, tries=F("tries") + 1
    )
    return [
        Letter(
            number=row.pk,
            kind=row.wish.kind,
            to=row.wish.to,
            lang=row.wish.lang,
            told=row.told,
            refund=row.wish.refund,
            leg=row.move.leg,
        )
        for row in due
    ]


def done(letter: Letter, error: str, *, at: datetime) -> None:
    """What became of a letter: sent, to be tried again, or given up."""
    rows = CustomerMessage.objects.filter(pk=letter.number, state="waiting")
    if not error:
        rows.update(state="sent", sent_at=at, error="")
        return
    row = rows.first()
    if row is None:
        return
    row.error = error[:80]
    if row.tries > len(PAUSES):
        row.state = "failed"
    else:
        row.due_at = at + timedelta(seconds=PAUSES[row.tries - 1])
    row.save(update_fields=["error", "state", "due_at"])


def of(refund: Refund) -> Wish | None:
    """With its messages; None where nobody asked or it is forgotten."""
    rows = Wish.objects.filter(refund=refund, forgotten_at=None)
    return rows.prefetch_related("messages").first()


def _audit(name: str, refund: Refund, by: str, at: datetime, **facts: object) -> None:
    act = audit.Act(
        act=name, subject="refund", subject_no=refund.refund_no, by=by, store=refund.store.code, facts=facts
    )
    audit.write([act], at=at)

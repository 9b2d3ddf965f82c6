"""What is due to go, and what holds it: the purge anonymises people and keeps the books (R-15, R-18, domain §3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from sudapos.core import calendar, masking, retention
from sudapos.core.authority import Act
from sudapos.core.deposits import SALE_KIND
from sudapos.core.lifecycle import RefundState
from sudapos.core.refusal import NotFound, Refusal
from sudapos.core.retention import Class
from sudapos.core.rules import Rules

from . import audit, contacts, hand_backs, shops, staff, wishes
from .changes import BY_HAND
from .legs import Leg
from .refunds import Refund
from .sales import Sale
from .staff import Operator

AT_MOST = 500
"""Sales that one commit anonymises; a purge goes on until nothing is due."""


class Hold(models.Model):
    """Nothing of this sale is purged while a hold stands: a dispute, an audit, an order of a court."""

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=32)
    at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["sale"], name="one_open_hold_per_sale", condition=Q(released_at=None)
            ),
        ]


@dataclass(frozen=True, slots=True)
class Report:
    """What a purge did, or would do: sales per class, and how many were due but held."""

    contacts: int = 0
    words: int = 0
    held: int = 0
    done: bool = False


def purge(*, at: datetime, dry_run: bool, by: str) -> Report:
    """Anonymise what is due, in bounded commits; a dry run counts the same and changes nothing."""
    rules = shops.rules_of(shops.merchant())
    people, words = _people_due(rules, at), _words_due(rules, at)
    held = people.filter(_held()).count() + words.filter(_held()).count()
    due = people.exclude(_held()), words.exclude(_held())
    if dry_run:
        return Report(due[0].count(), due[1].count(), held)
    found = Report(_forget_people(due[0], by, at), _forget_words(due[1], by, at), held, done=True)
    forgotten = hand_backs.forget(_before(Class.PII_MIN, rules, at))
    facts = {"contacts": found.contacts, "hand_backs": forgotten, "words": found.words, "held": found.held}
    act = audit.Act(act="retention.purged", subject="merchant", subject_no="1", by=by, facts=facts)
    audit.write([act], at=at)
    return found


def may_purge(operator: Operator) -> None:
    """Raises Forbidden."""
    staff.require(operator, Act.CHANGE_SETTINGS)


def _held() -> Exists:
    return Exists(Hold.objects.filter(sale=OuterRef("pk"), released_at=None))


def _people_due(rules: Rules, at: datetime) -> QuerySet[Sale]:
    """Sales with a person on them whose last business closed more than a year ago, and nothing is open."""
    last = Greatest("sold_at", Coalesce(Max("refunds__created_at"), "sold_at"))
    rows = Sale.objects.annotate(closed_at=last).filter(closed_at__lt=_before(Class.PII_MIN, rules, at))
    return rows.filter(Q(contact__isnull=False) | ~Q(phone_digest="")).exclude(_open()).order_by("pk")


def _words_due(rules: Rules, at: datetime) -> QuerySet[Sale]:
    """Sales whose refunds still carry words that a person wrote, after the business record's time."""
    last = Greatest("sold_at", Coalesce(Max("refunds__created_at"), "sold_at"))
    written = Refund.objects.filter(sale=OuterRef("pk")).exclude(note="", decision_note="", evidence=[])
    rows = Sale.objects.annotate(closed_at=last).filter(closed_at__lt=_before(Class.BIZ_5Y, rules, at))
    return rows.filter(Exists(written)).exclude(_open()).order_by("pk")


def _before(kept: Class, rules: Rules, at: datetime) -> datetime:
    """What closed before this moment has had its time."""
    today = calendar.business_date(at, cutover="00:00")
    return calendar.midnight(retention.last_day(kept, today, rules) + timedelta(days=1))


def _open() -> Q:
    """A refund that waits, money of it that has not found its end, or a deposit that nobody has given back."""
    waiting = Q(state=RefundState.AWAITING)
    moving = Exists(
        Leg.objects.filter(refund=OuterRef("pk"))
        .exclude(state__in=("settled", "dropped"))
        .exclude(route__in=BY_HAND, state="failed")
    )
    held = Sale.objects.filter(pk=OuterRef("pk"), kind=SALE_KIND, deposit__endings=None)
    return Q(Exists(Refund.objects.filter(sale=OuterRef("pk")).filter(waiting | moving))) | Q(Exists(held))


def _forget_people(due: QuerySet[Sale], by: str, at: datetime) -> int:
    count = 0
    while rows := list(due.select_related("store")[:AT_MOST]):
        with transaction.atomic():
            wishes.forget_people(rows, at=at)
            count += contacts.forget(rows, why="retention", by=by, at=at)
    return count


def _forget_words(due: QuerySet[Sale], by: str, at: datetime) -> int:
    count = 0
    while rows := list(due[:AT_MOST]):
        with transaction.atomic():
            Refund.objects.filter(sale__in=rows).update(note="", decision_note="", evidence=[])
        count += len(rows)
    return count


@transaction.atomic
def hold(sale_no: str, *, reason: str, operator: Operator, at: datetime) -> Hold:
    """Keep everything of a sale until the hold is released. Raises Forbidden, NotFound, Refusal reason_needed."""
    staff.require(operator, Act.CHANGE_SETTINGS)
    if not reason.strip():
        raise Refusal("reason_needed")
    sale = Sale.objects.select_for_update().filter(sale_no=sale_no).first()
    if sale is None:
        raise NotFound("sale_not_found", sale_no=sale_no)
    staff.require_store(operator, sale.store_id, sale.store.code)
    row = Hold.objects.filter(sale=sale, released_at=None).first()
    if row is None:
        row = Hold.objects.create(
            sale=sale, reason=masking.scan(reason.strip())[:200], by=operator.code, at=at
        )
        audit.write([_act("retention.held", sale_no, operator, row.reason)], at=at)
    return row


@transaction.atomic
def release(sale_no: str, *, operator: Operator, at: datetime) -> None:
    """Raises Forbidden, NotFound hold_not_found."""
    staff.require(operator, Act.CHANGE_SETTINGS)
    rows = Hold.objects.select_for_update(of=("self",)).select_related("sale__store")
    row = rows.filter(sale__sale_no=sale_no, released_at=None).first()
    if row is None:
        raise NotFound("hold_not_found", sale_no=sale_no)
    staff.require_store(operator, row.sale.store_id, row.sale.store.code)
    row.released_at, row.released_by = at, operator.code
    row.save(update_fields=["released_at", "released_by"])
    audit.write([_act("retention.released", sale_no, operator, row.reason)], at=at)


def _act(name: str, sale_no: str, operator: Operator, reason: str) -> audit.Act:
    return audit.Act(act=name, subject="sale", subject_no=sale_no, by=operator.code, facts={"reason": reason})


def person(phone: str, *, operator: Operator, at: datetime) -> dict[str, Any]:
    """Everything kept of the person with this phone number, for her own copy (PIPL Art. 45). Audited.

    Raises Forbidden, Invalid, NotFound person_not_found.
    """
    staff.require(operator, Act.CHANGE_SETTINGS)
    sales = contacts.of_phone(phone)
    if not sales:
        raise NotFound("person_not_found")
    facts = {"sales": [sale.sale_no for sale in sales][:50]}
    act = audit.Act(
        act="personal.copied",
        subject="person",
        subject_no=masking.mobile(phone),
        by=operator.code,
        facts=facts,
    )
    audit.write([act], at=at)
    refunds = (
        Refund.objects.filter(sale__in=sales)
        .order_by("id")
        .values("refund_no", "sale__sale_no", "total", "reason", "state", "note", "created_at")
    )
    return {
        "phone": masking.mobile(phone),
        "sales": [_sale(sale) | contacts.told(sale) for sale in sales],
        "refunds": [row | {"created_at": row["created_at"].isoformat()} for row in refunds],
        "kept_until": _kept_until(sales),
    }


def _sale(sale: Sale) -> dict[str, Any]:
    return {
        "sale_no": sale.sale_no,
        "store": sale.store.code,
        "sold_at": sale.sold_at.isoformat(),
        "total": sale.total,
    }


def _kept_until(sales: list[Sale]) -> dict[str, str]:
    """For the newest sale: when the person goes by herself, and how long the law keeps the rest."""
    rules = shops.rules_of(shops.merchant())
    last = max(sale.sold_at for sale in sales)
    return {
        str(kept): retention.ends(kept, last, rules).isoformat()
        for kept in (Class.PII_MIN, Class.BIZ_5Y, Class.ACC_30Y)
    }


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: sales freed of the person, and those that must wait, with the reason."""

    erased: int
    kept: tuple[tuple[str, str], ...]


@transaction.atomic
def erase(phone: str, *, operator: Operator, at: datetime) -> Erased:
    """A person asks to be forgotten (PIPL Art. 47): done at once where no business with her is open and no hold stands.

    Amounts, numbers and vouchers stay: the accounting law keeps them. Raises Forbidden, Invalid, NotFound.
    """
    staff.require(operator, Act.CHANGE_SETTINGS)
    sales = contacts.of_phone(phone)
    if not sales:
        raise NotFound("person_not_found")
    numbers = [sale.pk for sale in sales]
    held = set(Sale.objects.filter(_held(), pk__in=numbers).values_list("pk", flat=True))
    busy = set(Sale.objects.filter(_open(), pk__in=numbers).values_list("pk", flat=True))
    free = [sale for sale in sales if sale.pk not in held | busy]
    wishes.forget_people(free, at=at)
    contacts.forget(free, why="asked", by=operator.code, at=at)
    kept = tuple(
        (sale.sale_no, "erasure_held" if sale.pk in held else "erasure_refund_open")
        for sale in sales
        if sale.pk in held | busy
    )
    return Erased(len(free), kept)

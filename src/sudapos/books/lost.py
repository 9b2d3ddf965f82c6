"""A receipt that was lost: what the customer said, what was searched, how many sales that left, and the one that is proven (domain §9).

Nothing of a sale is told before exactly one is left, the evidence is enough and the answers fit. Each try is kept, by trigger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q

from sudapos.core import evidence, masking
from sudapos.core.authority import Act
from sudapos.core.calendar import SHANGHAI
from sudapos.core.evidence import Answers, Known
from sudapos.core.refusal import FieldError, Invalid

from . import audit, lookup, staff
from .sales import Sale
from .staff import Operator

AT_MOST = 20
"""Candidates that are counted; more is "many"."""
SEARCHED = {
    "channel_bill": "channel_ref",
    "invoice": "invoice_no",
    "card_and_reference": "reference_no",
    "serial": "serial",
    "item": "sku",
    "card_tail": "card_last4",
    "member_phone": "phone",
}
"""Evidence whose reference is something to search by."""


class LostReceipt(models.Model):
    """One try to find a sale without its receipt. Append-only by trigger; references of people are masked."""

    sale = models.ForeignKey(Sale, null=True, on_delete=models.PROTECT, related_name="lost_receipts")
    """The sale that is proven; empty where there is none."""
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    store = models.CharField(max_length=16, blank=True, default="")
    answers = models.JSONField(default=dict)
    fits = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    candidates = models.IntegerField()
    at = models.DateTimeField()


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence: its kind and what stands on it."""

    kind: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that the customer brings."""

    answers: Answers = field(default_factory=Answers)
    proofs: Sequence[Proof] = ()
    amount: int | None = None
    """Fen, for `amount_and_time`."""
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """How many sales are left (AT_MOST + 1 stands for many), what is still wanted, and the sale once it is proven."""

    record: LostReceipt
    wanted: Sequence[str]
    sale: Sale | None


@transaction.atomic
def look(case: Case, *, operator: Operator, at: datetime) -> Found:
    """Search by the evidence, weigh it, and write the try down. Raises Forbidden, Invalid."""
    staff.require(operator, Act.MAKE_REFUND_WITHOUT_RECEIPT)
    wrong = [
        FieldError(("evidence", n), "not_offered")
        for n, p in enumerate(case.proofs)
        if p.kind not in evidence.CLASSES
    ]
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    own = operator.store.code if operator.store_id is not None and operator.store else ""
    rows = _candidates(case, own or case.answers.store)
    sale = rows[0] if len(rows) == 1 else None
    fits = evidence.fitting(case.answers, known(sale)) if sale is not None else ()
    wanted = _wanted(case, rows, fits)
    proven = sale if not wanted else None
    record = LostReceipt.objects.create(
        sale=proven,
        operator=operator,
        store=own or case.answers.store[:16],
        answers={name: value for name, value in asdict(case.answers).items() if value not in ("", None)},
        fits=list(fits),
        evidence=[{"kind": p.kind, "reference": masking.scan(p.reference)[:80]} for p in case.proofs],
        candidates=len(rows),
        at=at,
    )
    told = {
        "candidates": len(rows),
        "kinds": sorted({p.kind for p in case.proofs}),
        "fits": list(fits),
        "wanted": list(wanted),
    }
    act = audit.Act(
        act="receipt.looked_for",
        subject="sale",
        subject_no=proven.sale_no if proven else "",
        by=operator.code,
        store=record.store,
        facts=told,
    )
    audit.write([act], at=at)
    return Found(record, wanted, proven)


def _wanted(case: Case, rows: Sequence[Sale], fits: Sequence[str]) -> list[str]:
    """What is still missing, one word each; empty when the sale is proven."""
    if not rows:
        return ["no_candidate"]
    wanted = []
    if len(rows) > 1:
        wanted.append("one_more_fact")
    if not evidence.enough({proof.kind for proof in case.proofs}):
        wanted.append("evidence")
    if len(rows) == 1 and len(fits) < evidence.ANSWERS_NEEDED:
        wanted.append("answers")
    return wanted


def _candidates(case: Case, store: str) -> list[Sale]:
    """Sales that every searchable piece of evidence leads to; none without anything to search by."""
    search = lookup.Search(store=store, limit=AT_MOST + 1)
    told: dict[str, str] = {}
    for proof in case.proofs:
        name = SEARCHED.get(proof.kind)
        if name and proof.reference.strip():
            told[name] = proof.reference.strip()
    by_time = case.amount is not None and case.moment is not None
    if not told and not by_time:
        return []
    rows = Sale.objects.filter(pk__in=[sale.pk for sale in _found(told, case, search)])
    return list(rows.select_related("store").prefetch_related("lines", "payments")[: AT_MOST + 1])


def _found(told: Mapping[str, str], case: Case, search: lookup.Search) -> list[Sale]:
    number = told.get("channel_ref") or told.get("reference_no") or told.get("phone") or ""
    search = replace(
        search,
        q=number,
        serial=told.get("serial", ""),
        sku=told.get("sku", ""),
        card_last4=told.get("card_last4", ""),
        amount=case.amount,
    )
    if case.moment is not None:
        search = replace(search, since=case.moment - evidence.CLOSE_BY, until=case.moment + evidence.CLOSE_BY)
    elif case.answers.day:
        day = datetime.fromisoformat(case.answers.day).replace(tzinfo=SHANGHAI)
        search = replace(search, since=day, until=day + timedelta(days=1))
    found = lookup.find(search)
    if "invoice_no" in told:
        invoiced = set(
            Sale.objects.filter(~Q(invoice_no=""), invoice_no=told["invoice_no"]).values_list("pk", flat=True)
        )
        found = [sale for sale in found if sale.pk in invoiced] or list(
            Sale.objects.filter(pk__in=invoiced)[:2]
        )
    return found


def known(sale: Sale) -> Known:
    """What answers are held against."""
    lines = list(sale.lines.all())
    return Known(
        store=sale.store.code,
        sold_at=sale.sold_at,
        channels=tuple(payment.channel for payment in sale.payments.all()),
        total=sale.total,
        names=tuple(line.name for line in lines),
        discounted=bool(sale.order_discount) or any(line.discount for line in lines),
        till=sale.till,
        operator=sale.operator,
        has_invoice=bool(sale.invoice_no),
    )

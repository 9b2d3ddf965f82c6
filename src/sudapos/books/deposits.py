"""押金, 定金 and 订金: taken under the caller's number, and given back by a refund like any other (domain §5.7, R-09, R-23).

A deposit is a document of the till beside the sales: its payment and its one line stand where a sale's stand, so that the machine that pays
refunds pays it back. Its journal is another one, and only `endings` ends it (decision 25).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from sudapos.core import calendar, masking, tenders
from sudapos.core import deposits as law
from sudapos.core.authority import Act
from sudapos.core.deposits import Kind
from sudapos.core.lifecycle import Progress
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound
from sudapos.core.wording import deposits as wording

from . import decisions, intake, lookup, outbox, shops, staff, weighing
from .drafts import LineDraft, PaymentDraft, SaleDraft
from .legs import Leg
from .refunds import Refund
from .remainders import LIVE_STATES
from .sales import Sale
from .staff import Operator

STATES = {
    Progress.WAITING: "waiting",
    Progress.MOVING: "moving",
    Progress.ATTENTION: "attention",
    Progress.DONE: "returned",
}
"""What a deposit is called while its refund goes its way; `held` before, `kept` where nothing goes back."""


class Deposit(models.Model):
    """What a deposit is beside its payment. Append-only by trigger; amounts in fen."""

    sale = models.OneToOneField(Sale, on_delete=models.PROTECT, related_name="deposit")
    kind = models.CharField(max_length=20)
    purpose = models.CharField(max_length=120)
    contract_no = models.CharField(max_length=64, blank=True, default="")
    price = models.BigIntegerField(default=0)
    """The price of the contract that 定金 secures."""
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in Kind]), name="deposit_is_of_a_kind"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.DINGJIN.value) | Q(price__gt=0), name="earnest_money_has_a_contract"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return self.sale.sale_no

    @property
    def amount(self) -> int:
        return self.sale.total

    @property
    def live(self) -> GiveBack | None:
        """The ending that stands; those whose refund was turned down or given up do not."""
        ended = [each for each in self.endings.all() if each.state != "closed"]
        return ended[-1] if ended else None

    @property
    def state(self) -> str:
        return self.live.state if self.live is not None else "held"


class GiveBack(models.Model):
    """One ending of a deposit, as it was asked for. Append-only by trigger."""

    deposit = models.ForeignKey(Deposit, on_delete=models.PROTECT, related_name="endings")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="deposit_ending")
    """None where nothing goes back."""
    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    ending = models.CharField(max_length=16)
    kept = models.BigIntegerField(default=0)
    compensation = models.BigIntegerField(default=0)
    why = models.CharField(max_length=200, blank=True, default="")
    evidence = models.CharField(max_length=200, blank=True, default="")
    confirmed = models.CharField(max_length=8, blank=True, default="")
    confirmed_by = models.CharField(max_length=64, blank=True, default="")
    """Masked."""
    file_name = models.CharField(max_length=120, blank=True, default="")
    file_digest = models.CharField(max_length=64, blank=True, default="")
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kept=0)
                | Q(kept__gt=0) & ~Q(why="") & ~Q(confirmed="") & ~Q(confirmed_by="")
                & (~Q(evidence="") | ~Q(file_digest="")),
                name="what_is_kept_is_proven_and_agreed",
            ),
            models.UniqueConstraint(
                fields=["deposit"], condition=Q(refund=None), name="a_deposit_is_kept_once"
            ),
        ]  # fmt: skip

    @property
    def state(self) -> str:
        """`closed` where its refund was turned down or given up."""
        if self.refund is None:
            return "kept"
        state = STATES.get(decisions.progress_of(self.refund), "closed")
        return "applied" if state == "returned" and self.ending == law.Ending.APPLIED else state


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What is taken; `payment` as a sale has it, its amount is the deposit's."""

    number: str
    store: str
    kind: str
    amount: int
    purpose: str
    payment: PaymentDraft
    taken_at: datetime
    till: str = ""
    contract_no: str = ""
    price: int = 0
    phone: str = ""
    name: str = ""

    def digest(self) -> str:
        """Of everything but the moment, which a second press cannot repeat."""
        told = asdict(self)
        del told["taken_at"]
        return weighing.digest(told)


def take(taking: Taking, *, operator: Operator, at: datetime) -> tuple[Deposit, bool]:
    """Take a deposit; the row, and whether this number had been taken before. A repeat changes nothing.

    Raises Invalid, Forbidden, Conflict number_reused.
    """
    staff.require(operator, Act.SELL)
    kind = _check(taking, operator)
    seen = _repeat(taking)
    if seen is not None:
        return seen, True
    with transaction.atomic():
        [taken] = intake.ingest([_draft(taking, kind, operator)], by=operator.code, at=at)
        if taken.status == "created":
            row = Deposit.objects.create(
                sale=Sale.objects.get(sale_no=taking.number),
                kind=kind,
                purpose=masking.scan(taking.purpose.strip()),
                contract_no=masking.scan(taking.contract_no.strip()),
                price=taking.price,
                digest=taking.digest(),
            )
            told = outbox.Draft(
                event="deposit.taken",
                subject="deposit",
                subject_no=row.number,
                store=taking.store,
                facts={"total": row.amount, "kind": str(kind)},
            )
            outbox.write([told], at=at)
            return get(taking.number), False
    seen = _repeat(taking)  # the same number came in twice at once: the first one is there now
    if seen is not None:
        return seen, True
    raise taken.refusal or Conflict("number_reused", sale_no=taking.number)


def _check(taking: Taking, operator: Operator) -> Kind:
    place = shops.stores([taking.store]).get(taking.store)
    if place is None:
        raise Invalid("input_invalid", errors=[FieldError(("store",), "store_not_found")])
    staff.require_store(operator, place.pk, place.code)
    kind = law.check_taken(taking.kind, amount=taking.amount, price=taking.price)
    wrong = []
    if not taking.purpose.strip():
        wrong.append(FieldError(("purpose",), "missing"))
    if taking.payment.channel in tenders.OWN:
        wrong.append(FieldError(("payment", "channel"), "not_offered"))
    wrong += [
        FieldError((name,), "too_long")
        for name, most in (("purpose", 120), ("contract_no", 64))
        if len(getattr(taking, name).strip()) > most
    ]
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    return kind


def _repeat(taking: Taking) -> Deposit | None:
    """Raises Conflict number_reused for another deposit, or a sale, of this number."""
    sale = Sale.objects.filter(sale_no=taking.number).select_related("deposit").first()
    if sale is None:
        return None
    if sale.kind != law.SALE_KIND or sale.deposit.digest != taking.digest():
        raise Conflict("number_reused", sale_no=taking.number)
    return get(taking.number)


def _draft(taking: Taking, kind: Kind, operator: Operator) -> SaleDraft:
    word = wording.KINDS[kind][0]
    line = LineDraft(
        line_no=1,
        name=f"{word} · {taking.purpose.strip()}",
        milli=1000,
        unit="笔",
        unit_price=taking.amount,
    )
    return SaleDraft(
        sale_no=taking.number,
        kind=law.SALE_KIND,
        store=taking.store,
        till=taking.till,
        operator=operator.code,
        sold_at=taking.taken_at,
        lines=(line,),
        payments=(replace(taking.payment, payment_no="P1", amount=taking.amount, origin=""),),
        phone=taking.phone,
        name=taking.name,
    )


def get(number: str) -> Deposit:
    """One deposit with its endings. Raises NotFound deposit_not_found."""
    row = _whole().filter(sale__sale_no=number).first()
    if row is None:
        raise NotFound("deposit_not_found", sale_no=number)
    return row


def receipt(row: Deposit) -> dict[str, Any]:
    """As `printing.receipts.DepositPaper` takes it; names are masked. What it shows is never edited."""
    sale = row.sale
    [payment] = sale.payments.all()
    return {
        "merchant": shops.merchant().name,
        "store": f"{sale.store.name} {sale.store.code}",
        "number": row.number,
        "kind": row.kind,
        "amount": row.amount,
        "purpose": row.purpose,
        "contract_no": row.contract_no,
        "contract_price": row.price,
        "customer": sale.name_masked,
        "channel": payment.channel,
        "reference": payment.channel_ref or payment.out_trade_no,
        "till": sale.till,
        "operator": sale.operator,
        "at": sale.sold_at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds"),
    }


def find(
    *, state: str = "held", store: str = "", q: str = "", before: int | None = None, limit: int = 50
) -> list[Deposit]:
    """Newest first; `state` is held (nothing has gone back, and nothing is asked for), ended or all."""
    rows = _whole()
    stands = GiveBack.objects.filter(deposit=OuterRef("pk")).filter(
        Q(refund=None) | Q(refund__state__in=LIVE_STATES, refund__undone__lt=F("refund__total"))
    )
    if state in ("held", "ended"):
        rows = rows.filter(Exists(stands) if state == "ended" else ~Exists(stands))
    if store:
        rows = rows.filter(sale__store__code=store)
    if q:
        rows = rows.filter(Q(sale__in=lookup.numbered(q)) | Q(contract_no=q))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def _whole() -> QuerySet[Deposit]:
    refunds = Refund.objects.prefetch_related(Prefetch("legs", Leg.objects.order_by("id")))
    endings = GiveBack.objects.select_related("operator").prefetch_related(Prefetch("refund", refunds))
    return Deposit.objects.select_related("sale__store").prefetch_related(
        "sale__payments__account", Prefetch("endings", endings)
    )

"""赔偿单: what a customer is owed beyond the price: asked for, agreed by another person, paid in cash or by transfer (R-23, R-24).

It hangs on a sale and leaves it as it is: no line comes back, no revenue falls, and what may be refunded of it stays the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q, QuerySet

from sudapos.core import calendar, journal, masking
from sudapos.core import compensation as law
from sudapos.core.authority import Act
from sudapos.core.compensation import Event, Kind, State
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from sudapos.core.rules import Rules

from . import audit, drawers, ledger, lookup, outbox, shops, staff, weighing
from .sales import Sale
from .staff import Operator

CHANNELS = ("cash", "transfer")
OF_DEPOSITS = (Kind.EARNEST, Kind.AGREED)
PEOPLE = ("sale__store", "maker", "decider", "payer")


class Compensation(models.Model):
    """One compensation of one sale. What it says is never edited, by trigger; amounts in fen."""

    number = models.CharField(max_length=24, unique=True)
    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="compensations")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Kind])
    price = models.BigIntegerField(default=0)
    """Of the goods that it is about; 0 where the sum was agreed."""
    amount = models.BigIntegerField()
    why = models.CharField(max_length=200)
    evidence = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    maker = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decider = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True, default="")
    """Why it was turned down or withdrawn."""
    channel = models.CharField(max_length=8, blank=True, default="")
    till = models.CharField(max_length=16, blank=True, default="")
    shift = models.ForeignKey("books.Shift", null=True, on_delete=models.PROTECT, related_name="+")
    """The shift whose drawer paid it, where drawers are kept."""
    reference = models.CharField(max_length=64, blank=True, default="")
    person_masked = models.CharField(max_length=64, blank=True, default="")
    """Who took it."""
    payer = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    paid_at = models.DateTimeField(null=True)
    slip = models.JSONField(default=dict)
    """What the receipt shows, taken when it was paid."""

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0, price__gte=0), name="compensation_is_positive"),
            models.UniqueConstraint(
                fields=["sale", "kind"],
                condition=Q(state__in=[state.value for state in law.LIVE]),
                name="one_live_compensation_of_a_kind_per_sale",
            ),
            models.CheckConstraint(
                condition=~Q(state="paid") | Q(channel="cash") | Q(channel="transfer") & ~Q(reference=""),
                name="a_paid_compensation_says_how",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for. `price` where the law counts by it, `amount` where it was agreed."""

    kind: str
    why: str
    evidence: str = ""
    price: int = 0
    amount: int = 0


def preview(sale_no: str, wish: Wish, *, operator: Operator) -> tuple[Sale, int]:
    """What it would come to; changes nothing. Raises NotFound, Forbidden, Invalid, Refusal evidence_missing."""
    staff.require(operator, Act.MAKE_REFUND)
    sale = lookup.get(sale_no)
    staff.require_store(operator, sale.store_id, sale.store.code)
    try:
        kind = Kind(wish.kind)
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError(("kind",), "out_of_range")]) from None
    due = law.due(kind, price=wish.price, sold=sale.total, agreed=wish.amount)
    missing = [name for name in ("why", "evidence") if not getattr(wish, name).strip()]
    if kind is Kind.EARNEST:
        # the contract is the proof, and only an ending of its deposit comes to this
        missing = [name for name in missing if name != "evidence"]
    if missing:
        raise Invalid("input_invalid", errors=[FieldError((name,), "missing") for name in missing])
    return sale, due


def ask(
    sale_no: str, wish: Wish, *, key: str, operator: Operator, at: datetime, ending: bool = False
) -> tuple[Compensation, bool]:
    """Ask for a compensation; the row, and whether this key had made it before.

    The doubled 定金 comes out of the `ending` of its deposit alone. Raises as `preview`, Conflict compensation_stands,
    Refusal idempotency_key_reused or compensation_of_deposits.
    """
    sale, due = preview(sale_no, wish, operator=operator)
    if (wish.kind == Kind.EARNEST) is not ending or (sale.kind and wish.kind not in OF_DEPOSITS):
        raise Refusal("compensation_of_deposits", sale_no=sale_no)
    told = {
        "number": _number(at),
        "key": key,
        "digest": weighing.digest({"sale_no": sale_no, **asdict(wish)}),
        "sale": sale,
        "kind": wish.kind,
        "price": wish.price,
        "amount": due,
        "why": masking.scan(wish.why.strip())[:200],
        "evidence": masking.scan(wish.evidence.strip())[:200],
        "state": State.AWAITING,
        "maker": operator,
        "asked_at": at,
    }
    if (seen := _repeat(key, told["digest"])) is not None:
        return seen, True
    try:
        with transaction.atomic():
            row = Compensation.objects.create(**told)
            _announce(row, "compensation.asked", at)
            _tell("compensation.asked", row, operator, {"kind": row.kind, "why": row.why}, at)
    except IntegrityError:
        # the same key came in twice at once, or another one of this kind stands
        if (seen := _repeat(key, told["digest"])) is not None:
            return seen, True
        raise Conflict("compensation_stands", sale_no=sale_no) from None
    return row, False


def _repeat(key: str, digest: object) -> Compensation | None:
    seen = _whole().filter(key=key).first()
    if seen is not None and seen.digest != digest:
        raise Refusal("idempotency_key_reused", key=key)
    return seen


def _number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_compensation_number')")
        [(number,)] = cursor.fetchall()
    return f"P{at.astimezone(calendar.SHANGHAI):%y%m%d}{number:06d}"


def _whole() -> QuerySet[Compensation]:
    return Compensation.objects.select_related(*PEOPLE)


def get(number: str) -> Compensation:
    """Raises NotFound compensation_not_found."""
    row = _whole().filter(number=number).first()
    if row is None:
        raise NotFound("compensation_not_found", number=number[:24])
    return row


def find(
    *, state: str = "open", store: str = "", before: int | None = None, limit: int = 50
) -> list[Compensation]:
    """Newest first; `state` is one of the states, open (somebody must act) or all."""
    rows = _whole()
    if state == "open":
        rows = rows.filter(state__in=[State.AWAITING, State.APPROVED])
    elif state != "all":
        rows = rows.filter(state=state)
    if store:
        rows = rows.filter(sale__store__code=store)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def of(sale: Sale) -> list[Compensation]:
    """Those of one sale, oldest first; one statement."""
    return list(_whole().filter(sale=sale).order_by("id"))


def standing(sale: Sale, kind: Kind) -> Compensation | None:
    """The one of this kind that is asked for, owed or paid."""
    return _whole().filter(sale=sale, kind=kind, state__in=law.LIVE).first()


def may_decide(row: Compensation, operator: Operator, rules: Rules) -> bool:
    """Another person than its maker, of an office that the amount asks for."""
    offices = law.deciders(row.amount, rules)
    return operator.is_active and operator.pk != row.maker_id and bool({*operator.roles} & {*offices})


def ways(row: Compensation, operator: Operator, rules: Rules) -> list[str]:
    """How this person may pay what is owed: a transfer is not made by whoever agreed to it (INV-06)."""
    if row.state != State.APPROVED:
        return []
    cash = operator.may(Act.PAY_CASH) and row.amount <= rules.cash_payout_fen["manager"]
    transfer = operator.may(Act.MAKE_TRANSFER) and operator.pk != row.decider_id
    return [channel for channel, may in zip(CHANNELS, (cash, transfer), strict=True) if may]


def waits_for(row: Compensation, operator: Operator, rules: Rules) -> bool:
    """Whether it is this person's turn."""
    if row.state == State.AWAITING:
        return may_decide(row, operator, rules)
    return bool(ways(row, operator, rules))


@transaction.atomic
def approve(number: str, *, operator: Operator, at: datetime) -> Compensation:
    """Another person says yes: from now on the customer is owed it (J31a). Raises as `reject`."""
    shops.require_open()
    row = _decidable(number, operator, Event.APPROVE)
    _decide(row, operator, "", at)
    _post(row, "J31a", at)
    _tell("compensation.approved", row, operator, {}, at)
    return row


@transaction.atomic
def reject(number: str, *, note: str, operator: Operator, at: datetime) -> Compensation:
    """Another person says no, and why.

    Raises NotFound, Forbidden (maker_is_checker, compensation_not_hers), Conflict compensation_decided, Refusal note_needed.
    """
    row = _decidable(number, operator, Event.REJECT)
    _decide(row, operator, _note(row, note), at)
    _tell("compensation.rejected", row, operator, {"note": row.note}, at)
    return row


@transaction.atomic
def withdraw(number: str, *, note: str, operator: Operator, at: datetime) -> Compensation:
    """It is not owed after all: its maker while it waits, else whoever may decide it; what was booked is undone (J31c)."""
    row = _locked(number, operator)
    owed = row.state == State.APPROVED
    if owed or operator.pk != row.maker_id:
        _second(row, operator)
    row.state = law.after(State(row.state), Event.WITHDRAW)
    _decide(row, operator, _note(row, note), at)
    if owed:
        _post(row, "J31c", at)
    _tell("compensation.withdrawn", row, operator, {"note": row.note}, at)
    return row


@transaction.atomic
def pay(
    number: str,
    *,
    channel: str,
    person: str,
    reference: str = "",
    till: str = "",
    operator: Operator,
    at: datetime,
) -> Compensation:
    """The money goes to `person`: out of a drawer, or by a transfer, which whoever agreed to it does not make (INV-06). Once.

    Raises NotFound, Forbidden, Conflict compensation_decided, Refusal compensation_channel, compensation_reference_needed,
    compensation_by_transfer, drawer_closed or drawer_short.
    """
    shops.require_open()
    row = _locked(number, operator)
    if channel not in CHANNELS:
        raise Refusal("compensation_channel", channel=channel)
    staff.require(operator, Act.PAY_CASH if channel == "cash" else Act.MAKE_TRANSFER)
    row.state = law.after(State(row.state), Event.PAY)
    if not person.strip():
        raise Invalid("input_invalid", errors=[FieldError(("person",), "missing")])
    rules = shops.rules_of(shops.merchant())
    if channel == "cash":
        limit = rules.cash_payout_fen["manager"]
        if row.amount > limit:
            raise Refusal("compensation_by_transfer", limit=limit)
        row.till = till
        row.shift = drawers.pay_out(row.sale.store, till, row.amount, operator=operator, rules=rules)
    elif not reference.strip():
        raise Refusal("compensation_reference_needed", number=number)
    elif operator.pk == row.decider_id:
        raise Forbidden("maker_is_checker", operator=operator.code)
    row.channel, row.reference = channel, masking.scan(reference.strip())[:64]
    row.person_masked, row.payer, row.paid_at = masking.name(person.strip())[:64], operator, at
    row.slip = _slip(row)
    row.save()
    _post(row, "J31b", at)
    _announce(row, "compensation.paid", at)
    facts = {"channel": channel, "reference": row.reference, "person": row.person_masked}
    _tell("compensation.paid", row, operator, {k: v for k, v in facts.items() if v}, at)
    return row


def _slip(row: Compensation) -> dict[str, Any]:
    """As `printing.receipts.CompensationPaper` takes it."""
    assert row.paid_at is not None
    people = dict.fromkeys(each for each in (row.maker, row.decider, row.payer) if each is not None)
    return {
        "merchant": shops.merchant().name,
        "store": f"{row.sale.store.name} {row.sale.store.code}",
        "number": row.number,
        "sale_no": row.sale.sale_no,
        "kind": str(row.kind),
        "price": row.price,
        "amount": row.amount,
        "why": row.why,
        "evidence": row.evidence,
        "channel": row.channel,
        "till": row.till,
        "reference": row.reference,
        "person": row.person_masked,
        "staff": [f"{each.code} {masking.name(each.name)}" for each in people],
        "at": row.paid_at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds"),
    }


def _locked(number: str, operator: Operator) -> Compensation:
    row = _whole().select_for_update(of=("self",)).filter(number=number).first()
    if row is None:
        raise NotFound("compensation_not_found", number=number[:24])
    staff.require_store(operator, row.sale.store_id, row.sale.store.code)
    return row


def _decidable(number: str, operator: Operator, event: Event) -> Compensation:
    row = _locked(number, operator)
    _second(row, operator)
    row.state = law.after(State(row.state), event)
    return row


def _second(row: Compensation, operator: Operator) -> None:
    if operator.pk == row.maker_id:
        raise Forbidden("maker_is_checker", operator=operator.code)
    if not operator.may(Act.APPROVE_HIGH):
        staff.require(operator, Act.APPROVE)
    if not may_decide(row, operator, shops.rules_of(shops.merchant())):
        raise Forbidden("compensation_not_hers", operator=operator.code, amount=row.amount)


def _note(row: Compensation, note: str) -> str:
    if not (said := masking.scan(note.strip())[:200]):
        raise Refusal("note_needed", refund_no=row.number)
    return said


def _decide(row: Compensation, operator: Operator, note: str, at: datetime) -> None:
    row.decider, row.decided_at, row.note = operator, at, note
    row.save()


def _post(row: Compensation, recipe: str, at: datetime) -> None:
    day: date = calendar.business_date(at, cutover=shops.rules_of(shops.merchant()).business_day_cutover)
    draft = journal.draft(recipe, row.number, channel=row.channel or "cash", amount=row.amount)
    ledger.post([ledger.Posted(draft, day, row.sale.store.code, row.till)], at=at)


def _announce(row: Compensation, event: str, at: datetime) -> None:
    draft = outbox.Draft(
        event=event,
        subject="compensation",
        subject_no=row.number,
        store=row.sale.store.code,
        facts={"amount": row.amount, "kind": str(row.kind), "sale_no": row.sale.sale_no},
    )
    outbox.write([draft], at=at)


def _tell(name: str, row: Compensation, operator: Operator, facts: dict[str, Any], at: datetime) -> None:
    act = audit.Act(
        act=name,
        subject="compensation",
        subject_no=row.number,
        by=operator.code,
        store=row.sale.store.code,
        facts={"sale_no": row.sale.sale_no, "amount": row.amount, "state": str(row.state), **facts},
    )
    audit.write([act], at=at)

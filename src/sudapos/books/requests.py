"""A refund is asked for: weighed without changing anything (preview), or opened for good (open).

`open` takes a list and uses a fixed number of SQL statements whatever its length: lock the sales in one order, read
in bulk, decide in core, write in bulk. One refund at the counter is a list of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from sudapos.core import calendar, due, masking
from sudapos.core.lifecycle import RefundState
from sudapos.core.outcome import Route
from sudapos.core.policy import Rules
from sudapos.core.refusal import NotFound, Refusal

from . import alerts, audit, decisions, outbox, points_back, policies, remainders, staff
from .dry_runs import mark, reserve, steps
from .refunds import Refund, RefundCharge, RefundLine, message
from .remainders import Remainder
from .sales import Sale
from .weighing import (
    Before,
    Places,
    RefundRequest,
    RequestLine,
    Weighed,
    maker,
    plain_verdict,
    preview,
    weigh,
)

__all__ = ["Opened", "RefundRequest", "RequestLine", "Weighed", "open", "preview"]

AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of one request: a refund (new, or the one that this key made before), or a refusal."""

    refund: Refund | None = None
    replayed: bool = False
    refusal: Refusal | None = None


def open(requests: Sequence[RefundRequest], *, at: datetime) -> list[Opened]:
    """Open refunds, each decided by itself; a refusal of one never stops the others.

    The key makes a repeat harmless: same key and content gives the same refund, other content is refused. Raises
    Refusal too_many_items.
    """
    if len(requests) > AT_MOST:
        raise Refusal("too_many_items", count=len(requests), most=AT_MOST)
    try:
        return _open(requests, at=at)
    except IntegrityError:
        # the same key came in twice at once: the first one is committed now, so each by itself finds it
        return [opened for request in requests for opened in _open([request], at=at)]


@transaction.atomic
def _open(requests: Sequence[RefundRequest], *, at: datetime) -> list[Opened]:
    sales = {
        sale.sale_no: sale
        for sale in Sale.objects.select_for_update(of=("self",))
        .select_related("store")
        .filter(sale_no__in={r.sale_no for r in requests})
        .order_by("id")
    }
    seen_before = {r.key: r for r in Refund.objects.filter(key__in=[r.key for r in requests])}
    operators = staff.find(r.operator for r in requests)
    places = Places.of(requests, sales.values())
    left = remainders.of(sales.values())
    terms = policies.Terms.read()
    earlier = Before.of(sales.values(), operators.values(), places, terms.now, at=at)
    book = _Book(at=at, rules=terms.now)
    for request in requests:
        about: Remainder | None = None
        try:
            terms.require_open()
            seen = seen_before.get(request.key) or book.keys.get(request.key)
            if seen is not None:
                book.replay(request, seen)
                continue
            if request.sale_no not in sales:
                raise NotFound("sale_not_found", sale_no=request.sale_no)
            remainder = left[sales[request.sale_no].pk]
            about = remainder
            place = places.place(request, remainder.sale)
            weighed = weigh(request, remainder, place, maker(request, operators), terms, earlier, at)
            book.take(weighed)
            earlier.add(weighed)
        except Refusal as refusal:
            book.refuse(request, refusal, about)
    book.write()
    return book.answers


@dataclass(slots=True)
class _Book:
    """Everything that one call of `open` will write."""

    at: datetime
    rules: Rules
    answers: list[Opened] = field(default_factory=list)
    keys: dict[str, Refund] = field(default_factory=dict)
    weighed: list[tuple[Refund, Weighed]] = field(default_factory=list)
    acts: list[audit.Act] = field(default_factory=list)
    promised: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    seen: list[tuple[Refund | None, Weighed]] = field(default_factory=list)
    """Requests with signs of fraud, and the refund that came of them."""
    tried: list[alerts.Draft] = field(default_factory=list)

    def replay(self, request: RefundRequest, seen: Refund) -> None:
        if seen.body_digest != request.digest():
            raise Refusal("idempotency_key_reused", key=request.key)
        self.answers.append(Opened(refund=seen, replayed=True))

    def take(self, weighed: Weighed) -> None:
        if weighed.verdict.decision == "deny":
            self.seen.append((None, weighed))
            raise Refusal("refund_denied", reasons=weighed.verdict.reasons, total=weighed.total)
        refund = self._row(weighed)
        self.keys[refund.key] = refund
        self.weighed.append((refund, weighed))
        self.seen.append((refund, weighed))
        self.answers.append(Opened(refund=refund))
        for payment, part in reserve(weighed, self.at):
            self.promised[payment] += part

    def refuse(self, request: RefundRequest, refusal: Refusal, remainder: Remainder | None = None) -> None:
        self.answers.append(Opened(refusal=refusal))
        if (
            refusal.code == "over_refund"
            and remainder is not None
            and (not remainder.left.total or not any(t.left for t in remainder.tenders))
        ):
            # a receipt whose money is all back was shown once more (FR11)
            self.tried.append(
                alerts.Draft(
                    rule="FR11",
                    store=remainder.sale.store.code,
                    operator=request.operator[:32],
                    subject="sale",
                    subject_no=request.sale_no,
                    facts={"nothing_left": True},
                )
            )
        reasons = refusal.facts.get("reasons", ())
        assert isinstance(reasons, tuple)
        self.acts.append(
            audit.Act(
                act="refund.refused",
                subject="sale",
                subject_no=request.sale_no[:64],
                by=request.operator[:64],
                store=request.store[:16],
                origin=request.till[:64],
                result="refused",
                facts={"code": refusal.code, "reasons": [r.code for r in reasons], "reason": request.reason},
            )
        )

    def _row(self, weighed: Weighed) -> Refund:
        request = weighed.request
        allowed = weighed.verdict.decision == "allow"
        carried = sum(leg.amount for leg in weighed.plan.legs if leg.route is Route.EXCHANGE)
        # both halves of an exchange are done at once, at the till: until then its refund waits
        now = allowed and not carried
        sale = weighed.remainder.sale
        made = steps(weighed)
        received = self.at.astimezone(calendar.SHANGHAI).date()
        term = due.of(request.reason, sale.mode, received, weighed.spoken.rules)
        return Refund(
            sale=sale,
            store=weighed.place.store,
            till=request.till,
            queued_at=request.queued_at,
            till_time=request.till_time,
            operator=weighed.operator,
            carry=carried,
            state=RefundState.APPROVED if now else RefundState.AWAITING,
            reason=request.reason,
            note=masking.scan(request.note)[:200],
            receipt=request.receipt,
            evidence=[masking.scan(text) for text in request.evidence],
            route=request.route,
            total=weighed.total,
            tax=weighed.worth.tax,
            fee=weighed.worth.fee,
            fee_tax=weighed.worth.fee_tax,
            deductions=[asdict(each) for each in weighed.worth.deductions],
            verdict=plain_verdict(weighed.verdict, weighed.spoken),
            plan=made,
            needed=[] if allowed else list(weighed.verdict.approvals),
            key=request.key,
            body_digest=request.digest(),
            fingerprint=mark(weighed, made),
            business_date=calendar.business_date(self.at, cutover=self.rules.business_day_cutover),
            created_at=self.at,
            due_on=term.on,
            hard_due_on=term.hard,
            decided_at=self.at if now else None,
        )

    def write(self) -> None:
        if not self.weighed:
            alerts.open([*self.tried, *_alerts(self.seen)], at=self.at)
        if self.weighed:
            rows = [refund for refund, _ in self.weighed]
            for refund, number in zip(rows, _numbers(len(rows), self.at), strict=True):
                refund.refund_no = number
            Refund.objects.bulk_create(rows)
            RefundLine.objects.bulk_create(row for item in self.weighed for row in _line_rows(*item))
            RefundCharge.objects.bulk_create(row for item in self.weighed for row in _charge_rows(*item))
            points_back.write((refund, w.points_of, w.points) for refund, w in self.weighed)
            raise_promises(self.promised)
            alerts.open([*self.tried, *_alerts(self.seen)], at=self.at)
            outbox.write([told for refund in rows for told in _messages(refund)], at=self.at)
            self.acts += [_opened_act(refund, weighed) for refund, weighed in self.weighed]
            approved = [r for r in rows if r.state == RefundState.APPROVED]
            decisions.promise(approved, at=self.at, acts=self.acts)
        else:
            audit.write(self.acts, at=self.at)


def _messages(refund: Refund) -> Iterator[outbox.Draft]:
    yield message("refund.opened", refund)
    if refund.needed:
        yield message("refund.referred", refund)


def _alerts(seen: Iterable[tuple[Refund | None, Weighed]]) -> Iterator[alerts.Draft]:
    for refund, weighed in seen:
        for sign in weighed.signs:
            yield alerts.Draft(
                rule=sign.number,
                store=weighed.place.store.code,
                operator=weighed.operator.code,
                subject="refund" if refund else "sale",
                subject_no=refund.refund_no if refund else weighed.remainder.sale.sale_no,
                facts=sign.facts,
            )


def raise_promises(more: Mapping[int, int]) -> None:
    """Add to the counters of payments, by id; the database refuses more than was paid.

    Added, not set: a refund that is rejected or dropped at this moment lowers the same counter without our lock.
    """
    with connection.cursor() as cursor:
        # in one order, or two who raise and lower the counters of several payments wait for each other
        cursor.execute(
            "SELECT id FROM books_payment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(more)]
        )
        cursor.execute(
            "UPDATE books_payment p SET promised = p.promised + v.more"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS v(id, more) WHERE p.id = v.id",
            [list(more), list(more.values())],
        )


def _numbers(count: int, at: datetime) -> list[str]:
    day = at.astimezone(calendar.SHANGHAI).strftime("%y%m%d")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_refund_number') FROM generate_series(1, %s)", [count])
        return [f"R{day}{number:06d}" for (number,) in cursor.fetchall()]


def _line_rows(refund: Refund, weighed: Weighed) -> list[RefundLine]:
    request = weighed.request
    told = {line.line_no: line.goods or ("restock" if line.restock else "") for line in request.lines}
    sold = weighed.remainder.lines
    brought = {
        part.line_no: told.get(part.line_no) or request.goods for part in weighed.worth.lines if part.milli
    }
    return [
        RefundLine(
            refund=refund,
            sale_line=weighed.remainder.lines[part.line_no],
            milli=part.milli,
            amount=part.amount,
            tax=part.tax,
            fee=part.fee,
            fee_tax=part.fee_tax,
            fee_again=part.fee_again,
            points=part.points,
            restock=brought.get(part.line_no) == "restock",
            goods=brought.get(part.line_no, ""),
            serial=sold[part.line_no].serial if brought.get(part.line_no) else "",
        )
        for part in weighed.worth.lines
    ]


def _charge_rows(refund: Refund, weighed: Weighed) -> list[RefundCharge]:
    return [
        RefundCharge(
            refund=refund, charge=weighed.remainder.charges[part.charge_no], amount=part.amount, tax=part.tax
        )
        for part in weighed.worth.charges
    ]


def _opened_act(refund: Refund, weighed: Weighed) -> audit.Act:
    return audit.Act(
        act="refund.opened",
        subject="refund",
        subject_no=refund.refund_no,
        by=weighed.operator.code,
        store=refund.store.code,
        origin=refund.till,
        facts={
            "sale_no": weighed.remainder.sale.sale_no,
            "total": refund.total,
            "state": str(refund.state),
            "decision": weighed.verdict.decision,
            "reasons": [r.code for r in weighed.verdict.reasons],
            "fingerprint": refund.fingerprint[:16],
        },
    )

"""What matching found becomes findings: the kind, what each side says, how much money differs, whose sale it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sudapos.books import explanations, findings, sightings
from sudapos.books.findings import Draft, Finding
from sudapos.books.legs import Leg
from sudapos.books.sales import Payment
from sudapos.books.shops import Account
from sudapos.books.statements import Statement, StatementLine
from sudapos.core.findings import Kind

from .matching import Matched, Pair

NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Known:
    """The rows behind the numbers of one matching."""

    payments: Mapping[int, Payment]
    legs: Mapping[int, Leg]
    lines: Mapping[int, StatementLine]
    by_order: Mapping[str, Payment]


def open(statement: Statement, found: Matched, *, at: datetime) -> list[Finding]:
    """Open what is new, close what this statement explains. Answers the new findings."""
    account = statement.account
    known = _known(account, found.differences)
    missing_now = {_key(account, "ours", pair) for pair in found.differences if pair.kind == "only_ours"}
    _explain(account, statement, missing_now, at=at)
    days = _loaded(account, statement.day)
    drafts = [
        draft for pair in found.differences if (draft := _draft(statement, pair, known, days)) is not None
    ]
    return findings.open([*drafts, *_of_file(statement)], at=at)


def _loaded(account: Account, day: date) -> set[date]:
    rows = Statement.objects.filter(
        account=account, current=True, day__gte=day - 2 * NEXT_DAY, day__lte=day + 2 * NEXT_DAY
    )
    return set(rows.values_list("day", flat=True))


def _known(account: Account, pairs: Sequence[Pair]) -> _Known:
    ours = {side: [p.ours for p in pairs if p.side == side and p.ours is not None] for side in ("in", "out")}
    lines = StatementLine.objects.select_related("statement").in_bulk(
        [p.theirs for p in pairs if p.theirs is not None]
    )
    payments = Payment.objects.select_related("sale__store").in_bulk(ours["in"])
    legs = Leg.objects.select_related("refund__store", "payment__sale__store").in_bulk(ours["out"])
    return _Known(payments, legs, lines, sightings.payments_named(account, lines.values()))


def _draft(statement: Statement, pair: Pair, known: _Known, days: set[date]) -> Draft | None:
    row = known.lines.get(pair.theirs) if pair.theirs is not None else None
    if row is not None and row.statement_id != statement.pk:
        return None  # it belongs to a neighbour's day, and is looked at there
    match pair.kind:
        case "only_theirs":
            return _only_theirs(statement, row, known)
        case "only_ours":
            return _only_ours(statement, pair, known, days)
        case "amount_differs" | "state_differs" | "twice":
            return _both(statement, pair, row, known)
    return None  # another day is no difference of money: it is counted, and shown


def _only_theirs(statement: Statement, row: StatementLine | None, known: _Known) -> Draft | None:
    assert row is not None, "a row of theirs without its row"
    sold = row.kind == "sale"
    if not sold and row.state == "failed":
        return None  # nothing moved
    payment = known.by_order.get(row.order_no) or known.by_order.get(row.order_ref)
    return Draft(
        kind=Kind.UNKNOWN_PAYMENT if sold else Kind.EXTERNAL_REFUND,
        account=statement.account,
        day=statement.day,
        key=_line_key(statement.account, row),
        number=row.number or row.ref or row.order_no,
        difference=row.amount if sold else -row.amount,
        theirs=_their_side(row),
        statement=statement,
        payment=payment,
        store=payment.sale.store.code if payment else "",
    )


def _only_ours(statement: Statement, pair: Pair, known: _Known, days: set[date]) -> Draft | None:
    """Missing when its own day's file and the next one are both here: then no later row will name it by the clock alone."""
    assert pair.ours is not None
    leg, payment = _sides(pair, known)
    day = sightings.day_of(statement.account, leg or payment)
    if not {day, day + NEXT_DAY} <= days:
        return None
    shown = sightings.our_side(leg or payment)
    return Draft(
        kind=Kind.MISSING_REFUND if leg else Kind.MISSING_PAYMENT,
        account=statement.account,
        day=day,
        key=_key(statement.account, "ours", pair),
        number=str(shown["number"]),
        difference=(pair.our_amount or 0) * (1 if leg else -1),
        ours=shown,
        statement=statement,
        payment=payment,
        leg=leg,
        store=payment.sale.store.code,
    )


def _both(statement: Statement, pair: Pair, row: StatementLine | None, known: _Known) -> Draft | None:
    assert row is not None and pair.ours is not None
    leg, payment = _sides(pair, known)
    sign = 1 if pair.side == "in" else -1
    kind, difference = Kind.AMOUNT_DIFFERS, sign * ((pair.their_amount or 0) - (pair.our_amount or 0))
    if pair.kind == "state_differs":
        kind, difference = Kind.STATE_DIFFERS, 0
    elif pair.kind == "twice":
        kind = Kind.PAID_TWICE if pair.side == "out" else Kind.UNKNOWN_PAYMENT
        difference = sign * (pair.their_amount or 0)
    return Draft(
        kind=kind,
        account=statement.account,
        day=statement.day,
        key=_line_key(statement.account, row),
        number=row.number or row.ref,
        difference=difference,
        ours=sightings.our_side(leg or payment),
        theirs=_their_side(row),
        statement=statement,
        payment=payment,
        leg=leg,
        store=payment.sale.store.code,
    )


def _sides(pair: Pair, known: _Known) -> tuple[Leg | None, Payment]:
    assert pair.ours is not None
    if pair.side == "in":
        return None, known.payments[pair.ours]
    leg = known.legs[pair.ours]
    return leg, leg.payment


def _key(account: Account, what: str, pair: Pair) -> str:
    return f"{account.pk} {what} {pair.side} {pair.ours}"


def _line_key(account: Account, row: StatementLine) -> str:
    """The same row of a second version of a file is the same difference."""
    return " ".join(
        (
            f"{account.pk}",
            "line",
            row.kind,
            f"{row.statement.day:%Y%m%d}",
            row.number or row.ref or row.order_no,
        )
        + ((f"{row.amount}",) if row.number or row.ref else (f"{row.amount}", f"{row.line}"))
    )


def _their_side(row: StatementLine) -> dict[str, Any]:
    at = row.happened_at.isoformat() if row.happened_at else ""
    told = {
        "kind": row.kind,
        "amount": row.amount,
        "number": row.number,
        "ref": row.ref,
        "order_no": row.order_no,
        "order_ref": row.order_ref,
        "state": row.state,
        "at": at,
        "line": row.line,
    }
    return {name: value for name, value in told.items() if value not in ("", None)} | {"said": dict(row.said)}


def _explain(account: Account, statement: Statement, missing_now: set[str], *, at: datetime) -> None:
    """Findings about rows of ours that were missing and are not any more."""
    waiting = findings.missing(account, since=statement.day - 40 * NEXT_DAY)
    joined = sightings.named_on(statement, waiting)
    told = {
        row.key: f"{statement.file_name} {statement.day:%Y-%m-%d}"
        for row in joined
        if row.key not in missing_now
    }
    if told:
        explanations.explain(told, at=at)


def _of_file(statement: Statement) -> Iterable[Draft]:
    """What is wrong with the file itself, and what the channel did by itself."""

    def draft(
        kind: Kind, key: str, theirs: Mapping[str, Any], difference: int = 0, number: str = ""
    ) -> Draft:
        return Draft(
            kind=kind,
            account=statement.account,
            day=statement.day,
            key=key,
            statement=statement,
            theirs=theirs,
            difference=difference,
            number=number,
        )

    digest = f"{statement.account_id} file {statement.digest[:16]}"
    if statement.problems:
        told = {"rows": len(statement.problems), "first": statement.problems[:5]}
        yield draft(Kind.UNREADABLE_ROWS, f"{digest} rows", told)
    off = [total for total in statement.totals if total["said"] != total["found"]]
    if off:
        yield draft(Kind.TOTALS_DIFFER, f"{digest} totals", {"totals": off})
    for row in statement.lines.filter(kind="other").select_related("statement"):
        key = _line_key(statement.account, row)
        yield draft(Kind.ADJUSTMENT, key, _their_side(row), row.net or 0, row.number or row.ref)

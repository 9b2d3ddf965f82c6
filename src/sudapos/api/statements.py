"""Statements, findings and the ends of days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from ninja.params.functions import Query

from sudapos.books import chart, days, explanations, findings, statements
from sudapos.books.days import Day
from sudapos.books.findings import Finding
from sudapos.books.statements import Statement
from sudapos.core import calendar
from sudapos.core import findings as rules
from sudapos.core.authority import Act
from sudapos.core.findings import Kind
from sudapos.core.refusal import FieldError, Invalid, NotFound
from sudapos.core.wording import closing as words
from sudapos.ops import closing, fetching, reasons, reconciling, settling, uploads
from sudapos.ops.reconciling import Loaded
from sudapos.ops.rows import UnreadableFile

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import before, clamp

router = Router(tags=["statements"])
DONE = reference.answers("403", "404", "409")


class CloseIn(Schema):
    """`cause` is one of those that the finding offers, not needed where it offers one; `tax` in fen only for a refund whose sale
    is not known."""

    operator: str
    cause: str = ""
    note: str
    tax: int | None = None


class NoteIn(Schema):
    operator: str
    note: str = ""


class DayIn(Schema):
    operator: str
    fetch: bool = True


def _day(text: str, name: str = "date") -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError((name,), "wrong_type")]) from None


def _needed(text: str) -> date:
    found = _day(text)
    if found is None:
        raise Invalid("day_malformed")
    return found


@router.post("/statements", summary="A channel's file: kept, matched, findings", openapi_extra=DONE)
def load(
    request: HttpRequest,
    file: File[UploadedFile],
    account: Form[str],
    date: Form[str] = "",
) -> dict[str, Any]:
    key = allow(request, Act.LOAD_STATEMENT)
    with uploads.kept(file) as path:
        try:
            loaded = reconciling.load(
                reconciling.account_of(account),
                path,
                name=file.name or "statement",
                day=_day(date),
                origin="upload",
                by=f"api:{key.name}",
                at=now(),
            )
        except UnreadableFile as bad:
            why = reasons.say(bad.code, problems.language(request), bad.facts)
            raise Invalid("statement_unreadable", why=why) from None
    return _loaded(loaded)


@router.post("/statements/fetch", summary="Ask the channel for one day's file", openapi_extra=DONE)
def fetch(request: HttpRequest, account: Form[str], date: Form[str]) -> dict[str, Any]:
    key = allow(request, Act.LOAD_STATEMENT)
    got = fetching.fetch(reconciling.account_of(account), _needed(date), by=f"api:{key.name}", at=now())
    if got.loaded is None:
        raise NotFound("statement_not_given", account=account, why=got.why)
    return _loaded(got.loaded)


def _loaded(loaded: Loaded) -> dict[str, Any]:
    return statement(loaded.statement) | {
        "status": loaded.status,
        "findings": [finding(row) for row in loaded.opened],
    }


@router.get("/statements", summary="Statements, newest day first")
def listed(
    request: HttpRequest, account: str = "", date: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    rows = Statement.objects.select_related("account").order_by("-id")
    wanted = {"account__name": account, "day": _day(date), "pk__lt": before(cursor)}
    limit = clamp(limit)
    found = list(rows.filter(**{name: value for name, value in wanted.items() if value})[: limit + 1])
    return shapes.page(found, limit, [statement(row) for row in found])


@router.get(
    "/statements/{statement_id}", summary="One statement, with what matching made of it", openapi_extra=DONE
)
def one(request: HttpRequest, statement_id: int) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    return statement(statements.get(statement_id))


@router.post(
    "/settlements",
    summary="A bank's file: what channels paid, held against their statements",
    openapi_extra=DONE,
)
def settle(request: HttpRequest, file: File[UploadedFile], columns: Form[str] = "") -> dict[str, Any]:
    key = allow(request, Act.LOAD_STATEMENT)
    with uploads.kept(file) as path:
        try:
            told, read = settling.load(
                path, columns=settling.columns_of(columns), by=f"api:{key.name}", at=now()
            )
        except UnreadableFile as bad:
            why = reasons.say(bad.code, problems.language(request), bad.facts)
            raise Invalid("statement_unreadable", why=why) from None
    return {
        "booked": [
            {
                "account": row.account.name,
                "amount": row.amount,
                "value_day": f"{row.value_day}",
                "payer": row.payer,
                "reference": row.reference,
                "days": row.days,
            }
            for row in told.booked
        ],
        "known": told.known,
        "foreign": told.foreign,
        "problems": [{"line": p.line, "code": p.code} for p in read.problems],
        "findings": [finding(row) for row in told.opened],
    }


@router.get("/findings", summary="Differences; state open, suspended, closed or late")
def differences(
    request: HttpRequest,
    state: str = "",
    kind: str = "",
    account: str = "",
    date: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    limit = clamp(limit)
    which = findings.Filter(
        state=state, kind=kind, account=account, day=_day(date), before=before(cursor), limit=limit + 1
    )
    rows = findings.find(which, today=calendar.business_date(now(), cutover="00:00"))
    return shapes.page(rows, limit, [finding(row) for row in rows])


@router.get("/findings/{finding_no}", summary="One difference with its history", openapi_extra=DONE)
def difference(request: HttpRequest, finding_no: str) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    return finding(findings.get(finding_no))


@router.post("/findings/{finding_no}/take", summary="Make it one's own", openapi_extra=DONE)
def take(request: HttpRequest, finding_no: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_FINDING)
    who = operator(body.operator)
    return finding(explanations.note(finding_no, body.note, operator=who, take=True, at=now()))


@router.post("/findings/{finding_no}/note", summary="Write something down", openapi_extra=DONE)
def note(request: HttpRequest, finding_no: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_FINDING)
    return finding(explanations.note(finding_no, body.note, operator=operator(body.operator), at=now()))


@router.post(
    "/findings/{finding_no}/suspend",
    summary="Put the difference in suspense (J13a, J14a)",
    openapi_extra=DONE,
)
def suspend(request: HttpRequest, finding_no: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_FINDING)
    return finding(explanations.suspend(finding_no, body.note, operator=operator(body.operator), at=now()))


@router.post("/findings/{finding_no}/close", summary="End it with a cause and its entry", openapi_extra=DONE)
def close(request: HttpRequest, finding_no: str, body: CloseIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_FINDING)
    row = explanations.close(
        finding_no, cause=body.cause, text=body.note, operator=operator(body.operator), tax=body.tax, at=now()
    )
    return finding(row)


@router.get("/days", summary="Days that were ended, newest first")
def ended(request: HttpRequest, since: str = Query("", alias="from"), limit: int = 50) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    rows = Day.objects.all()
    if first := _day(since, "from"):
        rows = rows.filter(day__gte=first)
    return {"items": [_ended(row) for row in rows[: clamp(limit)]], "next_cursor": None}


@router.get("/days/{day}", summary="How one day stands", openapi_extra=DONE)
def how(request: HttpRequest, day: str) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    row = days.get(_needed(day))
    if row is None:
        raise NotFound("day_not_looked_at", day=day)
    return _ended(row)


@router.post(
    "/days/{day}/close", summary="End a day; it stays open while anything is missing", openapi_extra=DONE
)
def close_day(request: HttpRequest, day: str, body: DayIn) -> dict[str, Any]:
    allow(request, Act.LOAD_STATEMENT)
    who = operator(body.operator)
    closing.require(who)
    told = closing.close(_needed(day), by=who.code, at=now(), fetch=body.fetch)
    return _ended(told.day) | {"new_findings": [finding(row) for row in told.opened]}


@router.post("/periods/{month}/close", summary="Lock a month (YYYY-MM)", openapi_extra=DONE)
def close_month(request: HttpRequest, month: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_PERIOD)
    at = now()
    row = days.close_month(
        _needed(f"{month}-01"),
        operator=operator(body.operator),
        today=calendar.business_date(at, cutover="00:00"),
        at=at,
    )
    return {
        "month": f"{row.month:%Y-%m}",
        "until": f"{row.until}",
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by,
    }


@router.get("/periods", summary="Months that are closed")
def months(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    return {
        "items": [
            {
                "month": f"{row.month:%Y-%m}",
                "until": f"{row.until}",
                "closed_at": shapes.moment(row.closed_at),
                "closed_by": row.closed_by,
            }
            for row in days.periods()
        ]
    }


def statement(row: Statement) -> dict[str, Any]:
    return {
        "id": row.pk,
        "account": row.account.name,
        "channel": row.account.channel,
        "date": f"{row.day}",
        "version": row.version,
        "current": row.current,
        "file_name": row.file_name,
        "sha256": row.digest,
        "format": row.format,
        "origin": row.origin,
        "rows": row.count,
        "sums": row.sums,
        "fee_charged": row.fee_charged,
        "fee_returned": row.fee_returned,
        "totals": row.totals,
        "problems": row.problems,
        "changes": row.changes,
        "classes": row.result.get("sums", {}),
        "loaded_at": shapes.moment(row.loaded_at),
        "loaded_by": row.loaded_by,
        "matched_at": shapes.moment(row.matched_at),
    }


def finding(row: Finding) -> dict[str, Any]:
    """`difference` in fen as the channel's balance sees it; `causes` are the ways in which it may end now."""
    proposed = rules.suspended(row.finding_no, row.account.channel, row.difference)
    look = chart.now()
    zh, hint, *_ = words.KINDS[row.kind]
    return {
        "id": row.finding_no,
        "finding_no": row.finding_no,
        "kind": row.kind,
        "text": zh,
        "hint": hint,
        "state": row.state,
        "account": row.account.name,
        "date": f"{row.day}",
        "number": row.number,
        "difference": row.difference,
        "held": row.held,
        "owner": row.owner,
        "due_on": f"{row.due_on}",
        "ours": row.ours,
        "theirs": row.theirs,
        "sale_no": row.payment.sale.sale_no if row.payment else None,
        "refund_no": row.leg.refund.refund_no if row.leg else None,
        "proposed": [
            {
                "side": line.side,
                "account": look.code(line.account),
                "name": look.name(line.account, line.name),
                "amount": line.amount,
            }
            for line in (proposed.postings if proposed and row.state == findings.OPEN else ())
        ],
        "causes": [] if row.state == findings.CLOSED else list(rules.causes(Kind(row.kind), row.difference)),
        "cause": row.cause or None,
        "opened_at": shapes.moment(row.opened_at),
        "closed_at": shapes.moment(row.closed_at),
        "history": [
            {
                "act": step.act,
                "by": step.by,
                "at": shapes.moment(step.at),
                "note": step.note,
                "entry": shapes.entry(step.entry, look) if step.entry else None,
            }
            for step in row.steps.all()
        ],
    }


def _ended(row: Day) -> dict[str, Any]:
    return {
        "date": f"{row.day}",
        "state": row.state,
        "missing": row.missing,
        "report": row.report,
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by or None,
    }

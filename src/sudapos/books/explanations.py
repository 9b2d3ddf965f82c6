"""What people do with a difference: take it, put it in suspense, end it with a cause; and what a later statement ends by itself.

Every step books what it must and stays in the history; nothing is edited (INV-08, INV-12).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from sudapos.core import amounts, calendar, findings, journal, masking, money
from sudapos.core.authority import Act
from sudapos.core.findings import TWO_PEOPLE, Cause, Kind
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal

from . import audit, ledger, shops, staff
from .findings import CLOSED, OPEN, SUSPENDED, SYSTEM, Finding, FindingStep, act, get
from .sales import Payment
from .staff import Operator


def _release(row: Finding) -> None:
    """The money came back to us, or never left: it may be refunded again."""
    if row.held and row.payment_id:
        Payment.objects.filter(pk=row.payment_id).update(promised=F("promised") - row.held)
        row.held = 0


def _locked(finding_no: str) -> Finding:
    row = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("account", "payment__sale")
        .filter(finding_no=finding_no)
        .first()
    )
    if row is None:
        raise NotFound("finding_not_found", number=finding_no)
    if row.state == CLOSED:
        raise Conflict("finding_closed", number=finding_no)
    return row


@transaction.atomic
def note(finding_no: str, text: str, *, operator: Operator, take: bool = False, at: datetime) -> Finding:
    """Write something down, or make it one's own. Raises NotFound, Conflict finding_closed, Forbidden, Refusal note_needed."""
    staff.require(operator, Act.CLOSE_FINDING)
    if not take and not text.strip():
        raise Refusal("note_needed", refund_no=finding_no)
    row = _locked(finding_no)
    if take:
        row.owner = operator.code
        row.save(update_fields=["owner"])
    _step(row, "taken" if take else "noted", operator.code, text, at)
    audit.write([act("finding.taken" if take else "finding.noted", row, operator.code)], at=at)
    return get(finding_no)


@transaction.atomic
def suspend(finding_no: str, text: str = "", *, operator: Operator, at: datetime) -> Finding:
    """Put the difference in suspense 挂账 (J13a, J14a). Raises what `note` raises, Conflict finding_suspended."""
    staff.require(operator, Act.CLOSE_FINDING)
    row = _locked(finding_no)
    if row.state == SUSPENDED:
        raise Conflict("finding_suspended", number=finding_no)
    if not row.difference:
        raise Refusal("nothing_to_suspend", number=finding_no)
    _suspend(row, text, operator.code, at)
    audit.write([act("finding.suspended", row, operator.code)], at=at)
    return get(finding_no)


def _suspend(row: Finding, text: str, by: str, at: datetime) -> None:
    draft = findings.suspended(row.finding_no, row.account.channel, row.difference)
    row.state = SUSPENDED
    row.save(update_fields=["state"])
    _step(row, "suspended", by, text, at, draft)


@transaction.atomic
def close(
    finding_no: str, *, cause: str, text: str, operator: Operator, tax: int | None = None, at: datetime
) -> Finding:
    """End a finding with a cause and its entry. `tax` in fen is part of a refund that was not recorded.

    Raises NotFound, Conflict finding_closed, Forbidden, Refusal note_needed, cause_not_offered, two_people_needed, tax_needed.
    """
    staff.require(operator, Act.CLOSE_FINDING)
    if not text.strip():
        raise Refusal("note_needed", refund_no=finding_no)
    row = _locked(finding_no)
    why = _cause(row, cause)
    if why in TWO_PEOPLE:
        _second_person(row, operator)
    if row.state == OPEN and row.difference and why is not Cause.FOUND_LATER:
        _suspend(row, text, operator.code, at)
    _end(row, why, text, operator.code, at, tax=_tax(row, why, tax))
    audit.write([act("finding.closed", row, operator.code)], at=at)
    return get(finding_no)


def _cause(row: Finding, cause: str) -> Cause:
    offered = findings.causes(Kind(row.kind), row.difference)
    if not cause and len(offered) == 1:
        return offered[0]
    if cause not in offered:
        raise Invalid(
            "cause_not_offered",
            errors=[FieldError(("cause",), "not_offered", " ".join(offered))],
            cause=cause,
            offered=", ".join(offered),
        )
    return Cause(cause)


def _second_person(row: Finding, operator: Operator) -> None:
    """One person puts a loss or a gain in suspense, another ends it (INV-07)."""
    first = row.steps.filter(act="suspended").last()
    if first is None:
        raise Refusal("suspend_first", number=row.finding_no)
    if first.by == operator.code:
        raise Forbidden("maker_is_checker", operator=operator.code)


def _tax(row: Finding, why: Cause, given: int | None) -> int:
    """As told, else the sale's own share of tax in what came back. Raises Invalid tax_needed."""
    if why is not Cause.PORTAL_REFUND:
        return 0
    amount = -row.difference
    if given is None and row.payment is not None:
        return tax_within(row.payment, amount)
    if given is None or not 0 <= given <= amount:
        raise Invalid(
            "tax_needed", errors=[FieldError(("tax",), "missing" if given is None else "bad_value")]
        )
    return given


def tax_within(payment: Payment, amount: int) -> int:
    """Tax in `amount` fen of a payment, by the rates of the sale's lines and charges (domain §5.8)."""
    parts = [(line.net, line.vat_bp) for line in payment.sale.lines.all()]
    parts += [(charge.amount, charge.vat_bp) for charge in payment.sale.charges.all()]
    shares = money.share(amount, [net for net, _ in parts])
    return sum(amounts.tax_of(part, rate) for part, (_, rate) in zip(shares, parts, strict=True))


def _end(row: Finding, why: Cause, text: str, by: str, at: datetime, *, tax: int = 0) -> None:
    draft = None
    if row.state == SUSPENDED:
        draft = findings.closing(row.finding_no, row.account.channel, row.difference, why, tax=tax)
    row.state, row.cause, row.closed_at = CLOSED, why, at
    if why in (Cause.MONEY_RETURNED, Cause.FOUND_LATER):
        _release(row)
    row.save(update_fields=["state", "cause", "closed_at", "held"])
    _step(row, "closed", by, text, at, draft, cause=str(why))


@transaction.atomic
def explain(found: Mapping[str, str], *, at: datetime) -> list[Finding]:
    """A later statement showed what was missing: key → the sentence for the history. What was in suspense is taken back."""
    rows = list(
        Finding.objects.select_for_update(of=("self",))
        .select_related("account", "payment__sale")
        .filter(key__in=list(found))
        .exclude(state=CLOSED)
        .order_by("id")
    )
    for row in rows:
        why = Cause.FOUND_LATER if row.difference else Cause.EXPLAINED
        _end(row, why, found[row.key], SYSTEM, at)
    audit.write([act("finding.closed", row, SYSTEM) for row in rows], at=at)
    return rows


def _step(
    row: Finding, act: str, by: str, text: str, at: datetime, draft: journal.Draft | None = None, **facts: Any
) -> None:
    entry = None
    if draft is not None:
        rules = shops.rules_of(shops.merchant())
        today = calendar.business_date(at, cutover=rules.business_day_cutover)
        [entry] = ledger.post([ledger.Posted(draft, today, row.store)], at=at)
    FindingStep.objects.create(
        finding=row, at=at, by=by, act=act, note=masking.scan(text.strip())[:400], facts=facts, entry=entry
    )

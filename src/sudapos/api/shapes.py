"""Rows as JSON. Amounts are whole fen, times ISO 8601 with offset, quantities decimal texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sudapos.books import decisions, links, workdays
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import quantity
from sudapos.books.ledger import Entry, Line
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.remainders import Remainder
from sudapos.books.requests import Weighed
from sudapos.books.sales import Charge, Sale, SaleLine
from sudapos.books.timeline import Item
from sudapos.core import allowing, calendar, kept_fees, sentences
from sudapos.core.chart import Chart
from sudapos.core.policy import Reason, Weight

from . import tender_shapes, terms

PLANNED = ("payment_no", "channel", "route", "amount", "arrives_by")


def moment(at: datetime | None) -> str | None:
    return at.astimezone(calendar.SHANGHAI).isoformat() if at else None


def sale(row: Sale, remainder: Remainder | None = None) -> dict[str, Any]:
    """A sale; with its remainder also what may still come back of each part."""
    lines = remainder.lines.values() if remainder else row.lines.all()
    charges = remainder.charges.values() if remainder else row.charges.all()
    payments = [t.payment for t in remainder.tenders] if remainder else row.payments.all()
    shown: dict[str, Any] = {
        "sale_no": row.sale_no,
        "store": row.store.code,
        "till": row.till,
        "operator": row.operator,
        "sold_at": moment(row.sold_at),
        "business_date": row.business_date.isoformat(),
        "state": row.state,
        "total": row.total,
        "order_discount": row.order_discount,
        "rounding_off": row.rounding_off,
        "promotions": [
            {"code": p["code"], "threshold": p["threshold"], "discount": p["off"], "lines": p["lines"]}
            for p in row.promotions
        ],
        "lines": [_line(line) for line in lines],
        "charges": [_charge(charge) for charge in charges],
        "payments": [tender_shapes.payment(payment) for payment in payments],
        "customer": {"phone": row.phone_masked or None, "name": row.name_masked or None},
        "invoice_no": row.invoice_no or None,
        "receipt_lost": row.receipt_lost,
        "points": tender_shapes.earned(row),
        "coupons": tender_shapes.coupons(row),
    }
    if remainder:
        _add_refundable(shown, remainder)
    return shown


def _add_refundable(shown: dict[str, Any], remainder: Remainder) -> None:
    left = remainder.left
    lines = {each.line_no: each for each in left.lines}
    charges = {each.charge_no: each.amount for each in left.charges}
    for line in shown["lines"]:
        rest = lines[line["line_no"]]
        line["refundable"] = {"quantity": quantity(rest.milli) if rest.milli else "0", "amount": rest.amount}
    for charge in shown["charges"]:
        charge["refundable"] = {"amount": charges[charge["charge_no"]]}
    for payment, tender in zip(shown["payments"], remainder.tenders, strict=True):
        payment["refundable"] = {"amount": tender.left}
    shown["refundable"] = left.total


def _line(row: SaleLine) -> dict[str, Any]:
    return {
        "line_no": row.line_no,
        "sku": row.sku,
        "name": row.name,
        "category": row.category,
        "quantity": quantity(row.milli),
        "unit": row.unit,
        "unit_price": row.unit_price,
        "gross": row.gross,
        "discount": row.discount,
        "order_discount_share": row.order_discount_share,
        "rounding_share": row.rounding_share,
        "net": row.net,
        "vat_bp": row.vat_bp,
        "weighed": row.weighed,
        "returnable": row.returnable,
        "serial": row.serial or None,
        "gift_of": row.gift_of,
        "marked_value": row.marked_value,
        "unit_cost": row.unit_cost,
        "override_by": row.override_by or None,
    }


def _charge(row: Charge) -> dict[str, Any]:
    names = ("charge_no", "kind", "name", "amount", "rate_bp", "vat_bp", "follows_lines")
    return {name: getattr(row, name) for name in names}


def refund(row: Refund, lang: str) -> dict[str, Any]:
    """A refund with its legs, as `GET /refunds/{refund_no}` gives it."""
    voucher = getattr(row, "voucher", None)
    return {
        "refund_no": row.refund_no,
        "sale_no": row.sale.sale_no,
        "state": row.state,
        "progress": str(decisions.progress_of(row)),
        "total": row.total,
        "tax": row.tax,
        **_parts(row),
        "reason": row.reason,
        "note": row.note,
        "receipt": row.receipt,
        "route": row.route,
        **_decision(row, lang),
        "planned_legs": [
            {name: part[name] for name in PLANNED}
            | {"rounding": part.get("rounding", 0)}
            | tender_shapes.both(part["amount"], part.get("user_amount"))
            for part in row.plan
        ],
        "legs": [leg(each, lang) for each in row.legs.all()],
        "voucher": {"code": voucher.code} if voucher else None,
        "exchange": _exchange(row),
        "points": tender_shapes.of_refund(row),
        "coupons": tender_shapes.returned(row),
        "customer_page": links.address(links.of(row)) or None,
        "store": row.store.code,
        "till": row.till,
        "operator": row.operator.code,
        "created_at": moment(row.created_at),
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "hard_due_on": row.hard_due_on.isoformat() if row.hard_due_on else None,
    }


def _exchange(row: Refund) -> dict[str, Any] | None:
    made = getattr(row, "exchange", None)
    if made is None:
        return None
    sale_no = made.sale.sale_no if made.sale else None
    return {"exchange_no": made.exchange_no, "sale_no": sale_no, "difference": made.price - row.total}


def _parts(row: Refund) -> dict[str, Any]:
    return {
        "lines": [
            {
                "line_no": part.sale_line.line_no,
                "name": part.sale_line.name,
                "quantity": quantity(part.milli) if part.milli else "0",
                "amount": part.amount,
                "tax": part.tax,
                "restock": part.restock,
                "goods": part.goods or None,
                "serial": part.serial or None,
            }
            for part in row.lines.all()
        ],
        "charges": [
            {
                "charge_no": part.charge.charge_no,
                "name": part.charge.name,
                "amount": part.amount,
                "tax": part.tax,
            }
            for part in row.charges.all()
        ],
        "deductions": row.deductions,
        "kept": kept_fees.listed(row.deductions),
    }


def _decision(row: Refund, lang: str) -> dict[str, Any]:
    """What policy said, who decided, and what is still missing."""
    given = [
        {
            "role": a.role,
            "operator": a.operator.code,
            "decision": a.decision,
            "note": a.note,
            "at": moment(a.at),
        }
        for a in row.approvals.all()
    ]
    return {
        "verdict": stored_verdict(row.verdict, lang),
        "approvals": given,
        "needed": row.needed,
        "fingerprint": row.fingerprint,
        "decided_at": moment(row.decided_at),
        "decided_by": row.decided_by or None,
        "decision_note": row.decision_note or None,
    }


def leg(row: Leg, lang: str) -> dict[str, Any]:
    return {
        "leg_no": row.leg_no,
        "payment_no": row.payment.payment_no,
        "channel": row.channel,
        "account": row.account.name if row.account else None,
        "route": row.route,
        "amount": row.amount,
        "rounding": row.rounding,
        "paid_amount": row.paid_amount,
        **tender_shapes.both(row.amount, row.user_amount, row.paid_amount),
        "state": row.state,
        "state_word": sentences.state_word(row.state, lang),
        "arrives_by": row.arrives_by.isoformat() if row.arrives_by else None,
        "arrives_is_estimate": bool(row.arrives_by and workdays.is_estimate(row.arrives_by)),
        "channel_refund_ref": row.channel_refund_ref or None,
        "received_account": row.received_account or None,
        "settled_at": moment(row.settled_at),
        "attempts": row.sent + row.asked,
        "due_at": moment(row.due_at),
        "error": _error(row, lang),
        "alarm": row.alarm or None,
        "replaced": row.replaced,
    }


def _error(row: Leg, lang: str) -> dict[str, Any] | None:
    if not row.error_code:
        return None
    code = row.error_code if sentences.known(row.error_code) else "refused"
    said = sentences.say(code, lang)
    return {
        "code": row.error_code,
        "message": said.text,
        "hint": said.hint,
        "channel_message": row.error_message,
    }


def stored_verdict(kept: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The verdict as it was given, with sentences in the reader's language."""
    return {
        "decision": kept["decision"],
        "reasons": [
            {
                "code": reason["code"],
                "weight": reason["weight"],
                "message": sentences.say(reason["code"], lang, **reason["facts"]).text,
                "hint": sentences.say(reason["code"], lang, **reason["facts"]).hint,
                "would_allow": would_allow(
                    allowing.of(reason["code"], Weight[reason["weight"].upper()], reason["facts"]), lang
                ),
            }
            for reason in kept["reasons"]
        ],
        "approvals": kept["approvals"],
        "policy": kept.get("policy"),
    }


def would_allow(found: allowing.Allowing | None, lang: str) -> dict[str, Any] | None:
    """The rule that would have allowed it, in words too."""
    if found is None:
        return None
    said = sentences.say(found.code, lang, **found.facts).text
    return {"rule": found.rule, "wanted": found.wanted, "message": said}


def verdict_reasons(given: Iterable[Reason], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "code": reason.code,
            "weight": reason.weight.name.lower(),
            "message": said.text,
            "hint": said.hint,
            "would_allow": would_allow(allowing.of(reason.code, reason.weight, reason.facts), lang),
        }
        for reason in given
        for said in [sentences.say(reason.code, lang, **dict(reason.facts))]
    ]


def preview(weighed: Weighed, lang: str) -> dict[str, Any]:
    """What would happen."""
    rows, verdict = weighed.remainder, weighed.verdict
    return {
        "total": weighed.total,
        "tax": weighed.worth.tax,
        "lines": [
            {
                "line_no": part.line_no,
                "name": rows.lines[part.line_no].name,
                "quantity": quantity(part.milli) if part.milli else "0",
                "amount": part.amount,
                "tax": part.tax,
            }
            for part in weighed.worth.lines
        ],
        "charges": [
            {
                "charge_no": p.charge_no,
                "name": rows.charges[p.charge_no].name,
                "amount": p.amount,
                "tax": p.tax,
            }
            for p in weighed.worth.charges
        ],
        "deductions": [asdict(each) for each in weighed.worth.deductions],
        "kept": kept_fees.listed(asdict(each) for each in weighed.worth.deductions),
        "legs": [
            {
                "payment_no": part.payment_no,
                "channel": part.channel,
                "route": str(part.route),
                "amount": part.amount,
                "rounding": part.rounding,
                **tender_shapes.both(part.amount, part.user_amount),
                "arrives": part.arrives_by.isoformat() if part.arrives_by else None,
                "arrives_by_kind": terms.by_kind(part, weighed),
                "not_before": moment(part.not_before),
            }
            for part in weighed.plan.legs
        ],
        "verdict": {
            "decision": verdict.decision,
            "reasons": verdict_reasons(verdict.reasons, lang),
            "policy": weighed.spoken.plain,
        },
        "approvals": list(verdict.approvals),
        "points": tender_shapes.of_preview(weighed),
    }


def item(step: Item, lang: str) -> dict[str, Any]:
    return {
        "at": moment(step.at),
        "kind": step.kind,
        "code": step.code,
        "word": sentences.event_word(step.code.split(":")[0], lang),
        "by": step.by,
        "facts": dict(step.facts),
    }


def entry(row: Entry, look: Chart, batch: int | None = None) -> dict[str, Any]:
    """An entry as the merchant's books have it; `exported_in` is the first batch that held it."""
    return {
        "entry_no": row.pk,
        "recipe": row.recipe,
        "business_no": row.business_no,
        "business_date": row.business_date.isoformat(),
        "store": row.store,
        "till": row.till,
        "memo": row.memo,
        "posted_at": moment(row.posted_at),
        "exported_in": batch,
        "lines": [_posting(line, look) for line in row.lines.all()],
    }


def _posting(line: Line, look: Chart) -> dict[str, Any]:
    side, amount = look.sided(line.side, line.amount)
    name = look.name(line.account, line.name)
    return {"side": side, "account": look.code(line.account), "name": name, "amount": amount}


def record(row: AuditRecord) -> dict[str, Any]:
    names = ("by", "act", "subject", "subject_no", "store", "origin", "result", "facts")
    return {"id": row.pk, "at": moment(row.at), **{name: getattr(row, name) for name in names}}


def page(rows: list[Any], limit: int, shown: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of at most `limit`; one row more was read to know whether there is another page."""
    more = len(rows) > limit
    return {"items": shown[:limit], "next_cursor": str(rows[limit - 1].pk) if more else None}

"""Sales come in: a list of drafts becomes rows, shares and journal entries in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from sudapos.core import calendar, goods, journal, masking, pricing, tenders
from sudapos.core.refusal import Conflict, FieldError, Invalid, Refusal

from . import audit, cards, contacts, coupons, ledger, outbox, payers, points, shops
from .drafts import (
    ChargeDraft,
    LineDraft,
    PaymentDraft,
    PromotionDraft,
    SaleDraft,
    charge_vat,
    content_digest,
    milli,
    phone_digest,
    price,
    quantity,
)
from .sale_checks import check_payment, too_long
from .sales import CLOCK_SLACK, Charge, Payment, Sale, SaleLine, message

__all__ = [
    "ChargeDraft",
    "LineDraft",
    "PaymentDraft",
    "PromotionDraft",
    "SaleDraft",
    "Taken",
    "content_digest",
    "ingest",
    "milli",
    "phone_digest",
    "price",
    "quantity",
]

AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one draft: created, exists (a repeat that changed nothing) or refused."""

    sale_no: str
    status: str
    refusal: Refusal | None = None


@dataclass(slots=True)
class _Ready:
    """A draft that may be written: its amounts, its content's digest, its place in the answer."""

    draft: SaleDraft
    priced: pricing.PricedSale
    digest: str
    uses: cards.Uses = field(default_factory=dict)
    """What leaves which card, by payment number."""
    row: Sale = field(init=False)


def ingest(drafts: Sequence[SaleDraft], *, by: str, at: datetime) -> list[Taken]:
    """Write sales that are new, and say of each what became of it. A repeat of the same number changes nothing.

    The same number of statements whatever the number of sales, up to 1000. Raises Refusal too_many_items.
    """
    if len(drafts) > AT_MOST:
        raise Refusal("too_many_items", count=len(drafts), most=AT_MOST)
    try:
        return _ingest(drafts, by=by, at=at)
    except IntegrityError:
        # another till wrote one of these numbers between our look and our write: now we can see it
        return _ingest(drafts, by=by, at=at)


@transaction.atomic
def _ingest(drafts: Sequence[SaleDraft], *, by: str, at: datetime) -> list[Taken]:
    stores = shops.stores(d.store for d in drafts)
    accounts = shops.accounts(p.account for d in drafts for p in d.payments if p.account)
    rules = shops.rules_of(shops.merchant())
    earning = points.accounts(drafts)
    earns = [row.pk for row in earning.values()]
    purse = cards.purse((p for d in drafts for p in d.payments), earning=earns)
    known = dict(
        Sale.objects.filter(sale_no__in={d.sale_no for d in drafts}).values_list("sale_no", "digest")
    )
    answers: list[Taken] = []
    ready: list[_Ready] = []
    for draft in drafts:
        try:
            digest = content_digest(draft)
            seen = known.get(draft.sale_no)
            if seen is None:
                _check(draft, stores, accounts, points.check(draft, earning), at=at)
                priced = _price(draft)
                ready.append(_Ready(draft, priced, digest, purse.use(draft.payments)))
                known[draft.sale_no] = digest
                answers.append(Taken(draft.sale_no, "created"))
            elif seen == digest:
                answers.append(Taken(draft.sale_no, "exists"))
            else:
                raise Conflict("number_reused", sale_no=draft.sale_no)
        except Refusal as refusal:
            answers.append(Taken(draft.sale_no, "refused", refusal))
    if ready:
        _write(ready, stores, accounts, cutover=rules.business_day_cutover, at=at)
        points.keep(((item.row, item.draft) for item in ready), earning, at=at)
        coupons.keep((item.row, item.draft) for item in ready)
        _book(ready, by=by, at=at)
    return answers


def _check(
    draft: SaleDraft,
    stores: dict[str, shops.Store],
    accounts: dict[str, shops.Account],
    errors: list[FieldError],
    *,
    at: datetime,
) -> None:
    if draft.store not in stores:
        errors.append(FieldError(("store",), "store_not_found"))
    if not draft.lines:
        errors.append(FieldError(("lines",), "empty"))
    if draft.sold_at > at + CLOCK_SLACK:
        errors.append(FieldError(("sold_at",), "in_the_future"))
    for loc, numbers in (
        ("lines", [n.line_no for n in draft.lines]),
        ("payments", [p.payment_no for p in draft.payments]),
    ):
        if len(set(numbers)) != len(numbers):
            errors.append(FieldError((loc,), "number_twice"))
    for index, payment in enumerate(draft.payments):
        errors += check_payment(index, payment, accounts)
    errors += too_long(draft)
    errors += coupons.check(draft)
    if errors:
        raise Invalid("input_invalid", errors=errors)


def _price(draft: SaleDraft) -> pricing.PricedSale:
    priced = price(draft)
    paid = sum(p.amount for p in draft.payments)
    if priced.total != paid:
        raise Refusal("sale_does_not_add_up", sale_no=draft.sale_no, total=priced.total, paid=paid)
    if priced.total == 0:
        raise Refusal("sale_of_nothing", sale_no=draft.sale_no)
    return priced


def _write(
    ready: list[_Ready],
    stores: dict[str, shops.Store],
    accounts: dict[str, shops.Account],
    *,
    cutover: str,
    at: datetime,
) -> None:
    for item in ready:
        item.row = _sale_row(item, stores[item.draft.store], cutover=cutover, at=at)
    Sale.objects.bulk_create([item.row for item in ready])
    SaleLine.objects.bulk_create(row for item in ready for row in _line_rows(item))
    Charge.objects.bulk_create(row for item in ready for row in _charge_rows(item))
    payments = Payment.objects.bulk_create(row for item in ready for row in _payment_rows(item, accounts))
    cards.write_uses(payments, [(item.row, item.uses, _rated(item)) for item in ready], at=at)
    contacts.keep((item.row, item.draft.phone, item.draft.name) for item in ready)


def _sale_row(item: _Ready, store: shops.Store, *, cutover: str, at: datetime) -> Sale:
    d = item.draft
    return Sale(
        sale_no=d.sale_no,
        kind=d.kind,
        store=store,
        till=d.till,
        operator=d.operator,
        sold_at=d.sold_at,
        business_date=calendar.business_date(d.sold_at, cutover=cutover),
        mode=d.mode,
        total=item.priced.total,
        order_discount=d.order_discount,
        rounding_off=d.rounding_off,
        promotions=[asdict(each) for each in d.terms],
        invoice_no=d.invoice_no,
        phone_masked=masking.mobile(d.phone) if d.phone else "",
        phone_digest=phone_digest(d.phone),
        name_masked=masking.name(d.name) if d.name else "",
        digest=item.digest,
        created_at=at,
    )


def _line_rows(item: _Ready) -> list[SaleLine]:
    return [
        SaleLine(
            sale=item.row,
            line_no=n.line_no,
            sku=n.sku,
            name=masking.scan(n.name),  # a card number has no place in any text (INV-10)
            category=n.category,
            milli=n.milli,
            unit=n.unit,
            weighed=n.by_weight,
            unit_price=n.unit_price,
            gross=p.gross,
            discount=p.discount,
            order_discount_share=p.order_discount_share,
            rounding_share=p.rounding_share,
            net=p.net,
            vat_bp=n.vat_bp,
            returnable=n.returnable,
            serial=n.serial,
            override_by=n.override_by,
            gift_of=n.gift_of,
            marked_value=n.marked_value,
            unit_cost=n.unit_cost,
        )
        for n, p in zip(item.draft.lines, item.priced.lines, strict=True)
    ]


def _charge_rows(item: _Ready) -> list[Charge]:
    return [
        Charge(
            sale=item.row,
            charge_no=i,
            kind=c.kind,
            name=masking.scan(c.name),
            amount=c.amount,
            rate_bp=c.rate_bp,
            vat_bp=charge_vat(c, item.draft),
            follows_lines=c.follows_lines,
        )
        for i, c in enumerate(item.draft.charges, 1)
    ]


def _payment_rows(item: _Ready, accounts: dict[str, shops.Account]) -> list[Payment]:
    return [
        Payment(
            sale=item.row,
            payment_no=p.payment_no,
            channel=p.channel,
            account=accounts.get(p.account),
            amount=p.amount,
            coupon_amount=p.coupon_amount,
            out_trade_no=p.out_trade_no,
            channel_ref=p.channel_ref,
            origin_id=int(p.origin) if p.origin else None,
            paid_at=p.paid_at or item.draft.sold_at,
            card_masked=item.uses[p.payment_no].card.number_masked
            if p.payment_no in item.uses
            else p.card_masked,
            payer_digest=payers.digest_of(p.channel, p.payer, card_masked=p.card_masked),
            auth_code=p.auth_code,
            reference_no=p.reference_no,
            batch_no=p.batch_no,
            trace_no=p.trace_no,
        )
        for p in item.draft.payments
    ]


def _book(ready: list[_Ready], *, by: str, at: datetime) -> None:
    ledger.post(
        [
            ledger.Posted(
                _entry(item),
                item.row.business_date,
                item.draft.store,
                item.draft.till,
            )
            for item in ready
        ]
        + [
            ledger.Posted(
                journal.draft("J01c", item.draft.sale_no, cost=cost),
                item.row.business_date,
                item.draft.store,
                item.draft.till,
            )
            for item in ready
            if (cost := _cost(item.draft))
        ],
        at=at,
    )
    if outbox.wanted("sale.ingested"):  # too many to be kept for nobody
        outbox.write(
            [message(i.draft.sale_no, i.draft.store, i.priced.total) for i in ready if not i.draft.kind],
            at=at,
        )
    audit.write(
        (
            audit.Act(
                act="deposit.taken" if item.draft.kind else "sale.ingested",
                subject="sale",
                subject_no=item.draft.sale_no,
                by=by,
                store=item.draft.store,
                origin=item.draft.till,
                facts={"total": item.priced.total, "digest": item.digest[:16]},
            )
            for item in ready
        ),
        at=at,
    )


def _entry(item: _Ready) -> journal.Draft:
    """A sale makes revenue and tax; a deposit is owed to whoever paid it (J18a)."""
    draft = item.draft
    if draft.kind:
        [payment] = draft.payments
        return journal.draft("J18a", draft.sale_no, channel=payment.channel, amount=payment.amount)
    return journal.sale_paid(
        draft.sale_no,
        payments=_tenders(item),
        lines=_taxed(item),
        coupon=any(p.coupon_amount for p in draft.payments),
    )


def _cost(draft: SaleDraft) -> int:
    """Fen of what was sold cost us, of the lines whose cost is known."""
    return sum(
        goods.cost(line.unit_cost, before=0, milli=line.milli)
        for line in draft.lines
        if line.unit_cost is not None
    )


def _tenders(item: _Ready) -> list[tuple[str, int]]:
    """Of a card only its principal is money; bonus and points lessen revenue instead (J17b)."""
    return [
        (p.channel, item.uses[p.payment_no].parts.principal if p.payment_no in item.uses else p.amount)
        for p in item.draft.payments
    ]


def _rated(item: _Ready) -> list[tuple[int, int]]:
    """(fen, VAT rate) of each line and charge."""
    rated = [(p.net, n.vat_bp) for n, p in zip(item.draft.lines, item.priced.lines, strict=True)]
    return rated + [(c.amount, charge_vat(c, item.draft)) for c in item.draft.charges]


def _taxed(item: _Ready) -> list[tuple[int, int]]:
    """(fen without tax, tax) of each line and charge; prices include the tax (domain §5.8)."""
    return tenders.money_lines(_rated(item), sum(use.parts.bonus for use in item.uses.values()))

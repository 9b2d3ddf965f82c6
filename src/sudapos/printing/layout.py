"""A slip and a copy become rows: what stands on the paper and in which order (domain §7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from sudapos.core import money

from . import tenders, words
from .rows import Barcode, Item, Mark, Pair, Qr, Row, Rule, Sign, Text, Title, Total
from .slip import Copy, Kind, VoucherSlip

CARD_KINDS = (Kind.CARD_REFUND, Kind.CARD_VOID)


def rows(slip: VoucherSlip, copy: Copy, *, lang: str) -> tuple[Row, ...]:
    """The whole paper from top to foot. Raises ValueError for a language that we do not write."""
    if lang not in words.LANGUAGES:
        raise ValueError(f"no words in {lang!r}")
    blocks = (
        _head(slip, copy, lang),
        _document(slip, lang),
        _goods(slip, lang),
        _amount(slip, lang),
        tenders.rows(slip.tenders, lang),
        _why(slip, lang),
        _signatures(slip, copy, lang),
        _foot(slip, copy, lang),
    )
    return tuple(row for block in blocks for row in block)


def title(slip: VoucherSlip, lang: str) -> str:
    undone = bool(slip.tenders) and all(tender.route == "void" for tender in slip.tenders)
    kind = "void" if slip.kind == Kind.REFUND and undone else slip.kind
    return words.pick(words.TITLES, kind, lang)


def _reprint(copy: Copy, lang: str) -> Iterator[Row]:
    if not copy.is_reprint or copy.printed_at is None:
        return
    yield Mark(words.REPRINT)
    count = words.sentence("reprint", lang, n=copy.reprint_no)
    yield Text(f"{count} {words.moment(copy.printed_at)}", centred=True, small=True)
    who = words.person(copy.operator)
    if who:
        yield Text(f"{words.label('operator', lang)} {who}", centred=True, small=True)


def marked(copy: Copy, lang: str) -> Iterator[Row]:
    """Above what a reprint shows: that it is one, the how-many-th, by whom and why (domain §7.2)."""
    yield from _reprint(copy, lang)
    if copy.is_reprint and copy.reason:
        yield Text(f"{words.label('reprint_reason', lang)} {copy.reason}", centred=True, small=True)


def marked_below(copy: Copy, lang: str) -> Iterator[Row]:
    """And below it once more; the first one says when it was printed."""
    if copy.is_reprint:
        yield Text(words.sentence("reprint_proof", lang), centred=True, small=True)
        yield from _reprint(copy, lang)
    elif copy.printed_at:
        at = f"{words.label('printed_at', lang)} {words.moment(copy.printed_at)}"
        yield Text(at, centred=True, small=True)


def _head(slip: VoucherSlip, copy: Copy, lang: str) -> Iterator[Row]:
    yield from marked(copy, lang)
    shop = slip.merchant
    yield Text(shop.name, centred=True, strong=True)
    if shop.store:
        yield Text(shop.store, centred=True)
    for line in (shop.address, words.label("phone", lang, phone=shop.phone) if shop.phone else ""):
        if line:
            yield Text(line, centred=True, small=True)
    yield Title(title(slip, lang))
    holder = "cardholder" if slip.kind in CARD_KINDS and copy.label == "customer" else copy.label
    yield Text(words.pick(words.COPIES, holder, lang), centred=True, small=True)
    if slip.receipt_lost:
        yield Text(words.sentence("receipt_lost", lang), centred=True, strong=True)
    yield Rule()


def _document(slip: VoucherSlip, lang: str) -> Iterator[Row]:
    facts = [
        ("refund_no", slip.refund_no),
        ("created_at", words.moment(slip.created_at)),
        ("decided_at", words.moment(slip.decided_at) if slip.decided_at else ""),
        ("operator", words.person(slip.operator)),
        *(("approver", words.person(approver)) for approver in slip.approvers),
        ("till", slip.till),
        ("shift", slip.shift),
        ("merchant_no_tail", slip.merchant.merchant_no_tail),
    ]
    yield from _pairs(facts, lang)
    yield Rule()
    sale = [
        ("sale_no", slip.sale.no),
        ("sold_at", words.moment(slip.sale.sold_at) if slip.sale.sold_at else ""),
        ("paid", f"¥{money.show(slip.sale.paid)}" if slip.sale.paid else ""),
        ("exchange_no", slip.exchange_no),
        ("new_sale_no", slip.new_sale_no),
    ]
    yield from _pairs(sale, lang)


def _pairs(facts: list[tuple[str, str]], lang: str) -> Iterator[Row]:
    for code, value in facts:
        if value:
            yield Pair(words.label(code, lang), value)


def _goods(slip: VoucherSlip, lang: str) -> Iterator[Row]:
    if not (slip.lines or slip.charges or slip.deductions):
        return
    yield Rule()
    name, quantity, amount = (words.label(code, lang) for code in ("goods", "quantity", "money"))
    yield Item(name, quantity, amount, heading=True)
    for line in slip.lines:
        yield Item(line.name, line.quantity, money.show(line.amount))
        if line.discount:
            yield Pair(words.label("discount_share", lang, off=money.show(line.discount)), "", small=True)
    for charge in slip.charges:
        yield Item(charge.name, "", money.show(charge.amount))
    for taken in slip.deductions:
        kind = words.pick(words.DEDUCTIONS, taken.kind, lang)
        yield Item(
            f"{words.label('subtract', lang)}{kind} {taken.name}".strip(), "", money.show(-taken.amount)
        )
    for coupon in slip.coupons:
        named = words.label("coupon", lang, named=coupon.code, face=money.show(coupon.face))
        yield Pair(named, words.pick(words.COUPONS, coupon.state, lang), small=True)
    if slip.points_back:
        yield Pair(words.label("points_back", lang), f"{slip.points_back}")
        yield Pair(words.label("points_account", lang), slip.points_account)


def _amount(slip: VoucherSlip, lang: str) -> Iterator[Row]:
    """Digits and 大写: the Chinese numerals are the legal form and stay in the English paper."""
    yield Rule(heavy=True)
    yield Total(words.label("total", lang), f"¥{money.show(slip.total)}")
    yield Pair(words.label("in_words", lang), money.in_words(slip.total))
    yield Rule(heavy=True)


def _why(slip: VoucherSlip, lang: str) -> Iterator[Row]:
    yield Rule()
    yield Pair(words.label("reason", lang), words.pick(words.REASONS, slip.reason, lang))
    invoice = slip.invoice_state.lower()
    if invoice not in words.NO_INVOICE:
        yield Pair(words.label("invoice", lang), words.pick(words.INVOICES, invoice, lang))
    for note in slip.notes:
        yield Pair(words.label("note", lang), note)
    if slip.receipt_lost:
        yield Text(words.sentence("lost_note", lang), small=True)


def _signatures(slip: VoucherSlip, copy: Copy, lang: str) -> Iterator[Row]:
    """The cardholder signs the merchant's copy only; everybody else signs every copy (domain §7.1)."""
    if slip.signature_ref:
        yield Pair(words.label("signature_ref", lang), slip.signature_ref)
    for signer in slip.signers:
        if signer != "cardholder" or copy.label == "merchant":
            yield Sign(words.pick(words.SIGNERS, signer, lang))


def _foot(slip: VoucherSlip, copy: Copy, lang: str) -> Iterator[Row]:
    yield Rule()
    yield Barcode(slip.refund_no)
    if slip.url:
        yield Qr(slip.url, words.sentence("scan", lang))
    if slip.code:
        yield Text(f"{words.label('code', lang)} {slip.code}", centred=True, strong=True)
    if slip.merchant.phone:
        yield Text(words.sentence("shop_phone", lang, phone=slip.merchant.phone), centred=True, small=True)
    yield Text(words.sentence("hotline", lang), centred=True, small=True)
    yield Text(words.sentence("privacy", lang), centred=True, small=True)
    yield from marked_below(copy, lang)

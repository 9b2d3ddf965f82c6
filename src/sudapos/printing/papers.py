"""Small papers beside the voucher: a sale's receipt, the label on goods that came back, the voucher of a card handed back.

Amounts in fen, times with offset. The last of them proves that money went back: its copies are counted, and a reprint says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sudapos.core import money, sentences

from . import compose, layout, page, picture, receipts, roll, sheet, words
from .receipts import CompensationPaper as CompensationPaper
from .receipts import DepositPaper as DepositPaper
from .roll import Device
from .rows import Barcode, Item, Pair, Row, Rule, Text, Title, Total
from .slip import Copy

FORMS = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "escpos": "application/octet-stream",
}
"""Form → content type."""

Words = tuple[str, str]
_RECEIPT: Words = ("销售小票", "RECEIPT")
_LABEL: Words = ("退货标签", "RETURN LABEL")
_HAND_BACK: Words = ("储值卡退款凭证", "STORED VALUE CARD REFUND")
_WORDS: dict[str, Words] = {
    "sale_no": ("销售单", "Sale"),
    "sold_at": ("时间", "Sold at"),
    "operator": ("操作员", "Operator"),
    "goods": ("商品", "Item"),
    "quantity": ("数量", "Qty"),
    "amount": ("金额", "Amount"),
    "off": ("优惠", "Discount"),
    "total": ("合计", "Total"),
    "refund_no": ("退款单号", "Refund no."),
    "from_sale": ("换自销售单", "Exchanged from sale"),
    "exchange": ("换货单", "Exchange"),
    "sku": ("条码", "SKU"),
    "serial": ("序列号", "Serial no."),
    "condition": ("货品", "Condition"),
    "came_back": ("收回日期", "Received"),
    "hand_back_no": ("退卡单号", "Hand-back no."),
    "card": ("卡号", "Card"),
    "paid_at": ("退付时间", "Paid at"),
    "paid_in": ("实付本金", "Paid in"),
    "bonus": ("赠送", "Bonus"),
    "consumed": ("算作消费", "Counted as used"),
    "principal": ("应退本金", "Principal back"),
    "interest": ("利息（自 {since}）", "Interest (from {since})"),
    "in_words": ("大写", "In words"),
    "after_principal": ("退后余额·本金", "Balance after, principal"),
    "after_bonus": ("退后余额·赠送", "Balance after, bonus"),
    "payout": ("退到", "Paid to"),
    "reference": ("转账流水号", "Transfer reference"),
    "holder": ("持卡人", "Holder"),
    "staff": ("经办 / 复核", "Asked / agreed by"),
    "till": ("收银台", "Till"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One line of a receipt."""

    name: str
    quantity: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalePaper:
    """A receipt; of an exchange it names the other papers as well."""

    merchant: str
    store: str
    sale_no: str
    sold_at: datetime
    operator: str
    lines: Sequence[Sold]
    total: int
    off: int = 0
    """What was taken off the whole, already inside the lines' amounts."""
    payments: Sequence[tuple[str, int]] = ()
    exchange_no: str = ""
    refund_no: str = ""
    from_sale_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is stuck on goods that came back."""

    refund_no: str
    sku: str
    name: str
    quantity: str
    condition: str
    at: datetime
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandBackPaper:
    """储值卡退款凭证: what a card that was handed back came to, and what is left on it."""

    merchant: str
    store: str
    number: str
    card_masked: str
    card_ref: str
    paid_in: int
    bonus: int
    consumed: int
    principal: int
    interest: int
    since: str
    after_principal: int
    after_bonus: int
    payout: str
    till: str
    person: str
    account: str
    reference: str
    staff: Sequence[str]
    at: str


Paper = SalePaper | Label | HandBackPaper | CompensationPaper | DepositPaper
FIRST = Copy()


def rows(paper: Paper, *, lang: str, copy: Copy = FIRST) -> tuple[Row, ...]:
    """The whole paper. Raises ValueError for a language that we do not write."""
    if lang not in words.LANGUAGES:
        raise ValueError(f"no words in {lang!r}")
    match paper:
        case SalePaper():
            return tuple(_receipt(paper, lang))
        case HandBackPaper():
            return (*layout.marked(copy, lang), *_hand_back(paper, lang), *layout.marked_below(copy, lang))
        case CompensationPaper() | DepositPaper():
            return tuple(receipts.rows(paper, lang))
        case Label():
            return tuple(_label(paper, lang))


def made(
    paper: Paper, form: str, *, lang: str = "zh", width_mm: int = 80, font_url: str = "", copy: Copy = FIRST
) -> str | bytes:
    """The paper in one of FORMS. Raises ValueError for another form."""
    lines, named = rows(paper, lang=lang, copy=copy), title(paper, lang)
    mark = words.REPRINT if copy.is_reprint else ""
    match form:
        case "html":
            return page.html(
                lines, width_mm=width_mm, lang=lang, title=named, font_url=font_url, watermark=mark
            )
        case "pdf":
            composed, author = compose.compose(lines, width_mm), getattr(paper, "merchant", "")
            return sheet.pdf(
                composed, width_mm=width_mm, title=named, author=author, lang=lang, watermark=mark
            )
        case "png":
            return picture.png(compose.compose(lines, width_mm))
        case "escpos":
            return roll.escpos(lines, width_mm=width_mm, mode="auto", device=Device(), kick=False)
        case _:
            raise ValueError(f"no paper as {form!r}")


def title(paper: Paper, lang: str) -> str:
    if isinstance(paper, CompensationPaper | DepositPaper):
        return receipts.title(paper, lang)
    named = {SalePaper: _RECEIPT, HandBackPaper: _HAND_BACK, Label: _LABEL}
    return _in(named[type(paper)], lang)


def _in(pair: Words, lang: str) -> str:
    return pair[1 if lang == "en" else 0]


def _word(code: str, lang: str) -> str:
    return _in(_WORDS[code], lang)


def _yuan(fen: int) -> str:
    return f"−¥{money.show(-fen)}" if fen < 0 else f"¥{money.show(fen)}"


def _receipt(paper: SalePaper, lang: str) -> Iterator[Row]:
    yield Text(paper.merchant, centred=True)
    yield Title(_in(_RECEIPT, lang))
    yield Text(paper.store, centred=True, small=True)
    yield Rule()
    yield Pair(_word("sale_no", lang), paper.sale_no)
    yield Pair(_word("sold_at", lang), words.moment(paper.sold_at))
    yield Pair(_word("operator", lang), paper.operator)
    if paper.exchange_no:
        yield Pair(_word("exchange", lang), paper.exchange_no, strong=True)
        yield Pair(_word("refund_no", lang), paper.refund_no, strong=True)
        yield Pair(_word("from_sale", lang), paper.from_sale_no)
    yield Rule()
    yield Item(_word("goods", lang), _word("quantity", lang), _word("amount", lang), heading=True)
    for line in paper.lines:
        yield Item(line.name, line.quantity, money.show(line.amount))
    if paper.off:
        yield Pair(_word("off", lang), _yuan(-paper.off), small=True)
    yield Rule(heavy=True)
    yield Total(_word("total", lang), _yuan(paper.total))
    yield Rule(heavy=True)
    for channel, amount in paper.payments:
        yield Pair(sentences.channel_word(channel, lang), _yuan(amount))
    yield Rule()
    yield Barcode(paper.sale_no)
    yield Text(words.sentence("hotline", lang), centred=True, small=True)


def _label(paper: Label, lang: str) -> Iterator[Row]:
    yield Title(_in(_LABEL, lang))
    yield Text(paper.name, strong=True)
    yield Text(sentences.goods_word(paper.condition, lang), strong=True)
    yield Rule(heavy=True)
    if paper.sku:
        yield Pair(_word("sku", lang), paper.sku)
    if paper.serial:
        yield Pair(_word("serial", lang), paper.serial)
    yield Pair(_word("quantity", lang), paper.quantity)
    yield Pair(_word("came_back", lang), words.moment(paper.at)[:10])
    yield Barcode(paper.refund_no)


def _hand_back(paper: HandBackPaper, lang: str) -> Iterator[Row]:
    """Signed by the customer; for cash by the cashier as well (domain §7.1)."""
    yield Text(paper.merchant, centred=True)
    yield Title(_in(_HAND_BACK, lang))
    yield Text(paper.store, centred=True, small=True)
    yield Rule()
    yield Pair(_word("hand_back_no", lang), paper.number, strong=True)
    yield Pair(_word("card", lang), f"{paper.card_masked} {paper.card_ref}")
    yield Pair(_word("holder", lang), paper.person)
    yield Pair(_word("paid_at", lang), paper.at.replace("T", " ")[:19])
    yield Pair(_word("staff", lang), " / ".join(paper.staff))
    yield Rule()
    for code, fen in (("paid_in", paper.paid_in), ("bonus", paper.bonus), ("consumed", paper.consumed)):
        yield Pair(_word(code, lang), _yuan(fen))
    yield Pair(_word("principal", lang), _yuan(paper.principal), strong=True)
    yield Pair(_word("interest", lang).format(since=paper.since), _yuan(paper.interest))
    yield Rule(heavy=True)
    whole = paper.principal + paper.interest
    yield Total(_word("total", lang), _yuan(whole))
    yield Pair(_word("in_words", lang), money.in_words(whole))
    yield Rule(heavy=True)
    to = " ".join(filter(None, (sentences.channel_word(paper.payout, lang), paper.account)))
    yield Pair(_word("payout", lang), to)
    if paper.reference:
        yield Pair(_word("reference", lang), paper.reference)
    if paper.payout == "cash" and paper.till:
        yield Pair(_word("till", lang), paper.till)
    yield Pair(_word("after_principal", lang), _yuan(paper.after_principal))
    yield Pair(_word("after_bonus", lang), _yuan(paper.after_bonus))
    yield Rule()
    for signer in ("customer", "cashier") if paper.payout == "cash" else ("customer",):
        yield Text(f"{words.pick(words.SIGNERS, signer, lang)} ____________________")
    yield Barcode(paper.number)
    yield Text(words.sentence("hotline", lang), centred=True, small=True)

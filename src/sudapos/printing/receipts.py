"""收据: what a customer takes with her for money that is no sale: a deposit that she paid, a compensation that she got (R-10, R-24).

Amounts in fen, times with offset. Neither proves a refund: no copies are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sudapos.core import money, sentences
from sudapos.core.wording import compensations, deposits

from . import words
from .rows import Barcode, Pair, Row, Rule, Text, Title, Total

_COMPENSATION = ("赔偿收据", "COMPENSATION RECEIPT")
_DEPOSIT = ("{kind}收据", "RECEIPT FOR {kind}")
_WORDS: dict[str, tuple[str, str]] = {
    "compensation_no": ("赔偿单号", "Compensation no."),
    "sale_no": ("销售单", "Sale"),
    "paid_at": ("付款时间", "Paid at"),
    "people": ("经办 / 批准 / 付款", "Asked / agreed / paid by"),
    "kind": ("赔偿依据", "Why it is owed"),
    "goods_price": ("商品价款", "Price of the goods"),
    "why": ("原因", "Reason"),
    "evidence": ("凭据", "Proof"),
    "total": ("合计", "Total"),
    "in_words": ("大写", "In words"),
    "person": ("收款人", "Paid to"),
    "way": ("付款方式", "Paid by"),
    "reference": ("流水号", "Reference"),
    "till": ("收银台", "Till"),
    "no_refund": ("本款是赔偿，不是退款，不冲减销售", "This is compensation, not a refund; the sale stays as it is"),
    "deposit_no": ("单号", "No."),
    "taken_at": ("收款时间", "Taken at"),
    "operator": ("收款人", "Taken by"),
    "customer": ("顾客", "Customer"),
    "purpose": ("为什么收", "What it is for"),
    "contract_no": ("合同号", "Contract"),
    "contract_price": ("合同总价", "Price of the contract"),
    "no_sale": ("凭此单退还或抵作货款；不是销售小票，不是发票", "Goes back or counts towards a sale against this paper; no sale and no invoice"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationPaper:
    """赔偿收据: what was paid beyond the price, and that it is no refund (domain R-24)."""

    merchant: str
    store: str
    number: str
    sale_no: str
    kind: str
    price: int
    amount: int
    why: str
    evidence: str
    channel: str
    till: str
    reference: str
    person: str
    staff: Sequence[str]
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositPaper:
    """押金收据, 定金收据: what was taken and what for; never a sale (domain §5.7)."""

    merchant: str
    store: str
    number: str
    kind: str
    amount: int
    purpose: str
    channel: str
    at: str
    operator: str
    till: str = ""
    reference: str = ""
    contract_no: str = ""
    contract_price: int = 0
    customer: str = ""


def title(paper: CompensationPaper | DepositPaper, lang: str) -> str:
    if isinstance(paper, CompensationPaper):
        return _in(_COMPENSATION, lang)
    kind = _in(deposits.KINDS[paper.kind], lang)
    return _in(_DEPOSIT, lang).format(kind=kind.upper())


def rows(paper: CompensationPaper | DepositPaper, lang: str) -> Iterator[Row]:
    """The whole paper."""
    yield Text(paper.merchant, centred=True)
    yield Title(title(paper, lang))
    yield Text(paper.store, centred=True, small=True)
    yield Rule()
    yield from _compensation(paper, lang) if isinstance(paper, CompensationPaper) else _deposit(paper, lang)
    yield Rule()
    for signer in ("customer", "cashier") if paper.channel == "cash" else ("customer",):
        yield Text(f"{words.pick(words.SIGNERS, signer, lang)} ____________________")
    yield Barcode(paper.number)
    yield Text(words.sentence("hotline", lang), centred=True, small=True)


def _compensation(paper: CompensationPaper, lang: str) -> Iterator[Row]:
    yield _pair("compensation_no", paper.number, lang, strong=True)
    yield _pair("sale_no", paper.sale_no, lang)
    yield _pair("paid_at", _moment(paper.at), lang)
    yield _pair("people", " / ".join(paper.staff), lang)
    yield Rule()
    yield _pair("kind", _in(compensations.KINDS[paper.kind], lang), lang)
    if paper.price:
        yield _pair("goods_price", _yuan(paper.price), lang)
    yield _pair("why", paper.why, lang)
    if paper.evidence:
        yield _pair("evidence", paper.evidence, lang)
    yield from _sum(paper.amount, lang)
    yield _pair("person", paper.person, lang)
    yield from _way(paper, lang)
    yield Text(_word("no_refund", lang), small=True)


def _deposit(paper: DepositPaper, lang: str) -> Iterator[Row]:
    yield _pair("deposit_no", paper.number, lang, strong=True)
    yield _pair("taken_at", _moment(paper.at), lang)
    yield _pair("operator", paper.operator, lang)
    if paper.customer:
        yield _pair("customer", paper.customer, lang)
    yield Rule()
    yield _pair("purpose", paper.purpose, lang)
    if paper.contract_no:
        yield _pair("contract_no", paper.contract_no, lang)
    if paper.contract_price:
        yield _pair("contract_price", _yuan(paper.contract_price), lang)
    yield from _sum(paper.amount, lang)
    yield from _way(paper, lang)
    yield Text(_word("no_sale", lang), small=True)


def _sum(amount: int, lang: str) -> Iterator[Row]:
    yield Rule(heavy=True)
    yield Total(_word("total", lang), _yuan(amount))
    yield _pair("in_words", money.in_words(amount), lang)
    yield Rule(heavy=True)


def _way(paper: CompensationPaper | DepositPaper, lang: str) -> Iterator[Row]:
    yield _pair("way", sentences.channel_word(paper.channel, lang), lang)
    if paper.reference:
        yield _pair("reference", paper.reference, lang)
    if paper.channel == "cash" and paper.till:
        yield _pair("till", paper.till, lang)


def _pair(code: str, value: str, lang: str, *, strong: bool = False) -> Pair:
    return Pair(_word(code, lang), value, strong=strong)


def _word(code: str, lang: str) -> str:
    return _in(_WORDS[code], lang)


def _in(pair: tuple[str, str], lang: str) -> str:
    return pair[1 if lang == "en" else 0]


def _yuan(fen: int) -> str:
    return f"¥{money.show(fen)}"


def _moment(at: str) -> str:
    return at.replace("T", " ")[:19]

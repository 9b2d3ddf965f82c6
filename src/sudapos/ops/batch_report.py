"""What became of a batch, item by item, as a page and a table show it: one row for each, amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass

from sudapos.books import batch_stands
from sudapos.books.batches import AT_MOST, BatchItem, RefundBatch
from sudapos.books.intake import quantity
from sudapos.core import money, sentences, sheets
from sudapos.core.sheets import Cell, Money
from sudapos.printing import tables

HEADINGS = {
    "zh": ("序号", "销售单号", "退什么", "原因", "金额", "结果", "退款单号", "退到", "说明"),
    "en": ("No.", "Sale", "What", "Reason", "Amount", "Result", "Refund", "Back to", "Why"),
}
EVERYTHING = {"zh": "全部", "en": "Everything"}
AMOUNT = {"zh": "退差价 {amount}", "en": "{amount} back"}
LINE = {"zh": "第 {line} 行 ×{quantity}", "en": "line {line} ×{quantity}"}
BETWEEN = {"zh": "；", "en": "; "}


@dataclass(frozen=True, slots=True)
class Row:
    """One item in words."""

    item: BatchItem
    outcome: str
    what: str
    to: str
    why: str

    @property
    def refund_no(self) -> str:
        return self.item.refund.refund_no if self.item.refund else ""


def rows(
    batch: RefundBatch, lang: str, *, outcome: str = "", after: int = 0, limit: int = AT_MOST
) -> list[Row]:
    """Items in their order, narrowed to one outcome; `after` is an item's number."""
    found = batch_stands.stands(batch, outcome=outcome, after=after, limit=limit)
    return [Row(item, stand, what(item, lang), to(item, lang), why(item, lang)) for item, stand in found]


def what(item: BatchItem, lang: str) -> str:
    """What is asked: lines, an amount, or everything."""
    if item.amount is not None:
        return AMOUNT[lang].format(amount=f"¥{money.show(item.amount)}")
    if not item.lines:
        return EVERYTHING[lang]
    parts = [LINE[lang].format(line=no, quantity=quantity(milli)) for no, milli in item.lines]
    return BETWEEN[lang].join(parts)


def to(item: BatchItem, lang: str) -> str:
    """Where the money goes, by channel and route."""
    return BETWEEN[lang].join(
        f"{way(channel, route, lang)} ¥{money.show(amount)}" for channel, route, amount in item.legs
    )


def way(channel: str, route: str, lang: str) -> str:
    """Channel and route, said once where they are one word."""
    words = (sentences.channel_word(channel, lang), sentences.route_word(route, lang))
    return " ".join(dict.fromkeys(words))


def why(item: BatchItem, lang: str) -> str:
    """What stands in the way, or what asks for people; empty where nothing does."""
    said = [sentences.say(item.code, lang, **item.facts).text] if item.code else []
    said += [sentences.say(reason["code"], lang, **reason["facts"]).text for reason in item.reasons]
    if item.refund is not None:
        for leg in item.refund.legs.all():
            code = leg.alarm or leg.error_code
            if code and leg.state != "settled":
                said.append(sentences.say(code, lang).text if sentences.known(code) else code)
    return BETWEEN[lang].join(dict.fromkeys(said))


def table(batch: RefundBatch, lang: str, *, outcome: str = "") -> list[list[Cell]]:
    """The rows as a sheet, heading first; texts that look like formulas are made harmless."""
    whole: list[list[Cell]] = [list(HEADINGS[lang])]
    for row in rows(batch, lang, outcome=outcome):
        item = row.item
        texts = (
            item.sale_no,
            row.what,
            sentences.reason_word(item.reason, lang),
            sentences.outcome_word(row.outcome, lang),
            row.refund_no,
            row.to,
            row.why,
        )
        sale, asked, reason, result, refund, back, because = map(sheets.guard, texts)
        whole.append([item.item_no, sale, asked, reason, Money(item.total), result, refund, back, because])
    return whole


def file(batch: RefundBatch, kind: str, lang: str, *, outcome: str = "") -> tuple[str, str, bytes]:
    """The report as (name, content type, bytes); `kind` is csv or xlsx."""
    whole = table(batch, lang, outcome=outcome)
    content = tables.as_xlsx(whole, title=batch.batch_no) if kind == "xlsx" else tables.as_csv(whole)
    return f"{batch.batch_no}.{kind}", tables.CONTENT_TYPES[kind], content

"""What accounting programs want to read: which columns, in which order, and what fills them (domain §4.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .refusal import FieldError, Invalid
from .sheets import WORD, Cell, Money, Sheet, SheetLine, guard

KINDS = ("csv", "xlsx", "txt")
ENCODINGS = ("utf-8", "gbk")
CONSTANT = "text:"
"""A column that is filled with the same text everywhere: `text:王会计`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One row of a file: the sheet, its line, the line's place in the sheet (from 0) and the sheet's in the file (from 1)."""

    sheet: Sheet
    line: SheetLine
    index: int
    serial: int


Filler = Callable[[Place], Cell]


@dataclass(frozen=True, slots=True)
class Fill:
    """Something that may fill a column, with its words."""

    zh: str
    en: str
    cell: Filler


FILLS: Mapping[str, Fill] = {
    "date": Fill("日期 2026-11-24", "day, 2026-11-24", lambda at: at.sheet.day.isoformat()),
    "year": Fill("会计年度", "year", lambda at: at.sheet.day.year),
    "period": Fill("会计期间（月）", "period, the month", lambda at: at.sheet.day.month),
    "word": Fill("凭证字", "voucher word", lambda at: WORD),
    "number": Fill("凭证号", "voucher number, by month", lambda at: at.sheet.number),
    "serial": Fill("文件内凭证序号", "place of the voucher in the file", lambda at: at.serial),
    "entry": Fill("分录序号，从 0 起", "place of the line in its voucher, from 0", lambda at: at.index),
    "memo": Fill("摘要", "memo", lambda at: at.sheet.memo),
    "code": Fill("科目代码", "account code", lambda at: at.line.code),
    "name": Fill("科目名称", "account name", lambda at: at.line.name),
    "debit": Fill("借方金额，没有则空", "debit, empty where none", lambda at: _or_empty(at.line.debit)),
    "credit": Fill("贷方金额，没有则空", "credit, empty where none", lambda at: _or_empty(at.line.credit)),
    "debit0": Fill("借方金额，没有则 0.00", "debit, 0.00 where none", lambda at: Money(at.line.debit)),
    "credit0": Fill("贷方金额，没有则 0.00", "credit, 0.00 where none", lambda at: Money(at.line.credit)),
    "amount": Fill("原币金额", "amount in the original currency", lambda at: Money(at.line.amount)),
    "store": Fill("门店代码", "store's code", lambda at: at.sheet.store),
    "zero": Fill("0", "0", lambda at: 0),
    "one": Fill("1", "1", lambda at: 1),
    "empty": Fill("空", "nothing", lambda at: ""),
}
"""What may fill a column; beside these, `text:` and a text of one's own."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and the name of what fills it."""

    heading: str
    fills: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One program's file. The first of `kinds` and of `encodings` is what it gets unless something else is asked for."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    kinds: tuple[str, ...] = ("csv", "xlsx")
    encodings: tuple[str, ...] = ENCODINGS
    preamble: str = ""
    """A line before everything else, as the program wants it."""
    has_headings: bool = True
    verified: str = ""
    """Where the layout comes from, and what the merchant's accountant has to try out."""


def _columns(text: str) -> tuple[Column, ...]:
    pairs = (line.split() for line in text.strip().splitlines())
    return tuple(Column(heading, fills) for heading, fills in pairs)


_SIMPLE = """
凭证日期 date
凭证字 word
凭证号 number
附件数 zero
摘要 memo
科目代码 code
科目名称 name
借方金额 debit
贷方金额 credit
核算项目 store
"""
_KIS_EXCEL = """
日期 date
凭证字 word
凭证号 number
附单据数 zero
摘要 memo
科目代码 code
科目名称 name
借方金额 debit
贷方金额 credit
币别 text:人民币
汇率 one
数量 empty
单价 empty
制单人 empty
审核人 empty
过账人 empty
"""
_KIS_STD = """
FDate date
FYear year
FPeriod period
FGroupID word
FNumber number
FAccountNum code
FAccountName name
FCurrencyNum text:RMB
FCurrencyName text:人民币
FAmountFor amount
FDebit debit0
FCredit credit0
FPreparerID text:NONE
FCheckerID text:NONE
FApproveID text:NONE
FCashierID text:NONE
FHandler empty
FSettleTypeID text:*
FSettleNo empty
FExplanation memo
FQuantity zero
FMeasureUnitID text:*
FUnitPrice zero
FReference empty
FTransDate date
FTransNo empty
FAttachments zero
FSerialNum serial
FObjectName empty
FParameter empty
FExchangeRate one
FEntryID entry
FItem store
FPosted zero
FInternalInd empty
FCashFlow empty
"""
_TPLUS = """
凭证日期 date
凭证号 number
附单据数 zero
摘要 memo
科目编码 code
辅助项 store
借方金额 debit
贷方金额 credit
"""
_U8 = """
制单日期 date
凭证类别字 word
业务号 number
附单据数 zero
摘要 memo
科目编码 code
金额借方 debit0
金额贷方 credit0
数量 empty
外币 empty
汇率 empty
制单人 empty
结算方式 empty
票号 empty
发生日期 date
部门编码 empty
个人编码 empty
客户编码 empty
供应商编码 empty
业务员 empty
项目编码 empty
"""

BUILT_IN: Mapping[str, Profile] = {
    each.name: each
    for each in (
        Profile(
            name="generic_csv",
            zh="通用表格",
            en="plain table",
            columns=_columns(_SIMPLE),
            verified="columns of kingdee_simple, UTF-8 with BOM",
        ),
        Profile(
            name="kingdee_simple",
            zh="金蝶（简易）",
            en="Kingdee, simple",
            columns=_columns(_SIMPLE),
            kinds=("xlsx", "csv"),
            verified="secondary sources",
        ),
        Profile(
            name="kingdee_kis_excel",
            zh="金蝶 KIS（Excel 凭证）",
            en="Kingdee KIS, Excel vouchers",
            columns=_columns(_KIS_EXCEL),
            kinds=("xlsx", "csv"),
            verified="secondary sources; persons and quantities are left empty",
        ),
        Profile(
            name="kingdee_kis_std",
            zh="金蝶 KIS/K3（标准引入表）",
            en="Kingdee KIS/K3, standard import sheet",
            columns=_columns(_KIS_STD),
            kinds=("xlsx", "csv"),
            verified="headings from third-party code; the fillings NONE, * and 0 are to be tried on one voucher",
        ),
        Profile(
            name="yonyou_tplus",
            zh="用友 T+",
            en="Yonyou T+",
            columns=_columns(_TPLUS),
            kinds=("xlsx", "csv"),
            verified="third-party code",
        ),
        Profile(
            name="yonyou_u8_txt",
            zh="用友 U8（总账工具文本）",
            en="Yonyou U8, text for the ledger tool",
            columns=_columns(_U8),
            kinds=("txt",),
            encodings=("gbk", "utf-8"),
            preamble="填制凭证,V800",
            has_headings=False,
            verified="first line and first eight columns from several sources; the rest is to be tried on one voucher",
        ),
    )
}


def faults(columns: Sequence[Column]) -> Iterator[FieldError]:
    """What is wrong with a merchant's own columns: headings that are empty or stand twice, fillings that do not exist."""
    if not columns:
        yield FieldError(("columns",), "empty")
    headings = [column.heading.strip() for column in columns]
    for index, column in enumerate(columns):
        heading = headings[index]
        if not heading or len(heading) > 40:
            yield FieldError(("columns", index, "heading"), "bad_value")
        elif headings.index(heading) != index:
            yield FieldError(("columns", index, "heading"), "heading_twice")
        if column.fills not in FILLS and not column.fills.startswith(CONSTANT):
            yield FieldError(("columns", index, "fills"), "not_offered", " ".join(FILLS))


def table(profile: Profile, sheets: Sequence[Sheet]) -> list[list[Cell]]:
    """The rows of the file below its headings; texts are made harmless, amounts stay amounts."""
    fillers = [_filler(column.fills) for column in profile.columns]
    return [
        [_safe(fill(Place(sheet, line, index, serial))) for fill in fillers]
        for serial, sheet in enumerate(sheets, 1)
        for index, line in enumerate(sheet.lines)
    ]


def headings(profile: Profile) -> list[Cell]:
    return [guard(column.heading) for column in profile.columns]


def _filler(fills: str) -> Filler:
    if fills.startswith(CONSTANT):
        text = fills.removeprefix(CONSTANT)
        return lambda at: text
    return FILLS[fills].cell


def _or_empty(fen: int) -> Cell:
    return Money(fen) if fen else ""


def _safe(cell: Cell) -> Cell:
    return guard(cell) if isinstance(cell, str) else cell


def chosen(given: str, offered: Sequence[str], name: str) -> str:
    """What was asked for, or the first of what is offered. Raises Invalid."""
    if given and given not in offered:
        raise Invalid("input_invalid", errors=[FieldError((name,), "not_offered", " ".join(offered))])
    return given or offered[0]

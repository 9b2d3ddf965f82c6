"""The policy as a form: which entries people edit, in yuan and days, and what they typed read back entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from sudapos.books import policies
from sudapos.core import capability, money, points, sentences
from sudapos.core.fraud import DEFAULTS
from sudapos.core.refusal import FieldError, Invalid
from sudapos.core.rules import REASONS, Rules

from . import fee_rows, language

CATEGORIES = "windows_by_category"
FEES = "kept_fees"
ORDER = "waterfall_order"
RATES = ("lpr_one_year_bp", "deposit_one_year_bp")
GROUPS = ("external", "stored_value", "points", "cash")


@dataclass(slots=True)
class Entry:
    """One entry as the form shows it, one that refunds are decided by; `kind` is yuan, days, count, flag, choice, text, words, table or fees."""

    path: str
    kind: str
    may_be_empty: bool = False
    choices: tuple[str, ...] = ()
    value: str = ""
    wrong: str = ""

    @property
    def word(self) -> str:
        return sentences.entry_word(self.path, language.current())

    @property
    def how(self) -> str:
        """How a field of several lines is written."""
        match self.kind:
            case "fees":
                return _("每行一条：数码=5%，数码/不想要了=取消 10.00/件，*=30.00/行")
            case "table" if self.path in RATES:
                return _("每行一条：2025-05-20=300")
            case "table":
                return _("每行一类：生鲜=1")
        return ""

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(code, choice_word(code)) for code in self.choices]


@dataclass(slots=True)
class Group:
    """Entries that stand together."""

    title: str
    hint: str
    entries: list[Entry] = field(default_factory=list)
    is_rare: bool = False
    """Folded until somebody asks for it, or something in it is wrong."""

    @property
    def is_folded(self) -> bool:
        return self.is_rare and not any(entry.wrong for entry in self.entries)


def choice_word(code: str) -> str:
    """What one choice of an entry is called."""
    known = {
        "PROPORTIONAL": _("按比例"),
        "WATERFALL": _("依次退回"),
        "EXACT": _("付到分"),
        "UP_TO_JIAO": _("进位到角，多付的从下次扣"),
        "negative": _("账户记为负"),
        "deduct": _("从退款里扣"),
        "KEEP": _("优惠不追回"),
        "CLAWBACK": _("追回不再满足的优惠"),
    }
    return known.get(code, code)


def groups(rules: Rules) -> list[Group]:
    """The form for these rules, filled with them."""
    kept = policies.flat(rules)

    made = [
        Group(
            _("退货期限"),
            _("按销售当天的版本执行。天数从次日起算；留空表示没有规定。"),
            [
                Entry("promise_days", "days", may_be_empty=True),
                Entry("override_not_returnable", "flag"),
                *_table_of("windows_by_reason", "days", REASONS, may_be_empty=True),
                Entry(CATEGORIES, "table", may_be_empty=True),
                Entry("exchange_days", "table"),
            ],
        ),
        Group(
            _("原路退回期限"),
            _("各渠道合同规定的天数；留空表示没有期限。"),
            _table_of("windows_days", "days", rules.windows_days, may_be_empty=True),
        ),
        Group(
            _("限额（元）"),
            _("启用后立即对所有退款生效。"),
            [
                Entry("single_operator_mode", "flag"),
                *_table_of("approval_fen", "yuan", ("cashier", "manager", "manager_finance")),
                *_table_of("cash_payout_fen", "yuan", ("cashier", "manager", "drawer_daily")),
                *(Entry(name, "yuan") for name in ("no_receipt_limit_fen", "cash_report_fen")),
                Entry("cross_year_needs_finance", "flag"),
            ],
        ),
        _promised(),
        _fees(),
        _hours(),
        Group(
            _("多种支付怎么退"),
            _("依次退回时按顺序写：external 为渠道，stored_value 储值，points 积分，cash 现金，用逗号隔开。"),
            [
                Entry("tender_split", "choice", choices=("PROPORTIONAL", "WATERFALL")),
                Entry(ORDER, "words"),
                *_table_of("partial_refunds_max", "count", rules.partial_refunds_max),
            ],
        ),
    ]
    made += [_rates(), _thresholds()]
    for group in made:
        for entry in group.entries:
            entry.value = _shown(entry, kept, rules)
    return made


def _table_of(name: str, kind: str, keys: Iterable[str], *, may_be_empty: bool = False) -> list[Entry]:
    return [Entry(f"{name}.{key}", kind, may_be_empty) for key in keys]


def _rates() -> Group:
    return Group(
        _("退卡利率"),
        _("每行写“起始日=万分之几”，到下一行为止；请按中国人民银行和贷款市场报价公布的数核对后再启用。"),
        [Entry(name, "table") for name in RATES],
    )


def _hours() -> Group:
    return Group(
        _("钟点"),
        _("启用后立即生效。营业时间写作 08:00-22:00，留空表示不看。"),
        [
            Entry("opening_hours", "text", may_be_empty=True),
            *(Entry(name, "count") for name in ("approval_minutes", "clock_drift_block_seconds")),
        ],
    )


def _thresholds() -> Group:
    return Group(
        _("舞弊迹象"),
        _("达到这些数就提醒、复核或拦下，启用后立即生效；各条的意思见“提醒”。"),
        [Entry(f"fraud.{name}", "yuan" if name.endswith("_fen") else "count") for name in DEFAULTS],
        is_rare=True,
    )


def _promised() -> Group:
    return Group(
        _("优惠和尾差"),
        _("按销售当天的版本执行。追回优惠须写在公布的活动规则里；质量等法定理由的退货不追回。"),
        [
            Entry("promotion_on_partial_return", "choice", choices=("KEEP", "CLAWBACK")),
            Entry("cash_refund_rounding", "choice", choices=("EXACT", "UP_TO_JIAO")),
            Entry("points_taken_back", "choice", choices=points.CHOICES),
            Entry("points_per_yuan", "count"),
        ],
    )


def _fees() -> Group:
    return Group(
        _("退货手续费"),
        _("按销售当天的版本执行，须事先公示。质量等法定理由、换货和网购退货不收；渠道手续费不能让顾客承担。"),
        [Entry(FEES, "fees", may_be_empty=True), Entry("kept_fee_waiver", "flag")],
    )


def _shown(entry: Entry, kept: Mapping[str, Any], rules: Rules) -> str:
    if entry.kind == "table":
        days_of: Mapping[str, int | None] = getattr(rules, entry.path)
        return "\n".join(f"{name}={days}" for name, days in days_of.items() if days is not None)
    if entry.kind == "fees":
        return fee_rows.shown(rules.kept_fees)
    if entry.path == ORDER:
        return ", ".join(rules.waterfall_order)
    value = kept.get(entry.path)
    if value is None:
        return ""
    if entry.kind == "flag":
        return "1" if value else ""
    return money.show(value) if entry.kind == "yuan" else str(value)


def typed(made: list[Group], given: Mapping[str, str]) -> None:
    """Put what was typed back into the form."""
    for entry in _entries(made):
        entry.value = given.get(entry.path, "").strip()


def read(made: list[Group], rules: Rules) -> Rules:
    """The rules that a form says, over `rules` for what it does not show. Raises Invalid rules_invalid by entry."""
    content = rules.to_mapping()
    faults: list[FieldError] = []
    for entry in _entries(made):
        try:
            _put(content, entry.path, _value(entry))
        except _Wrong as wrong:
            faults.append(FieldError(tuple(entry.path.split(".")), wrong.code))
    if faults:
        raise Invalid("rules_invalid", errors=faults)
    return policies.read(content)


def blame(made: list[Group], errors: Iterable[FieldError]) -> list[str]:
    """Write each error beside its entry; those that belong to none are given back in words."""
    lang, left = language.current(), []
    for error in errors:
        path = ".".join(map(str, error.loc))
        word = sentences.field_word(error.code, lang)
        beside = [each for each in _entries(made) if each.path == path or path.startswith(f"{each.path}.")]
        beside = beside or [each for each in _entries(made) if each.path.startswith(f"{path}.")]
        for entry in beside:
            entry.wrong = word
        if not beside:
            left.append(f"{sentences.entry_word(path, lang)} {word}")
    return left


class _Wrong(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _entries(made: list[Group]) -> list[Entry]:
    return [entry for group in made for entry in group.entries]


def _value(entry: Entry) -> Any:
    text = entry.value
    if entry.kind == "flag":
        return bool(text)
    if entry.kind == "table":
        return _table(text)
    if entry.kind == "fees":
        return _fee_rows(text)
    if entry.kind == "text":
        return text
    if not text:
        if entry.may_be_empty:
            return None
        raise _Wrong("missing")
    match entry.kind:
        case "yuan":
            return _fen(text)
        case "choice":
            return text
        case "words":
            return _order(text)
    return _whole(text)


def _fee_rows(text: str) -> dict[str, dict[str, Any]]:
    try:
        return fee_rows.read(text)
    except fee_rows.Unreadable as wrong:
        raise _Wrong(wrong.code) from None


def _fen(text: str) -> int:
    try:
        return money.yuan(text)
    except money.BadAmount:
        raise _Wrong("amount_invalid") from None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise _Wrong("not_a_whole_number")
    return int(text)


def _order(text: str) -> list[str]:
    names = [name.strip() for name in text.replace("，", ",").split(",") if name.strip()]
    if set(names) - {*GROUPS, *capability.TABLE}:
        raise _Wrong("unknown_channel")
    if len(set(names)) != len(names):
        raise _Wrong("number_twice")
    return names


def _table(text: str) -> dict[str, int]:
    """One category and its days per line: 生鲜=1."""
    found: dict[str, int] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        name, equals, days = line.replace("＝", "=").rpartition("=")
        if not equals or not name.strip() or len(name.strip()) > 64:
            raise _Wrong("bad_value")
        if name.strip() in found:
            raise _Wrong("number_twice")
        found[name.strip()] = _whole(days.strip())
    return found


def _put(content: dict[str, Any], path: str, value: Any) -> None:
    name, _dot, part = path.partition(".")
    if not part:
        content[name] = value
    elif value is None and name == "windows_by_reason":
        content[name].pop(part, None)
    else:
        content[name][part] = value

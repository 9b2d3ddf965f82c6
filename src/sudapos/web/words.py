"""The words of the desk: states, reasons, ways and channels, each said the same everywhere (desk §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from sudapos.books import workdays
from sudapos.books.coupons import SaleCoupon
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.core import calendar, money, sentences
from sudapos.core.capability import Capability
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.wording import closing

from . import language, moments


@dataclass(frozen=True, slots=True)
class State:
    """How a state looks: its colour and its icon; its word is in `core.sentences`."""

    tone: str
    icon: str


STATES: dict[str, State] = {
    RefundState.AWAITING: State("wait", "hourglass"),
    RefundState.REJECTED: State("shut", "ban"),
    RefundState.WITHDRAWN: State("shut", "undo"),
    LegState.READY: State("wait", "clock"),
    LegState.SENDING: State("move", "send"),
    LegState.ACCEPTED: State("move", "progress"),
    LegState.IN_DOUBT: State("doubt", "question"),
    LegState.SETTLED: State("done", "check"),
    LegState.BOUNCED: State("bad", "bounce"),
    LegState.FAILED: State("bad", "cross"),
    LegState.DROPPED: State("shut", "undo"),
}

LOUDEST_FIRST = (
    LegState.FAILED,
    LegState.BOUNCED,
    LegState.IN_DOUBT,
    LegState.SENDING,
    LegState.READY,
    LegState.ACCEPTED,
    LegState.SETTLED,
    LegState.DROPPED,
)
"""A refund with several legs shows the state that needs people most."""

RECEIPTS: dict[str, Promise] = {
    "present": later("小票在"),
    "lost": later("小票丢失"),
    "none": later("没有小票"),
}
PROGRESS: dict[str, Promise] = {
    "waiting": later("待审批"),
    "moving": later("进行中"),
    "attention": later("需要处理"),
    "done": later("已退款"),
    "closed": later("已结束"),
}
REPRINTS: dict[str, Promise] = {
    "printer": later("打印机故障"),
    "lost": later("顾客遗失"),
    "audit": later("审计"),
}
"""Why one more copy is printed (domain §7.2)."""
DEDUCTIONS: dict[str, Promise] = {
    "gift": later("未退回的赠品"),
    "clawback": later("不再满足的优惠"),
    "deposit": later("按约不退的部分"),
    "fee": later("费用"),
    "restocking": later("退货手续费"),
    "cancellation": later("取消手续费"),
    "points": later("已花掉的积分"),
}
SHORT: dict[str, Promise] = {
    "cash": later("现金"),
    "wechatpay": later("微信"),
    "alipay": later("支付宝"),
    "unionpay": later("银联"),
    "card": later("银行卡"),
    "transfer": later("银行账户"),
}
"""Where the money goes, short enough for a button."""


def odd_fen(amount: int, rounding: int) -> str:
    """Of cash in whole jiao, what leaves the drawer and how much of it evens out odd fen; empty for exact amounts."""
    facts = {"paid": yuan(amount), "odd": yuan(abs(rounding))}
    if rounding > 0:
        return _("实付现金 %(paid)s，其中尾差 %(odd)s") % facts
    return _("实付现金 %(paid)s，已抵上次多付的尾差 %(odd)s") % facts if rounding else ""


COUPONS = {
    "returned": later("整单已退完，券已退回"),
    "expired": later("已过期，没有退回"),
    "due": later("整单退完，款项到账后退回"),
    "used": later("已用；整单退完才退回"),
}


def coupons(states: Iterable[tuple[SaleCoupon, str]]) -> list[tuple[SaleCoupon, str]]:
    """The shop's coupons of a sale, each with what became of it."""
    return [(row, str(COUPONS[state])) for row, state in states]


def coupon(asked: int, ours: int | None, theirs: int | None = None) -> str:
    """Of a coupon order: what is asked, what the customer gets, and both figures where the channel said another one."""
    if ours is None:
        return ""
    gets = ours if theirs is None else theirs
    facts = {"asked": yuan(asked), "gets": yuan(gets), "coupon": yuan(asked - gets), "ours": yuan(ours)}
    if gets != ours:
        return _("按订单申请 %(asked)s，渠道实退顾客 %(gets)s；我们算的是 %(ours)s，已交财务核对") % facts
    return _("按订单申请 %(asked)s，顾客实得 %(gets)s，平台券 %(coupon)s 不退给顾客") % facts


FACTS: dict[str, Promise] = {
    "total": later("金额"),
    "amount": later("金额"),
    "reasons": later("规则"),
    "reason": later("原因"),
    "sale_no": later("销售单"),
    "leg_no": later("退款支付"),
    "note": later("备注"),
    "role": later("角色"),
    "copy_no": later("第几份"),
    "code": later("代码"),
    "outcome": later("答复"),
    "now": later("现在的单号"),
    "profile": later("格式"),
    "since": later("从"),
    "until": later("到"),
    "entries": later("分录"),
    "repeated": later("重复"),
    "title": later("名称"),
    "base": later("底层格式"),
    "columns": later("列"),
}
"""What stands beside an act in the audit log."""
ACTS: dict[str, Promise] = {
    "leg.ready": later("退款支付待发送"),
    "leg.accepted": later("退款支付已受理"),
    "leg.in_doubt": later("退款支付确认中"),
    "leg.settled": later("退款支付已退回"),
    "leg.failed": later("退款支付未退出"),
    "leg.bounced": later("退款支付被退回"),
    "leg.dropped": later("放弃退款支付"),
    "sign_in.done": later("登录"),
    "sign_in.failed": later("登录失败"),
}
"""Acts of the audit log that the timeline has no word for."""


def act(code: str) -> str:
    """An act of the audit log in words; a new one shows its own name."""
    return str(ACTS[code]) if code in ACTS else sentences.event_word(code, language.current())


def acts() -> list[tuple[str, str]]:
    """Every act that the log may hold, with its word, in the order of the words."""
    codes = set(ACTS) | {
        code for code in sentences.EVENT_CODES if "." in code and not code.startswith("leg.")
    }
    return sorted(((code, act(code)) for code in codes), key=lambda pair: pair[1])


def word(table: dict[str, Promise], key: str) -> str:
    """The word for `key`, or the key itself when it is new to us."""
    return str(table.get(key, key))


def state(code: str) -> str:
    return sentences.state_word(code, language.current())


def reason(code: str) -> str:
    return sentences.reason_word(code, language.current())


def role(code: str) -> str:
    return sentences.role_word(code, language.current())


def channel(code: str) -> str:
    """A channel's full name in the page's language."""
    return sentences.channel_word(code, language.current())


GOODS = {
    "restock": ("done", "check"),
    "damaged": ("bad", "alert"),
    "inspect": ("wait", "clock"),
    "claim": ("bad", "flag"),
}
"""Colour and icon of a condition."""


def goods(condition: str) -> str:
    """In which condition goods came back."""
    return sentences.goods_word(condition, language.current())


def way(route: str) -> str:
    return sentences.route_word(route, language.current())


def title(text: str) -> str:
    """The same words as a label of their own: English ones begin with a capital."""
    return text[:1].upper() + text[1:]


def short(code: str) -> str:
    """A channel's name for a button."""
    return str(SHORT[code]) if code in SHORT else channel(code)


def roles(codes: Iterable[str]) -> str:
    return _("、").join(role(code) for code in codes)


def any_role(codes: Iterable[str]) -> str:
    """One of several: `店长或财务`."""
    *more, last = (role(code) for code in codes)
    return _("{some}或{last}").format(some=_("、").join(more), last=last) if more else last


def lands(route: str, name: str) -> str:
    """The channel in whose words the money's way is told: cash and transfers speak for themselves."""
    return {Route.CASH.value: "cash", Route.TRANSFER.value: "transfer"}.get(route, name)


def destination(channels: Iterable[str]) -> str:
    """`微信`, or `微信、现金` when a refund goes several ways."""
    return _("、").join(dict.fromkeys(short(code) for code in channels))


def code(text: str) -> str:
    """A channel's code as small print; our own markers are no news."""
    return "" if text in ("lease_over", "SUCCESS", "PROCESSING") else text


def yuan(fen: int) -> str:
    """`¥19.99`; a minus stands before the sign."""
    return f"−¥{money.show(-fen)}" if fen < 0 else f"¥{money.show(fen)}"


def state_of(refund: Refund) -> str:
    """The one state that a list shows for a refund; its legs are prefetched."""
    if refund.state != RefundState.APPROVED:
        return refund.state
    # what is set off has reached nobody
    held = {LegState.DROPPED if leg.route == Route.SET_OFF else leg.state for leg in refund.legs.all()}
    if not held:
        return LegState.SETTLED  # an earlier rounding has handed it over already
    return next((state for state in LOUDEST_FIRST if state in held), LegState.READY)


VOIDS = {
    "same_shift": later("同班次整笔"),
    "same_batch": later("当天、同批次未结算的整笔"),
    "same_day": later("当天整笔"),
}


def capability_facts(row: Capability) -> list[tuple[str, str]]:
    """What a channel can do, as the plan uses it: what and how much, in words."""
    facts = [
        (_("部分退款"), _("可以") if row.partial else _("只能整笔")),
        (_("一笔支付最多退几次"), str(row.max_partial) if row.max_partial else _("未公布上限")),
        (_("退款期限"), _("%(days)s 天") % {"days": row.window_days} if row.window_days else _("渠道不限")),
        (_("撤销"), str(VOIDS.get(row.void, _("没有")))),
        (_("两次退款间隔"), _("%(seconds)s 秒") % {"seconds": row.min_gap_seconds}),
        (_("没有答复时"), _("自动查询") if row.askable else _("不能查询，由对账单或人来确认")),
    ]
    return [*facts, (_("依据"), row.source)]


def goes_to(leg: Leg) -> str:
    """Where a leg's money lands, as far as we know."""
    if leg.received_account:
        return leg.received_account
    if leg.route == Route.CASH:
        return _("现金")
    if leg.route == Route.TRANSFER:
        return _("顾客的银行账户")
    return channel(leg.channel)


def arrival(day: date | None) -> str:
    """When the customer sees the money, as a phrase; empty where nobody says."""
    if day is None:
        return ""
    if day <= moments.today():
        return _("今天到账，一般几分钟")
    told = _("预计 %(day)s前到账") % {"day": moments.day(day)}
    return _("%(told)s（估计：当年放假安排未公布）") % {"told": told} if workdays.is_estimate(day) else told


def finding(kind: str) -> str:
    """What a difference is."""
    zh, _hint, en, _en_hint = closing.KINDS[kind]
    return en if language.current() == "en" else zh


def moment(text: str) -> str:
    """A moment that was kept as text, in Beijing's time; what is none stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(calendar.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at.tzinfo else text

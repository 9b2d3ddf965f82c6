"""What happened to one refund, told in sentences in the order in which it happened, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from sudapos.books import timeline
from sudapos.books.refunds import Refund
from sudapos.books.timeline import Item
from sudapos.core import passing
from sudapos.core.lifecycle import Event, LegState, RefundState
from sudapos.core.outcome import Route

from . import words


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story; what is to come has no time yet."""

    text: str
    at: datetime | None = None
    more: str = ""
    tone: str = ""
    is_to_come: bool = False


def of(refund: Refund) -> list[Step]:
    """The story so far, repeated questions told once, then the next thing to happen."""
    return [*_told(timeline.of(refund)), *_to_come(refund)]


def _told(items: list[Item]) -> Iterator[Step]:
    asks: list[Item] = []
    for item in items:
        if item.kind == "attempt":
            if item.code.startswith("ask:"):
                asks.append(item)
            continue
        if asks:
            yield _asked(asks)
            asks = []
        step = _act(item) if item.kind == "act" else _move(item)
        if step is not None:
            yield step
    if asks:
        yield _asked(asks)


def _asked(asks: list[Item]) -> Step:
    text = _("查询渠道结果 %(n)d 次") % {"n": len(asks)} if len(asks) > 1 else _("查询渠道结果")
    return Step(text, asks[-1].at)


def _act(item: Item) -> Step | None:
    by, note = item.by, str(item.facts.get("note", ""))
    match item.code:
        case "refund.opened":
            decision, codes = str(item.facts.get("decision", "")), item.facts.get("reasons", [])
            count = len(
                codes if decision == "allow" else [code for code in codes if code not in passing.CODES]
            )
            checked = {
                "allow": _("规则通过（%(n)d 条），不需审批"),
                "refer": _("规则要求第二个人确认（%(n)d 条）"),
            }.get(decision, "")
            return Step(_("%(by)s 申请退款") % {"by": by}, item.at, checked % {"n": count} if checked else "")
        case "refund.approve":
            return Step(_("%(by)s 批准") % {"by": by}, item.at, note, "done")
        case "refund.reject":
            return Step(_("%(by)s 拒绝") % {"by": by}, item.at, note, "shut")
        case "refund.withdrawn":
            return Step(_("%(by)s 撤回申请") % {"by": by}, item.at, note, "shut")
        case "voucher.printed":
            return Step(_("%(by)s 打印凭证") % {"by": by}, item.at)
        case "voucher.reprinted":
            why = words.word(words.REPRINTS, str(item.facts.get("reason", "")))
            return Step(_("%(by)s 重印凭证") % {"by": by}, item.at, why)
        case "correction.opened" if item.facts.get("state") == "open":
            return Step(
                _("%(by)s 开更正单，向顾客收回 %(amount)s") % _money(item),
                item.at,
                str(item.facts["why"]),
                "wait",
            )
        case "correction.collected":
            return Step(_("%(by)s 收回错退的钱") % {"by": by}, item.at, tone="done")
        case "correction.given_up":
            return Step(_("%(by)s 放弃收回，记为损失") % {"by": by}, item.at, note, "bad")
        case "correction.set_off":
            return Step(_("%(by)s 从退票中抵销错退 %(amount)s") % _money(item), item.at, tone="move")
        case "leg.late_answer":
            return Step(_("收到一个迟到的答复，只作记录"), item.at, str(item.facts.get("code", "")))
        case _:
            return None


def _money(item: Item) -> dict[str, str]:
    return {"by": item.by, "amount": words.yuan(int(item.facts["amount"]))}


def _move(item: Item) -> Step | None:
    """Cash that goes from ready to accepted by itself is no news; what is set off is told as one act."""
    if item.by == "system" or item.facts["code"] == Route.SET_OFF:
        return None
    channel = words.channel(str(item.facts["channel"]))
    after, code = str(item.facts["after"]), str(item.facts["code"])
    by = "" if item.by == "worker" else item.by
    told = {
        Event.SEND: _("发送到%(channel)s"),
        Event.SETTLE: _("%(by)s 确认已付给顾客") if by else _("%(channel)s确认已退回"),
        Event.ACCEPT: _("%(channel)s受理"),
        Event.REFUSE: _("%(by)s 确认没有付款") if by else _("%(channel)s拒绝"),
        Event.DEFER: _("%(channel)s暂时没受理，稍后用同一单号再发"),
        Event.LOSE: _("没有收到%(channel)s的答复，开始查询"),
        Event.MISS: _("%(channel)s没有见过这个单号，用同一单号再发"),
        Event.BOUNCE: _("银行退回了这笔钱"),
        Event.RETRY: _("%(by)s 换新单号重发"),
        Event.DROP: _("%(by)s 放弃这一笔"),
    }[Event(item.code)]
    more = code if by else words.code(code)
    return Step(told % {"channel": channel, "by": by}, item.at, more, words.STATES[after].tone)


def _to_come(refund: Refund) -> Iterator[Step]:
    if refund.state == RefundState.AWAITING:
        yield Step(_("等%(roles)s审批") % {"roles": words.roles(refund.needed)}, is_to_come=True)
    elif words.state_of(refund) in (LegState.READY, LegState.SENDING, LegState.ACCEPTED, LegState.IN_DOUBT):
        by_hand = any(leg.route == Route.CASH and leg.state == LegState.ACCEPTED for leg in refund.legs.all())
        yield Step(_("付现金给顾客") if by_hand else _("到账"), is_to_come=True)

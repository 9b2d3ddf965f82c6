"""How one refund looks to one person: the state, the sentence under it, the next step, and what she may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from sudapos.books import decisions, overdue, remedies, set_offs, shortages
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core import sentences
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import NOT_ENOUGH, Route
from sudapos.core.rules import Rules

from . import elsewhere, language, moments, reasons, words

BY_HAND = (Route.CASH, Route.TRANSFER)
FINAL = frozenset({LegState.SETTLED, LegState.DROPPED})


@dataclass(frozen=True, slots=True)
class LegFace:
    """One leg, and what this person may do to it."""

    leg: Leg
    sentence: str
    may_confirm: bool = False
    may_retry: bool = False
    may_drop: bool = False
    may_ask: bool = False
    may_transfer: bool = False
    reissue: elsewhere.Choice | None = None
    may_refund: bool = False
    may_close_alarm: bool = False
    may_send: bool = False
    may_leave: bool = False
    is_left: bool = False
    shortage: shortages.Shortage | None = None
    claimed: int = 0
    """Fen of it that were never hers: they are set off before the rest goes out again."""
    may_set_off: bool = False

    @property
    def rest(self) -> int:
        return self.leg.to_customer - self.claimed

    @property
    def is_set_off(self) -> bool:
        return self.leg.route == Route.SET_OFF

    @property
    def alarm(self) -> str:
        return alarm(self.leg)

    @property
    def is_cash(self) -> bool:
        return self.leg.route == Route.CASH


@dataclass(frozen=True, slots=True)
class Face:
    """One refund as the page shows it."""

    refund: Refund
    state: str
    sentence: str
    next_step: str
    legs: list[LegFace] = field(default_factory=list)
    may_decide: bool = False
    may_withdraw: bool = False

    @property
    def is_final(self) -> bool:
        """Nothing moves by itself any more, so the page need not look again."""
        if self.refund.state != RefundState.APPROVED:
            return self.refund.state != RefundState.AWAITING
        return all(face.leg.state in FINAL and not face.leg.recheck for face in self.legs)

    @property
    def is_cash_due(self) -> bool:
        """Somebody at the counter still has to hand money over."""
        return any(face.is_cash and face.leg.state == LegState.ACCEPTED for face in self.legs)

    @property
    def may_print(self) -> bool:
        """A slip says that money is on its way or back; where it certainly is not, there is none to give."""
        return self.refund.state == RefundState.APPROVED and self.state not in (
            LegState.FAILED,
            LegState.DROPPED,
        )

    @property
    def stamp(self) -> str:
        """Changes whenever the page would: htmx swaps nothing while it stays the same."""
        legs = [
            f"{f.leg.leg_no}{f.leg.state}{f.leg.sent}.{f.leg.asked}{f.leg.error_code}{f.leg.alarm}{f.claimed}"
            for f in self.legs
        ]
        return "|".join([self.refund.state, *self.refund.needed, *legs])


def of(refund: Refund, operator: Operator, rules: Rules) -> Face:
    """The face of a refund that came whole from `decisions`."""
    state = words.state_of(refund)
    legs = [_leg(refund, leg, operator) for leg in refund.legs.all()]
    loudest = next((face for face in legs if face.leg.state == state), None)
    waiting = refund.state == RefundState.AWAITING
    decides = waiting and bool(decisions.roles_open_to(refund, operator, rules))
    return Face(
        refund=refund,
        state=state,
        sentence=loudest.sentence if loudest else _decided(refund),
        next_step=_next(state, loudest),
        legs=legs,
        may_decide=decides,
        may_withdraw=waiting and not decides and _may_withdraw(refund, operator),
    )


def _may_withdraw(refund: Refund, operator: Operator) -> bool:
    """Her own, or anybody's for one who approves but may not decide this one: a no has a reason, a withdrawal none."""
    return operator.may(Act.MAKE_REFUND if refund.operator_id == operator.pk else Act.APPROVE)


def _leg(refund: Refund, leg: Leg, operator: Operator) -> LegFace:
    state, stranger = leg.state, refund.operator_id != operator.pk
    by_hand = leg.route in BY_HAND and state == LegState.ACCEPTED
    left = by_hand and overdue.left_behind(leg)
    claimed = set_offs.claimed(leg)
    choice = elsewhere.of(leg, operator, stranger=stranger)
    hand = Act.PAY_CASH if leg.route == Route.CASH else Act.MAKE_TRANSFER
    return LegFace(
        leg=leg,
        sentence=sentence(leg),
        may_confirm=by_hand
        and not leg.alarm
        and operator.may(hand)
        and not _decided_transfer(leg, operator)
        and (stranger or not left),
        may_retry=state == LegState.FAILED
        and leg.route != Route.VOID
        and stranger
        and not leg.alarm
        and operator.may(Act.RETRY_LEG),
        may_refund=state == LegState.FAILED and leg.route == Route.VOID and operator.may(Act.MAKE_REFUND),
        claimed=claimed,
        may_set_off=bool(claimed) and stranger and not leg.alarm and operator.may(Act.SETTLE_BY_HAND),
        may_transfer=state == LegState.BOUNCED
        and not claimed
        and stranger
        and not (choice and choice.is_moving)
        and operator.may(Act.APPROVE_TRANSFER),
        reissue=choice,
        may_ask=state in (LegState.IN_DOUBT, LegState.BOUNCED)
        and leg.last_sent_at is not None
        and operator.may(Act.LOOK_UP),
        may_send=state == LegState.READY
        and bool(leg.error_code)
        and not leg.alarm
        and operator.may(Act.RETRY_LEG),
        may_leave=by_hand and leg.route == Route.CASH and not left and operator.may(Act.PAY_CASH),
        is_left=left,
        shortage=shortages.of(leg),
        may_drop=not leg.alarm and _may_drop(leg, operator, stranger=stranger),
        may_close_alarm=bool(leg.alarm) and stranger and operator.may(Act.SETTLE_BY_HAND),
    )


def _decided_transfer(leg: Leg, operator: Operator) -> bool:
    """Whoever sent a bounced refund another way does not pay it out herself."""
    return leg.route == Route.TRANSFER and leg.moves.filter(event="retry", by=operator.code).exists()


def _may_drop(leg: Leg, operator: Operator, *, stranger: bool) -> bool:
    checker = operator.may(Act.DROP_LEG) or operator.may(Act.APPROVE)
    match leg.state:
        case LegState.READY if leg.last_sent_at is None:
            return checker
        case LegState.READY:
            return stranger and operator.may(Act.DROP_LEG) and remedies.never_heard(leg)
        case LegState.ACCEPTED if leg.route == Route.CASH:
            return stranger and checker
        case LegState.ACCEPTED if leg.route == Route.TRANSFER:
            return stranger and operator.may(Act.DROP_LEG)
        case LegState.FAILED:
            return stranger and operator.may(Act.DROP_LEG)
    return False


ALARMS = {
    "old_number_paid": later("渠道说旧单号也退了款，顾客可能收到两次；请财务核对渠道账单并追回"),
    "paid_after_drop": later("这一笔已放弃，渠道却说退了款；请财务核对渠道账单并登记"),
}


def alarm(leg: Leg) -> str:
    """What went against the books, in a sentence; empty when nothing did."""
    if leg.alarm and leg.replaced:
        return _("这一笔退回后已抵销，渠道却又付了款：余下的先不要付，请财务核对渠道账单并登记")
    return str(ALARMS[leg.alarm]) if leg.alarm in ALARMS else leg.alarm


def _decided(refund: Refund) -> str:
    """The sentence of a refund without legs."""
    if refund.state == RefundState.APPROVED:
        return _("上次付现时已经多付，这一次不用再付")
    facts = {"by": refund.decided_by, "reason": refund.decision_note or _("没有写原因")}
    if refund.state == RefundState.AWAITING:
        facts = {"role": words.title(words.roles(refund.needed)), "reason": reasons.heaviest(refund.verdict)}
    return sentences.state_sentence(refund.state, language.current(), **facts)


def sentence(leg: Leg) -> str:
    """The sentence under a leg's state; it never claims more than we know (desk §2)."""
    name, amount = words.channel(leg.channel), words.yuan(leg.to_customer)
    match leg.state:
        case LegState.READY if leg.error_code:
            facts = {"channel": name, "why": error(leg), "when": moments.when(leg.due_at)}
            return _("%(channel)s暂时没有受理（%(why)s），%(when)s用同一单号再发") % facts
        case LegState.READY if leg.due_at > moments.now():
            facts = {"channel": name, "when": moments.when(leg.due_at)}
            return _("渠道要求隔一会儿，%(when)s发送到%(channel)s") % facts
        case LegState.ACCEPTED if leg.route == Route.CASH:
            return _("等着付现金 %(amount)s 给顾客") % {"amount": amount}
        case LegState.ACCEPTED if leg.route == Route.TRANSFER:
            return _("等着财务转账 %(amount)s 给顾客") % {"amount": amount}
        case LegState.ACCEPTED:
            return _("%(channel)s已受理，%(arrival)s") % {"channel": name, "arrival": _arrives(leg)}
        case LegState.SETTLED if leg.route == Route.CASH:
            return _("现金 %(amount)s 已当面付清，%(when)s") % {"amount": amount, "when": _settled(leg)}
        case LegState.SETTLED if leg.route == Route.SET_OFF:
            return _("顾客欠的错退款已从退票中抵销，这一笔没有付出")
        case LegState.DROPPED if leg.replaced:
            return _("银行退回了这一笔：错退的部分已抵销，余下的另行付出")
        case LegState.BOUNCED:
            return _("银行退回了这笔钱：%(why)s") % {"why": error(leg)}
        case LegState.DROPPED:
            return _("这一笔已取消，钱没有退出")
        case state:
            facts = {
                "channel": name,
                "reason": error(leg),
                "account": words.goes_to(leg),
                "time": _settled(leg),
            }
            return sentences.state_sentence(state, language.current(), **facts)


def _arrives(leg: Leg) -> str:
    return words.arrival(leg.arrives_by) or _("到账时间以银行为准")


def _settled(leg: Leg) -> str:
    return moments.when(leg.settled_at) if leg.settled_at else ""


def error(leg: Leg) -> str:
    """What a channel's no means: in our words where we have them, else in the channel's own."""
    if sentences.known(leg.error_code):
        told = sentences.say(leg.error_code, language.current(), channel=leg.channel)
        return told.text.rstrip("。.")
    return leg.error_message or leg.error_code or _("原因不明")


def _next(state: str, loudest: LegFace | None) -> str:
    if loudest is None:
        return _next_step(state, None)
    if loudest.claimed:
        return _("请财务先抵销错退的 %(amount)s，余下的再付给顾客。") % {
            "amount": words.yuan(loudest.claimed)
        }
    return _left() if loudest.is_left else _next_step(state, loudest.leg)


def _left() -> str:
    return _("请联系顾客来领，或改走转账；付款由申请人以外的人核实本人后办理。")


def _next_step(state: str, leg: Leg | None) -> str:
    if state == LegState.FAILED and leg is not None and leg.route == Route.VOID:
        return _("钱没有动。请告诉顾客：已结算不能撤销，可以改为退款，仍退回原账户。")
    if state == LegState.ACCEPTED and leg is not None and leg.route == Route.CASH:
        return _("把现金当面点给顾客，再按“已付现金”。")
    if state == LegState.DROPPED and leg is not None and leg.replaced:
        return _("无需操作：整笔都是错退，已从退票中抵销。")
    if state == LegState.READY and leg is not None and leg.error_code == NOT_ENOUGH:
        return _("请财务给渠道账户充值；到账后点“现在重发”，或等系统用同一单号自动重发。不要改付现金。")
    if state == LegState.ACCEPTED and leg is not None and leg.route == Route.TRANSFER:
        return _("财务转账后登记银行流水号。")
    return {
        RefundState.AWAITING.value: _("批准后自动发送；顾客可以先离开，结果会留在这一页。"),
        LegState.READY.value: _("无需操作，系统自动发送。"),
        LegState.SENDING.value: _("无需操作，有结果会自动更新。"),
        LegState.ACCEPTED.value: _("无需操作。到账后自动更新；到期没到账会提醒财务。"),
        LegState.IN_DOUBT.value: _("无需操作。请告诉顾客“受理中”，凭证照样可以打印。"),
        LegState.SETTLED.value: _("打印凭证交给顾客。"),
        LegState.BOUNCED.value: _(
            "请财务联系顾客：让渠道退到本人其他账户、同名转账，或核实本人后付现金；渠道若补付，系统会自动更新。"
        ),
        LegState.FAILED.value: _("请财务处理原因后换新单号重发，或放弃这一笔再重新办理。"),
        LegState.DROPPED.value: _("需要的话可以从销售单重新办理。"),
    }.get(state, _("这一单已结束，钱没有退出。"))

"""Sentences for customers: their page, the message that they asked for, and what a cashier reads out (domain §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from . import Table
from .words import Words

_PAGE: Table = {
    "page_gone": (
        "这个链接已失效或不存在",
        "请扫凭证上的二维码再试；还不行请带上退款凭证联系商家",
        "This link has ended or does not exist",
        "Scan the code on your voucher again; if that fails, bring the voucher to the shop",
    ),
    "page_too_often": (
        "看得太频繁了",
        "请过一分钟再打开",
        "Too many visits at once",
        "Open it again in a minute",
    ),
    "no_customer_page": (
        "退款单 {refund_no} 还没有顾客页面",
        "批准以后才有",
        "Refund {refund_no} has no page for the customer yet",
        "It has one once it is approved",
    ),
}

NOT_ASKED: Table = {
    "contact_unusable": (
        "这不是手机号，也不是邮箱地址",
        "请写 11 位手机号或邮箱地址",
        "This is no mobile number and no mail address",
        "Type a mobile number of eleven digits or a mail address",
    ),
    "contact_not_offered": (
        "本店没有开通这种消息",
        "请换一种联系方式，或请管理员设置",
        "This shop cannot send that kind of message",
        "Use the other kind, or have the administrator set it up",
    ),
    "no_contact": (
        "退款单 {refund_no} 没有要通知的联系方式",
        "不需要做什么",
        "Refund {refund_no} has no contact to tell",
        "Nothing to do",
    ),
}
TABLE: Table = {**_PAGE, **NOT_ASKED}

STATES: Words = {
    "taken": ("受理中", "Being dealt with"),
    "moving": ("退款处理中", "On its way"),
    "counter": ("待当面退付", "To be paid in person"),
    "transfer": ("待银行转账", "To be sent to your bank"),
    "arrived": ("退款成功", "Refunded"),
    "trouble": ("退款异常", "Something is wrong"),
    "closed": ("退款关闭", "Closed"),
}

SENTENCES: Words = {
    "taken": ("已收到您的退款，正在发送，请稍候", "We have your refund and are sending it"),
    "taken_by": (
        "已收到您的退款，预计 {date}前到账",
        "We have your refund; the money is expected by {date}",
    ),
    "moving": (
        "退款处理中，到账时间以银行为准",
        "Your money is on its way; the bank decides when it arrives",
    ),
    "moving_by": ("退款处理中，预计 {date}前到账", "Your money is on its way, expected by {date}"),
    "late": (
        "已过预计日期 {date}，请联系商家查询",
        "It was expected by {date}; please contact the shop",
    ),
    "counter": ("请在柜台当面领取现金", "Please take the cash at the counter"),
    "transfer": ("商家会转账到您的银行账户", "The shop will send it to your bank account"),
    "arrived": ("退款成功，已退回{account}", "Refunded to {account}"),
    "trouble": ("退款异常，请联系商家", "Something went wrong; please contact the shop"),
    "closed": ("退款关闭，这一笔不再退出", "Closed; this part will not be paid"),
}

READ_OUT: Words = {
    "taken": (
        "您的退款 {amount} 已经收到，正在发送，退回{account}；现在还没有到账。",
        "We have your refund of {amount} and are sending it to {account}; it has not arrived yet.",
    ),
    "moving": (
        "您的退款 {amount} 渠道已经受理，退回{account}，{arrives}；受理还不等于到账。",
        "Your refund of {amount} to {account} has been accepted, {arrives}; accepted is not yet arrived.",
    ),
    "counter": (
        "您的退款 {amount} 是现金，请当面点清再签名。",
        "Your refund of {amount} is cash; please count it here.",
    ),
    "transfer": (
        "您的退款 {amount} 由财务转账到您的银行账户，{arrives}。",
        "Your refund of {amount} is sent to your bank account by our accounts office, {arrives}.",
    ),
    "arrived": ("您的退款 {amount} 已退回{account}。", "Your refund of {amount} is back at {account}."),
    "trouble": (
        "您的退款 {amount} 没有退成，财务会跟进并联系您；请留好凭证，我们不会让您白等。",
        "Your refund of {amount} did not go through; we are on it. Please keep the voucher.",
    ),
    "closed": (
        "这一笔退款 {amount} 已取消，钱没有退出。",
        "This refund of {amount} was cancelled; nothing was paid.",
    ),
}
SCAN: Words = {"scan": ("扫凭证上的二维码可以看进度。", "Scan the code on the voucher to follow it.")}
ASK: Words = {"ask": ("有问题请打 {phone}。", "Questions: {phone}.")}
ARRIVES: Words = {
    "by": ("预计 {date}前到账", "expected by {date}"),
    "unknown": ("到账时间以银行为准", "the bank decides when it arrives"),
}

NOTHING_CAME: Words = {
    "wechatpay": (
        "在微信“我 → 服务 → 钱包 → 账单”里看退款；退回银行卡的请看银行卡流水。",
        "In WeChat look at Me → Services → Wallet → Bills; for a bank card, look at the card's transactions.",
    ),
    "alipay": (
        "在支付宝“我的 → 账单”里看退款；退回银行卡的请看银行卡流水。",
        "In Alipay look at Me → Bills; for a bank card, look at the card's transactions.",
    ),
    "card": (
        "看付款那张卡的流水，不只看余额；信用卡可能记在下一期账单。",
        "Look at the transactions of the card that you paid with; a credit card may show it on the next bill.",
    ),
    "cash": (
        "现金只在柜台当面付清，请带上退款凭证。",
        "Cash is paid at the counter only; bring the voucher.",
    ),
    "transfer": ("看您给商家的那个银行账户的流水。", "Look at the bank account that you gave to the shop."),
    "other": ("看付款时用的钱包或银行卡的流水。", "Look at the wallet or card that you paid with."),
}
"""Where to look first, by channel."""

MESSAGE: Words = {
    "title": ("{shop}：退款 {amount}", "{shop}: refund {amount}"),
    "text": (
        "【{shop}】退款 {amount}：{said}。进度 {page} 咨询 {phone}。我们不会要您付款或提供验证码。",
        "[{shop}] Refund {amount}: {said}. Follow it: {page} Questions: {phone}. We never ask for a payment or a code.",
    ),
    "text_without_page": (
        "【{shop}】退款 {amount}：{said}。咨询 {phone}。我们不会要您付款或提供验证码。",
        "[{shop}] Refund {amount}: {said}. Questions: {phone}. We never ask for a payment or a code.",
    ),
}

PAGE: Words = {
    "title": ("退款进度", "Your refund"),
    "amount": ("退款", "Refund"),
    "to": ("退回", "Back to"),
    "state": ("状态", "State"),
    "expected": ("预计", "Expected"),
    "nothing_came": ("没收到怎么办", "If nothing arrives"),
    "then": (
        "过了预计日期还没有，请带上退款凭证联系商家。不要相信让您付款、提供验证码或密码的电话和短信。",
        "If it has not come by then, contact the shop and have the voucher at hand. Never pay anything or tell a code or "
        "password to get a refund.",
    ),
    "phone": ("商户电话", "Shop's phone"),
    "refreshes": ("这一页会自动更新。", "This page updates by itself."),
    "other_language": ("English", "中文"),
    "hotline": ("消费者投诉举报热线 12315", "Consumer hotline 12315"),
    "your_account": ("您付款的账户", "the account that you paid with"),
    "your_bank": ("您的银行账户", "your bank account"),
    "cash": ("现金", "cash"),
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CARDS = frozenset({"card", "unionpay", "chinaums", "lakala", "allinpay", "shengpay"})


def pick(table: Mapping[str, tuple[str, str]], code: str, lang: str, /, **facts: object) -> str:
    """The text for a code, filled in."""
    return table[code][1 if lang == "en" else 0].format_map(facts)


def day(value: date, lang: str) -> str:
    """11 月 25 日; 25 Nov."""
    return f"{value.day} {MONTHS[value.month - 1]}" if lang == "en" else f"{value.month} 月 {value.day} 日"


def sentence(told: str, lang: str, *, arrives_by: date | None, account: str, late: bool) -> str:
    """The line under a state."""
    if late and arrives_by is not None:
        return pick(SENTENCES, "late", lang, date=day(arrives_by, lang))
    dated = f"{told}_by"
    if arrives_by is not None and dated in SENTENCES:
        return pick(SENTENCES, dated, lang, date=day(arrives_by, lang))
    return pick(SENTENCES, told, lang, account=account)


def read_out(
    told: str, lang: str, *, amount: str, account: str, arrives_by: date | None, phone: str, has_code: bool
) -> str:
    """What the cashier says, in one breath."""
    arrives = (
        pick(ARRIVES, "by", lang, date=day(arrives_by, lang))
        if arrives_by
        else pick(ARRIVES, "unknown", lang)
    )
    parts = [pick(READ_OUT, told, lang, amount=amount, account=account, arrives=arrives)]
    if told not in ("arrived", "closed", "counter"):
        parts += [pick(SCAN, "scan", lang)] if has_code else []
        parts += [pick(ASK, "ask", lang, phone=phone)] if phone else []
    return (" " if lang == "en" else "").join(parts)


def look_at(channel: str, route: str, lang: str) -> str:
    """Where a customer looks first when nothing has come."""
    key = route if route in ("cash", "transfer") else "card" if channel in _CARDS else channel
    return pick(NOTHING_CAME, key if key in NOTHING_CAME else "other", lang)

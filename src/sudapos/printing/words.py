"""Every word that stands on paper, in Chinese and English, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from sudapos.core import calendar, capability

from .slip import Kind, Person

LANGUAGES = ("zh", "en")
Pair = tuple[str, str]

REPRINT: Final = "重印 REPRINT"
"""In both languages: whoever holds the paper must understand it."""
HOTLINE: Final = "12315"

TITLES: Mapping[str, Pair] = {
    Kind.REFUND: ("退款凭证", "REFUND VOUCHER"),
    Kind.CARD_REFUND: ("退货签购单", "CARD REFUND SLIP"),
    Kind.CARD_VOID: ("消费撤销签购单", "CARD VOID SLIP"),
    Kind.CASH: ("现金退款凭证", "CASH REFUND VOUCHER"),
    Kind.DEPOSIT: ("押金退款凭证", "DEPOSIT REFUND VOUCHER"),
    Kind.STORED_VALUE: ("储值卡退款凭证", "STORED VALUE REFUND"),
    "void": ("撤销凭证", "VOID VOUCHER"),
}
COPIES: Mapping[str, Pair] = {
    "merchant": ("商户联", "Merchant copy"),
    "customer": ("客户联", "Customer copy"),
    "cardholder": ("持卡人联", "Cardholder copy"),
}
LABELS: Mapping[str, Pair] = {
    "phone": ("电话 {phone}", "Tel. {phone}"),
    "refund_no": ("退款单号", "Refund no."),
    "created_at": ("申请时间", "Asked at"),
    "decided_at": ("批准时间", "Approved at"),
    "operator": ("操作员", "Operator"),
    "approver": ("审批人", "Approved by"),
    "till": ("收银机", "Till"),
    "shift": ("班次", "Shift"),
    "drawer_no": ("钱箱", "Drawer"),
    "merchant_no_tail": ("商户号", "Merchant no."),
    "sale_no": ("原销售单", "Sale"),
    "exchange_no": ("换货单", "Exchange"),
    "new_sale_no": ("换货后的销售单", "New sale"),
    "sold_at": ("销售时间", "Sold at"),
    "paid": ("原实付", "Paid"),
    "goods": ("商品", "Item"),
    "quantity": ("数量", "Qty"),
    "money": ("金额", "Amount"),
    "discount_share": ("  已减优惠分摊 {off}", "  less discount share {off}"),
    "subtract": ("减：", "Less: "),
    "total": ("退款金额", "Refund"),
    "in_words": ("大写", "In words 大写"),
    "destination": ("退款去向", "WHERE THE MONEY GOES"),
    "account": ("退回账户", "Back to"),
    "card": ("卡号", "Card"),
    "stored_card": ("储值卡号", "Card"),
    "issuer": ("发卡行", "Issuer"),
    "acquirer": ("收单机构", "Acquirer"),
    "merchant_no": ("商户号", "Merchant no."),
    "terminal_no": ("终端号", "Terminal no."),
    "batch_no": ("批次号", "Batch no."),
    "trace_no": ("凭证号", "Trace no."),
    "reference_no": ("参考号", "Reference no."),
    "auth_code": ("授权码", "Auth. code"),
    "original_date": ("原交易日期", "Original date"),
    "original_trace_no": ("原凭证号", "Original trace"),
    "original_reference_no": ("原参考号", "Original ref."),
    "channel_order_no": ("原商户订单号", "Order no."),
    "channel_trade_no": ("渠道交易号", "Channel trade"),
    "leg_no": ("商户退款单号", "Refund leg"),
    "channel_refund_no": ("渠道退款号", "Channel refund"),
    "requested": ("申请金额", "Requested"),
    "really_paid": ("实退金额", "Refunded"),
    "coupon": ("优惠券 {named} ¥{face}", "Coupon {named} ¥{face}"),
    "points_back": ("扣回积分", "Points taken back"),
    "points_account": ("积分账户", "Points account"),
    "will_be_paid": ("预计实退", "To be refunded"),
    "cash_due": ("应退金额", "Due"),
    "cash_paid": ("实付现金", "Cash paid"),
    "odd_fen": ("尾差", "Rounding"),
    "balance": ("退后余额", "Balance after"),
    "balance_principal": ("其中本金", "  principal"),
    "balance_bonus": ("其中赠送", "  bonus"),
    "state": ("状态", "State"),
    "arrives_by": ("预计到账", "Expected by"),
    "settled_at": ("退款时间", "Refunded at"),
    "reason": ("退款原因", "Reason"),
    "invoice": ("发票", "Invoice"),
    "receipt": ("小票", "Receipt"),
    "note": ("备注", "Note"),
    "signature_ref": ("电子签名", "E-signature"),
    "code": ("验证码", "Verification"),
    "printed_at": ("打印时间", "Printed at"),
    "reprint_reason": ("重印原因", "Reprint reason"),
}
SENTENCES: Mapping[str, Pair] = {
    "not_arrived": (
        "受理成功不代表已到账，以实际入账为准。",
        "Accepted does not mean arrived: your account shows when it has.",
    ),
    "in_doubt": (
        "没有收到{channel}的答复，正在查询结果；请不要再次退款，也不要付现金。",
        "{channel} has not answered; we are asking. Do not refund again, and do not pay cash.",
    ),
    "failed": (
        "{channel}未退出，钱没有离开商户，请联系商户。",
        "{channel} did not refund; the merchant still has the money.",
    ),
    "bounced": (
        "银行退回了这笔钱，商户将联系您另行退款。",
        "The bank returned this money; the merchant will contact you.",
    ),
    "paid_by_hand": ("已当面退付", "Paid in person"),
    "pay_by_hand": ("待当面退付，请签名后当面点清。", "To be paid in person; count it before you sign."),
    "receipt_lost": ("原小票遗失", "Original receipt lost"),
    "lost_note": (
        "原小票遗失，找到后不得再用于退款。",
        "Original receipt lost; if found, it cannot be used for a refund.",
    ),
    "reprint": ("第 {n} 次重印", "Reprint no. {n}"),
    "reprint_proof": ("重印件不能作为再次退款的凭据。", "A reprint proves no second refund."),
    "scan": ("扫码查看退款进度", "Scan to see where the money is"),
    "shop_phone": ("退款咨询 {phone}", "Refund questions: {phone}"),
    "hotline": ("消费者投诉举报热线 12315", "Consumer hotline 12315"),
    "privacy": ("个人信息已隐去，请保管好凭证。", "Personal data is masked."),
}
REASONS: Mapping[str, Pair] = {
    "quality": ("质量问题", "Quality"),
    "no_reason": ("无理由退货", "Changed mind"),
    "wrong_item": ("买错商品", "Wrong item"),
    "wrong_charge": ("多扣款", "Wrong charge"),
    "duplicate_charge": ("重复扣款", "Charged twice"),
    "not_delivered": ("未收到商品或服务", "Not delivered"),
    "goodwill": ("善意补偿", "Goodwill"),
    "deposit": ("押金或定金退还", "Deposit given back"),
    "other": ("其他", "Other"),
}
ROUTES: Mapping[str, Pair] = {
    "refund": ("原路退回", "original way"),
    "void": ("撤销原交易", "voided"),
    "transfer": ("线下转账", "by transfer"),
    "cash": ("现金退付", "Cash"),
    "exchange": ("抵付换货", "pays for the exchange"),
    "set_off": ("抵销更正款", "set off, not paid"),
}
STATES: Mapping[str, Pair] = {
    "ready": ("待发送", "Queued"),
    "sending": ("发送中", "Sending"),
    "accepted": ("已受理", "Accepted"),
    "in_doubt": ("确认中", "Being confirmed"),
    "settled": ("已退款", "Refunded"),
    "bounced": ("被退回", "Bounced"),
    "failed": ("未退出", "Not refunded"),
    "dropped": ("已取消", "Cancelled"),
}
DEDUCTIONS: Mapping[str, Pair] = {
    "gift": ("赠品未退", "Gift kept"),
    "clawback": ("优惠不再满足", "Promotion no longer met"),
    "fee": ("手续费", "Fee"),
    "restocking": ("退货手续费", "Restocking fee"),
    "cancellation": ("取消手续费", "Cancellation fee"),
    "points": ("已花掉的积分", "Points spent"),
    "deposit": ("扣除（顾客已确认）", "Kept, agreed by the customer"),
}
COUPONS: Mapping[str, Pair] = {
    "returned": ("已退回，可再用", "Given back, may be used again"),
    "expired": ("已过期，不退回", "Expired, not given back"),
    "due": ("款项到账后退回", "Given back with the last money"),
    "used": ("部分退款，不退回", "Part refund, not given back"),
}
INVOICES: Mapping[str, Pair] = {
    "blue_issued": ("已开票，待开红字发票", "Red invoice to follow"),
    "red_requested": ("红字发票已申请", "Red invoice requested"),
    "waiting_confirm": ("红字发票待购方确认", "Red invoice waits for buyer"),
    "red_issued": ("红字发票已开具", "Red invoice issued"),
    "lapsed": ("红字确认单已失效", "Red invoice form lapsed"),
}
SIGNERS: Mapping[str, Pair] = {
    "customer": ("客户签名", "Customer's signature"),
    "cashier": ("收银员签名", "Cashier's signature"),
    "cardholder": ("持卡人签名", "Cardholder's signature"),
    "manager": ("主管签名", "Manager's signature"),
}
CHANNELS: Mapping[str, Pair] = {
    "card": ("银行卡", "Bank card"),
    "unionpay": ("银联云闪付", "UnionPay"),
    "chinaums": ("银联商务", "ChinaUMS"),
    "lakala": ("拉卡拉", "Lakala"),
    "allinpay": ("通联支付", "AllinPay"),
    "shengpay": ("盛付通", "Shengpay"),
    "shouqianba": ("收钱吧", "Shouqianba"),
    "stored_value": ("储值卡", "Stored value card"),
}
"""For channels that have no row in `core.capability`."""
NO_INVOICE = ("", "none", "not_invoiced")


def pick(table: Mapping[str, Pair], code: str, lang: str) -> str:
    """The word for a code; one that nobody knows speaks for itself, so that the paper says what happened."""
    words = table.get(code)
    return words[LANGUAGES.index(lang)] if words else code


def label(code: str, lang: str, **facts: object) -> str:
    return LABELS[code][LANGUAGES.index(lang)].format(**facts)


def sentence(code: str, lang: str, **facts: object) -> str:
    return SENTENCES[code][LANGUAGES.index(lang)].format(**facts)


def channel(code: str, lang: str) -> str:
    row = capability.TABLE.get(code)
    if row is None:
        return pick(CHANNELS, code, lang)
    return row.words_zh if lang == "zh" else row.words_en


def person(one: Person) -> str:
    return f"{one.code} {one.name}".strip()


def moment(at: datetime) -> str:
    """On the shop's clock, to the second."""
    return at.astimezone(calendar.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def day(on: date) -> str:
    return on.strftime("%Y-%m-%d")

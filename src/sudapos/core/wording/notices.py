"""Messages to people: one line for each event, and the letter around them."""

from . import Table
from .words import Words

EVENTS: Words = {
    "sale.ingested": ("新销售 {subject_no} {amount}", "New sale {subject_no} {amount}"),
    "deposit.taken": ("收到押金或定金 {subject_no} {amount}", "Deposit {subject_no} was taken, {amount}"),
    "deposit.ended": ("押金或定金 {subject_no} 了结：收过 {amount}，扣下 {kept}", "Deposit {subject_no} has ended: {amount} was taken, {kept} is kept"),
    "refund.opened": ("退款单 {refund_no} 已提交 {amount}", "Refund {refund_no} was asked for, {amount}"),
    "refund.referred": ("退款单 {refund_no} 等待审批 {amount}", "Refund {refund_no} waits for approval, {amount}"),
    "refund.approved": ("退款单 {refund_no} 已通过 {amount}", "Refund {refund_no} was approved, {amount}"),
    "refund.rejected": ("退款单 {refund_no} 被拒绝 {amount}", "Refund {refund_no} was rejected, {amount}"),
    "compensation.asked": ("赔偿单 {subject_no} 等待审批 {amount}", "Compensation {subject_no} waits for approval, {amount}"),
    "compensation.paid": ("赔偿单 {subject_no} 已支付 {amount}", "Compensation {subject_no} was paid, {amount}"),
    "card.hand_back_waits": ("退卡单 {subject_no} 等待复核 {amount}", "Hand-back {subject_no} waits for a second person, {amount}"),
    "card.handed_back": ("储值卡 {subject_no} 已退卡，退付 {amount}", "Card {subject_no} was handed back, {amount} paid"),
    "coupon.returned": ("销售单 {subject_no} 全部退完，优惠券 {coupon} 退回，面值 {amount}", "Sale {subject_no} is back whole: coupon {coupon} is given back, face {amount}"),
    "refund.done": ("退款单 {refund_no} 已全部退回 {amount}", "Refund {refund_no} is back with the customer, {amount}"),
    "leg.accepted": ("退款单 {refund_no}：{channel}已受理 {amount}", "Refund {refund_no}: {channel} accepted {amount}"),
    "leg.settled": ("退款单 {refund_no}：{channel}已退回 {amount}", "Refund {refund_no}: {channel} gave back {amount}"),
    "leg.failed": ("退款单 {refund_no}：{channel}没有退出 {amount}，请重试或放弃", "Refund {refund_no}: {channel} refused {amount}; try again or give it up"),
    "leg.bounced": ("退款单 {refund_no}：{channel}退款被银行退回 {amount}，请换一条路", "Refund {refund_no}: the bank sent {amount} back over {channel}; choose another way"),
    "leg.in_doubt": ("退款单 {refund_no}：{channel}没有答复 {amount}，正在查询，请不要再次退款", "Refund {refund_no}: no answer from {channel} about {amount}; we are asking, do not refund again"),
    "leg.short": ("退款单 {refund_no}：{channel}账户余额不足，{amount} 等着充值", "Refund {refund_no}: the {channel} account is short; {amount} waits for funds"),
    "leg.overdue": ("退款单 {refund_no}：{channel}过了预计日期还没到账 {amount}", "Refund {refund_no}: {amount} over {channel} is past its expected day"),
    "refund.overdue": ("退款单 {refund_no} 过了法定期限还没退清 {amount}", "Refund {refund_no} is past its legal day, {amount} still owed"),
    "cash.left": ("退款单 {refund_no}：顾客没有领走现金 {amount}，请联系顾客", "Refund {refund_no}: the customer left without {amount} in cash; call her"),
    "finding.opened": ("对账差异 {subject_no} {amount}", "Difference {subject_no}, {amount}"),
    "drawer.short": ("钱箱不足：{subject_no} {amount}", "Drawer short: {subject_no} {amount}"),
    "period.closed": ("{subject_no} 已结账", "{subject_no} is closed"),
    "invoice.due": ("红字发票 {subject_no} 要处理", "Red invoice {subject_no} needs attention"),
    "batch.done": ("批量退款 {subject_no} 已结束", "Batch {subject_no} has ended"),
    "case.opened": ("客诉 {subject_no} 已登记", "Case {subject_no} was opened"),
}  # fmt: skip

KINDS: Words = {
    "sale.ingested": ("新销售", "New sale"),
    "deposit.taken": ("收押金或定金", "Deposit taken"),
    "deposit.ended": ("押金或定金了结", "Deposit ended"),
    "refund.opened": ("退款提交", "Refund asked for"),
    "refund.referred": ("等待审批", "Waits for approval"),
    "refund.approved": ("退款通过", "Refund approved"),
    "refund.rejected": ("退款被拒绝", "Refund rejected"),
    "compensation.asked": ("赔偿待审批", "Compensation waits"),
    "compensation.paid": ("赔偿已支付", "Compensation paid"),
    "card.hand_back_waits": ("退卡等待复核", "Card hand-back waits"),
    "card.handed_back": ("退卡", "Card handed back"),
    "coupon.returned": ("优惠券退回", "Coupon given back"),
    "refund.done": ("全部退回", "Refund done"),
    "leg.accepted": ("渠道已受理", "Accepted by the channel"),
    "leg.settled": ("已退款", "Refunded"),
    "leg.failed": ("未退出", "Not refunded"),
    "leg.bounced": ("被退回", "Bounced"),
    "leg.in_doubt": ("没有答复", "No answer"),
    "leg.short": ("余额不足", "Funds short"),
    "leg.overdue": ("逾期未到账", "Past the expected day"),
    "refund.overdue": ("超过退款期限", "Past the legal day"),
    "cash.left": ("现金没有领走", "Cash left behind"),
    "finding.opened": ("对账差异", "Differences"),
    "drawer.short": ("钱箱不足", "Drawer short"),
    "period.closed": ("月结", "Month closed"),
    "invoice.due": ("红字发票", "Red invoices"),
    "batch.done": ("批量退款结束", "Batch ended"),
    "case.opened": ("客诉", "Cases"),
}

SEVERAL = ("速达退款：{count} 件事，{first}", "sudapos: {count} things; {first}")
ESCALATED = ("［还没人处理］{title}", "[Nobody has acted] {title}")
FOOT = ("速达退款自动通知；处理请登录退款台。", "Sent by sudapos; sign in to the desk to act.")
TRIAL = ("速达退款：通知测试", "sudapos: a trial message")
TRIAL_BODY = ("收到这条，说明通知地址可用。", "If you read this, the address works.")

WAITING: Words = {
    "approve": ("等我审批", "Waiting for my approval"),
    "hand_back": ("退卡等我复核", "Cards handed back, for my word"),
    "short": ("余额不足", "Funds short"),
    "blocked": ("发不出去", "Cannot be sent"),
    "in_doubt": ("确认中", "Being confirmed"),
    "failed": ("未退出", "Not refunded"),
    "bounced": ("被退回", "Bounced"),
    "overdue": ("逾期", "Overdue"),
    "finding": ("对账差异", "Differences"),
    "invoice": ("红字发票", "Red invoices"),
    "case": ("客诉", "Cases"),
    "day": ("缺对账单的日子", "Days without a statement"),
    "undelivered": ("没有送达的通知", "Messages that did not arrive"),
}
"""Sections of finance's desk."""

NEXT: Words = {
    "approve": ("看一眼，批准或拒绝", "Look, then approve or reject"),
    "hand_back": ("核对持卡人和金额，同意并退付，或拒绝", "Check the holder and the sums, then agree and pay, or reject"),
    "short": ("给渠道账户充值，或等新的收款；到时自动重发，单号不变", "Top up the channel's account or wait for sales; it goes out by itself under the same number"),
    "blocked": ("检查收单账户的设置和网络，好了会自动发出", "Check the account's settings and the network; it goes out by itself then"),
    "in_doubt": ("不用再退；系统在查，查不到的明天看对账单", "Do not refund again; we are asking, and tomorrow's statement decides"),
    "failed": ("看渠道说的原因，再重试或放弃", "Read the channel's reason, then try again or give it up"),
    "bounced": ("联系顾客，换一条路把钱退回去", "Call the customer and send the money another way"),
    "overdue": ("问渠道，告诉顾客", "Ask the channel, tell the customer"),
    "finding": ("查明原因，挂账或关闭", "Find the cause, put it in suspense or close it"),
    "invoice": ("开红字发票或等对方确认", "Issue the red invoice, or wait for the other side"),
    "case": ("看一眼，认领或答复", "Look, take it or answer it"),
    "day": ("上传或取回对账单", "Upload or fetch the statement"),
    "undelivered": ("检查通知地址，再发一次", "Check the address and send it again"),
}  # fmt: skip
"""The one next step of each section."""

TABLE: Table = {
    "recipient_not_found": (
        "没有这个通知对象",
        "请从列表里重新选择",
        "There is no such recipient",
        "Choose one from the list",
    ),
    "delivery_not_found": (
        "没有这条通知",
        "请刷新页面",
        "There is no such message",
        "Load the page again",
    ),
    "delivery_not_failed": (
        "这条通知已经送达或正在发送",
        "不需要再发",
        "This message was delivered or is on its way",
        "Nothing to do",
    ),
}

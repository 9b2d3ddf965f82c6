"""What is said when something cannot be done to a refund payment."""

from __future__ import annotations

from . import Table

TABLE: Table = {
    "illegal_move": (
        "当前状态下不能这样做",
        "请刷新页面，按显示的下一步操作；确认中的退款请等待查询结果，不要重新退款",
        "This cannot be done in the present state",
        "Reload and follow the next step shown; a refund being confirmed must wait for the channel's answer",
    ),
    "leg_not_by_hand": (
        "这笔退款由{channel}处理，不能人工确认",
        "请等待渠道结果",
        "{channel} moves this money; it cannot be confirmed by hand",
        "Wait for the channel's answer",
    ),
    "bounced_stays_owed": (
        "这笔钱曾被银行退回，仍欠着顾客，不能放弃",
        "请财务联系顾客，改为转账退回，或在渠道商户平台处理异常退款",
        "This money was sent back by the bank and is still owed; it cannot be given up",
        "Finance contacts the customer and sends a transfer, or handles the abnormal refund at the channel's own portal",
    ),
    "notice_not_genuine": (
        "通知的签名不对，没有采用",
        "请检查收单账户里的渠道公钥；真正的通知会再次送达",
        "The notice is not signed by the channel and was not heeded",
        "Check the channel's public key in the account; a genuine notice comes again",
    ),
    "void_needs_refund": (
        "撤销没有成功，不能再撤销一次",
        "请改为退款：钱仍退回原账户，到账时间按退款计算",
        "The void did not succeed and cannot be tried again",
        "Send it as a refund: the money goes to the same account, later",
    ),
    "bounced_needs_transfer": (
        "这笔钱曾被退回，渠道仍可能补付，不能按原路再退一次",
        "请财务联系顾客：核实同名账户后转账，或核实本人后付现金，都由另一人付款",
        "This money came back once and the channel may still pay it; it must not go the same way again",
        "Call the customer: a transfer to an account in her name, or cash once she is checked; another person pays either",
    ),
    "leg_alarmed": (
        "这笔退款的资金去向有疑问，不能重发或放弃",
        "请财务核对渠道账单，处理告警后再继续",
        "Where this refund's money went is in question; it can be neither sent again nor given up",
        "Finance checks the channel's statement and closes the alarm first",
    ),
    "no_alarm": (
        "这笔退款没有待处理的告警",
        "请刷新页面",
        "No alarm is open on this refund",
        "Reload the page",
    ),
    "leg_not_asked_about": (
        "这笔退款现在不用查询",
        "请刷新页面查看状态",
        "There is nothing to ask the channel about this payment now",
        "Reload the page to see its state",
    ),
    "transfer_reference_needed": (
        "请填写转账的银行流水号",
        "在网银回单上可以找到",
        "The bank's reference of the transfer is needed",
        "It stands on the bank's receipt",
    ),
}

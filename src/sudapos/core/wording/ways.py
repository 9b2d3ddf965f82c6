"""What is said about money that is late, and about the ways out when it cannot go where it should."""

from __future__ import annotations

from . import Table

TABLE: Table = {
    "coupon_not_by_cash": (
        "这一笔有平台优惠券，不能改付现金",
        "请改用同名账户转账：只转顾客自己付的那部分",
        "A platform's coupon paid a part of this; it cannot be paid in cash",
        "Send the customer's own part to an account in her name",
    ),
    "bounced_cash_limit": (
        "这一笔 {amount} 超过可付现金的上限 {limit}",
        "请改用同名账户转账",
        "{amount} is more than may be paid in cash, {limit}",
        "Send it to an account in the customer's own name",
    ),
    "overdue_not_found": (
        "没有这条逾期记录",
        "请刷新列表",
        "There is no such overdue item",
        "Load the list again",
    ),
    "overdue_closed": (
        "这条逾期已经了结",
        "请刷新列表，看是谁、凭什么了结的",
        "This overdue item was closed already",
        "Load the list again to see who closed it, and why",
    ),
    "evidence_needed": (
        "请写下凭据：顾客怎么说的，或渠道给的证明编号",
        "例如“顾客 11-28 来电确认已到账”，或渠道的退款证明编号",
        "Write down what proves it: what the customer said, or the number of the channel's proof",
        "Such as “customer confirmed by phone on 28 November”, or the number of the channel's certificate",
    ),
    "reissue_not_offered": (
        "{channel}不能把退回的钱改退到其他账户",
        "请改为转账退回，由两个人办理",
        "{channel} cannot send money that came back to another account",
        "Send a transfer instead, by two people",
    ),
    "reissue_under_way": (
        "渠道正在把这笔钱改退到其他账户",
        "请等渠道的结果；渠道再次说退回之后，才能走另一条路",
        "The channel is sending this money to another account",
        "Wait for its answer; only when it says that it came back again is another way open",
    ),
    "card_differs": (
        "卡号与提出时登记的 {card} 不一致",
        "请与顾客核对卡号；要换卡请重新提出",
        "The number is not that of the card {card} that was proposed",
        "Check the number with the customer; another card must be proposed anew",
    ),
    "returned_to_merchant": (
        "钱已退回商户自己的银行账户，顾客还没有收到",
        "请财务改为转账退回，由另一人确认付款",
        "The money is back in the merchant's own bank account; the customer has nothing yet",
        "Finance sends a transfer, and another person confirms it",
    ),
    "left_cash_needs_proof": (
        "顾客先前没有领走这笔现金，付款前要写下怎样核实了是本人",
        "请由申请人以外的人核对小票、手机号或证件，写下来再付；不要交给同事代领",
        "The customer left this cash behind; write down how you made sure that it is she before paying",
        "Somebody other than the maker checks receipt, phone or ID and writes it down; never hand it to a colleague",
    ),
}
KINDS = {
    "arrival": ("渠道逾期未到账", "Not arrived over the channel"),
    "refund": ("超过退款期限", "Past the legal day"),
    "cash": ("顾客没有领走现金", "Cash left behind"),
}
"""Kinds of overdue items."""
NEXT = {
    "arrival": (
        "带着渠道退款单号问渠道，把结果告诉顾客；查实后写下凭据了结",
        "Ask the channel with its refund number, tell the customer; close it with what proves the result",
    ),
    "refund": ("打开退款单，今天把卡住的一步办完", "Open the refund and finish today what holds it up"),
    "cash": (
        "联系顾客来领；三十天没有来，换转账或列为长期应付",
        "Call the customer; after thirty days send a transfer or keep it as a long-standing debt",
    ),
}
"""The one next step of each kind."""
HOW = {
    "arrived": ("顾客确认已到账", "The customer has it"),
    "channel_proof": ("渠道出具了证明", "The channel has proven it"),
    "agreed": ("与顾客另有约定", "Agreed otherwise with the customer"),
    "given_up": ("联系不上顾客，继续挂账", "The customer cannot be reached; it stays owed"),
    "settled": ("已经退到", "It has arrived"),
}
"""What came of it."""

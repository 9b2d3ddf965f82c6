"""Exchanges: what stands between the goods that come back and those that go out."""

from . import Table

TABLE: Table = {
    "exchange_of_nothing": (
        "换出的商品还没有录入",
        "请录入要换给顾客的商品和价格",
        "Nothing goes out yet",
        "Ring up what the customer takes instead",
    ),
    "exchange_not_found": (
        "没有换货单 {exchange_no}",
        "请核对单号",
        "There is no exchange {exchange_no}",
        "Check the number",
    ),
    "exchange_closed": (
        "换货单 {exchange_no} 已经结束，没有办成",
        "请从销售单重新办理",
        "Exchange {exchange_no} is over and was not done",
        "Start anew from the sale",
    ),
    "exchange_waits": (
        "换货单 {exchange_no} 还在等{needed}审批，货和钱都还没有动",
        "批准后回到这一页完成换货",
        "Exchange {exchange_no} still waits for {needed}; neither goods nor money have moved",
        "Come back to this page once it is approved",
    ),
    "difference_changed": (
        "差额和页面上看到的不一样了：现在是 {amount}",
        "请核对后再确认一次",
        "The difference is not what the screen showed: it is {amount} now",
        "Look again and confirm once more",
    ),
    "payment_needed": (
        "还要收顾客 {amount}",
        "请选差额怎么付",
        "The customer still pays {amount}",
        "Say how the difference is paid",
    ),
    "exchange_of_stored_value": (
        "这一单用了{channel}，不能直接换货",
        "请先退回{channel}，再另收一单",
        "This sale was paid with {channel} and cannot be exchanged",
        "Refund it to the {channel} first, then ring up a new sale",
    ),
    "exchange_over": (
        "已过换货期 {allowed} 天（第 {days} 天）",
        "店长可以决定",
        "The {allowed} days to exchange are over (day {days})",
        "A manager may decide",
    ),
}

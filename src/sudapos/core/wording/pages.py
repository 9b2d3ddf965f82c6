"""What a person at a page or a closed day runs into; machines meet these codes rarely."""

from . import Table

TABLE: Table = {
    "day_closed": (
        "这一天已经结账",
        "请用今天的日期记录；要更正请财务做调账",
        "This day is closed",
        "Record it under today; finance corrects the old day with an adjustment",
    ),
    "name_needed": (
        "有一行没有写商品名",
        "每一行都要有名字和单价；不要的行请清空",
        "A line has no name",
        "Every line needs a name and a price; empty the lines that you do not want",
    ),
    "pick_first": (
        "还没有选要退的商品",
        "请勾选商品、选择“全部退”或输入金额",
        "Nothing has been picked yet",
        "Tick what comes back, choose everything, or type an amount",
    ),
    "pick_reason": (
        "还没有选退款原因",
        "点一下原因：原因决定要不要审批",
        "No reason has been chosen yet",
        "Choose one: it decides whether somebody has to approve",
    ),
    "page_not_found": (
        "没有这个页面",
        "请检查地址，或从待办重新开始",
        "There is no such page",
        "Check the address, or start again from the desk",
    ),
    "page_broken": (
        "页面出了问题，已经记下来了",
        "没有写入的退款不会发出；请重试，还不行请联系技术支持",
        "This page broke, and it has been noted",
        "A refund that was not written down is not sent; try again, and tell support if it persists",
    ),
    "form_expired": (
        "这个页面开得太久，已经失效",
        "请返回上一页刷新后重试，填写的内容还在",
        "This page was open for too long",
        "Go back, reload and try again; what you typed is still there",
    ),
    "bad_request": (
        "这个请求看不懂",
        "请返回上一页重试",
        "This request makes no sense to us",
        "Go back and try again",
    ),
}

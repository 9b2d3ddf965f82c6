"""Reports: their names, columns and splits."""

from . import Table
from .words import Words

REPORTS: Words = {
    "rate": ("退款率", "Refund rate"),
    "reasons": ("退款原因", "Reasons"),
    "goods": ("退回的商品", "Goods that come back"),
    "times": ("审批和到账用时", "Time to decision and arrival"),
    "trouble": ("确认中、未退出、被退回", "In doubt, refused, bounced"),
}

COLUMNS: Words = {
    "sales": ("销售笔数", "Sales"),
    "sold": ("销售金额", "Sold"),
    "refunds": ("退款笔数", "Refunds"),
    "refunded": ("退款金额", "Refunded"),
    "rate": ("占比", "Rate"),
    "share": ("占退款金额", "Share of refunds"),
    "name": ("名称", "Name"),
    "back": ("退回数量", "Came back"),
    "gone": ("售出数量", "Sold pieces"),
    "decided": ("审批笔数", "Decided"),
    "decision": ("审批用时（中位）", "To decision (median)"),
    "decision_most": ("九成在此之内", "Nine in ten within"),
    "arrived": ("到账笔数", "Arrived"),
    "arrival": ("到账用时（中位）", "To arrival (median)"),
    "arrival_most": ("九成到账在此之内", "Nine in ten arrive within"),
    "sent": ("发出笔数", "Sent"),
    "in_doubt": ("曾确认中", "Once in doubt"),
    "failed": ("曾未退出", "Once refused"),
    "bounced": ("曾被退回", "Once bounced"),
}

BY: Words = {
    "day": ("日期", "Day"),
    "store": ("门店", "Store"),
    "channel": ("渠道", "Channel"),
    "cashier": ("收银员", "Cashier"),
    "hour": ("小时", "Hour"),
    "reason": ("原因", "Reason"),
    "goods": ("商品", "Goods"),
}

NOTES: Words = {
    "rate": (
        "同一段时间里退款金额除以销售金额；销售按销售日，退款按退款日，放弃的不算。",
        "Money back over money in of the same days; sales by the day of the sale, refunds by the day of the refund, without those given up.",
    ),
    "reasons": ("按提交退款时选的原因；金额大的在前。", "By the reason given with the refund, the most money first."),
    "goods": ("按货号；售出数量是同一段时间的。", "By SKU; the pieces sold are those of the same days."),
    "times": (
        "审批：从提交到最后一个人决定；不用审批的不算。到账：从通过到渠道确认；现金不算。",
        "Decision: from asking to the last person's yes or no, where one was needed. Arrival: from approval to the channel's confirmation; cash is left out.",
    ),
    "trouble": (
        "发到渠道的退款里，曾经没有答复、被拒绝或被退回的，后来解决的也算。",
        "Of the refunds sent to a channel, those that were once without answer, refused or bounced, solved since or not.",
    ),
}  # fmt: skip
"""How each figure is counted, under its table."""

TABLE: Table = {
    "report_unknown": (
        "没有这张报表，或不能这样分",
        "请从报表页重新选择",
        "There is no such report, or it cannot be split so",
        "Choose again on the page of reports",
    ),
}

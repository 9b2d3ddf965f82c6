"""Signs of fraud: what is said at the till where one holds or blocks a refund, and what each is for those who look into it."""

from . import Table

TABLE: Table = {
    "fr03": (
        "这笔付款和本店员工有关，不能由我们这边办理",
        "请由没有关系的店长和财务处理，并说明情况",
        "This payment belongs to somebody who works here, so it cannot be done at this till",
        "A manager and finance without a part in it take it over",
    ),
    "fr04": (
        "同一收款方近期退款较多，需要店长看一眼",
        "请店长核对后批准",
        "Several refunds went to the same account lately; a manager has a look first",
        "A manager checks and approves",
    ),
    "fr07": (
        "现在不在营业时间，需要店长同意",
        "请店长批准，或在营业时间再办",
        "It is outside opening hours; a manager must agree",
        "Have a manager approve it, or come back when the shop is open",
    ),
    "fr11": (
        "这张小票今天在另一家店要求过退款，没有办成",
        "请查这一单的记录给顾客看；原来那家店可以继续办，这里一天后再办",
        "This receipt was brought to another store today and refused there",
        "Show the customer the sale's record; that store may go on with it, this one after a day",
    ),
    "fr19": (
        "这个收银台还有离线退款没有同步",
        "请先恢复网络，停止离线退款；已付出的现金请店长当面重新登记",
        "This till has offline refunds that are not synchronised",
        "Restore the network and stop refunding offline; a manager enters cash that was paid anew",
    ),
    "fr22": (
        "储值刚充值或付款卡不同，需要店长核对",
        "请店长核对持卡人后批准",
        "The top-up is recent or the card another one; a manager checks",
        "A manager checks the holder and approves",
    ),
    "fr24": (
        "这个收银台的时间不准或者往回拨过，需要店长同意",
        "请校准时间后再退",
        "This till's clock is wrong or was set back; a manager must agree",
        "Set the clock, then refund",
    ),
    "alert_not_found": (
        "没有编号为 {number} 的提醒",
        "请从清单重新选择",
        "There is no alert {number}",
        "Choose it from the list",
    ),
    "alert_closed": (
        "提醒 {number} 已经了结",
        "请刷新页面",
        "Alert {number} is closed already",
        "Reload the page",
    ),
}

SIGNS: Table = {
    "FR01": (
        "无小票退款偏多",
        "同一人一天超过两笔或超过 200 元；新手也常见",
        "Many refunds without a receipt",
        "More than two a day or 200 yuan by one person; common with newcomers",
    ),
    "FR02": (
        "退到别的账户",
        "原账户退不回去时才可以",
        "Another destination",
        "Only where the original account cannot take it",
    ),
    "FR03": (
        "收款方是员工",
        "员工自己购物也会出现",
        "The payee works here",
        "Staff who shop here show up, too",
    ),
    "FR04": (
        "同一收款方多次退款",
        "批发客户会常来",
        "Several refunds to one account",
        "Wholesale customers come often",
    ),
    "FR05": (
        "拆成小额退款",
        "分几次想起来要退的也有",
        "Cut into small refunds",
        "Some customers remember one thing after the other",
    ),
    "FR06": (
        "多次刚好不到限额",
        "价格集中的店会误报",
        "Often just below the limit",
        "Shops with one price range show up",
    ),
    "FR07": (
        "营业时间以外退款",
        "盘点和晚班会误报",
        "Outside opening hours",
        "Stocktaking and late shifts show up",
    ),
    "FR08": (
        "现金退款都不是当场发生",
        "顾客回来退现金很正常，看次数",
        "Cash refunds long after the sale",
        "Customers do come back; look at how often",
    ),
    "FR09": (
        "刚收现金就退",
        "打错单重来也是这样",
        "Cash back right after the sale",
        "A mistyped sale looks the same",
    ),
    "FR10": (
        "退款占销售的比例偏高",
        "专管退货的柜台会误报",
        "A high share of refunds",
        "A returns desk shows up",
    ),
    "FR11": (
        "同一张小票再次要求退款",
        "顾客不知道已经退了",
        "A receipt shown once more",
        "The customer may not know that it was refunded",
    ),
    "FR12": (
        "总是同一个人审批",
        "店里只有一位店长时会误报",
        "Nearly always the same checker",
        "A shop with one manager shows up",
    ),
    "FR13": ("同一台机器秒批", "", "Approved at the same till within seconds", ""),
    "FR14": (
        "顾客退货偏多",
        "试穿多件只留一件的也有",
        "A customer who returns a lot",
        "Some try many and keep one",
    ),
    "FR15": (
        "多次无小票退货",
        "老人常丢小票",
        "Several returns without a receipt",
        "Some lose receipts often",
    ),
    "FR16": ("大额退款", "", "A large refund", ""),
    "FR17": ("非现金消费要退现金", "", "Cash for what was not paid in cash", ""),
    "FR18": (
        "凭证多次重印，或刚重印就来退",
        "打印机卡纸会误报",
        "Reprinted often, or just before a refund",
        "A paper jam looks the same",
    ),
    "FR19": ("离线退款积压", "", "Offline refunds pile up", ""),
    "FR20": ("同一人改价又退款", "", "Price changed and refunded by one person", ""),
    "FR21": (
        "无小票整元退款偏多",
        "整元定价的店会误报",
        "Round refunds without a receipt",
        "Shops with round prices show up",
    ),
    "FR22": ("刚充值就退，或换卡退", "", "Refunded right after a top-up, or to another card", ""),
    "FR23": ("撤销后不久无销售开箱", "", "Drawer opened soon after a void", ""),
    "FR24": ("收银台时间不准或往回拨过", "", "The till's clock is off or was set back", ""),
}
"""Rule → what it is, what may explain it."""

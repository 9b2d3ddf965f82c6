"""Refusals about statements, findings, days and months; and what a finding is, in one sentence."""

from . import Table

TABLE: Table = {
    "statement": (
        "对账单上是这样写的",
        "请以渠道的对账单为准",
        "The channel's statement says so",
        "Go by the channel's statement",
    ),
    "statement_not_found": (
        "没有编号为 {number} 的对账单",
        "请从对账页面重新选择",
        "There is no statement {number}",
        "Choose it from the statements page",
    ),
    "statement_of_other_account": (
        "这份文件属于商户号 {found}，不是收单账户 {account}",
        "请选择正确的收单账户后重新上传",
        "This file belongs to merchant {found}, not to account {account}",
        "Choose the right account and upload it again",
    ),
    "statement_file_missing": (
        "没有选择文件",
        "请选择渠道的对账单文件",
        "No file was chosen",
        "Choose the channel's statement file",
    ),
    "statement_unreadable": (
        "读不懂这份文件：{why}",
        "请确认是渠道原始的对账文件，没有用表格软件另存过",
        "The file cannot be read: {why}",
        "Make sure that it is the channel's own file, not saved again by a spreadsheet",
    ),
    "statement_not_given": (
        "渠道没有给出 {account} 的对账单（{why}）",
        "请稍后再试，或在渠道后台下载后上传",
        "The channel gave no statement for {account} ({why})",
        "Try later, or download it in the channel's portal and upload it",
    ),
    "day_not_looked_at": (
        "{day} 还没有日结过",
        "请先做日结",
        "{day} has not been ended yet",
        "Close the day first",
    ),
    "bank_columns_unknown": (
        "银行流水里找不到需要的列：{known}",
        "请用 --columns 指明，例如 day=记账日期,amount=贷方发生额,payer=对方户名",
        "The bank's file lacks the columns: {known}",
        "Name them with --columns, e.g. day=Date,amount=Credit,payer=Payer",
    ),
    "finding_not_found": (
        "没有差异 {number}",
        "请从差异清单重新选择",
        "There is no finding {number}",
        "Choose it from the list of findings",
    ),
    "finding_closed": (
        "差异 {number} 已经了结",
        "请刷新页面；记录不能修改，有新情况请另作说明",
        "Finding {number} is closed already",
        "Reload the page; a record is not changed any more",
    ),
    "finding_suspended": (
        "差异 {number} 已经挂账",
        "请查明原因后了结",
        "Finding {number} is in suspense already",
        "Find the cause, then close it",
    ),
    "nothing_to_suspend": (
        "差异 {number} 不涉及金额，不需要挂账",
        "请写明情况后直接了结",
        "No money differs in finding {number}, so nothing goes into suspense",
        "Say what happened and close it",
    ),
    "suspend_first": (
        "转作损益要两个人：差异 {number} 还没有人挂账",
        "请先由一人挂账，再由另一人了结",
        "A loss or gain takes two people: nobody has put finding {number} in suspense yet",
        "One person suspends it, another closes it",
    ),
    "cause_not_offered": (
        "这个差异不能以「{cause}」了结",
        "可选：{offered}",
        "This finding cannot end with “{cause}”",
        "Offered: {offered}",
    ),
    "tax_needed": (
        "找不到对应的销售单，无法算出税额",
        "请填写这笔退款里的税额（分），不知道就先挂账",
        "The sale is not known, so the tax cannot be worked out",
        "Fill in the tax inside this refund in fen, or leave it in suspense",
    ),
    "day_not_over": (
        "{day} 还没有结束",
        "请在第二天再日结",
        "{day} is not over yet",
        "Close it on the next day",
    ),
    "day_malformed": (
        "日期应写成 2026-11-23",
        "请按 年-月-日 填写",
        "A day is written 2026-11-23",
        "Write year-month-day",
    ),
    "month_not_over": (
        "{month} 到 {until} 才结束",
        "请在次月结账",
        "{month} ends on {until}",
        "Close it in the next month",
    ),
    "earlier_month_open": (
        "更早的月份 {month} 还没有结账",
        "请按顺序先结那个月",
        "The earlier month {month} is still open",
        "Close that one first",
    ),
    "days_open": (
        "{month} 还有 {count} 天没有日结，最早是 {day}",
        "请先完成这些天的日结",
        "{count} days of {month} are not closed, the first is {day}",
        "Close these days first",
    ),
    "findings_open": (
        "{month} 还有 {count} 个涉及金额的差异没有挂账",
        "请先挂账或了结",
        "{count} findings of {month} with money in them are not even in suspense",
        "Suspend or close them first",
    ),
    "period_closed": (
        "{month} 已经结账",
        "已结账的月份不能再改；新的分录记在第一个未结账的日子",
        "{month} is closed",
        "A closed month stays as it is; new entries are dated on the first open day",
    ),
}

KINDS: Table = {
    "external_refund": (
        "渠道退了款，我们没有发起",
        "多半是在渠道后台退的：请问门店和渠道，确认后按漏记退款了结",
        "The channel gave money back that we did not ask for",
        "Most likely made in the channel's portal: ask the shop and the channel, then record it",
    ),
    "paid_twice": (
        "同一笔退款在对账单上出现两次",
        "马上联系渠道核实；顾客多收的要追回",
        "One refund stands twice on the statement",
        "Ask the channel at once; what was paid too much must come back",
    ),
    "unknown_payment": (
        "渠道收了款，我们没有销售单",
        "请查收银记录：补记销售，或把钱退给顾客",
        "The channel took a payment that no sale knows",
        "Look at the till's records: record the sale, or give the money back",
    ),
    "missing_payment": (
        "我们记了收款，对账单上没有",
        "请在渠道后台按订单号查询；没收到就向渠道提差错",
        "A payment of ours is not on the statement",
        "Look the order up in the channel's portal; if it is not there, file an error with the channel",
    ),
    "missing_refund": (
        "我们记了退款成功，对账单上没有",
        "请向渠道查询这笔退款；不要重复退款，先告诉顾客在核实",
        "A refund that we count as paid is not on the statement",
        "Ask the channel about it; do not refund again, and tell the customer that it is being checked",
    ),
    "amount_differs": (
        "两边金额不一样",
        "请核对渠道明细；优惠券和手续费是常见原因",
        "The amounts differ",
        "Compare with the channel's details; coupons and fees are the usual causes",
    ),
    "coupon_differs": (
        "顾客实得和我们算的不一样",
        "以渠道答复为准，两个数都留着；请核对平台优惠券的分摊，再登记原因",
        "The customer got another sum than we worked out",
        "The channel's figure counts and both are kept; check how the platform's coupon was shared, then note the cause",
    ),
    "state_differs": (
        "两边状态不一样",
        "请向渠道查询这笔退款的结果",
        "The states differ",
        "Ask the channel what became of this refund",
    ),
    "adjustment": (
        "渠道自己记了一笔差错或调账",
        "请向渠道要依据，再决定怎么记",
        "The channel booked an error or adjustment by itself",
        "Ask the channel for the grounds, then decide how to book it",
    ),
    "unreadable_rows": (
        "对账单里有读不懂的行",
        "请重新下载；还是不行就把这些行人工核对",
        "Some rows of the statement cannot be read",
        "Download it again; if that does not help, check these rows by hand",
    ),
    "totals_differ": (
        "文件自己的合计和明细对不上",
        "文件可能被改过或没下载完：请重新下载",
        "The file's own totals do not fit its rows",
        "It may be cut off or edited: download it again",
    ),
    "settlement_differs": (
        "银行到账和对账单的应结金额对不上",
        "请核对结算周期和手续费，再向渠道查询",
        "What reached the bank fits no settlement of the statements",
        "Check cycle and fees, then ask the channel",
    ),
    "payer_differs": (
        "结算款的付款方不是登记的收单机构",
        "可能是二清：请立即核实付款方的支付牌照",
        "The settlement was not paid by the institution on record",
        "It may be unlicensed clearing: check the payer's licence at once",
    ),
}
"""Kind of a finding → what it is, what to do."""

CAUSES: Table = {
    "portal_refund": ("渠道后台退款，补记", "", "Refund made in the portal, recorded now", ""),
    "money_returned": ("渠道已补回", "", "The channel made it good", ""),
    "written_off": ("无法追回，转损失", "", "Cannot be had back: written off", ""),
    "given_back": ("多收的钱已退给顾客", "", "Given back to the customer", ""),
    "sale_recorded": ("漏记的销售已补录", "", "The sale has been recorded", ""),
    "taken_in": ("无法查明，转收入", "", "Unexplained: taken as a gain", ""),
    "found_later": ("后来的对账单上已出现", "", "A later statement shows it", ""),
    "explained": ("已说明，不涉及金额", "", "Explained; no money differs", ""),
}

STEPS: Table = {
    "opened": ("发现", "", "Found", ""),
    "taken": ("认领", "", "Taken", ""),
    "noted": ("说明", "", "Noted", ""),
    "suspended": ("挂账", "", "In suspense", ""),
    "closed": ("了结", "", "Closed", ""),
}

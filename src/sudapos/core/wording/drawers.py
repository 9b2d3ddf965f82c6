"""What is said about shifts and drawers (domain §8.4)."""

from . import Table
from .words import Words

TABLE: Table = {
    "drawer_short": (
        "钱箱现金不够：可付 {held}，要付 {wanted}，还差 {missing}",
        "可以从本店另一个钱箱调入、从保险柜补入、经顾客同意改为银行转账，或请顾客稍等；钱箱要留足找零",
        "The drawer is short of cash: {held} can be paid, {wanted} is wanted, {missing} is missing",
        "Bring cash from another drawer of the store or from the safe, transfer it with the customer's consent, or ask her to wait; change must stay in the drawer",
    ),
    "drawer_closed": (
        "{till} 没有开着的班次，不能动现金",
        "请先接班（清点备用金），或在有班次的收银台付款",
        "No shift is open at {till}, so no cash moves there",
        "Open a shift there with a count, or pay at a till that has one",
    ),
    "drawer_of_another": (
        "这个钱箱由 {operator} 负责",
        "请由本人操作、先交接班，或请店长处理",
        "{operator} answers for this drawer",
        "Let her do it, take the shift over first, or ask the manager",
    ),
    "drawer_empty": (
        "{till} 只有 {held}，拿不出 {wanted}",
        "请减少金额，或先补入现金",
        "There is only {held} at {till}, not {wanted}",
        "Take less, or put cash in first",
    ),
    "drawer_is_open": (
        "这个钱箱已经开着：班次 {shift_no}，{operator} 负责",
        "请先交班或交接班",
        "This drawer is open already: shift {shift_no} of {operator}",
        "Close it or hand it over first",
    ),
    "drawer_not_found": (
        "门店 {store} 没有开过 {till} 的钱箱",
        "请检查收银台，或先在那里接班",
        "No drawer was ever opened at {till} of store {store}",
        "Check the till, or open a shift there first",
    ),
    "shift_not_found": (
        "没有班次 {shift_no}",
        "请检查班次号",
        "There is no shift {shift_no}",
        "Check its number",
    ),
    "shift_closed": (
        "班次 {shift_no} 已经交班",
        "请用现在开着的班次",
        "Shift {shift_no} is closed",
        "Use the shift that is open now",
    ),
    "count_needed": (
        "还没有清点，不能交班",
        "请先盲点钱箱并提交",
        "Nobody has counted yet, so the shift cannot be closed",
        "Count the drawer and submit it first",
    ),
    "count_stale": (
        "清点以后又有现金进出",
        "请重新清点再交班",
        "Cash has moved since the count",
        "Count again, then close",
    ),
    "count_reason_needed": (
        "点到 {counted}，应有 {expected}，差额超过允许范围",
        "请写明原因再交班；差额由店长（大额还要财务）确认",
        "{counted} was counted and {expected} expected: more than the tolerance",
        "Say why, then close; a manager (and finance above 50 yuan) decides about it",
    ),
    "count_not_found": (
        "没有清点单 {count_no}",
        "请检查单号",
        "There is no count {count_no}",
        "Check its number",
    ),
    "count_explained": (
        "清点单 {count_no} 不需要说明，或已经说明",
        "请刷新后再看",
        "Count {count_no} needs no explanation, or has one",
        "Reload and look again",
    ),
    "count_end_unknown": (
        "短款只能由收银员赔偿或列为损失，长款只能列为收入",
        "请选择其中一种",
        "A short is made good by the cashier or written off, an over is taken in",
        "Choose one of them",
    ),
    "count_other_end": (
        "另一位已经选了别的处理办法",
        "两个人要选同一种；请先商量",
        "Somebody else has said another end",
        "Both must say the same; talk first",
    ),
    "cash_needs_manager": (
        "保险柜、银行、别人的钱箱和大额支出要店长同意",
        "请店长在旁边输入工号和密码，或由店长操作",
        "The safe, the bank, another's drawer and large payments want a manager",
        "Have the manager give her code and password here, or do it herself",
    ),
    "cash_reason_needed": (
        "还没有写原因",
        "没有销售单或退款单的现金进出和开箱都要写明原因",
        "No reason was given",
        "Cash without a sale or a refund, and opening a drawer, need one",
    ),
    "cash_amount_invalid": (
        "现金金额不对：{amount}",
        "请写大于 0、最多两位小数的金额",
        "This is no amount of cash: {amount}",
        "Give an amount above 0 with at most two decimals",
    ),
    "cash_kind_unknown": (
        "没有这种现金进出：{kind}",
        "可用 drop、top_up、transfer、pay_in、pay_out、to_bank、from_bank",
        "There is no such cash move: {kind}",
        "Use drop, top_up, transfer, pay_in, pay_out, to_bank or from_bank",
    ),
    "pay_out_too_large": (
        "钱箱一次最多支出 {limit}",
        "更大的金额请用银行转账",
        "A drawer pays out {limit} at most",
        "Use a bank transfer for more",
    ),
    "same_drawer": (
        "转出和转入是同一个钱箱",
        "请选择两个不同的钱箱",
        "Both are the same drawer",
        "Choose two",
    ),
    "same_person": (
        "{operator} 已经在当班",
        "交接班要交给另一个人；自己下班请直接交班",
        "{operator} has this shift already",
        "Hand over to somebody else, or close the shift",
    ),
    "consent_needed": (
        "没有写顾客怎样同意改为转账",
        "请写明谁、怎样同意，以及核实过的账户",
        "It is not said how the customer agreed to a transfer",
        "Say who agreed, how, and which account was checked",
    ),
    "report_not_found": (
        "班次 {shift_no} 没有第 {number} 份报表",
        "请检查班次号和报表号",
        "Shift {shift_no} has no report {number}",
        "Check both numbers",
    ),
}

LINES: Words = {
    "opening": ("期初", "Opening"),
    "sales": ("现金销售", "Cash sales"),
    "refunds": ("现金退款", "Cash refunds"),
    "moved_in": ("调入", "Moved in"),
    "moved_out": ("调出", "Moved out"),
    "counts": ("盘点差异", "Over and short"),
    "other": ("其他", "Other"),
}
"""Lines of a report."""
KINDS: Words = {
    "drop": ("缴款到保险柜", "Drop into the safe"),
    "top_up": ("从保险柜补入", "Top up from the safe"),
    "transfer": ("调到另一个钱箱", "Transfer to another drawer"),
    "pay_in": ("交回现金", "Pay in"),
    "pay_out": ("支出现金", "Pay out"),
    "to_bank": ("缴存银行", "Take to the bank"),
    "from_bank": ("从银行提取", "Fetch from the bank"),
}
"""Cash moves."""
ENDS: Words = {
    "cashier": ("由收银员赔偿", "Made good by the cashier"),
    "loss": ("查不明，列为损失", "Unexplained, written off"),
    "gain": ("查不明，列为收入", "Unexplained, taken in"),
}
"""What a difference comes to."""

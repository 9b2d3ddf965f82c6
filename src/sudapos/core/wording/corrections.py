"""Sentences about the correction of a wrong refund."""

from . import Table

TABLE: Table = {
    "correction_not_found": (
        "没有这张更正单：{correction_no}",
        "请核对单号",
        "There is no correction {correction_no}",
        "Check the number",
    ),
    "correction_closed": (
        "这张更正单已经了结",
        "请刷新后查看结果",
        "This correction is closed",
        "Look at what became of it",
    ),
    "correction_too_much": (
        "更正金额须大于零，且不超过已退出、尚未更正的金额",
        "请核对金额",
        "A correction is more than nothing, and at most what was paid and not yet corrected",
        "Check the amount",
    ),
    "correction_open": (
        "这笔退款有未了结的更正单 {correction_no}（{amount}），被退回的钱不能全额重付",
        "请财务先抵销更正款，余下的再付给顾客",
        "Correction {correction_no} over {amount} is open: what bounced is not paid again whole",
        "Finance sets the correction off first; what is left then goes out again",
    ),
    "correction_given_up": (
        "这笔退款有 {amount} 已作为错退核销（更正单 {correction_no}），被退回的钱不能全额重付",
        "请财务先抵销：核销的损失冲回，余下的再付给顾客",
        "{amount} of this refund was given up as wrong (correction {correction_no}): what bounced is not paid again whole",
        "Finance sets it off first: the loss is taken back, what is left then goes out again",
    ),
    "nothing_to_set_off": (
        "没有可抵销的更正款",
        "请刷新后查看结果",
        "There is no correction to set off",
        "Look at what became of it",
    ),
    "set_off_changed": (
        "可抵销的金额变了，现在是 {amount}",
        "请看清楚后再按一次",
        "What can be set off has changed: it is {amount} now",
        "Look again, then press once more",
    ),
    "correction_changed": (
        "钱在这期间动了：现在更正，结果与刚才看到的不同",
        "请重新看一遍再办：没有退出的整笔撤回，已经退出的向顾客收回",
        "The money moved meanwhile: a correction now does something else than what was shown",
        "Look again: what has not left is taken back whole, what has left is collected from the customer",
    ),
    "correction_waits": (
        "这笔退款还有款项在途，现在不能更正",
        "请等到款项有了确定结果",
        "Money of this refund is on its way: it cannot be corrected now",
        "Wait until its end is certain",
    ),
    "correction_whole_only": (
        "款项还没有退出，只能整笔撤回",
        "请按整笔金额更正，再另开一笔正确的退款",
        "No money has left: it is taken back as a whole",
        "Correct the whole amount, then open the right refund",
    ),
    "correction_reference_needed": (
        "转账收回要写银行流水号",
        "请填写流水号",
        "A transfer needs its bank reference",
        "Enter the reference",
    ),
    "correction_channel": (
        "只能以现金或转账收回",
        "请选择现金或转账",
        "Collected in cash or by transfer only",
        "Choose cash or transfer",
    ),
}

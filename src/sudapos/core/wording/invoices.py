"""Red invoices in words: states, next steps, reasons, refusals (R-16)."""

from __future__ import annotations

from . import Table
from .words import Words

TABLE: Table = {
    "invoice_not_found": (
        "没有红字发票任务 {number}",
        "请从“红字发票”列表进入",
        "There is no red invoice task {number}",
        "Start from the list of red invoices",
    ),
    "invoice_step_refused": (
        "任务 {number} 现在是“{invoice_state}”，不能这样做",
        "请刷新页面，看下一步",
        "Task {number} is “{invoice_state}” now; this cannot be done",
        "Reload the page and see the next step",
    ),
    "invoice_form_lapsed": (
        "任务 {number} 的确认单已超过 72 小时，已失效",
        "请在跟进任务里重新发起确认单",
        "The form of task {number} was not confirmed within 72 hours and has lapsed",
        "Start a new form on the task that follows it",
    ),
    "red_number_needed": (
        "没有写红字发票号码",
        "请照税务平台抄写，8 到 40 位字母或数字",
        "The number of the red invoice is missing",
        "Copy it from the tax portal: 8 to 40 letters or digits",
    ),
    "red_number_is_blue": (
        "{number} 是蓝字发票的号码，红字发票有自己的号码",
        "请核对税务平台上的红字发票号码",
        "{number} is the number of a blue invoice; a red one has its own",
        "Look up the red invoice's number on the tax portal",
    ),
    "red_number_used": (
        "红字发票号码 {number} 已经登记在别的任务上",
        "请核对后重新填写",
        "Red invoice {number} is recorded on another task",
        "Check it and type it again",
    ),
    "form_number_needed": (
        "没有写确认单编号",
        "请照税务平台抄写",
        "The form's number is missing",
        "Copy it from the tax portal",
    ),
}

STATES: Words = {
    "not_invoiced": ("没有开票", "Not invoiced"),
    "blue_issued": ("待处理", "To do"),
    "red_requested": ("已申请红字", "Red one asked for"),
    "waiting_confirm": ("待购方确认", "Waiting for the buyer"),
    "red_issued": ("红字已开", "Red one issued"),
    "lapsed": ("确认单已失效", "Form lapsed"),
    "not_needed": ("不需要", "Not needed"),
}
NEXT: Words = {
    "blue_issued": (
        "先问购方：蓝字发票有没有用途确认或入账。没有，直接在税务平台开红字；已经有，发起红字信息确认单。",
        "First ask the buyer: has the blue invoice been used or booked? If not, issue the red one on the tax portal; "
        "if so, start a confirmation form.",
    ),
    "red_requested": (
        "在税务平台开出红字发票，再把号码登记在这里。",
        "Issue the red invoice on the tax portal, then record its number here.",
    ),
    "waiting_confirm": (
        "请购方在 {due} 前确认；确认后开出红字发票并登记号码。到期没确认会自动失效。",
        "The buyer must confirm before {due}; then issue the red invoice and record its number. Without it the form lapses.",
    ),
    "red_issued": ("已办完。红字发票 {red_no}。", "Done. Red invoice {red_no}."),
    "lapsed": (
        "72 小时内没有确认，已失效；请在跟进任务里继续。",
        "Not confirmed within 72 hours; go on with the task that follows.",
    ),
    "not_needed": ("不需要红字发票：{note}", "No red invoice needed: {note}"),
}
SPECIAL_HINT = (
    "专用发票：购方已抵扣的必须走确认单，购方要转出进项；出口退税已用的先回退用途。退款照常进行，不等红字发票。",
    "A special VAT invoice that the buyer has deducted needs the form, and the buyer reverses the input tax; one used for "
    "an export refund is rolled back first. The money does not wait for the red invoice.",
)
REASONS: Words = {
    "SALES_RETURN": ("销货退回", "Goods returned"),
    "ISSUE_ERROR": ("开票有误", "Issued in error"),
    "SERVICE_SUSPENSION": ("服务中止", "Service stopped"),
    "SALES_DISCOUNT": ("销售折让", "Allowance"),
}
STEPS: Words = {
    "open": ("开立任务", "Task opened"),
    "follow": ("上一张确认单失效，继续跟进", "The form before lapsed; carry on"),
    "request": ("申请红字发票", "Red invoice asked for"),
    "ask_buyer": ("发起确认单", "Form started"),
    "issue": ("登记红字发票", "Red invoice recorded"),
    "lapse": ("72 小时未确认，失效", "Not confirmed in 72 hours: lapsed"),
    "give_up": ("不需要红字发票", "No red invoice needed"),
}
COLUMNS: Words = {
    "task": ("任务号", "Task"),
    "refund": ("退款单号", "Refund"),
    "sale": ("销售单号", "Sale"),
    "blue": ("蓝字发票号码", "Blue invoice"),
    "reason": ("红字原因", "Reason"),
    "code": ("原因代码", "Reason code"),
    "name": ("项目名称", "Item"),
    "rate": ("税率", "Rate"),
    "net": ("不含税金额", "Net"),
    "tax": ("税额", "Tax"),
    "amount": ("价税合计", "With tax"),
    "state": ("状态", "State"),
    "red": ("红字发票号码", "Red invoice"),
}

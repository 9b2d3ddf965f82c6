"""押金, 定金 and 订金 in words: their kinds, their endings, and why one is not given back as asked."""

from . import Table
from .words import Words

KINDS: Words = {
    "DEPOSIT_YAJIN": ("押金", "Deposit"),
    "EARNEST_DINGJIN": ("定金", "Earnest money"),
    "ADVANCE_DINGJIN2": ("订金", "Advance"),
}

ENDINGS: Words = {
    "returned": ("退还", "Given back"),
    "customer_failed": ("顾客违约，定金不退", "The customer failed: earnest money kept"),
    "applied": ("抵作货款", "Counted towards a sale"),
    "merchant_failed": ("商户违约，双倍返还定金", "The shop failed: earnest money doubled"),
}

STATES: Words = {
    "held": ("未退", "Held"),
    "waiting": ("待审批", "Waiting for approval"),
    "moving": ("退款中", "Going back"),
    "attention": ("需处理", "Needs attention"),
    "returned": ("已退", "Given back"),
    "applied": ("已抵作货款", "Counted towards a sale"),
    "kept": ("已按约不退", "Kept by agreement"),
}

CONFIRMED: Words = {
    "signed": ("顾客签字", "signed by the customer"),
    "message": ("微信或短信确认", "by message"),
    "phone": ("电话确认", "by phone"),
    "spoken": ("当面口头确认", "spoken, at the counter"),
}

TABLE: Table = {
    "deposit_not_found": (
        "没有这笔押金：{sale_no}",
        "请核对单号",
        "There is no deposit {sale_no}",
        "Check the number",
    ),
    "deposit_goes_back_apart": (
        "这是押金，不是销售；销售也不能当押金退",
        "请到“押金与定金”页退还",
        "This is a deposit and no sale, or the other way round",
        "Give it back on the page of deposits",
    ),
    "deposit_ended": (
        "这笔押金已经退过，或已经有一张退款单",
        "请打开这笔押金查看",
        "This deposit has been given back, or its refund is on its way",
        "Open the deposit to see",
    ),
    "deposit_not_corrected": (
        "押金退款不能在这里更正",
        "请与顾客商量，重新收一笔押金",
        "The refund of a deposit is not corrected here",
        "Settle it with the customer and take the deposit anew",
    ),
    "deduction_needs_evidence": (
        "扣 {amount} 要有依据",
        "请写明扣款原因，并附照片、单据或写明凭证",
        "Keeping {amount} needs evidence",
        "Say why, and add a photo, a paper or what proves it",
    ),
    "deduction_needs_consent": (
        "扣 {amount} 要顾客确认",
        "请记下顾客怎样确认、是谁确认的；没有确认就全额退还",
        "Keeping {amount} needs the customer's yes",
        "Write down who said yes and how; else give all of it back",
    ),
    "deposit_above_price": (
        "押金 {amount} 比货款 {price} 多，不能抵作货款",
        "先退还押金，再按平常收款",
        "The deposit of {amount} is more than the price of {price}",
        "Give it back, and take the price as ever",
    ),
    "ending_not_of_this_kind": (
        "只有定金可以按违约处理",
        "押金和订金请退还",
        "Only earnest money ends by somebody's failure",
        "Give the deposit or the advance back",
    ),
    "deduction_not_of_this_kind": (
        "只有押金可以扣赔偿",
        "订金全额退还；定金按履约或违约处理",
        "Only a deposit bears a deduction",
        "An advance goes back whole; earnest money by who kept the contract",
    ),
}

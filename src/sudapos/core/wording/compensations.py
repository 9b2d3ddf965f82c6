"""Words and sentences about what is paid beyond the price."""

from . import Table
from .words import Words

KINDS: Words = {
    "deceived": ("欺诈，退一赔三", "Deceived: three times the price"),
    "unsafe_food": ("不合格食品，赔十倍", "Unsafe food: ten times the price"),
    "earnest": ("定金双倍返还的另一半", "Earnest money, the second half"),
    "agreed": ("协商或裁决的赔偿", "Agreed or ordered"),
}
LAWS: Words = {
    "deceived": ("《消费者权益保护法》第五十五条：价款的三倍，不足 500 元按 500 元", "Consumer Protection Law, Art. 55: three times the price, at least 500 yuan"),
    "unsafe_food": ("《食品安全法》第一百四十八条：价款的十倍，不足 1000 元按 1000 元；请法务确认", "Food Safety Law, Art. 148: ten times the price, at least 1000 yuan; have your counsel confirm it"),
    "earnest": ("《民法典》第五百八十七条：双倍返还定金", "Civil Code, Art. 587: earnest money is returned twice"),
    "agreed": ("和解、调解或裁决，金额写在依据里", "A settlement, a mediation or a ruling; the sum stands in its paper"),
}  # fmt: skip
"""Where the sum comes from."""
STATES: Words = {
    "awaiting": ("等待审批", "Waits for approval"),
    "approved": ("待支付", "To be paid"),
    "paid": ("已支付", "Paid"),
    "rejected": ("已拒绝", "Rejected"),
    "withdrawn": ("已撤回", "Withdrawn"),
}

TABLE: Table = {
    "compensation_not_found": (
        "没有这张赔偿单：{number}",
        "请核对单号",
        "There is no compensation {number}",
        "Check the number",
    ),
    "compensation_not_paid": (
        "赔偿单 {number} 还没有支付，没有收据",
        "请先批准并支付",
        "Compensation {number} is not paid yet: there is no receipt",
        "Have it approved and paid first",
    ),
    "compensation_decided": (
        "这张赔偿单已经不在这一步了",
        "请刷新后查看结果",
        "This compensation has moved on",
        "Look at what became of it",
    ),
    "compensation_stands": (
        "销售单 {sale_no} 已有一张同类的赔偿单",
        "请先看那一张；不对就撤回后重开",
        "Sale {sale_no} has a compensation of this kind already",
        "Look at that one; withdraw it before you open another",
    ),
    "compensation_not_hers": (
        "{amount} 的赔偿要更高的人批准",
        "请财务或老板批准",
        "Somebody above must approve a compensation of {amount}",
        "Ask finance or the owner",
    ),
    "compensation_of_deposits": (
        "这种赔偿不能这样开",
        "定金的另一半在定金页面按“商户违约”了结时生成；押金和定金不按退一赔三算",
        "This kind is not opened here",
        "The second half of earnest money comes with its ending; a deposit knows no threefold price",
    ),
    "compensation_channel": (
        "赔偿只用现金或转账支付",
        "请选择现金或转账",
        "Compensation is paid in cash or by transfer only",
        "Choose cash or transfer",
    ),
    "compensation_reference_needed": (
        "转账支付要写银行流水号",
        "请填写流水号",
        "A transfer needs its bank reference",
        "Enter the reference",
    ),
    "compensation_by_transfer": (
        "现金赔偿最多 {limit}",
        "请财务转账支付",
        "At most {limit} is paid in cash",
        "Have finance transfer it",
    ),
}

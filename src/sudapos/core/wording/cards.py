"""Stored-value cards, points and handing a card back: what stands in the way, and the next step."""

from . import Table

TABLE: Table = {
    "hand_back_not_paid": (
        "退卡单 {number} 还没有退付，没有凭证",
        "退付之后再打印",
        "Hand-back {number} is not paid yet and has no voucher",
        "Print it after it was paid",
    ),
    "hand_back_held": (
        "这次退卡触发 {rules}：刚充值就退，或不是退给充值的账户",
        "核实后在说明里写明核实了什么，再退付",
        "This hand-back raised {rules}: topped up a moment ago, or paid in by other means than it goes back to",
        "Look into it, write down what was verified, then pay",
    ),
    "coupon_comes_back": (
        "整单退完，款项到账后优惠券 {coupon} 退回",
        "请告诉顾客：券在最后一笔款退回后才能再用",
        "The sale comes back whole: coupon {coupon} is given back with the last money",
        "Tell the customer that she can use it once the last money is back",
    ),
    "coupon_stays_used": (
        "只退一部分，优惠券 {coupon} 不退回",
        "退款按券后实付计算；整单退完时券才退回",
        "Only a part comes back, so coupon {coupon} stays used",
        "The refund is what was paid after the coupon; it is given back with the whole sale",
    ),
    "coupon_expired": (
        "优惠券 {coupon} 已于 {until} 到期，不再退回",
        "请告诉顾客券已过期",
        "Coupon {coupon} expired on {until} and is not given back",
        "Tell the customer that it has expired",
    ),
    "points_taken_back": (
        "扣回这笔消费所得的 {points} 积分（账户 {account}），扣后余 {after}",
        "积分已花掉的，账户可以为负，以后消费所得先补上",
        "{points} points earned on this sale are taken back (account {account}, {after} left)",
        "Where they are spent already the account falls below nothing and fills up again",
    ),
    "points_deducted": (
        "已花掉的 {points} 积分从退款里扣 {amount}",
        "按公布的积分价值折算；请在确认前念给顾客听",
        "{points} points that are spent already are paid for with {amount} of the refund",
        "At the published value of a point; read it to the customer before you confirm",
    ),
    "coupon_does_not_add_up": (
        "平台券加顾客自付与付款 {payment_no} 的金额不符",
        "coupon_amount 与 user_paid 之和必须等于 amount；报其中一个就够",
        "Coupon and customer's own part do not add up to payment {payment_no}",
        "coupon_amount and user_paid together are the amount; one of them is enough",
    ),
    "card_not_found": (
        "没有这张卡",
        "请核对卡号，或用卡号后四位、会员手机号查找",
        "There is no such card",
        "Check the number, or look it up by its last four digits or the member's phone",
    ),
    "card_known": (
        "卡 {card} 已经开过",
        "请直接查找这张卡",
        "Card {card} has been opened before",
        "Look the card up instead",
    ),
    "card_short": (
        "卡里只有 {held} 元，不够付 {wanted} 元",
        "请用其他方式付差额，或先充值",
        "The card holds {held} yuan, less than the {wanted} yuan wanted",
        "Pay the difference another way, or top the card up",
    ),
    "card_parts_differ": (
        "本金加赠送是 {total} 元，与这笔付款 {amount} 元不符",
        "请核对收银系统上报的本金和赠送金额",
        "Principal and bonus come to {total} yuan, the payment to {amount} yuan",
        "Check the parts that the till reported",
    ),
    "card_over_limit": (
        "充值后卡内有 {total} 元，超过这类卡的上限 {limit} 元",
        "请少充一些；记名卡上限 5000 元，不记名卡 1000 元",
        "The card would hold {total} yuan, above the {limit} yuan such a card may hold",
        "Top up less: 5,000 yuan in somebody's name, 1,000 yuan without a name",
    ),
    "card_takes_no_money": (
        "{card} 是积分账户，不能充值",
        "请选储值卡",
        "{card} is a points account and takes no money",
        "Choose a stored-value card",
    ),
    "card_takes_no_points": (
        "{card} 不是积分账户",
        "请选积分账户",
        "{card} is not a points account",
        "Choose a points account",
    ),
    "nothing_on_card": (
        "这张卡没有充值记录，没有可退的金额",
        "请核对卡号；若顾客有充值凭证，请店长核实后补录",
        "Nothing was ever paid onto this card, so nothing can go back",
        "Check the number; if the customer has a receipt of a top-up, a manager looks into it",
    ),
    "card_not_hers": (
        "来人不是这张卡的持卡人",
        "只能由持卡人本人凭身份证办理",
        "The person here is not the holder of this card",
        "Only the holder herself can hand it back, with her identity card",
    ),
    "payee_not_holder": (
        "收款账户不是持卡人本人的",
        "请用持卡人同名的银行账户；不能退给第三人",
        "The bank account is not in the holder's name",
        "Use an account in the holder's own name; nobody else can be paid",
    ),
    "cash_too_much": (
        "要退 {total} 元，超过可退现金的 {limit} 元",
        "请退到持卡人同名的银行账户",
        "{total} yuan go back, more than the {limit} yuan that may be paid in cash",
        "Pay to a bank account in the holder's name",
    ),
    "hand_back_open": (
        "卡 {card} 已有一张退卡单在等待",
        "请先处理那一张",
        "Card {card} is already waiting to be handed back",
        "Decide that one first",
    ),
    "hand_back_not_found": (
        "没有退卡单 {number}",
        "请从储值卡页面重新选择",
        "There is no hand-back {number}",
        "Choose it from the cards' page",
    ),
    "hand_back_decided": (
        "退卡单 {number} 已经处理过",
        "请刷新页面",
        "Hand-back {number} has been decided",
        "Reload the page",
    ),
    "hand_back_stale": (
        "申请以后这张卡又有变动，金额不一样了",
        "请拒绝这张退卡单，重新申请",
        "The card has moved since this was asked for, and the sum is another one",
        "Reject this hand-back and ask anew",
    ),
}

RULES = {
    "cooling_off": ("付款七日内，本金全退（第14条）", "Within seven days of paying: all principal (Art. 14)"),
    "art_18": (
        "非消费者原因，消费按优惠价折算（第18条）",
        "Not the consumer's doing: consumption at the discounted price (Art. 18)",
    ),
    "art_19": (
        "消费者原因，消费按原价计算（第19条）",
        "The consumer's doing: consumption at the full price (Art. 19)",
    ),
    "no_records": (
        "没有消费记录，不得扣减（第25条）",
        "No records of consumption: nothing is deducted (Art. 25)",
    ),
}
"""Why a card is worth what it is: (中文, English)."""

CAUSES = {
    "MERCHANT": ("非消费者原因（商家或双方）", "Not the consumer's doing"),
    "CONSUMER": ("消费者自己的原因", "The consumer's own doing"),
}

KINDS = {
    "top_up": ("充值", "Top-up"),
    "use": ("消费", "Paid with"),
    "refund": ("退款退回", "Refunded"),
    "hand_back": ("退卡", "Handed back"),
    "earn": ("获得积分", "Points earned"),
    "put_back": ("退回所扣积分", "Points put back"),
    "take_back": ("扣回所得积分", "Earned points taken back"),
}

STATES = {
    "awaiting": ("等待复核", "Waits for a second person"),
    "paid": ("已退付", "Paid"),
    "rejected": ("已拒绝", "Rejected"),
}

"""Stored-value cards, points and handing a card back: what stands in the way, and the next step."""

from . import Table

TABLE: Table = {
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
}

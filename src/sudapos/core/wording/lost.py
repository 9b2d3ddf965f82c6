"""The lost receipt at the counter: kinds of evidence, and what is still wanted."""

from .words import Words

EVIDENCE: Words = {
    "channel_bill": ("手机账单里的交易单号或商户单号", "Number in the customer's wallet bill"),
    "invoice": ("发票号码", "Invoice number"),
    "card_and_reference": ("付款卡在场 + 参考号", "The card is here, with its reference number"),
    "serial": ("商品序列号", "Serial number"),
    "amount_and_time": ("准确金额 + 时间", "Exact amount and time"),
    "item": ("商品条码", "Barcode of an item"),
    "card_tail": ("付款卡后四位 + 日期", "Last four digits of the card, with the day"),
    "member_phone": ("会员手机号", "Member's phone"),
    "delivery_slip": ("送货单", "Delivery slip"),
    "receipt_photo": ("小票照片", "Photo of the receipt"),
    "cctv": ("监控里找到的时间", "Time found on CCTV"),
    "said": ("口头说明", "Said so"),
    "price_tag": ("价签、购物袋", "Price tag, bag"),
}

WANTED: Words = {
    "no_candidate": (
        "没有符合的销售单：请换一个事实，或礼貌地请顾客再找找凭据",
        "No sale fits: try another fact, or politely ask for other proof",
    ),
    "one_more_fact": (
        "不止一单符合：请再问一个事实，不要猜",
        "More than one sale fits: ask for one more fact, do not guess",
    ),
    "evidence": (
        "证据还不够：一件强证据，或两件不同的一般证据",
        "Not enough evidence: one strong piece, or two different ordinary ones",
    ),
    "answers": ("至少三个回答要和这一单对得上", "At least three answers must fit the sale"),
}

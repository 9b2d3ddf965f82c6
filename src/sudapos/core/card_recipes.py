"""How stored-value cards are booked beside the sheet's J17: rows of the table in `recipes`, ours after its pattern."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # What was paid with bonus or points was never revenue: the promise lessened it by the whole, so that part comes back.
    ("J17d", "card_refunded", "退回储值卡或积分", "back to a card or to points", ((_DR, "owed", "amount"), (_CR, "prepaid", "principal"), (_CR, "revenue", "net"), (_CR, "vat", "tax"))),
    ("J17e", "prepaid_topped_up_by", "储值卡充值(收银)", "card topped up at the till", ((_DR, "channel", "amount"), (_CR, "prepaid", "amount"))),
    # More than the card's books hold is our cost, less is our gain (a negative rest is never claimed); interest apart.
    ("J17f", "prepaid_handed_back", "储值卡退卡结清", "card handed back, settled", ((_DR, "prepaid", "principal"), (_DR, "loss", "excess"), (_DR, "fee", "interest"), (_CR, "channel", "amount"), (_CR, "gain", "kept"))),
    ("J17g", "goodwill_to_card", "善意补偿退回储值卡", "goodwill back to a card", ((_DR, "owed", "amount"), (_CR, "prepaid", "principal"), (_DR, "goodwill", "-bonus"))),
)  # fmt: skip

"""How the correction of a wrong refund is booked: rows of the table in `recipes`, ours beside the sheet's templates."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # Revenue and tax come back, positive: what was posted for the refund stays as it is (INV-08).
    ("J26a", "correction_opened", "错退更正(应收回)", "wrong refund, to be collected", ((_DR, "correction", "amount"), (_CR, "revenue", "net"), (_CR, "vat", "tax"))),
    ("J26g", "goodwill_corrected", "错付补偿更正(应收回)", "wrong goodwill, to be collected", ((_DR, "correction", "amount"), (_DR, "goodwill", "-amount"))),
    ("J26b", "correction_collected", "错退款收回", "wrong refund collected", ((_DR, "channel", "amount"), (_CR, "correction", "amount"))),
    ("J26c", "correction_given_up", "错退款无法收回(经批准)", "wrong refund given up, approved", ((_DR, "loss", "amount"), (_CR, "correction", "amount"))),
    # Money of the refund came back: what she owes us is set off against what we owe her again; a loss that was booked is none.
    ("J26d", "correction_set_off", "错退款与退票抵销", "wrong refund set off against what bounced", ((_DR, "owed", "amount"), (_CR, "correction", "amount"))),
    ("J26f", "coupon_set_off", "错退款与退票抵销(平台券订单)", "wrong refund of a coupon order set off", ((_DR, "owed", "amount"), (_CR, "correction", "user"), (_CR, "gain", "coupon"))),
    ("J26e", "loss_came_back", "已核销错退款随退票找回", "wrong refund given up, found in what bounced", ((_DR, "correction", "amount"), (_DR, "loss", "-amount"))),
)  # fmt: skip

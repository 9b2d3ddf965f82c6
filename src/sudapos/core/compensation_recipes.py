"""How compensation is booked: rows of the table in `recipes`, ours, because the sheet asks for the document and gives no entry (R-24)."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # Revenue and tax stay as they are; what a customer is owed for a refund (2241.01) is another account (INV-09).
    ("J31a", "compensation_owed", "赔偿批准(应付顾客)", "compensation approved, owed to customer", ((_DR, "loss", "amount"), (_CR, "compensation", "amount"))),
    ("J31b", "compensation_paid", "支付赔偿", "compensation paid", ((_DR, "compensation", "amount"), (_CR, "channel", "amount"))),
    ("J31c", "compensation_withdrawn", "赔偿撤回", "compensation withdrawn, no longer owed", ((_DR, "loss", "-amount"), (_CR, "compensation", "-amount"))),
)  # fmt: skip

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
)  # fmt: skip

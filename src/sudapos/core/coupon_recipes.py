"""How a platform's coupon is booked where the channel's own way back is shut: ours, after the sheet's J19."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # By transfer the customer gets what she paid; the platform's part was never hers, and nobody asked it back of us.
    ("J19c", "coupon_by_transfer", "平台券订单转账退款", "coupon order refunded by transfer", ((_DR, "owed", "amount"), (_CR, "bank", "user"), (_CR, "gain", "coupon"))),
)  # fmt: skip

"""How a fee that the shop keeps of a return is booked: rows of the table in `recipes`, ours beside the sheet's templates."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

# The goods came back, so their whole revenue and tax fall; the fee is other income, with the line's rate in it.
_PROMISED = (
    (_CR, "revenue", "-net"),
    (_CR, "vat", "-tax"),
    (_CR, "other_revenue", "fee_net"),
    (_CR, "vat", "fee_tax"),
    (_CR, "owed", "amount"),
)

ROWS: tuple[Row, ...] = (
    ("J30a", "refund_promised_less_fee", "退款批准(扣手续费)", "refund approved, less a fee", _PROMISED),
    ("J30y", "cross_year_promised_less_fee", "跨年退款(扣手续费)", "refund of an earlier year, less a fee", _PROMISED),
    ("J30e", "refund_undone_with_fee", "退款未出款冲回(含手续费)", "refund not paid, promise and fee undone", (
        (_CR, "revenue", "net"), (_CR, "vat", "tax"), (_CR, "other_revenue", "-fee_net"), (_CR, "vat", "-fee_tax"),
        (_CR, "owed", "-amount"),
    )),
)  # fmt: skip

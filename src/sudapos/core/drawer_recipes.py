"""How cash that is no sale and no refund is booked: rows of the table in `recipes`, ours beside the sheet's templates."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # Between two drawers: one entry for each, through an account that is empty at every commit.
    ("J23a", "cash_left", "现金调出", "cash moved out", ((_DR, "transit", "amount"), (_CR, "cash", "amount"))),
    ("J23b", "cash_arrived", "现金调入", "cash moved in", ((_DR, "cash", "amount"), (_CR, "transit", "amount"))),
    ("J24a", "cash_to_bank", "现金缴存银行", "cash to the bank", ((_DR, "bank", "amount"), (_CR, "cash", "amount"))),
    ("J24b", "cash_from_bank", "银行提取现金", "cash from the bank", ((_DR, "cash", "amount"), (_CR, "bank", "amount"))),
    # What is taken for a purchase is owed by whoever took it, until the receipt is there.
    ("J25a", "cash_paid_out", "钱箱支出(待报销)", "paid out, to be accounted for", ((_DR, "cashier", "amount"), (_CR, "cash", "amount"))),
    ("J25b", "cash_paid_in", "现金交回钱箱", "paid in by the cashier", ((_DR, "cash", "amount"), (_CR, "cashier", "amount"))),
)  # fmt: skip

"""How deposits are booked beside the sheet's J18: rows of the table in `recipes`, ours after its pattern."""

from __future__ import annotations

_DR, _CR = "借", "贷"
Row = tuple[str, str, str, str, tuple[tuple[str, str, str], ...]]

ROWS: tuple[Row, ...] = (
    # J18b in two steps, because a channel answers later: first the customer is owed what goes back, then J05b pays it.
    ("J18c", "deposit_promised", "退押金批准(应退客户)", "deposit to be returned, owed to customer", ((_DR, "deposit", "amount"), (_CR, "owed", "returned"), (_CR, "gain", "kept"))),
    ("J18e", "deposit_undone", "退押金未出款冲回", "deposit not returned, promise undone", ((_DR, "deposit", "-amount"), (_CR, "owed", "-returned"), (_CR, "gain", "-kept"))),
    ("J18f", "deposit_kept", "定金不退(客户违约)", "earnest money kept, customer failed", ((_DR, "deposit", "amount"), (_CR, "gain", "amount"))),
)  # fmt: skip

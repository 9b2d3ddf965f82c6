"""The demo's drawers: money in the safe, and both tills open with a float, so that cash can be paid."""

from __future__ import annotations

from datetime import datetime

from sudapos.books import cashmoves, shifts, staff
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money

STORE = "S01"
SAFE_FEN = 300_000
FLOAT_FEN = 50_000


def open_tills(tills: dict[str, str], *, manager: str, at: datetime) -> None:
    """Till → its cashier; what was sold before drawers were kept lies in the safe."""
    boss = staff.get(manager)
    wish = Wish(kind="from_bank", store=STORE, amount=SAFE_FEN, key="demo-bank", reason="备用金")
    cashmoves.move(wish, operator=boss, at=at)
    for till, who in tills.items():
        money = Money(notes={10_000: 3, 5_000: 2, 2_000: 3, 1_000: 3, 500: 2})
        shifts.open(STORE, till, money, operator=staff.get(who), float_fen=FLOAT_FEN, beside=boss, at=at)

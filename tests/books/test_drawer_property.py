"""Whatever happens to two drawers and a safe: none goes below nothing, and each holds what its journal account says."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sudapos.books import cashmoves, counts, drawers, ledger, remedies, shifts
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money
from sudapos.books.drawers import Drawer, Shift
from sudapos.books.legs import Leg
from sudapos.core.refusal import Refusal
from tests.cast import Shop

TILLS = {"T1": "c01", "T2": "c02"}
till = st.sampled_from(sorted(TILLS))
fen = st.integers(1, 80_000)
act = st.one_of(
    st.tuples(st.just("sell"), till, fen),
    st.tuples(st.just("refund"), till, fen),
    st.tuples(st.sampled_from(["drop", "top_up", "transfer", "pay_out", "pay_in"]), till, fen),
    st.tuples(st.just("turn"), till, st.integers(-300, 300)),
)


def journal(code: str) -> int:
    return sum(
        line.amount if line.side == "借" else -line.amount
        for line in ledger.Line.objects.filter(account="1001", entry__store="S01", entry__till=code)
    )


def do(shop: Shop, what: str, code: str, amount: int) -> int:
    """One act; answers what it changes in the drawer `code`, so that the sum is kept beside the books."""
    at, who = shop.later(seconds=7), getattr(shop, TILLS[code])
    other = "T2" if code == "T1" else "T1"
    if what == "sell":
        lines = shop.draft().lines[:1]
        shop.sell(till=code, lines=[type(lines[0])(line_no=1, name="散称", milli=1000, unit_price=amount)])
        return amount
    if what == "refund":
        leg = Leg.objects.filter(state="accepted", refund__till=code).first()
        if leg is None:
            number = f"R-{at.timestamp()}"
            lines = [
                type(shop.draft().lines[0])(
                    line_no=1, name="散称", milli=1000, unit_price=min(amount, 20_000)
                )
            ]
            shop.sell(number, till="T1", store="S02", lines=lines)
            [leg] = shop.refund(number, till=code).legs.all() or [None]
        if leg is None:
            return 0
        remedies.confirm(leg.leg_no, operator=who, at=at)
        return -leg.amount
    if what == "turn":
        shift = Shift.objects.get(closed_at=None, drawer__code=code)
        there = drawers.held(shift.drawer)
        row = counts.count(shift.shift_no, Money(sum=max(0, there + amount)), operator=who, at=at)
        shifts.close(shift.shift_no, operator=who, reason="数过", at=at)
        shifts.open("S01", code, Money(sum=row.counted), operator=who, at=at)
        return row.counted - there
    wish = Wish(
        kind=what,
        store="S01",
        till=code,
        other=other,
        amount=amount,
        reason="试",
        key=f"{what}{at.timestamp()}",
    )
    cashmoves.move(wish, operator=who, beside=shop.m01, at=at)
    return amount if what in ("top_up", "pay_in") else -amount


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(act, max_size=14))
def test_no_drawer_goes_below_nothing_and_each_holds_what_its_account_says(
    shop: Shop, acts: list[tuple[str, str, int]]
) -> None:
    from django.db import transaction

    with transaction.atomic():
        point = transaction.savepoint()
        told = start(shop)
        for what, code, amount in acts:
            before = {name: journal(name) for name in ("T1", "T2", "SAFE")}
            try:
                told[code] += do(shop, what, code, amount)
            except Refusal:
                assert {name: journal(name) for name in before} == before, "what is refused moves nothing"
            else:
                if what == "transfer":
                    told["T2" if code == "T1" else "T1"] += amount
            for row in Drawer.objects.filter(store__code="S01"):
                assert drawers.held(row) == journal(row.code) >= 0
            assert {name: journal(name) for name in told} == told
        transaction.savepoint_rollback(point)


def start(shop: Shop) -> dict[str, int]:
    wish = Wish(kind="from_bank", store="S01", amount=200_000, key="bank")
    cashmoves.move(wish, operator=shop.m01, at=shop.later(seconds=1))
    for code, who in TILLS.items():
        shifts.open(
            "S01",
            code,
            Money(sum=30_000),
            operator=getattr(shop, who),
            float_fen=30_000,
            beside=shop.m01,
            at=shop.at,
        )
    return {"T1": 30_000, "T2": 30_000}

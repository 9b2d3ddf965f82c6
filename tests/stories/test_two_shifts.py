"""A whole day with two shifts: handed over at two, 12 yuan short, explained by two people, the safe filled at night."""

from __future__ import annotations

from sudapos.books import cashmoves, counts, ledger, remedies, shifts
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money
from sudapos.books.drawers import Shift
from sudapos.ops import verifying
from tests.cast import Shop, yuan


def in_account(till: str) -> int:
    rows = ledger.Line.objects.filter(account="1001", entry__store="S01", entry__till=till)
    return sum(row.amount if row.side == "借" else -row.amount for row in rows)


def test_a_day_of_two_shifts_and_twelve_yuan(shop: Shop) -> None:
    cashmoves.move(
        Wish(kind="from_bank", store="S01", amount=yuan(1000), key="bank"), operator=shop.m01, at=shop.at
    )
    morning = shifts.open(
        "S01",
        "T1",
        Money(sum=yuan(500)),
        operator=shop.c01,
        float_fen=yuan(500),
        beside=shop.m01,
        at=shop.later(minutes=1),
    )
    shop.sell("S-1")
    [leg] = shop.refund(shop.sell("S-2"), lines={1: 1}).legs.all()
    remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.later(minutes=5))
    waits = shop.refund(shop.sell("S-3"), lines={2: 1})

    expected = yuan(500) + 3 * 5997 - 1999
    count = counts.count(
        morning.shift_no, Money(sum=expected - 1200), operator=shop.c01, at=shop.later(minutes=5)
    )
    assert (count.expected, count.difference) == (expected, -1200)
    z, evening = shifts.hand_over(
        morning.shift_no, operator=shop.c01, to=shop.c02, reason="午市找零", at=shop.later(minutes=1)
    )
    assert z.slip["left_over"]["cash"] == [waits.refund_no]

    # the refund that waited belongs to the shift that pays it
    [leg] = waits.legs.all()
    assert remedies.confirm(leg.leg_no, operator=shop.c02, at=shop.later(minutes=1)).shift == evening
    left = expected - 1200 - 1999
    counts.count(evening.shift_no, Money(sum=left), operator=shop.c02, at=shop.later(minutes=1))
    z = shifts.close(evening.shift_no, operator=shop.c02, to_safe=left, at=shop.later(minutes=1))
    assert (z.number, z.slip["lines"]["refunds"], z.slip["balance"]) == (2, -1999, 0)
    assert (in_account("T1"), in_account("SAFE")) == (0, yuan(500) + left)

    [short] = counts.waiting()
    assert (short.reason, short.operator) == ("午市找零", shop.c01)
    counts.explain(
        short.count_no, how="cashier", note="本人认可", operator=shop.m01, at=shop.later(minutes=1)
    )
    told = {b.account: b.amount for b in ledger.balances()}
    assert (told["1901"], told["1221.02"], told["1012.09"], told["2241.01"]) == (0, 1200, 0, 0)
    assert not Shift.objects.filter(closed_at=None).exists()
    assert [broken for _, broken in verifying.run() if broken is not None] == []

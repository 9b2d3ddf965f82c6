"""Points that a sale earned go back as its money does, and the last refund clears them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import amounts, points
from sudapos.core.amounts import Ask, Sold, SoldLine
from sudapos.core.points import DEDUCT, NEGATIVE, Back, Earned


def sold(net: int, *, back: int = 0) -> Sold:
    line = SoldLine(line_no=1, milli=1000, weighed=False, gross=net, net=net, vat_bp=1300, back_amount=back)
    return Sold(lines=(line,))


def taken(earned: Earned, fen: int, *, choice: str = NEGATIVE, per_yuan: int = 100):
    goods = sold(earned.paid, back=earned.gone)
    worth = amounts.worth(goods, Ask(amount=fen))
    return points.taken_back(earned, goods, worth, choice=choice, per_yuan=per_yuan)


@given(st.integers(1, 5_000), st.integers(1, 20_000), st.data())
def test_whatever_the_steps_all_points_are_taken_when_all_the_money_is_back(got, paid, data) -> None:
    earned = Earned(earned=got, paid=paid, held=got)
    left = paid
    while left:
        part = data.draw(st.integers(1, left))
        _, back = taken(earned, part)
        assert 0 <= back.points <= got
        earned = earned.after(part, back)
        assert earned.taken == got * earned.gone // paid
        left -= part
    assert (earned.taken, earned.held) == (got, 0)


@given(
    st.integers(1, 5_000), st.integers(2, 20_000), st.integers(-300, 5_000), st.integers(1, 1_000), st.data()
)
def test_a_deduction_pays_for_what_is_spent_and_never_eats_the_refund(
    got, paid, held, per_yuan, data
) -> None:
    earned = Earned(earned=got, paid=paid, held=held)
    part = data.draw(st.integers(2, paid))
    worth, back = taken(earned, part, choice=DEDUCT, per_yuan=per_yuan)
    assert worth.total + back.fen == part and worth.total >= 1
    assert worth.total == sum(each.amount for each in worth.lines)
    assert worth.points == worth.fee == back.fen
    assert back.fen <= max(0, back.points - max(0, held)) * 100 // per_yuan
    assert 0 <= back.deducted <= back.points
    # tax of what goes back and of what stays is the tax of what was given up
    assert worth.tax + worth.fee_tax == amounts.tax_of(part, 1300)


def test_half_spent_points_are_deducted_at_their_value() -> None:
    earned = Earned(earned=100, paid=10_000, held=40)
    worth, back = taken(earned, 10_000, choice=DEDUCT, per_yuan=10)
    assert back == Back(points=100, deducted=60, fen=600)
    assert (worth.total, back.from_account) == (9_400, 40)
    assert [(each.kind, each.amount) for each in worth.deductions] == [("points", 600)]


def test_more_than_the_refund_leaves_a_fen_and_the_rest_below_nothing() -> None:
    earned = Earned(earned=1_000, paid=1_000, held=0)
    worth, back = taken(earned, 1_000, choice=DEDUCT, per_yuan=10)
    assert (worth.total, back.fen, back.deducted, back.from_account) == (1, 999, 99, 901)


def test_what_stands_follows_the_money() -> None:
    assert [points.standing(10, total=1_000, undone=undone) for undone in (0, 333, 1_000)] == [10, 6, 0]
    assert points.taken_back(None, sold(1), amounts.worth(sold(1), Ask(amount=1)), choice=DEDUCT, per_yuan=1)[
        1
    ] == (points.NOTHING)

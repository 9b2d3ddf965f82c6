"""Promotions with their terms: which lines they stand on, when they are missed, what a partial return then brings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.core import amounts, pricing, promotions
from sudapos.core.amounts import Ask, AskLine, Sold, SoldLine
from sudapos.core.pricing import DraftLine
from sudapos.core.promotions import Promotion
from sudapos.core.refusal import Invalid, Refusal

quick = settings(max_examples=80, deadline=None)


def drafts(*prices: int, **discounts: int) -> list[DraftLine]:
    return [
        DraftLine(line_no=n, milli=1000, unit_price=price, discount=discounts.get(f"l{n}", 0))
        for n, price in enumerate(prices, 1)
    ]


def sold(lines: list[DraftLine], terms: list[Promotion], order_discount: int, rounding_off: int = 0) -> Sold:
    priced = pricing.price(lines, order_discount=order_discount, rounding_off=rounding_off, terms=terms)
    bases = {p.line_no: p.gross - p.discount for p in priced.lines}
    given_ = promotions.shares(bases, terms)
    return Sold(
        lines=tuple(
            SoldLine(
                line_no=p.line_no,
                milli=1000,
                weighed=False,
                gross=p.gross,
                net=p.net,
                vat_bp=1300,
                discount=p.discount,
                full=p.net + given_[p.line_no],
            )
            for p in priced.lines
        )
    )


def ask(*line_nos: int) -> Ask:
    return Ask(lines=tuple(AskLine(line_no=n, milli=1000) for n in line_nos))


def after(before: Sold, worth: amounts.Worth, *, by_right: bool = False) -> Sold:
    parts = {part.line_no: part for part in worth.lines}
    return Sold(
        lines=tuple(
            replace(
                line,
                back_milli=line.back_milli + parts[line.line_no].milli,
                back_amount=line.back_amount + parts[line.line_no].amount,
                back_tax=line.back_tax + parts[line.line_no].tax,
                back_by_right=line.back_by_right + (parts[line.line_no].milli if by_right else 0),
            )
            if line.line_no in parts
            else line
            for line in before.lines
        )
    )


def test_a_promotion_falls_on_its_own_lines_and_the_rest_of_the_discount_on_all() -> None:
    terms = [Promotion(threshold=1000, off=300, lines=(1, 2))]
    priced = pricing.price(drafts(1000, 500, 500), order_discount=500, terms=terms)
    assert [x.order_discount_share for x in priced.lines] == [294, 147, 59]


def test_one_promotion_on_all_lines_is_shared_as_before_ex02() -> None:
    terms = [Promotion(threshold=15000, off=3000)]
    priced = pricing.price(drafts(9900, 5900, 3500), order_discount=3000, terms=terms)
    assert [x.order_discount_share for x in priced.lines] == [1539, 917, 544]


@pytest.mark.parametrize(
    ("terms", "loc", "code"),
    [
        (Promotion(threshold=0, off=100), ("promotions", 0, "threshold"), "not_positive"),
        (Promotion(threshold=100, off=0), ("promotions", 0, "discount"), "not_positive"),
        (Promotion(threshold=1001, off=100), ("promotions", 0, "threshold"), "more_than_sale"),
        (Promotion(threshold=100, off=100, lines=(2,)), ("promotions", 0, "lines"), "unknown_line"),
        (Promotion(threshold=100, off=301), ("promotions",), "more_than_discount"),
    ],
)
def test_terms_that_the_sale_does_not_bear_out_are_refused(
    terms: Promotion, loc: tuple[str | int, ...], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        pricing.price(drafts(1000), order_discount=300, terms=[terms])
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(loc, code)]


def test_two_promotions_that_ask_more_of_a_line_than_it_has_are_refused() -> None:
    terms = [Promotion(threshold=100, off=80, lines=(1,)), Promotion(threshold=100, off=30, lines=(1,))]
    with pytest.raises(Invalid) as refusal:
        pricing.price(drafts(100, 900), order_discount=500, terms=terms)
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(("promotions",), "more_than_sale")]


def test_ex20_with_the_rounding_of_the_till_left_where_it_was() -> None:
    rule = Promotion(threshold=15000, off=3000, code="满150减30")
    before = sold(drafts(9900, 5900, 3500), [rule], 3000)
    worth = amounts.worth(before, ask(2), clawback=[rule])
    assert (worth.total, [(d.kind, d.amount, d.code) for d in worth.deductions]) == (
        2900,
        [("clawback", 2083, "满150减30")],
    )
    rounded = sold(drafts(9900, 5900, 3505), [rule], 3000, rounding_off=5)
    # 抹零 of the kept lines, 3 and 1 fen, is no promotion: the kept goods keep it
    assert amounts.worth(rounded, ask(2), clawback=[rule]).total == 2899


def test_a_threshold_looks_at_its_own_lines_after_their_own_discounts() -> None:
    rule = Promotion(threshold=10000, off=1000, lines=(1, 2))
    before = sold(drafts(8000, 4000, 9000, l1=1000), [rule], 1000)
    assert amounts.worth(before, ask(3), clawback=[rule]).deductions == ()
    [deduction] = amounts.worth(before, ask(2), clawback=[rule]).deductions
    assert deduction.amount == 636  # the share of line 1, which does not reach the threshold alone


def test_two_steps_of_a_promotion_fall_away_one_after_the_other() -> None:
    steps = [Promotion(threshold=10000, off=1000, code="a"), Promotion(threshold=20000, off=1500, code="b")]
    before = sold(drafts(10000, 10000), steps, 2500)
    first = amounts.worth(before, ask(2), clawback=steps)
    assert (first.total, [d.code for d in first.deductions]) == (8500, ["b"])
    assert amounts.worth(after(before, first), ask(1), clawback=steps).total == 9000


def test_what_came_back_by_right_breaks_no_promotion() -> None:
    rule = Promotion(threshold=15000, off=3000)
    before = sold(drafts(9900, 5900, 3500), [rule], 3000)
    faulty = amounts.worth(before, ask(2))
    assert faulty.total == 4983
    kept = after(before, faulty, by_right=True)
    assert amounts.worth(kept, ask(3), clawback=[rule]).total == 2956
    chosen = after(before, faulty)
    assert amounts.worth(chosen, ask(3), clawback=[rule]).total == 1417


@quick
@given(
    prices=st.lists(st.integers(1, 20_000), min_size=1, max_size=5),
    rounding=st.integers(0, 9),
    data=st.data(),
)
def test_inv_01_02_03_hold_when_promotions_are_taken_back(
    prices: list[int], rounding: int, data: st.DataObject
) -> None:
    lines, terms, left = drafts(*prices), [], sum(prices)
    for _ in range(data.draw(st.integers(1, 2))):
        off = data.draw(st.integers(1, max(1, left // 2)))
        terms.append(Promotion(threshold=data.draw(st.integers(1, sum(prices))), off=off))
        left -= off
    if left <= rounding:
        return
    first = sold(lines, terms, sum(each.off for each in terms), rounding)
    paid, state, got, waiting = sum(x.net for x in first.lines), first, 0, []
    for line_no in data.draw(st.permutations(range(1, len(prices) + 1))):
        waiting.append(line_no)
        by_right = data.draw(st.booleans())
        try:
            worth = amounts.worth(state, ask(*waiting), clawback=() if by_right else terms)
        except Refusal:
            continue  # what these bring falls to the discount; they come back with the next
        assert worth.total == sum(part.amount for part in worth.lines) > 0
        state, waiting, got = after(state, worth, by_right=by_right), [], got + worth.total
        assert all(0 <= x.back_amount <= x.net for x in state.lines)
        assert got <= paid
    if amounts.left(state).total:
        got += amounts.worth(state, Ask(everything=True)).total
    assert got == paid

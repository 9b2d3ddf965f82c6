"""What a sale amounts to, worked out once on the way in."""

from __future__ import annotations

import pytest

from sudapos.core import pricing
from sudapos.core.pricing import DraftCharge, DraftLine
from sudapos.core.refusal import Invalid


def line(line_no: int, price: int, **more: object) -> DraftLine:
    return DraftLine(**{"line_no": line_no, "milli": 1000, "unit_price": price, **more})  # type: ignore[arg-type]


def test_a_line_is_worth_its_price_times_its_quantity_less_its_discount() -> None:
    [priced] = pricing.price([line(1, 1999, milli=3000, discount=97)]).lines
    assert (priced.gross, priced.discount, priced.net) == (5997, 97, 5900)


def test_below_a_fen_the_weight_is_dropped() -> None:
    [priced] = pricing.price([line(1, 4590, milli=1236, weighed=True)]).lines
    assert priced.gross == 5673  # 5673.24


def test_what_the_scale_printed_wins() -> None:
    [priced] = pricing.price([line(1, 4590, milli=1236, weighed=True, label_amount=5674)]).lines
    assert (priced.gross, priced.net) == (5674, 5674)


def test_only_eligible_lines_share_the_discount_and_all_share_the_rounding() -> None:
    priced = pricing.price(
        [line(1, 6000), line(2, 4000, eligible=False)], order_discount=1000, rounding_off=9
    )
    assert [x.order_discount_share for x in priced.lines] == [1000, 0]
    assert [x.rounding_share for x in priced.lines] == [5, 4]
    assert [x.net for x in priced.lines] == [4995, 3996]


def test_the_total_is_lines_and_charges() -> None:
    charges = [DraftCharge(charge_no=1, amount=200, follows_lines=True), DraftCharge(charge_no=2, amount=50)]
    priced = pricing.price([line(1, 1000), line(2, 1000)], charges, order_discount=500)
    assert (priced.charges_total, priced.total) == (250, 1750)


def test_everything_may_be_given_away() -> None:
    priced = pricing.price([line(1, 1000), line(2, 500)], order_discount=1500)
    assert ([x.net for x in priced.lines], priced.total) == ([0, 0], 0)


@pytest.mark.parametrize(
    ("more", "name", "code"),
    [
        ({"milli": 0}, "quantity", "not_positive"),
        ({"milli": -1000}, "quantity", "not_positive"),
        ({"milli": 1500}, "quantity", "not_whole"),
        ({"unit_price": -1}, "unit_price", "negative"),
        ({"label_amount": -1}, "label_amount", "negative"),
        ({"discount": 1001}, "discount", "more_than_line"),
        ({"discount": -1}, "discount", "more_than_line"),
        ({"vat_bp": 10000}, "vat_bp", "out_of_range"),
        ({"vat_bp": -1}, "vat_bp", "out_of_range"),
    ],
)
def test_a_wrong_line_names_its_field(more: dict[str, int], name: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        pricing.price([line(1, 500), line(2, 1000, **more)])
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(("lines", 1, name), code)]


def test_every_wrong_line_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        pricing.price([line(1, 500, milli=0), line(2, -1)], [DraftCharge(charge_no=1, amount=-5)])
    assert [(e.loc, e.code) for e in refusal.value.errors] == [
        (("lines", 0, "quantity"), "not_positive"),
        (("lines", 1, "unit_price"), "negative"),
        (("charges", 0, "amount"), "negative"),
    ]


@pytest.mark.parametrize(
    ("discounts", "name", "code"),
    [
        ({"order_discount": 1001}, "order_discount", "more_than_sale"),
        ({"order_discount": -1}, "order_discount", "negative"),
        ({"order_discount": 990, "rounding_off": 11}, "rounding_off", "more_than_sale"),
        ({"rounding_off": -1}, "rounding_off", "negative"),
    ],
)
def test_a_discount_is_neither_negative_nor_more_than_the_sale(
    discounts: dict[str, int], name: str, code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        pricing.price([line(1, 1000)], **discounts)
    assert [(e.loc, e.code) for e in refusal.value.errors] == [((name,), code)]


def test_a_discount_needs_goods_that_it_may_fall_on() -> None:
    with pytest.raises(Invalid) as refusal:
        pricing.price([line(1, 1000, eligible=False)], order_discount=1)
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(("order_discount",), "more_than_sale")]

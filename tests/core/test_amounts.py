"""What comes back for what is asked, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sudapos.core import amounts
from sudapos.core.amounts import (
    Ask,
    AskLine,
    Left,
    LeftCharge,
    LeftLine,
    Promotion,
    Sold,
    SoldCharge,
    SoldLine,
)
from sudapos.core.refusal import Invalid, Refusal

from .test_invariants import count


def line(line_no: int, net: int, *, pieces: int = 1, gross: int | None = None, vat_bp: int = 0) -> SoldLine:
    return SoldLine(
        line_no=line_no,
        milli=pieces * 1000,
        weighed=False,
        gross=net if gross is None else gross,
        net=net,
        vat_bp=vat_bp,
    )


def charge(charge_no: int, amount: int, *, follows_lines: bool = False, vat_bp: int = 0) -> SoldCharge:
    return SoldCharge(charge_no=charge_no, amount=amount, vat_bp=vat_bp, follows_lines=follows_lines)


def pieces(**by_line: int) -> Ask:
    """`pieces(l1=2)`: two pieces of line 1."""
    return Ask(
        lines=tuple(AskLine(line_no=int(name[1:]), milli=count * 1000) for name, count in by_line.items())
    )


def in_steps(sold: Sold, *asks: Ask, clawback: Promotion | None = None) -> list[int]:
    """What each refund pays when one follows the other."""
    paid = []
    for ask in asks:
        worth = amounts.worth(sold, ask, clawback=clawback)
        paid.append(worth.total)
        sold = count(sold, worth)
    return paid


@pytest.mark.parametrize(
    "ask",
    [
        Ask(),
        Ask(everything=True, amount=5),
        Ask(lines=(AskLine(line_no=1, milli=1000),), everything=True),
        Ask(charges=(1,), amount=5),
    ],
)
def test_one_way_of_asking_and_not_two(ask: Ask) -> None:
    with pytest.raises(Invalid) as refusal:
        amounts.worth(Sold(lines=(line(1, 1000),), charges=(charge(1, 100),)), ask)
    assert refusal.value.code == "ask_one_way"
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(("lines",), "ask_one_way")]


@pytest.mark.parametrize(
    ("ask", "loc", "code"),
    [
        (Ask(lines=(AskLine(line_no=9, milli=1000),)), ("lines", 0, "line_no"), "unknown_line"),
        (Ask(lines=(AskLine(line_no=1, milli=0),)), ("lines", 0, "quantity"), "not_positive"),
        (Ask(lines=(AskLine(line_no=1, milli=-1000),)), ("lines", 0, "quantity"), "not_positive"),
        (Ask(lines=(AskLine(line_no=1, milli=500),)), ("lines", 0, "quantity"), "not_whole"),
        (Ask(lines=(AskLine(line_no=1, milli=1000),) * 2), ("lines", 1, "line_no"), "number_twice"),
        (Ask(charges=(7,)), ("charges", 0), "unknown_charge"),
        (Ask(amount=0), ("amount",), "not_positive"),
        (Ask(amount=-1), ("amount",), "not_positive"),
    ],
)
def test_a_malformed_ask_names_its_field(ask: Ask, loc: tuple[str | int, ...], code: str) -> None:
    sold = Sold(lines=(line(1, 2000, pieces=2),), charges=(charge(1, 100),))
    with pytest.raises(Invalid) as refusal:
        amounts.worth(sold, ask)
    assert [(e.loc, e.code) for e in refusal.value.errors] == [(loc, code)]


def test_more_pieces_than_are_left_are_refused_with_what_is_left() -> None:
    sold = Sold(lines=(replace(line(1, 2000, pieces=3), back_milli=2000, back_amount=1334),))
    with pytest.raises(Refusal) as refusal:
        amounts.worth(sold, pieces(l1=2))
    assert (refusal.value.code, refusal.value.facts) == (
        "over_refund",
        {"line_no": 1, "left": 666, "left_milli": 1000},
    )


def test_when_everything_came_back_there_is_nothing_more() -> None:
    sold = Sold(lines=(replace(line(1, 2000), back_milli=1000, back_amount=2000),))
    for ask in (Ask(everything=True), Ask(amount=1), pieces(l1=1)):
        with pytest.raises(Refusal, match="over_refund"):
            amounts.worth(sold, ask)


def test_a_free_line_alone_has_nothing_to_refund() -> None:
    with pytest.raises(Refusal, match="nothing_to_refund"):
        amounts.worth(Sold(lines=(line(1, 0), line(2, 500))), pieces(l1=1))


def test_what_is_left_is_told_per_line_and_charge() -> None:
    sold = Sold(
        lines=(replace(line(1, 2000, pieces=3), back_milli=1000, back_amount=667), line(2, 500)),
        charges=(replace(charge(1, 300), back_amount=100),),
    )
    assert amounts.left(sold) == Left(
        lines=(LeftLine(line_no=1, milli=2000, amount=1333), LeftLine(line_no=2, milli=1000, amount=500)),
        charges=(LeftCharge(charge_no=1, amount=200),),
        total=2033,
    )


def test_money_without_goods_is_spread_over_what_is_left() -> None:
    sold = Sold(lines=(line(1, 3000), line(2, 1000)), charges=(charge(1, 1000),))
    worth = amounts.worth(sold, Ask(amount=999))
    assert [(p.line_no, p.milli, p.amount) for p in worth.lines] == [(1, 0, 599), (2, 0, 200)]
    assert [(p.charge_no, p.amount) for p in worth.charges] == [(1, 200)]
    assert worth.total == 999


def test_money_given_before_lessens_what_the_goods_bring_later() -> None:
    sold = Sold(lines=(line(1, 2000, pieces=3),))
    assert in_steps(sold, Ask(amount=500), pieces(l1=1), pieces(l1=1), pieces(l1=1)) == [500, 667, 667, 166]


def test_a_fixed_charge_comes_back_when_it_is_asked_for_and_once() -> None:
    sold = Sold(lines=(line(1, 2000),), charges=(charge(1, 800), charge(2, 300)))
    worth = amounts.worth(sold, Ask(lines=(AskLine(line_no=1, milli=1000),), charges=(1,)))
    assert ([(p.charge_no, p.amount) for p in worth.charges], worth.total) == ([(1, 800)], 2800)
    with pytest.raises(Refusal) as refusal:
        amounts.worth(count(sold, worth), Ask(charges=(1,)))
    assert refusal.value.facts == {"charge_no": 1, "asked": 800, "left": 0}


def test_a_service_charge_cannot_be_asked_for_apart_from_its_lines() -> None:
    sold = Sold(lines=(line(1, 2000),), charges=(charge(1, 200, follows_lines=True),))
    with pytest.raises(Refusal, match="nothing_to_refund"):
        amounts.worth(sold, Ask(charges=(1,)))


def test_a_service_charge_follows_its_lines_to_the_last_fen() -> None:
    sold = Sold(lines=(line(1, 1000, pieces=3),), charges=(charge(1, 100, follows_lines=True),))
    assert in_steps(sold, *[pieces(l1=1)] * 3) == [334 + 33, 333 + 33, 333 + 34]


def with_gift(*, each: int = 5000, bought: int = 2, marked: int = 3000) -> Sold:
    gift = replace(line(2, 0), gift_of=1, marked_value=marked)
    return Sold(lines=(line(1, each * bought, pieces=bought), gift))


def test_a_kept_gift_is_paid_once_however_the_goods_come_back() -> None:
    assert in_steps(with_gift(), pieces(l1=2)) == [7000]
    assert in_steps(with_gift(), pieces(l1=1), pieces(l1=1)) == [2000, 5000]
    assert in_steps(with_gift(bought=3), pieces(l1=1), pieces(l1=2)) == [2000, 10000]


def test_a_gift_that_comes_back_later_brings_back_what_was_kept_for_it() -> None:
    sold = with_gift()
    assert in_steps(sold, pieces(l1=2), pieces(l2=1)) == [7000, 3000]
    assert in_steps(sold, pieces(l1=1), pieces(l1=1, l2=1)) == [2000, 8000]


def test_a_gift_is_never_paid_with_more_than_the_refund() -> None:
    with pytest.raises(Refusal, match="nothing_to_refund"):
        amounts.worth(with_gift(marked=20000), pieces(l1=2))


def test_the_deduction_for_a_gift_is_named() -> None:
    [deduction] = amounts.worth(with_gift(), pieces(l1=1)).deductions
    assert (deduction.kind, deduction.line_no, deduction.amount) == ("gift", 2, 3000)


def test_a_kept_gift_is_no_reason_to_keep_the_service_charge() -> None:
    sold = replace(with_gift(), charges=(charge(1, 1000, follows_lines=True),))
    assert in_steps(sold, pieces(l1=1), pieces(l1=1)) == [2000 + 500, 5000 + 500]


RULE = Promotion(threshold=15000, off=3000)
THREE = Sold(lines=(line(1, 8361, gross=9900), line(2, 4983, gross=5900), line(3, 2956, gross=3500)))


@pytest.mark.parametrize(
    ("asks", "paid"),
    [
        ([pieces(l2=1), pieces(l1=1), pieces(l3=1)], [2900, 9900, 3500]),
        ([pieces(l1=1), pieces(l2=1), pieces(l3=1)], [6900, 5900, 3500]),
        ([pieces(l3=1), pieces(l2=1), pieces(l1=1)], [2956, 2900 + 544, 9900]),
        ([pieces(l1=1, l2=1, l3=1)], [16300]),
    ],
)
def test_a_discount_taken_back_ends_at_what_was_paid_when_all_the_goods_are_back(
    asks: list[Ask], paid: list[int]
) -> None:
    assert in_steps(THREE, *asks, clawback=RULE) == paid
    assert sum(paid) == 16300


def test_deductions_together_never_exceed_the_goods() -> None:
    """A gift and a missed threshold at once: no line falls below nothing."""
    sold = Sold(
        lines=(
            line(1, 2000, gross=5000),
            line(2, 8000, gross=10000),
            replace(line(3, 0), gift_of=1, marked_value=1500),
        ),
        charges=(charge(1, 700),),
    )
    ask = Ask(lines=(AskLine(line_no=1, milli=1000),), charges=(1,))
    worth = amounts.worth(sold, ask, clawback=Promotion(threshold=15000, off=5000))
    assert [(d.kind, d.amount) for d in worth.deductions] == [("gift", 1500), ("clawback", 500)]
    assert ([p.amount for p in worth.lines], worth.total) == ([0], 700)


@pytest.mark.parametrize(
    ("amount", "vat_bp", "tax"),
    [(11300, 1300, 1300), (1, 1300, 0), (5, 1300, 1), (10100, 100, 100), (999, 0, 0), (0, 1300, 0)],
)
def test_tax_inside_an_amount(amount: int, vat_bp: int, tax: int) -> None:
    assert amounts.tax_of(amount, vat_bp) == tax


def test_tax_of_charges_and_lines_is_told_apart() -> None:
    sold = Sold(lines=(line(1, 11300, vat_bp=1300),), charges=(charge(1, 1060, vat_bp=600),))
    worth = amounts.worth(sold, Ask(everything=True))
    assert ([p.tax for p in worth.lines], [p.tax for p in worth.charges], worth.tax) == ([1300], [60], 1360)

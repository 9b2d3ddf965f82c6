"""The worked examples EX01–EX21 of the domain sheet, to the fen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sudapos.core import amounts, cash, coupons, deposits, exchange, fees, money, plan, prepaid, pricing
from sudapos.core.amounts import Ask, AskLine, Promotion, Sold, SoldCharge, SoldLine
from sudapos.core.prepaid import Cause
from sudapos.core.pricing import DraftCharge, DraftLine
from sudapos.core.refusal import Refusal

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def sold_line(
    line_no: int, net: int, *, qty: int = 1, gross: int | None = None, vat_bp: int = 0, **more: object
) -> SoldLine:
    given = {
        "line_no": line_no,
        "milli": qty * 1000,
        "weighed": False,
        "gross": gross or net,
        "net": net,
        "vat_bp": vat_bp,
    }
    return SoldLine(**{**given, **more})  # type: ignore[arg-type]


def after(sold: Sold, worth: amounts.Worth) -> Sold:
    """The sale once this refund is counted."""
    from dataclasses import replace

    parts = {part.line_no: part for part in worth.lines}
    lines = []
    for line in sold.lines:
        part = parts.get(line.line_no)
        if part:
            line = replace(
                line,
                back_milli=line.back_milli + part.milli,
                back_amount=line.back_amount + part.amount,
                back_tax=line.back_tax + part.tax,
            )
        lines.append(line)
    return replace(sold, lines=tuple(lines))


def lines(*numbers: int, qty: int = 1) -> Ask:
    return Ask(lines=tuple(AskLine(line_no=n, milli=qty * 1000) for n in numbers))


def three(order_discount: int = 3000, rounding_off: int = 0) -> pricing.PricedSale:
    drafts = [DraftLine(line_no=n, milli=1000, unit_price=g) for n, g in ((1, 9900), (2, 5900), (3, 3500))]
    return pricing.price(drafts, order_discount=order_discount, rounding_off=rounding_off)


def paid(channel: str, amount: int, left: int | None = None) -> plan.Paid:
    return plan.Paid(
        payment_no=channel, channel=channel, amount=amount, left=amount if left is None else left, paid_at=AT
    )


def test_ex01_a_whole_cash_sale_comes_back() -> None:
    priced = pricing.price([DraftLine(line_no=1, milli=2000, unit_price=1999, vat_bp=1300)])
    assert priced.total == 3998
    worth = amounts.worth(Sold(lines=(sold_line(1, 3998, qty=2, vat_bp=1300),)), Ask(everything=True))
    assert (worth.total, worth.tax, worth.total - worth.tax) == (3998, 460, 3538)


def test_ex02_an_order_discount_is_shared_and_one_line_returned() -> None:
    priced = three()
    assert [x.order_discount_share for x in priced.lines] == [1539, 917, 544]
    assert [x.net for x in priced.lines] == [8361, 4983, 2956]
    assert priced.total == 16300
    sold = Sold(lines=tuple(sold_line(x.line_no, x.net, gross=x.gross) for x in priced.lines))
    assert amounts.worth(sold, lines(2)).total == 4983


def test_ex03_three_pieces_of_twenty_yuan_come_back_one_by_one() -> None:
    sold, refunds = Sold(lines=(sold_line(1, 2000, qty=3),)), []
    for _ in range(3):
        worth = amounts.worth(sold, lines(1))
        refunds.append(worth.total)
        sold = after(sold, worth)
    assert refunds == [667, 667, 666]


def test_ex04_rounding_at_the_till_and_cash_rounded_up_to_the_jiao() -> None:
    priced = pricing.price(
        [
            DraftLine(line_no=1, milli=1000, unit_price=8888),
            DraftLine(line_no=2, milli=1000, unit_price=3549),
        ],
        rounding_off=7,
    )
    assert [x.rounding_share for x in priced.lines] == [5, 2]
    assert [x.net for x in priced.lines] == [8883, 3547]
    left, out = priced.total, []
    for owed in (3547, 8883):
        payout = cash.round_cash_refund(min(owed, left), tender_left=left, up_to_jiao=True)
        out.append(payout)
        left -= payout
    assert (out, sum(out)) == ([3550, 8880], 12430)


def test_ex05_a_service_charge_goes_back_with_its_dish() -> None:
    drafts = [
        DraftLine(line_no=1, milli=1000, unit_price=12000),
        DraftLine(line_no=2, milli=1000, unit_price=8000),
    ]
    fees = [
        DraftCharge(charge_no=1, amount=2000, follows_lines=True),
        DraftCharge(charge_no=2, amount=800),
        DraftCharge(charge_no=3, amount=5000),
    ]
    assert pricing.price(drafts, fees).total == 27800
    sold = Sold(
        lines=(sold_line(1, 12000), sold_line(2, 8000)),
        charges=(
            SoldCharge(charge_no=1, amount=2000, vat_bp=0, follows_lines=True),
            SoldCharge(charge_no=2, amount=800, vat_bp=0, follows_lines=False),
            SoldCharge(charge_no=3, amount=5000, vat_bp=0, follows_lines=False),
        ),
    )
    worth = amounts.worth(sold, lines(2))
    assert ([p.amount for p in worth.lines], [(c.charge_no, c.amount) for c in worth.charges]) == (
        [8000],
        [(1, 800)],
    )
    assert worth.total == 8800


def test_ex06_three_tenders_by_what_is_left_and_stored_value_by_its_buckets() -> None:
    tenders = [paid("points", 1000), paid("stored_value", 15000), paid("wechatpay", 14000)]
    assert plan.split(9999, tenders, tender_split="PROPORTIONAL") == [333, 5000, 4666]
    assert prepaid.buckets(5000, principal=12500, bonus=2500) == (4167, 833)


def test_ex07_the_card_is_emptied_before_the_cash() -> None:
    left, splits = {"cash": 5800, "card": 20000}, []
    for total in (7900, 15000, 2900):
        tenders = [paid("card", 20000, left["card"]), paid("cash", 5800, left["cash"])]
        card, notes = plan.split(total, tenders, tender_split="WATERFALL", order=("card", "cash"))
        left = {"card": left["card"] - card, "cash": left["cash"] - notes}
        splits.append((card, notes))
    assert splits == [(7900, 0), (12100, 2900), (0, 2900)]


def test_ex08_a_platform_coupon_takes_its_part() -> None:
    first = coupons.split_coupon(900, order_total=1000, user_paid=700)
    second = coupons.split_coupon(
        100, order_total=1000, user_paid=700, requested_before=900, user_before=first.user
    )
    assert ([first.user, second.user], [first.coupon, second.coupon]) == ([630, 70], [270, 30])


@pytest.mark.parametrize(
    ("back", "gift_back", "total"), [(2, False, 7000), (2, True, 10000), (1, False, 2000)]
)
def test_ex09_a_gift_that_is_kept_is_paid(back: int, gift_back: bool, total: int) -> None:
    sold = Sold(
        lines=(sold_line(1, 10000, qty=2), sold_line(2, 0, gross=0, gift_of=1, marked_value=3000)),
    )
    asked = [AskLine(line_no=1, milli=back * 1000)] + ([AskLine(line_no=2, milli=1000)] if gift_back else [])
    assert amounts.worth(sold, Ask(lines=tuple(asked))).total == total


def test_ex10_weighed_goods_come_back_by_the_gram() -> None:
    [line] = pricing.price([DraftLine(line_no=1, milli=1236, unit_price=4590, weighed=True)]).lines
    assert line.net == 5673
    sold, refunds = Sold(lines=(sold_line(1, 5673, weighed=True, milli=1236),)), []
    for grams in (400, 836):
        worth = amounts.worth(sold, Ask(lines=(AskLine(line_no=1, milli=grams),)))
        refunds.append(worth.total)
        sold = after(sold, worth)
    assert refunds == [1835, 3838]


@pytest.mark.parametrize(
    ("net", "vat_bp", "parts", "taxes"),
    [(11300, 1300, [3333, 7967], [383, 917]), (10100, 100, [5000, 5100], [50, 50])],
)
def test_ex11_and_ex12_tax_by_differences_of_running_totals(
    net: int, vat_bp: int, parts: list[int], taxes: list[int]
) -> None:
    sold, found = Sold(lines=(sold_line(1, net, vat_bp=vat_bp),)), []
    for part in parts:
        worth = amounts.worth(sold, Ask(amount=part))
        found.append(worth.tax)
        sold = after(sold, worth)
    assert found == taxes
    assert sum(found) == amounts.tax_of(net, vat_bp)


def test_ex13_a_deposit_less_the_damage() -> None:
    assert deposits.deposit_refund(20000, deduction=4200, evidence=True) == 15800
    with pytest.raises(Refusal, match="deduction_needs_evidence"):
        deposits.deposit_refund(20000, deduction=4200, evidence=False)


@pytest.mark.parametrize(
    ("consumed", "cause", "value", "rest"),
    [
        (36000, Cause.MERCHANT, 30000, 70000),
        (36000, Cause.CONSUMER, 36000, 64000),
        (110000, Cause.CONSUMER, 110000, 0),
    ],
)
def test_ex14_a_prepaid_card_is_handed_back(consumed: int, cause: Cause, value: int, rest: int) -> None:
    worth = prepaid.card_worth(paid=100000, bonus=20000, consumed_face=consumed, cause=cause)
    assert (worth.consumed_value, worth.principal_refund) == (value, rest)


def test_ex15_the_fee_comes_back_with_the_refund() -> None:
    fee = money.round_half_up(16300 * 60, 10000)
    first = fees.fee_returned(4983, paid=16300, fee=fee)
    second = fees.fee_returned(11317, paid=16300, fee=fee, refunded_before=4983, returned_before=first)
    assert (fee, first, second) == (98, 30, 68)


def test_ex16_three_refunds_over_three_tenders_end_at_nothing() -> None:
    left, splits = [5000, 3333, 1667], []
    for total in (3333, 3333, 3334):
        tenders = [
            paid(name, 5000, rest)
            for name, rest in zip(("card", "wechatpay", "stored_value"), left, strict=True)
        ]
        parts = plan.split(total, tenders, tender_split="PROPORTIONAL")
        left = [rest - part for rest, part in zip(left, parts, strict=True)]
        splits.append(parts)
    assert splits == [[1666, 1111, 556], [1667, 1111, 555], [1667, 1111, 556]]
    assert left == [0, 0, 0]


def test_ex17_mixed_rates_with_an_order_discount() -> None:
    rates = {1: 1300, 2: 900, 3: 600}
    drafts = [DraftLine(line_no=n, milli=1000, unit_price=g) for n, g in ((1, 10000), (2, 5000), (3, 3000))]
    priced = pricing.price(drafts, order_discount=2000)
    assert [x.order_discount_share for x in priced.lines] == [1111, 556, 333]
    sold = Sold(lines=tuple(sold_line(x.line_no, x.net, vat_bp=rates[x.line_no]) for x in priced.lines))
    worth = amounts.worth(sold, Ask(everything=True))
    assert ([p.amount for p in worth.lines], [p.tax for p in worth.lines]) == (
        [8889, 4444, 2667],
        [1023, 367, 151],
    )
    assert worth.total == 16000


def test_ex18_an_exchange_is_two_documents_and_a_difference() -> None:
    swap = exchange.Exchange(refund_doc=9900, sale_doc=12900)
    assert swap.customer_pays == 3000


def test_ex19_a_tip_is_a_line_of_its_own() -> None:
    sold = Sold(
        lines=(sold_line(1, 15000),),
        charges=(SoldCharge(charge_no=1, amount=1500, vat_bp=0, follows_lines=False),),
    )
    assert amounts.worth(sold, lines(1)).total == 15000


def test_ex20_a_discount_is_taken_back_when_its_threshold_is_missed() -> None:
    sold = Sold(lines=tuple(sold_line(x.line_no, x.net, gross=x.gross) for x in three().lines))
    worth = amounts.worth(sold, lines(2), clawback=Promotion(threshold=15000, off=3000))
    assert worth.total == 2900
    assert [(d.kind, d.amount) for d in worth.deductions] == [("clawback", 2083)]


def test_ex21_more_than_is_left_is_refused() -> None:
    sold = Sold(lines=(sold_line(1, 16300, back_amount=4983 + 5000),))
    with pytest.raises(Refusal) as refusal:
        amounts.worth(sold, Ask(amount=6318))
    assert (refusal.value.code, refusal.value.facts["left"]) == ("over_refund", 6317)
    assert amounts.worth(sold, Ask(amount=6317)).total == 6317

"""INV-01…INV-05 as properties: whatever is asked in whatever order, no fen is lost, made or paid twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.core import amounts, lifecycle, money, plan, pricing
from sudapos.core.amounts import Ask, AskLine, Sold, SoldCharge, SoldLine
from sudapos.core.lifecycle import HELD_STATES, Event, LegState
from sudapos.core.outcome import Absent, Accepted, Bounced, Deferred, Outcome, Refused, Settled, Unknown
from sudapos.core.plan import Paid
from sudapos.core.refusal import Refusal

from .test_examples import AT

RATES = st.sampled_from([0, 100, 300, 600, 900, 1300])
quick = settings(max_examples=80, deadline=None)


@st.composite
def sales(draw: st.DrawFn) -> Sold:
    """A sale of one to four lines with discounts, rounding and charges, as it would be stored."""
    drafts = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        weighed = draw(st.booleans())
        milli = draw(st.integers(1, 5000)) if weighed else draw(st.integers(1, 5)) * 1000
        price = draw(st.integers(0, 20_000))
        gross = price * milli // 1000
        drafts.append(
            pricing.DraftLine(
                line_no=number,
                milli=milli,
                unit_price=price,
                weighed=weighed,
                vat_bp=draw(RATES),
                discount=draw(st.integers(0, gross)),
            )
        )
    nets = sum(d.unit_price * d.milli // 1000 - d.discount for d in drafts)
    off = draw(st.integers(0, nets))
    priced = pricing.price(drafts, order_discount=off, rounding_off=draw(st.integers(0, min(99, nets - off))))
    lines = tuple(
        SoldLine(
            line_no=d.line_no, milli=d.milli, weighed=d.weighed, gross=p.gross, net=p.net, vat_bp=d.vat_bp
        )
        for d, p in zip(drafts, priced.lines, strict=True)
    )
    charges = tuple(
        SoldCharge(
            charge_no=n,
            amount=draw(st.integers(0, 5000)),
            vat_bp=draw(RATES),
            follows_lines=draw(st.booleans()),
        )
        for n in range(1, draw(st.integers(0, 2)) + 1)
    )
    return Sold(lines=lines, charges=charges)


@st.composite
def asks(draw: st.DrawFn, sold: Sold) -> Ask:
    """Something that might be asked for: lines, an amount, a charge, too much."""
    rest = amounts.left(sold)
    kind = draw(st.sampled_from(["lines", "amount", "charges", "everything"]))
    if kind == "amount":
        return Ask(amount=draw(st.integers(1, max(1, rest.total + 5))))
    if kind == "charges" and sold.charges:
        return Ask(charges=(draw(st.sampled_from([c.charge_no for c in sold.charges])),))
    if kind == "everything" and draw(st.booleans()):
        return Ask(everything=True)
    picked = []
    for line, left in zip(sold.lines, rest.lines, strict=True):
        if left.milli and draw(st.booleans()):
            step = 1 if line.weighed else 1000
            picked.append(
                AskLine(line_no=line.line_no, milli=draw(st.integers(1, left.milli // step)) * step)
            )
    return Ask(lines=tuple(picked)) if picked else Ask(everything=True)


def count(sold: Sold, worth: amounts.Worth) -> Sold:
    parts = {p.line_no: p for p in worth.lines}
    charged = {p.charge_no: p for p in worth.charges}
    lines = []
    for x in sold.lines:
        p = parts.get(x.line_no)
        if p:
            x = replace(
                x,
                back_milli=x.back_milli + p.milli,
                back_amount=x.back_amount + p.amount,
                back_tax=x.back_tax + p.tax,
            )
        lines.append(x)
    charges = []
    for c in sold.charges:
        q = charged.get(c.charge_no)
        charges.append(
            replace(c, back_amount=c.back_amount + q.amount, back_tax=c.back_tax + q.tax) if q else c
        )
    return Sold(lines=tuple(lines), charges=tuple(charges))


@quick
@given(st.data())
def test_inv_01_02_03_any_refunds_in_any_order_return_exactly_what_was_paid(data: st.DataObject) -> None:
    first = sold = data.draw(sales())
    for _ in range(data.draw(st.integers(0, 6))):
        try:
            worth = amounts.worth(sold, data.draw(asks(sold)))
        except Refusal:
            continue
        assert worth.total == sum(p.amount for p in (*worth.lines, *worth.charges))
        assert worth.tax == sum(p.tax for p in (*worth.lines, *worth.charges))
        assert all(p.amount >= 0 for p in (*worth.lines, *worth.charges))
        sold = count(sold, worth)
        for line in sold.lines:
            assert 0 <= line.back_amount <= line.net
            assert 0 <= line.back_milli <= line.milli
        for charge in sold.charges:
            assert 0 <= charge.back_amount <= charge.amount
    if amounts.left(sold).total:
        sold = count(sold, amounts.worth(sold, Ask(everything=True)))
    assert amounts.left(sold).total == 0
    for now, then in zip((*sold.lines, *sold.charges), (*first.lines, *first.charges), strict=True):
        bought = then.net if isinstance(then, SoldLine) else then.amount
        assert now.back_amount == bought
        assert now.back_tax == amounts.tax_of(bought, then.vat_bp)


@quick
@given(st.integers(1, 5), st.integers(0, 20_000), st.data())
def test_a_kept_gift_costs_the_same_in_whatever_steps_the_goods_come_back(
    bought: int, net: int, data: st.DataObject
) -> None:
    marked = data.draw(st.integers(0, max(0, net // bought - 1)))
    sold = Sold(
        lines=(
            SoldLine(line_no=1, milli=bought * 1000, weighed=False, gross=net, net=net, vat_bp=0),
            SoldLine(
                line_no=2,
                milli=1000,
                weighed=False,
                gross=0,
                net=0,
                vat_bp=0,
                gift_of=1,
                marked_value=marked,
            ),
        )
    )
    left, total = bought, 0
    while left and net > marked:
        pieces = data.draw(st.integers(1, left))
        try:
            worth = amounts.worth(sold, Ask(lines=(AskLine(line_no=1, milli=pieces * 1000),)))
        except Refusal:
            return  # nothing is left of a piece that is worth nothing
        sold, left, total = count(sold, worth), left - pieces, total + worth.total
    assert total == max(0, net - marked)


@quick
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=5), st.data())
def test_a_discount_taken_back_leaves_exactly_what_was_paid_when_all_is_back(
    prices: list[int], data: st.DataObject
) -> None:
    drafts = [pricing.DraftLine(line_no=n, milli=1000, unit_price=p) for n, p in enumerate(prices, 1)]
    rule = amounts.Promotion(
        threshold=data.draw(st.integers(1, sum(prices))), off=data.draw(st.integers(0, sum(prices)))
    )
    priced = pricing.price(drafts, order_discount=min(rule.off, sum(prices)))
    sold = Sold(
        lines=tuple(
            SoldLine(line_no=p.line_no, milli=1000, weighed=False, gross=p.gross, net=p.net, vat_bp=1300)
            for p in priced.lines
        )
    )
    waiting: list[int] = []
    for line_no in data.draw(st.permutations([p.line_no for p in priced.lines])):
        waiting.append(line_no)
        try:
            ask = Ask(lines=tuple(AskLine(line_no=n, milli=1000) for n in waiting))
            worth = amounts.worth(sold, ask, clawback=rule)
        except Refusal:
            continue  # what these bring falls to the discount; they come back with the next
        assert all(p.amount >= 0 for p in worth.lines)
        sold, waiting = count(sold, worth), []
        assert all(0 <= x.back_amount <= x.net for x in sold.lines)
    if not waiting:
        assert amounts.left(sold).total == 0


@quick
@given(
    st.lists(st.integers(1, 50_000), min_size=1, max_size=4),
    st.lists(st.integers(1, 40_000), max_size=6),
    st.sampled_from(["PROPORTIONAL", "WATERFALL"]),
)
def test_inv_01_02_03_tenders_are_never_overdrawn_and_end_at_nothing(
    paid: list[int], wishes: list[int], how: str
) -> None:
    channels = ["cash", "wechatpay", "alipay", "stored_value"]
    left = list(paid)
    for wish in [*wishes, sum(paid)]:
        total = min(wish, sum(left))
        tenders = [
            Paid(payment_no=str(i), channel=channels[i], amount=paid[i], left=left[i], paid_at=AT)
            for i in range(len(paid))
        ]
        parts = plan.split(total, tenders, tender_split=how)
        assert sum(parts) == total
        assert all(0 <= part <= rest for part, rest in zip(parts, left, strict=True))
        left = [rest - part for rest, part in zip(left, parts, strict=True)]
    assert left == [0] * len(paid)


@quick
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_shares_add_up_and_none_exceeds_its_weight_when_the_total_fits(
    total: int, weights: list[int]
) -> None:
    if sum(weights) == 0:
        total = 0
    parts = money.share(total, weights)
    assert sum(parts) == total
    if total <= sum(weights):
        assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


OUTCOMES = st.sampled_from(
    [
        Settled(),
        Accepted(),
        Refused(code="x"),
        Bounced(code="x"),
        Absent(),
        Deferred(code="x"),
        Unknown(code="x"),
    ]
)


@quick
@given(st.lists(st.tuples(OUTCOMES, st.booleans()), max_size=25))
def test_inv_04_a_number_is_sent_again_only_after_a_certain_no(answers: list[tuple[Outcome, bool]]) -> None:
    """A worker's whole life with one number: it may have arrived until somebody says that it did not."""
    state, may_have_arrived, moved = LegState.READY, False, False
    for outcome, counts in answers:
        if state is LegState.READY:
            assert not may_have_arrived, "sent again although it may have arrived"
            state, may_have_arrived = lifecycle.advance(state, Event.SEND), True
        event = lifecycle.heard(state, outcome, absence_counts=counts)
        if event is None:
            continue
        if event in (Event.DEFER, Event.MISS):
            assert isinstance(outcome, Deferred) or (isinstance(outcome, Absent) and counts)
            may_have_arrived = False
        if event is Event.SETTLE:
            assert isinstance(outcome, Settled)
            moved = True
        if event is Event.REFUSE:
            assert isinstance(outcome, Refused)
            may_have_arrived = False
        state = lifecycle.advance(state, event)
        if state is LegState.FAILED:
            return
    assert moved or state is not LegState.SETTLED


@quick
@given(st.lists(st.sampled_from(sorted(Event)), max_size=30))
def test_inv_05_only_a_person_who_drops_a_leg_releases_its_money(events: list[Event]) -> None:
    state = LegState.READY
    for event in events:
        try:
            after = lifecycle.advance(state, event)
        except lifecycle.IllegalMove:
            continue
        if state in HELD_STATES and after not in HELD_STATES:
            assert event is Event.DROP
            assert state in (LegState.READY, LegState.FAILED)
        state = after


def test_silence_never_settles_or_fails_anything() -> None:
    for state in LegState:
        for outcome in (Unknown(code="x"), Deferred(code="x"), Absent()):
            event = lifecycle.heard(state, outcome, absence_counts=True)
            assert event in (None, Event.LOSE, Event.DEFER, Event.MISS)

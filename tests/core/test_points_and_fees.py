"""Points that were spent and a published fee, of one sale: refunded, kept and deducted together are never more than what was paid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.core import amounts, kept_fees, money, points
from sudapos.core.amounts import Ask, Sold, SoldLine, Worth
from sudapos.core.kept_fees import FREE
from sudapos.core.points import DEDUCT, NEGATIVE, Back, Earned
from sudapos.core.refusal import Refusal

from .test_invariants import asks, sales
from .test_kept_fees import terms

quick = settings(max_examples=250, deadline=None)


@dataclass
class Made:
    """A refund as the books keep it: its worth after points, what it took back, its legs by weight, those given up."""

    worth: Worth
    back: Back
    legs: list[int]
    dropped: set[int] = field(default_factory=set)

    @property
    def left(self) -> kept_fees.Sums:
        """Amount, tax, fee and the fee's tax that still stand: a leg takes its share of every sum with it."""
        of = money.share(self.worth.total, self.legs)
        columns = [of] + [money.share(n, of) for n in (self.worth.tax, self.worth.fee, self.worth.fee_tax)]
        amount, tax, fee, fee_tax = (
            sum(fen for n, fen in enumerate(column) if n not in self.dropped) for column in columns
        )
        return amount, tax, fee, fee_tax

    @property
    def undone(self) -> int:
        return self.worth.total - self.left[0]

    @property
    def taken(self) -> int:
        return points.standing(self.back.points, total=self.worth.total, undone=self.undone)

    @property
    def from_account(self) -> int:
        return points.standing(self.back.from_account, total=self.worth.total, undone=self.undone)

    @property
    def fen(self) -> int:
        fee = self.worth.fee
        return points.still_kept(self.back.fen, fee=fee, undone_fee=fee - self.left[2])


@dataclass
class Case:
    """A sale that earned points, and its refunds so far."""

    first: Sold
    earned: int
    held: int
    per_yuan: int
    made: list[Made] = field(default_factory=list)

    @property
    def paid(self) -> int:
        return sum(x.net for x in self.first.lines) + sum(c.amount for c in self.first.charges)

    @property
    def live(self) -> list[Made]:
        return [one for one in self.made if one.left[0]]

    def points(self) -> Earned:
        """As `points_back.of` reads them."""
        return Earned(
            earned=self.earned,
            paid=self.paid,
            gone=sum(one.left[0] + one.left[2] for one in self.live),
            taken=sum(one.taken for one in self.live),
            held=self.held - sum(one.from_account for one in self.made),
            deducted=sum(one.taken - one.from_account for one in self.live),
            fen=sum(one.fen for one in self.live),
        )

    def sold(self) -> Sold:
        """As `remainders.of` reads it."""
        lines = {x.line_no: x for x in self.first.lines}
        charges = {c.charge_no: c for c in self.first.charges}
        for one in self.live:
            worth = one.worth
            rows = [(p.amount, p.tax, p.fee, p.fee_tax) for p in worth.lines]
            rows += [(c.amount, c.tax, 0, 0) for c in worth.charges]
            stands = kept_fees.standing(rows, one.left)
            for part, (amount, tax, fee, fee_tax) in zip(worth.lines, stands, strict=False):
                x, gone = lines[part.line_no], part.fee - fee
                due = gone * (part.fee - part.points) // part.fee if part.fee else 0
                lines[part.line_no] = replace(
                    x,
                    back_milli=x.back_milli + part.milli,
                    back_amount=x.back_amount + amount + fee,
                    back_tax=x.back_tax + tax + fee_tax,
                    undone=x.undone + part.amount + part.fee - amount - fee,
                    fee=x.fee + fee,
                    fee_tax=x.fee_tax + fee_tax,
                    fee_due=x.fee_due + due - part.fee_again,
                )
            for charge, (amount, tax, _, _) in zip(worth.charges, stands[len(worth.lines) :], strict=True):
                c = charges[charge.charge_no]
                charges[charge.charge_no] = replace(
                    c, back_amount=c.back_amount + amount, back_tax=c.back_tax + tax
                )
        return Sold(lines=tuple(lines.values()), charges=tuple(charges.values()))

    def refund(self, ask: Ask, fees: kept_fees.Terms, choice: str, legs: list[int]) -> None:
        """Raises Refusal."""
        sold = self.sold()
        left = amounts.left(sold).total
        whole = kept_fees.worth(sold, ask, fees=fees)
        worth, back = points.taken_back(self.points(), sold, whole, choice=choice, per_yuan=self.per_yuan)
        adds_up(worth, back)
        assert worth.total + worth.fee == whole.total + whole.fee <= left
        self.made.append(Made(worth, back, legs))

    def holds(self) -> None:
        sold = self.sold()
        for x in sold.lines:
            assert 0 <= x.fee <= x.back_amount <= x.net
            assert 0 <= x.fee_tax <= x.back_tax
            assert 0 <= x.back_milli <= x.milli
        stands = [one.left for one in self.live]
        refunded, kept = sum(x[0] for x in stands), sum(x[2] for x in stands)
        assert refunded + kept <= self.paid
        assert refunded + kept + amounts.left(sold).total == self.paid
        assert all(min(x) >= 0 for x in stands)
        told = self.points()
        assert 0 <= told.taken <= self.earned
        assert all(0 <= one.back.deducted <= one.back.points <= self.earned for one in self.made)


def adds_up(worth: Worth, back: Back) -> None:
    assert worth.total == sum(p.amount for p in (*worth.lines, *worth.charges)) >= 1
    assert worth.tax == sum(p.tax for p in (*worth.lines, *worth.charges)) >= 0
    for part in worth.lines:
        assert min(part.amount, part.tax, part.fee_tax, part.points) >= 0
        assert part.points <= part.fee and part.fee_again <= part.fee
    published = sum(d.amount for d in worth.deductions if d.kind in kept_fees.KINDS)
    deducted = sum(d.amount for d in worth.deductions if d.kind == "points")
    assert (deducted, published + deducted) == (back.fen, worth.fee)
    assert worth.points == back.fen


@st.composite
def cases(draw: st.DrawFn) -> Case:
    first = draw(sales())
    return Case(first, draw(st.integers(1, 5_000)), draw(st.integers(-500, 5_000)), draw(st.integers(1, 500)))


@quick
@given(cases(), st.data())
def test_refunded_kept_and_deducted_are_never_more_than_was_paid(case: Case, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(0, 6))):
        case.holds()
        if case.made and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(case.made))
            one.dropped.add(data.draw(st.integers(0, len(one.legs) - 1)))
            continue
        sold, choice = case.sold(), data.draw(st.sampled_from([DEDUCT, DEDUCT, NEGATIVE]))
        legs = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
        try:
            case.refund(data.draw(asks(sold)), data.draw(terms(sold)), choice, legs)
        except Refusal:
            continue
    case.holds()
    if amounts.left(case.sold()).total:
        case.refund(Ask(everything=True), FREE, NEGATIVE, [1])
    case.holds()
    assert amounts.left(case.sold()).total == 0
    if not any(one.dropped for one in case.made):
        assert case.points().taken == (case.earned if case.paid else 0)
        for now in case.sold().lines:
            assert now.back_tax == amounts.tax_of(now.net, now.vat_bp)


@quick
@given(cases(), st.data())
def test_points_are_paid_for_once_at_their_value_and_never_with_the_fee(
    case: Case, data: st.DataObject
) -> None:
    """Whatever comes to nothing meanwhile, all that stands deducted is no more than the points are worth."""
    for _ in range(data.draw(st.integers(1, 6))):
        if case.made and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(case.made))
            one.dropped.add(data.draw(st.integers(0, len(one.legs) - 1)))
            continue
        sold = case.sold()
        before = case.points()
        try:
            case.refund(data.draw(asks(sold)), data.draw(terms(sold)), DEDUCT, [1, 2])
        except Refusal:
            continue
        back = case.made[-1].back
        # only what the account cannot bear is paid for, and a point is paid for at most once
        assert back.fen <= max(0, back.points - max(0, before.held)) * 100 // case.per_yuan
        assert back.points + before.taken <= case.earned
    told = case.points()
    assert told.fen <= points.value(case.earned, case.per_yuan)
    assert told.deducted <= told.taken <= case.earned


def test_fen_kept_for_points_that_count_as_given_back_are_not_kept_again() -> None:
    """A point worth 4 fen: 4 were kept, a leg came to nothing, 2 of the 4 stand; the point costs the other 2."""
    line = SoldLine(line_no=1, milli=1000, weighed=False, gross=9, net=9, vat_bp=0)
    case = Case(Sold(lines=(line,)), earned=1, held=0, per_yuan=25)
    case.refund(Ask(everything=True), FREE, DEDUCT, [2, 3])
    [first] = case.made
    assert (first.worth.total, first.back) == (5, Back(points=1, deducted=1, fen=4))
    first.dropped.add(0)
    told = case.points()
    assert (told.taken, told.deducted, told.fen, told.credit(25)) == (0, 0, 2, 2)
    case.refund(Ask(everything=True), FREE, DEDUCT, [1])
    again = case.made[-1]
    assert (again.worth.total, again.back) == (2, Back(points=1, deducted=1, fen=2))
    assert (case.points().fen, case.points().held) == (4, 0)


@quick
@given(cases(), st.data())
def test_the_published_fee_is_the_same_whether_points_are_deducted_or_not(
    case: Case, data: st.DataObject
) -> None:
    """Beside each other: what points cost is neither counted as fee nor asked for again as one."""
    beside = replace(case, made=[])
    fees = data.draw(terms(case.first))
    for _ in range(data.draw(st.integers(1, 4))):
        ask = data.draw(asks(case.sold()))
        told = []
        for one, choice in ((case, DEDUCT), (beside, NEGATIVE)):
            try:
                one.refund(ask, fees, choice, [1])
                told.append(one.made[-1].worth.fee - one.made[-1].worth.points)
            except Refusal as refusal:
                told.append(-1)
                assert refusal.code
        assert told[0] == told[1]
        if case.made and data.draw(st.booleans()):
            number = data.draw(st.integers(0, len(case.made) - 1))
            for one in (case, beside):
                one.made[number].dropped.add(0)
    assert [x.fee_due for x in case.sold().lines] == [x.fee_due for x in beside.sold().lines]

"""What the lines of a sale are worth when they come back (domain §5).

Amounts in fen. Quantities are thousandths (`milli`): "2" pieces are 2000, 1.236 kg are 1236. A refund never asks
today's prices: it pays back shares of what was stored on the line when it was sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from . import money, promotions
from .promotions import Promotion as Promotion
from .refusal import FieldError, Invalid, Refusal
from .sold import Ask as Ask
from .sold import AskLine as AskLine
from .sold import ChargePart as ChargePart
from .sold import Deduction as Deduction
from .sold import Left as Left
from .sold import LeftCharge as LeftCharge
from .sold import LeftLine as LeftLine
from .sold import LinePart as LinePart
from .sold import Sold as Sold
from .sold import SoldCharge as SoldCharge
from .sold import SoldLine as SoldLine
from .sold import Worth as Worth

MILLI = 1000


def tax_of(amount: int, vat_bp: int) -> int:
    """The VAT inside a tax-inclusive amount (domain §5.8)."""
    return amount - money.round_half_up(amount * 10_000, 10_000 + vat_bp)


def left(sold: Sold) -> Left:
    """What may still come back of each line and charge."""
    lines = tuple(
        LeftLine(line_no=x.line_no, milli=x.milli - x.back_milli, amount=x.net - x.back_amount)
        for x in sold.lines
    )
    charges = tuple(LeftCharge(charge_no=c.charge_no, amount=c.amount - c.back_amount) for c in sold.charges)
    total = sum(line.amount for line in lines) + sum(charge.amount for charge in charges)
    return Left(lines=lines, charges=charges, total=total)


def worth(sold: Sold, ask: Ask, *, clawback: Promotion | Sequence[Promotion] | None = None) -> Worth:
    """What `ask` is worth; `clawback` are the promotions that take their discount back. Raises Refusal over_refund or nothing_to_refund, Invalid for a malformed ask."""
    chosen = bool(ask.lines or ask.charges) + ask.everything + (ask.amount is not None)
    if chosen != 1:
        raise Invalid("ask_one_way", errors=[FieldError(("lines",), "ask_one_way")])
    if ask.amount is not None:
        return _amount(sold, ask.amount)
    if ask.everything:
        return _everything(sold)
    rules = (clawback,) if isinstance(clawback, Promotion) else tuple(clawback or ())
    return _lines(sold, ask, rules)


def _amount(sold: Sold, amount: int) -> Worth:
    """Money without goods, spread over what is left so that no line gives back more than it took."""
    rest = left(sold)
    if amount <= 0:
        raise Invalid("input_invalid", errors=[FieldError(("amount",), "not_positive")])
    if amount > rest.total:
        raise Refusal("over_refund", asked=amount, left=rest.total)
    weights = [line.amount for line in rest.lines] + [charge.amount for charge in rest.charges]
    parts = money.share(amount, weights)
    lines = {x.line_no: (0, part) for x, part in zip(rest.lines, parts, strict=False)}
    charges = {c.charge_no: part for c, part in zip(rest.charges, parts[len(rest.lines) :], strict=True)}
    return _taxed(sold, lines, charges, ())


def _everything(sold: Sold) -> Worth:
    rest = left(sold)
    if rest.total <= 0:
        raise Refusal("over_refund", asked=0, left=0)
    lines = {x.line_no: (x.milli, x.amount) for x in rest.lines}
    return _taxed(sold, lines, {c.charge_no: c.amount for c in rest.charges}, ())


def _lines(sold: Sold, ask: Ask, clawback: Sequence[Promotion]) -> Worth:
    by_no = {line.line_no: line for line in sold.lines}
    asked = _checked(by_no, ask.lines)
    amounts = {no: (milli, _line_worth(by_no[no], milli)) for no, milli in asked.items()}
    charges = _followers(sold, amounts) | _fixed(sold, ask.charges)
    plain = sum(amount for _, amount in amounts.values())
    deductions = list(_gifts(sold, asked, plain))
    again = _gifts_after_all(sold, asked)
    if clawback:
        missed = _missed(sold, asked, clawback)
        difference = _fair(sold, asked, clawback, missed) - plain
        rest = plain - sum(each.amount for each in deductions)
        if difference < 0 < rest:
            code = "、".join(each.code for each in missed if each.code)
            deductions.append(
                Deduction(kind="clawback", line_no=None, amount=min(-difference, rest), code=code)
            )
        again |= _restored(sold, difference)
    amounts = _deduct(amounts, sum(each.amount for each in deductions))
    for no, part in again.items():
        milli, amount = amounts.get(no, (0, 0))
        amounts[no] = (milli, amount + part)
    made = _taxed(sold, amounts, charges, tuple(deductions))
    if made.total <= 0:
        raise Refusal("nothing_to_refund", total=made.total)
    return made


def _checked(by_no: dict[int, SoldLine], lines: Sequence[AskLine]) -> dict[int, int]:
    asked: dict[int, int] = {}
    for index, line in enumerate(lines):
        sold = by_no.get(line.line_no)
        if sold is None:
            raise Invalid("input_invalid", errors=[FieldError(("lines", index, "line_no"), "unknown_line")])
        if line.line_no in asked:
            raise Invalid("input_invalid", errors=[FieldError(("lines", index, "line_no"), "number_twice")])
        whole = sold.weighed or line.milli % MILLI == 0
        if line.milli <= 0 or not whole:
            code = "not_positive" if line.milli <= 0 else "not_whole"
            raise Invalid("input_invalid", errors=[FieldError(("lines", index, "quantity"), code)])
        if line.milli > sold.milli - sold.back_milli:
            raise Refusal(
                "over_refund",
                line_no=line.line_no,
                left=sold.net - sold.back_amount,
                left_milli=sold.milli - sold.back_milli,
            )
        asked[line.line_no] = line.milli
    return asked


def _line_worth(line: SoldLine, milli: int) -> int:
    """Cumulative, so that any order of partial returns ends at the net exactly (domain §5.3, INV-03).

    What was kept back for a gift stays kept: the last piece does not pay it out.
    """
    step = up_to(line, line.back_milli + milli) - up_to(line, line.back_milli)
    return min(line.net - line.back_amount, step)


def up_to(line: SoldLine, milli: int) -> int:
    """What the first `milli` of a line are worth together."""
    if line.weighed:
        return line.net * milli // line.milli
    return money.cumulative(line.net, line.milli // MILLI, milli // MILLI)


def _followers(sold: Sold, amounts: dict[int, tuple[int, int]]) -> dict[int, int]:
    """Charges that follow the lines go back as far as their base did (domain §5.7)."""
    base = sum(line.net for line in sold.lines)
    # by what the goods were worth: a deduction for a gift is no reason to keep their service charge
    gone = sum(max(line.back_amount, up_to(line, line.back_milli)) for line in sold.lines)
    gone += sum(amount for _, amount in amounts.values())
    back = {}
    for charge in sold.charges:
        if charge.follows_lines and base:
            so_far = charge.amount if gone >= base else charge.amount * gone // base
            back[charge.charge_no] = max(0, so_far - charge.back_amount)
    return back


def _fixed(sold: Sold, numbers: Sequence[int]) -> dict[int, int]:
    by_no = {charge.charge_no: charge for charge in sold.charges}
    back = {}
    for index, number in enumerate(numbers):
        charge = by_no.get(number)
        if charge is None:
            raise Invalid("input_invalid", errors=[FieldError(("charges", index), "unknown_charge")])
        if charge.follows_lines:
            continue  # it goes back with its lines, not by asking
        if charge.back_amount >= charge.amount:
            raise Refusal("over_refund", charge_no=number, asked=charge.amount, left=0)
        back[number] = charge.amount - charge.back_amount
    return back


def _gifts(sold: Sold, asked: dict[int, int], most: int) -> Iterable[Deduction]:
    """A gift that stays with the customer is paid at its marked value, once (domain §5.6, R-08b)."""
    by_no = {line.line_no: line for line in sold.lines}
    for gift in sold.lines:
        parent = by_no.get(gift.gift_of) if gift.gift_of is not None else None
        if parent is None or parent.line_no not in asked or parent.back_milli:
            continue  # only the first return of the bought goods settles the gift
        kept = gift.milli - gift.back_milli - asked.get(gift.line_no, 0)
        value = min(most, gift.marked_value * kept // gift.milli) if kept > 0 else 0
        if value > 0:
            most -= value
            yield Deduction(kind="gift", line_no=gift.line_no, amount=value)


def _gifts_after_all(sold: Sold, asked: dict[int, int]) -> dict[int, int]:
    """A gift that is brought back later gives back what was deducted for it, on the line that it came with."""
    by_no = {line.line_no: line for line in sold.lines}
    back: dict[int, int] = {}
    for gift in sold.lines:
        parent = by_no.get(gift.gift_of) if gift.gift_of is not None else None
        if parent is None or gift.line_no not in asked or not parent.back_milli:
            continue
        value = gift.marked_value * asked[gift.line_no] // gift.milli
        kept = _kept_back(parent) - back.get(parent.line_no, 0)
        if min(value, kept) > 0:
            back[parent.line_no] = back.get(parent.line_no, 0) + min(value, kept)
    return back


def _kept_back(line: SoldLine) -> int:
    """What came back of a line was worth this much more than was paid out for it."""
    return max(0, up_to(line, line.back_milli) - line.back_amount - line.undone)


def _missed(sold: Sold, asked: dict[int, int], rules: Sequence[Promotion]) -> list[Promotion]:
    """The promotions that the kept goods no longer meet; what came back by right does not break them."""
    counted = {}
    for line in sold.lines:
        stays = line.milli - line.back_milli - asked.get(line.line_no, 0)
        counted[line.line_no] = line.base * (stays + line.back_by_right) // line.milli
    return promotions.missed(counted, rules)


def _fair(sold: Sold, asked: dict[int, int], rules: Sequence[Promotion], missed: Sequence[Promotion]) -> int:
    """CLAWBACK: the kept goods are priced under the rules they still meet (domain §5.6, EX20)."""
    kept = 0
    for line in sold.lines:
        stays = line.milli - line.back_milli - asked.get(line.line_no, 0)
        kept += (line.gross if line.full is None else line.full) * stays // line.milli
    price_of_kept = max(0, kept - sum(rule.off for rule in rules if rule not in missed))
    paid = sum(line.net for line in sold.lines)
    gone = sum(line.back_amount for line in sold.lines)
    return max(0, paid - price_of_kept - gone)


def _restored(sold: Sold, amount: int) -> dict[int, int]:
    """The part of earlier clawbacks that falls away when more of the goods come back; gifts are settled apart."""
    with_gifts = {line.gift_of for line in sold.lines}
    kept = {line.line_no: _kept_back(line) for line in sold.lines if line.line_no not in with_gifts}
    amount = min(amount, sum(kept.values()))
    if amount <= 0:
        return {}
    return {no: part for no, part in zip(kept, money.share(amount, list(kept.values())), strict=True) if part}


def _deduct(amounts: dict[int, tuple[int, int]], off: int) -> dict[int, tuple[int, int]]:
    if not off:
        return amounts
    shares = money.share(off, [amount for _, amount in amounts.values()])
    return {
        no: (milli, amount - part)
        for (no, (milli, amount)), part in zip(amounts.items(), shares, strict=True)
    }


def _taxed(
    sold: Sold,
    lines: dict[int, tuple[int, int]],
    charges: dict[int, int],
    deductions: tuple[Deduction, ...],
) -> Worth:
    """Tax by differences of running totals, so that all parts together bear the original tax (domain §5.8)."""
    line_parts = tuple(
        LinePart(
            line_no=x.line_no,
            milli=milli,
            amount=amount,
            tax=tax_step(x.back_amount, x.back_tax, amount, x.vat_bp),
        )
        for x in sold.lines
        if x.line_no in lines
        for milli, amount in [lines[x.line_no]]
        if milli or amount
    )
    charge_parts = tuple(
        ChargePart(
            charge_no=c.charge_no, amount=amount, tax=tax_step(c.back_amount, c.back_tax, amount, c.vat_bp)
        )
        for c in sold.charges
        for amount in [charges.get(c.charge_no, 0)]
        if amount
    )
    return Worth(
        lines=line_parts,
        charges=charge_parts,
        deductions=deductions,
        total=sum(part.amount for part in line_parts) + sum(part.amount for part in charge_parts),
        tax=sum(part.tax for part in line_parts) + sum(part.tax for part in charge_parts),
    )


def tax_step(back: int, back_tax: int, amount: int, vat_bp: int) -> int:
    """Never below zero: after a refund was rejected the tax that stands may run ahead of its amount by a fen."""
    return max(0, tax_of(back + amount, vat_bp) - back_tax)

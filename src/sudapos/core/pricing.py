"""What a sale amounts to, worked out once on the way in: discounts, charges and rounding shared over its lines.

Amounts in fen. Quantities are thousandths (`milli`): "2" pieces are 2000, 1.236 kg are 1236 (domain §5.1, §5.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import money, promotions
from .refusal import FieldError, Invalid

MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line before its shares are worked out. `label_amount` is what the scale printed: it wins (domain §5.3)."""

    line_no: int
    milli: int
    unit_price: int
    discount: int = 0
    vat_bp: int = 0
    weighed: bool = False
    eligible: bool = True
    label_amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCharge:
    charge_no: int
    amount: int
    vat_bp: int = 0
    follows_lines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """`net` is what the customer really pays for the line."""

    line_no: int
    gross: int
    discount: int
    order_discount_share: int
    rounding_share: int
    net: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedSale:
    """`total` is what the payments must add up to."""

    lines: tuple[PricedLine, ...]
    charges_total: int
    total: int


def price(
    lines: Sequence[DraftLine],
    charges: Sequence[DraftCharge] = (),
    *,
    order_discount: int = 0,
    rounding_off: int = 0,
    terms: Sequence[promotions.Promotion] = (),
) -> PricedSale:
    """Work out every line's shares of discount and rounding, once (domain §5.1, §5.2, §5.5). Raises Invalid.

    `terms` are the promotions behind the order discount: each falls on its own lines, what they do not explain on all.
    """
    faults = [fault for index, line in enumerate(lines) for fault in _line_faults(index, line)]
    faults += [
        FieldError(("charges", i, "amount"), "negative") for i, c in enumerate(charges) if c.amount < 0
    ]
    if faults:
        raise Invalid("input_invalid", errors=faults)
    gross = [_gross(line) for line in lines]
    nets = [amount - line.discount for amount, line in zip(gross, lines, strict=True)]
    given = _promoted(lines, nets, terms, order_discount)
    rest = order_discount - sum(given)
    nets = [net - part for net, part in zip(nets, given, strict=True)]
    more = _spread(rest, [n if x.eligible else 0 for n, x in zip(nets, lines, strict=True)], "order_discount")
    off = [a + b for a, b in zip(given, more, strict=True)]
    nets = [net - part for net, part in zip(nets, more, strict=True)]
    rounded = _spread(rounding_off, nets, "rounding_off")
    priced = tuple(
        PricedLine(
            line_no=line.line_no,
            gross=gross[i],
            discount=line.discount,
            order_discount_share=off[i],
            rounding_share=rounded[i],
            net=nets[i] - rounded[i],
        )
        for i, line in enumerate(lines)
    )
    charged = sum(charge.amount for charge in charges)
    return PricedSale(lines=priced, charges_total=charged, total=sum(p.net for p in priced) + charged)


def _promoted(
    lines: Sequence[DraftLine], nets: Sequence[int], terms: Sequence[promotions.Promotion], most: int
) -> list[int]:
    """Each line's share of the promotions. Raises Invalid for terms that the sale does not bear out."""
    bases = {line.line_no: net for line, net in zip(lines, nets, strict=True)}
    faults = [fault for index, each in enumerate(terms) for fault in _term_faults(index, each, bases)]
    if terms and not faults and sum(each.off for each in terms) > most:
        faults = [FieldError(("promotions",), "more_than_discount")]
    if faults:
        raise Invalid("input_invalid", errors=faults)
    try:
        found = promotions.shares(bases, terms)
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError(("promotions",), "more_than_sale")]) from None
    return [found[line.line_no] for line in lines]


def _term_faults(index: int, each: promotions.Promotion, bases: Mapping[int, int]) -> Iterable[FieldError]:
    strange = set(each.lines) - set(bases)
    if each.threshold <= 0:
        yield FieldError(("promotions", index, "threshold"), "not_positive")
    elif strange:
        yield FieldError(("promotions", index, "lines"), "unknown_line")
    elif promotions.missed(bases, [each]):
        # a rule that the whole sale never met would take its discount back at the first return
        yield FieldError(("promotions", index, "threshold"), "more_than_sale")
    if each.off <= 0:
        yield FieldError(("promotions", index, "discount"), "not_positive")


def _line_faults(index: int, line: DraftLine) -> Iterable[FieldError]:
    def fault(name: str, code: str) -> FieldError:
        return FieldError(("lines", index, name), code)

    if line.milli <= 0:
        yield fault("quantity", "not_positive")
    elif not line.weighed and line.milli % MILLI:
        yield fault("quantity", "not_whole")
    if line.unit_price < 0:
        yield fault("unit_price", "negative")
    if line.label_amount is not None and line.label_amount < 0:
        yield fault("label_amount", "negative")
    if not 0 <= line.discount <= max(_gross(line), 0):
        yield fault("discount", "more_than_line")
    if not 0 <= line.vat_bp < 10_000:
        yield fault("vat_bp", "out_of_range")


def _gross(line: DraftLine) -> int:
    if line.label_amount is not None:
        return line.label_amount
    return line.unit_price * line.milli // MILLI


def _spread(total: int, weights: Sequence[int], name: str) -> list[int]:
    if not 0 <= total <= sum(weights):
        code = "negative" if total < 0 else "more_than_sale"
        raise Invalid("input_invalid", errors=[FieldError((name,), code)])
    return money.share(total, weights)

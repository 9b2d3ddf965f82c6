"""What published promotions took off which lines, and what falls away when their threshold is missed (domain §5.6, EX20).

Amounts in fen. A promotion keeps its terms with the sale: its discount stands on the lines that it was given for, and
under the rule CLAWBACK the kept goods are priced under those terms that they still meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import money


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A published 满减 rule: `off` fen from `threshold` fen of goods; without `lines` every line counts."""

    threshold: int
    off: int
    code: str = ""
    lines: tuple[int, ...] = ()

    def counts(self, line_no: int) -> bool:
        return not self.lines or line_no in self.lines


def shares(bases: Mapping[int, int], promotions: Sequence[Promotion]) -> dict[int, int]:
    """Line → what the promotions took off it together; `bases` are line prices after the lines' own discounts.

    Shared by what earlier promotions left, so no line falls below nothing. ValueError when its goods cannot bear one.
    """
    left = dict(bases)
    for each in promotions:
        own = [no for no in left if each.counts(no)]
        weights = [left[no] for no in own]
        if each.off > sum(weights):
            raise ValueError(f"{each.off} off {sum(weights)}")
        for no, part in zip(own, money.share(each.off, weights), strict=True):
            left[no] -= part
    return {no: bases[no] - left[no] for no in bases}


def missed(counted: Mapping[int, int], promotions: Sequence[Promotion]) -> list[Promotion]:
    """Those whose threshold the goods no longer reach; `counted` are the prices of the goods that count, by line."""
    return [
        each
        for each in promotions
        if sum(price for no, price in counted.items() if each.counts(no)) < each.threshold
    ]

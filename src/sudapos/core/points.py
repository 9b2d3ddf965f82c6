"""Points that a sale earned, taken back as far as its money goes back (domain §5.9 step 9). Amounts in fen, points whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .kept_fees import keep_beside
from .sold import Sold, Worth

NEGATIVE = "negative"
"""Points that are spent already leave the account below nothing."""
DEDUCT = "deduct"
"""They are paid for out of the refund."""
CHOICES = (NEGATIVE, DEDUCT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What a sale earned, what of its money was given up so far, what of its points was taken back, what the account holds.

    Of the points taken back `deducted` were paid for, and `fen` that were kept for them still stand.
    """

    earned: int
    paid: int
    gone: int = 0
    taken: int = 0
    held: int = 0
    deducted: int = 0
    fen: int = 0

    def due(self, fen: int) -> int:
        """Points to take back when `fen` more are given up: by running totals, so the last ones clear exactly."""
        gone = min(self.paid, self.gone + fen)
        return max(0, self.earned * gone // self.paid - self.taken)

    def credit(self, per_yuan: int) -> int:
        """Fen that were kept for points which, money having come to nothing meanwhile, count as given back."""
        return max(0, self.fen - value(self.deducted, per_yuan))

    def after(self, fen: int, back: Back) -> Earned:
        return replace(
            self,
            gone=self.gone + fen,
            taken=self.taken + back.points,
            held=self.held - back.from_account,
            deducted=self.deducted + back.deducted,
            fen=self.fen + back.fen,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Points taken back by one refund; `deducted` of them were spent, and `fen` of the refund pay for them."""

    points: int
    deducted: int = 0
    fen: int = 0

    @property
    def from_account(self) -> int:
        return self.points - self.deducted


NOTHING = Back(points=0)


def taken_back(
    earned: Earned | None, sold: Sold, worth: Worth, *, choice: str, per_yuan: int
) -> tuple[Worth, Back]:
    """What a refund takes back, and what it is worth after that.

    A deduction never eats the refund: at least a fen goes back, and points that it cannot pay for leave the account.
    """
    if earned is None:
        return worth, NOTHING
    points = earned.due(worth.total + worth.fee)
    short = max(0, points - max(0, earned.held))
    credit = min(earned.credit(per_yuan), value(short, per_yuan))
    price = value(short, per_yuan) - credit
    fen = min(price, worth.total - 1, sum(part.amount for part in worth.lines))
    if choice != DEDUCT or fen + credit <= 0:
        return worth, Back(points=points)
    paid_for = short if fen == price else (fen + credit) * per_yuan // 100
    back = Back(points=points, deducted=paid_for, fen=fen)
    return (keep_beside(sold, worth, fen, kind="points") if fen else worth), back


def value(points: int, per_yuan: int) -> int:
    """What points are worth, in whole fen."""
    return points * 100 // per_yuan


def standing(points: int, *, total: int, undone: int) -> int:
    """What stays taken of a refund whose money came to nothing in part."""
    return points * (total - undone) // total


def still_kept(fen: int, *, fee: int, undone_fee: int) -> int:
    """What of the fen for points still stands when `undone_fee` of all that a refund kept was given up."""
    return fen * (fee - undone_fee) // fee if fee else 0

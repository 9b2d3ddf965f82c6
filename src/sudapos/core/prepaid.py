"""What a prepaid card is worth when it is handed back (domain R-12, 法释〔2025〕4号 Art. 18–20). Interest is a line of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from . import money


class Cause(StrEnum):
    """Whose doing the end of the contract is."""

    MERCHANT = "MERCHANT"
    CONSUMER = "CONSUMER"


@dataclass(frozen=True, slots=True)
class CardWorth:
    """Fen: what counts as consumed, and the principal that goes back."""

    consumed_value: int
    principal_refund: int


def card_worth(*, paid: int, bonus: int, consumed_face: int, cause: Cause) -> CardWorth:
    """The rest of a card. Not the consumer's cause: consumption counts at the discounted price (Art. 18), else at the

    full one (Art. 19); a negative rest is never claimed from the consumer (Art. 20).
    """
    if paid <= 0 or bonus < 0 or not 0 <= consumed_face <= paid + bonus:
        raise ValueError("consumption must lie within what the card could buy")
    if cause is Cause.MERCHANT:
        consumed = money.round_half_up(consumed_face * paid, paid + bonus)
    else:
        consumed = consumed_face
    return CardWorth(consumed_value=consumed, principal_refund=max(0, paid - consumed))


def buckets(total: int, *, principal: int, bonus: int) -> tuple[int, int]:
    """A refund to a stored-value card, split as it was paid: (principal, bonus) (domain §5.9 step 7)."""
    to_principal, to_bonus = money.share(total, [principal, bonus])
    return to_principal, to_bonus

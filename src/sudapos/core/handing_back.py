"""退卡: what a prepaid card is worth when it is handed back, step by step, and who may be paid (domain R-12).

法释〔2025〕4号 Art. 14–20 and 单用途商业预付卡管理办法 Art. 21. Amounts in fen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from . import interest, money, prepaid
from .prepaid import Cause
from .refusal import FieldError, Invalid, Refusal

COOLING_OFF = timedelta(days=7)
"""Money that was paid so lately comes back whole (Art. 14)."""
CASH_MOST = 10_000
"""Fen that may be paid in cash; more goes to a bank account in the holder's name (Art. 21)."""
PAYOUTS = ("transfer", "cash")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One top-up, with the rates of its day in hundredths of a percent."""

    paid: int
    bonus: int
    on: date
    rates: interest.Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whose doing the end is, from when, and whether the shop can show what was consumed."""

    cause: Cause
    rescinded_on: date
    history: bool = True
    experienced: bool = False
    """The customer knew the goods or the service before she paid: no cooling-off (Art. 14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The steps of the sum: `principal_refund` and `interest` go back, the rest says why."""

    paid: int
    bonus: int
    consumed_face: int
    consumed_value: int
    cooling_off: int
    principal_refund: int
    interest: int
    rule: str

    @property
    def total(self) -> int:
        return self.principal_refund + self.interest


def worth(lots: Sequence[Lot], left: int, terms: Terms, *, asked_on: date, until: date) -> Worth:
    """What goes back for a card that still shows `left` fen, paid on `until`. Raises Refusal nothing_on_card.

    Without the shop's records nothing is deducted (Art. 25); a negative rest is never claimed (Art. 20).
    """
    if not lots:
        raise Refusal("nothing_on_card")
    paid, bonus = sum(lot.paid for lot in lots), sum(lot.bonus for lot in lots)
    consumed = max(0, paid + bonus - left)
    fresh = [] if terms.experienced else [lot for lot in lots if asked_on - lot.on <= COOLING_OFF]
    older = [lot for lot in lots if lot not in fresh]
    if consumed > sum(lot.paid + lot.bonus for lot in older):
        fresh, older = [], list(lots)  # some of the late money is spent: the whole card goes by the formula
    cooling = sum(lot.paid for lot in fresh)
    rule = "cooling_off" if not older else ("art_18" if terms.cause is Cause.MERCHANT else "art_19")
    if not terms.history:
        value, back, rule = 0, paid, "no_records"
    elif older:
        old_paid, old_bonus = sum(lot.paid for lot in older), sum(lot.bonus for lot in older)
        card = prepaid.card_worth(paid=old_paid, bonus=old_bonus, consumed_face=consumed, cause=terms.cause)
        value, back = card.consumed_value, cooling + card.principal_refund
    else:
        value, back = 0, cooling
    return Worth(
        paid=paid,
        bonus=bonus,
        consumed_face=consumed,
        consumed_value=value,
        cooling_off=cooling,
        principal_refund=back,
        interest=_interest(lots, back, terms, until),
        rule=rule,
    )


def _interest(lots: Sequence[Lot], back: int, terms: Terms, until: date) -> int:
    """Each lot bears its own contract's rate on its share of what goes back (Art. 16, 17)."""
    shares = money.share(back, [lot.paid for lot in lots])
    return sum(
        interest.simple(part, lot.rates.for_cause(terms.cause), since=terms.rescinded_on, until=until)
        for lot, part in zip(lots, shares, strict=True)
    )


def check_payee(
    *, holder: str, person: str, payee: str, id_number: str, account: str, payout: str, total: int
) -> None:
    """The person who stands here is the holder, is known by her paper, and is paid herself.

    Raises Invalid, Refusal card_not_hers, payee_not_holder or cash_too_much.
    """
    wrong = []
    if payout not in PAYOUTS:
        wrong.append(FieldError(("payout",), "out_of_range"))
    if not _plain(person):
        wrong.append(FieldError(("person",), "missing"))
    if not id_valid(id_number):
        wrong.append(FieldError(("id_number",), "bad_value" if id_number.strip() else "missing"))
    if payout == "transfer" and not re.fullmatch(r"[0-9]{8,30}", account.replace(" ", "")):
        wrong.append(FieldError(("account",), "bad_value" if account.strip() else "missing"))
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    if holder and _plain(person) != _plain(holder):
        raise Refusal("card_not_hers")
    if payout == "transfer" and _plain(payee) != _plain(person):
        raise Refusal("payee_not_holder")
    if payout == "cash" and total > CASH_MOST:
        raise Refusal("cash_too_much", total=total, limit=CASH_MOST)


def id_valid(number: str) -> bool:
    """Whether the check digit of an 18-digit identity number is right (GB 11643)."""
    plain = number.strip().upper()
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(plain, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == plain[-1]


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()

"""赔偿: what a shop owes beyond the price, never a refund and never less revenue (domain R-23, R-24). Fen.

消费者权益保护法 Art. 55: three times the price where a customer was deceived, at least 500 yuan. 食品安全法 Art. 148: ten times the
price of food below the safety standards, at least 1000 yuan; the sheet marks that figure as unverified. 民法典 Art. 587: 定金 once
more where the merchant fails. Anything else was agreed or ordered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .authority import Role
from .refusal import Conflict, FieldError, Invalid
from .rules import Rules


class Kind(StrEnum):
    """Why it is owed."""

    DECEIVED = "deceived"
    UNSAFE_FOOD = "unsafe_food"
    EARNEST = "earnest"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class Law:
    """So many times the price, and at least so much."""

    times: int
    least: int


LAWS = {Kind.DECEIVED: Law(3, 50_000), Kind.UNSAFE_FOOD: Law(10, 100_000), Kind.EARNEST: Law(1, 0)}


class State(StrEnum):
    AWAITING = "awaiting"
    APPROVED = "approved"
    """The customer is owed it."""
    PAID = "paid"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    PAY = "pay"
    WITHDRAW = "withdraw"


LIVE = (State.AWAITING, State.APPROVED, State.PAID)
TABLE: dict[tuple[State, Event], State] = {
    (State.AWAITING, Event.APPROVE): State.APPROVED,
    (State.AWAITING, Event.REJECT): State.REJECTED,
    (State.AWAITING, Event.WITHDRAW): State.WITHDRAWN,
    (State.APPROVED, Event.WITHDRAW): State.WITHDRAWN,
    (State.APPROVED, Event.PAY): State.PAID,
}


def after(state: State, event: Event) -> State:
    """Where it stands then. Raises Conflict compensation_decided."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise Conflict("compensation_decided", state=str(state)) from None


def due(kind: Kind, *, price: int, sold: int, agreed: int = 0) -> int:
    """What is owed for goods of `price`, at most what was `sold`; where it was `agreed`, that. Raises Invalid."""
    law = LAWS.get(kind)
    if law is None:
        if agreed <= 0:
            raise Invalid("input_invalid", errors=[FieldError(("amount",), "not_positive")])
        return agreed
    if not 0 < price <= sold:
        raise Invalid("input_invalid", errors=[FieldError(("price",), "out_of_range")])
    if agreed:
        # the law fixes the sum: who agreed on another one says so by the kind
        raise Invalid("input_invalid", errors=[FieldError(("amount",), "not_offered")])
    return max(law.times * price, law.least)


def deciders(amount: int, rules: Rules) -> tuple[Role, ...]:
    """Who may say yes, by the ladder of refunds (domain §8.2): the manager, above her limit finance, above both the owner."""
    if amount > rules.approval_fen["manager_finance"]:
        return (Role.OWNER,)
    if amount > rules.approval_fen["manager"]:
        return (Role.FINANCE, Role.OWNER)
    return (Role.MANAGER, Role.FINANCE, Role.OWNER)

"""What a person may do about money that came back and its channel can send elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from sudapos.books import reissues
from sudapos.books.legs import Leg
from sudapos.books.reissues import Reissue
from sudapos.books.staff import Operator
from sudapos.core import capability
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import RETURNED


@dataclass(frozen=True, slots=True)
class Choice:
    """What this person may do about one bounced leg."""

    wish: Reissue | None
    is_moving: bool
    may_propose: bool
    may_send: bool
    banks: tuple[str, ...]


def of(leg: Leg, operator: Operator, *, stranger: bool) -> Choice | None:
    """None where the channel cannot do it, or there is nothing to send."""
    row = capability.get(leg.channel)
    if leg.state != LegState.BOUNCED or leg.error_code == RETURNED:
        return None
    if not row.reissue or not leg.channel_refund_ref:
        return None
    wish, moving = reissues.waiting(leg), reissues.under_way(leg)
    other = wish is not None and wish.proposed_by != operator.code
    return Choice(
        wish=wish,
        is_moving=moving,
        may_propose=stranger and wish is None and not moving and operator.may(Act.APPROVE_TRANSFER),
        may_send=stranger and other and operator.may(Act.MAKE_TRANSFER),
        banks=row.reissue_banks,
    )

"""A cash refund that this till's drawer cannot pay: how much is missing, and the ways out on the refund's own page (domain §8.4)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.http import HttpRequest

from sudapos.books import drawers
from sudapos.books.drawers import Outlook
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.core.rules import Rules

from . import frame


@dataclass(frozen=True, slots=True)
class Short:
    """One leg that waits for cash, and what this person may do about it. `outlook` is None where no shift is open here."""

    leg: Leg
    till: str
    outlook: Outlook | None
    may_fetch: bool
    may_transfer: bool
    key: str

    @property
    def way_names(self) -> tuple[str, ...]:
        return self.outlook.ways if self.outlook else ()


def till_of(request: HttpRequest, refund: Refund) -> str:
    """The till at which this person stands, if it is one of the store that refunds."""
    seat = frame.seat_of(request)
    return seat.till if seat.store == refund.store.code else ""


def of(request: HttpRequest, refund: Refund, rules: Rules) -> list[Short]:
    """Cash of this refund that cannot be paid here now; nothing for who pays no cash, or where no drawers are kept."""
    who, till = frame.operator_of(request), till_of(request, refund)
    waiting = [leg for leg in refund.legs.all() if leg.route == Route.CASH and leg.state == LegState.ACCEPTED]
    if not waiting or not (who.may(Act.PAY_CASH) or who.may(Act.APPROVE_TRANSFER)):
        return []
    if not drawers.is_kept(refund.store_id):
        return []
    code = till or refund.till
    is_open = drawers.has_open_shift(refund.store_id, code)
    found = []
    for leg in waiting:
        outlook = drawers.outlook(leg, till=till, rules=rules)
        if outlook is None and is_open:
            continue
        found.append(
            Short(
                leg=leg,
                till=code,
                outlook=outlook,
                may_fetch=is_open and who.may(Act.WORK_DRAWER),
                may_transfer=who.may(Act.APPROVE_TRANSFER) and who.pk != refund.operator_id,
                key=secrets.token_urlsafe(18),
            )
        )
    return found

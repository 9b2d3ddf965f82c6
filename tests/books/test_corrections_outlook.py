"""What a correction would do is said as it is: what the outlook promises, opening does, whatever became of the money before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sudapos.books import answers, corrections, moves, remedies
from sudapos.books.legs import Leg
from sudapos.core.outcome import Absent, Accepted, Deferred, Refused, Unknown
from sudapos.core.refusal import Refusal

from .test_corrections import wrong
from .test_set_offs import bounce, sent

WHOLE = 5997


def hear(shop, outcome):
    """The next send or question is answered so."""
    for leg in Leg.objects.filter(state__in=("ready", "in_doubt", "accepted")):
        shop.at = max(shop.at, leg.due_at)
    [order] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(order.attempt, outcome)], at=shop.at)
    return order


def over(shop):
    return shop.refund(shop.sell("S-1", channel="wechatpay"))


def never_sent(shop):
    return over(shop)


def awaiting(shop):
    return shop.refund(shop.sell("S-1", channel="wechatpay"), receipt="lost", operator="m01", evidence=("x",))


def put_off(shop):
    refund = over(shop)
    hear(shop, Deferred(code="no_connection"))
    return refund


def sent_and_never_seen(shop):
    refund = over(shop)
    hear(shop, Unknown(code="timeout"))
    for _ in range(4):
        if Leg.objects.get().state == "in_doubt":
            shop.later(hours=30)
            hear(shop, Absent())
    assert Leg.objects.get().state == "ready"
    return refund


def in_doubt(shop):
    refund = over(shop)
    hear(shop, Unknown(code="timeout"))
    return refund


def accepted(shop):
    refund = over(shop)
    hear(shop, Accepted())
    return refund


def refused(shop):
    refund = over(shop)
    hear(shop, Refused(code="account_closed"))
    return refund


def settled(shop):
    return sent(shop)[0]


def came_back(shop):
    refund, order = sent(shop)
    bounce(shop, order)
    return refund


def bounced_then_failed(shop):
    refund = came_back(shop)
    Leg.objects.update(state="failed")
    return refund


def alarmed(shop):
    refund = refused(shop)
    Leg.objects.update(alarm="old_number_paid")
    return refund


def dropped(shop):
    refund = over(shop)
    remedies.drop(refund.legs.get().leg_no, operator=shop.m02, at=shop.at)
    return type(refund).objects.get()


HISTORIES: list[tuple[Callable[[Any], Any], str, str]] = [
    (never_sent, "m02", "undone"),
    (never_sent, "c01", "may_not"),
    (awaiting, "m01", "undone"),
    (put_off, "m02", "may_not"),
    (put_off, "both", "undone"),
    (sent_and_never_seen, "both", "correction_waits"),
    (in_doubt, "both", "correction_waits"),
    (accepted, "both", "correction_waits"),
    (refused, "m02", "may_not"),
    (refused, "both", "undone"),
    (alarmed, "both", "leg_alarmed"),
    (bounced_then_failed, "both", "bounced_stays_owed"),
    (settled, "m02", "open"),
    (came_back, "m02", "open"),
    (dropped, "m02", "correction_too_much"),
]


def person(shop, code):
    if code != "both":
        return getattr(shop, code)
    who = shop.f02
    who.roles = ["finance", "manager"]
    return who


@pytest.mark.parametrize(
    ("history", "who", "end"), HISTORIES, ids=[f"{made.__name__} {who}" for made, who, _ in HISTORIES]
)
def test_what_the_outlook_says_is_what_opening_does(shop, history, who, end):
    refund = history(shop)
    operator = person(shop, who)
    refund = type(refund).objects.get(pk=refund.pk)
    before = refund.total - refund.undone

    def said(act):
        try:
            return str(act())
        except Refusal as refusal:
            return refusal.code

    told = said(lambda: corrections.outlook(refund, operator)[0])
    assert told == end
    amount = before or WHOLE
    assert said(lambda: wrong(shop, refund, amount=amount, operator=operator).state) == end

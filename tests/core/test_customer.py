from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sudapos.core import customer
from sudapos.core.customer import Told
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.core.wording import customer as words

BY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("state", "route", "told"),
    [
        ("ready", "refund", "taken"),
        ("sending", "refund", "taken"),
        ("in_doubt", "refund", "taken"),
        ("accepted", "refund", "moving"),
        ("accepted", "cash", "counter"),
        ("accepted", "transfer", "transfer"),
        ("settled", "refund", "arrived"),
        ("failed", "refund", "trouble"),
        ("bounced", "transfer", "trouble"),
        ("dropped", "cash", "closed"),
    ],
)
def test_a_customer_hears_no_more_than_we_know(state, route, told):
    assert customer.of_leg(state, route) == told


def test_every_state_on_every_route_has_a_word_and_a_sentence_in_both_languages():
    for state in LegState:
        for route in Route:
            told = customer.of_leg(state, route)
            for lang in ("zh", "en"):
                assert words.pick(words.STATES, told, lang)
                assert words.sentence(told, lang, arrives_by=BY, account="零钱", late=False)
                said = words.read_out(
                    told, lang, amount="¥1.00", account="零钱", arrives_by=None, phone="1", has_code=True
                )
                assert "¥1.00" in said and "{" not in said


def test_of_several_ways_the_one_that_concerns_the_customer_is_said_first():
    assert customer.of_all([Told.ARRIVED, Told.TROUBLE, Told.MOVING]) == Told.TROUBLE
    assert customer.of_all([Told.CLOSED, Told.ARRIVED]) == Told.ARRIVED
    assert customer.of_all([]) == Told.TAKEN


def test_a_date_that_passed_is_said_and_one_of_today_is_not_late():
    assert not customer.is_late(Told.MOVING, BY, today=BY)
    assert customer.is_late(Told.MOVING, BY, today=date(2026, 11, 26))
    assert not customer.is_late(Told.ARRIVED, BY, today=date(2027, 1, 1))
    assert words.sentence("moving", "zh", arrives_by=BY, account="", late=True) == (
        "已过预计日期 11 月 25 日，请联系商家查询"
    )


def test_the_texts_are_those_of_the_domain():
    say = words.sentence
    assert words.pick(words.STATES, "taken", "zh") == "受理中"
    assert say("moving", "zh", arrives_by=BY, account="", late=False) == "退款处理中，预计 11 月 25 日前到账"
    assert say("arrived", "zh", arrives_by=None, account="零钱", late=False) == "退款成功，已退回零钱"
    assert say("trouble", "zh", arrives_by=None, account="", late=False) == "退款异常，请联系商家"


def test_a_page_ends_some_days_after_the_last_thing_that_happened_and_not_before():
    closed = datetime(2026, 11, 25, 4, tzinfo=UTC)
    assert customer.ends(closed, 90) == datetime(2027, 2, 23, 4, tzinfo=UTC)
    assert customer.ends(None, 90) is None

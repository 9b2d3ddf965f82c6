"""Cash and bank transfer: a person moves the money."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from sudapos import channels
from sudapos.channels.base import Channel, StatementMissing
from sudapos.core.outcome import Accepted
from sudapos.core.refusal import Invalid

from .recorded import order


@pytest.fixture(params=["cash", "transfer"])
def by_hand(request: pytest.FixtureRequest) -> Channel:
    return channels.open_account(request.param, {})


@pytest.mark.parametrize("verb", ["refund", "void", "ask"])
def test_every_question_has_the_same_answer_not_yet(by_hand: Channel, verb: str) -> None:
    assert asyncio.run(getattr(by_hand, verb)(order())) == Accepted()


def test_there_is_no_statement_to_fetch(by_hand: Channel) -> None:
    with pytest.raises(StatementMissing) as caught:
        asyncio.run(by_hand.statement(date(2026, 11, 23)))
    assert caught.value.code == "no_statement"


def test_there_is_nothing_to_check_and_nothing_to_close(by_hand: Channel) -> None:
    assert asyncio.run(by_hand.check()) == "by hand"
    asyncio.run(by_hand.aclose())


def test_there_is_nothing_to_configure() -> None:
    with pytest.raises(Invalid) as caught:
        channels.open_account("cash", {"app_id": "1"})
    assert [(fault.loc, fault.code) for fault in caught.value.errors] == [(("app_id",), "unknown_field")]

"""The life of a terminal: sign-on, sale, void, refund, reversal, settlement, against the host over real sockets."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sudapos import channels
from sudapos.channels.base import CheckFailed, StatementMissing
from sudapos.channels.iso8583 import Config, Terminal, codes, memory, terminal
from sudapos.channels.iso8583.messages import Card
from sudapos.core.outcome import Absent, Deferred, Order, Outcome, Refused, Route, Settled, Unknown, Verb
from sudapos.core.refusal import Invalid
from sudapos.sandbox import server

from .pocket import Pocket

CARD = Card(
    pan="6212345678901234569", expiry="3012", track_2="6212345678901234569D30122010000000000", pin="123456"
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[server.Running]:
    with server.running() as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(sandbox: server.Running) -> Iterator[None]:
    yield
    sandbox.clear_faults()


class Till:
    """A terminal of its own, with its memory."""

    def __init__(self, sandbox: server.Running) -> None:
        self.sandbox, self.pocket = sandbox, Pocket()
        name = f"terminal-{next(_numbers)}"
        sandbox.control("POST", "accounts", {"channel": "card", "account": name})
        self.config = {**sandbox.config(name), "timeout_seconds": "1"}

    def run(self, verb: Any, **config: str) -> Any:
        async def once() -> Any:
            made = Terminal(Config.from_mapping({**self.config, **config}), memory=self.pocket)
            return await verb(made)

        coroutine: Coroutine[Any, Any, Any] = once()
        return asyncio.run(coroutine)

    def sale(self, amount: int = 5980, card: Card = CARD) -> Order:
        number = f"P{next(_numbers):06d}"
        outcome = self.run(lambda made: made.sale(number, amount, card))
        assert isinstance(outcome, Settled), outcome
        place = asyncio.run(self.pocket.found(number))
        assert place is not None
        return order_of(place)

    def say(self, verb: str, order: Order, **config: str) -> Outcome:
        outcome: Outcome = self.run(lambda made: getattr(made, verb)(order), **config)
        return outcome

    def rows(self) -> list[tuple[str, int, int]]:
        merchant = self.config["merchant_no"]
        name = next(
            n for n, one in self.sandbox.accounts.items() if one["config"].get("merchant_no") == merchant
        )
        return [
            (row["kind"], row["amount"], row["times_paid"])
            for row in self.sandbox.ledger(channel="card", account=name)
        ]


def order_of(place: memory.Place, amount: int = 1280) -> Order:
    return Order(
        number=f"R{next(_numbers):06d}",
        verb=Verb.REFUND,
        route=Route.REFUND,
        channel="card",
        account="main",
        amount=amount,
        paid_amount=place.amount,
        out_trade_no="",
        channel_ref=place.reference_no,
        paid_at=datetime.now(UTC),
        reason="退货",
        extra={
            "batch_no": place.batch_no,
            "trace_no": place.trace_no,
            "reference_no": place.reference_no,
            "auth_code": place.auth_code,
        },
    )


def whole(order: Order) -> Order:
    return replace(order, amount=order.paid_amount, route=Route.VOID, number=f"V{next(_numbers):06d}")


@pytest.fixture
def till(sandbox: server.Running) -> Till:
    return Till(sandbox)


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


def test_a_sale_is_refunded_in_parts_and_never_beyond(till: Till) -> None:
    order = till.sale()
    first = till.say("refund", order)
    assert isinstance(first, Settled) and len(first.channel_refund_ref) == 12
    assert isinstance(till.say("refund", another(order, 4700)), Settled)
    assert kind(till.say("refund", another(order, 1))) == ("Refused", "over_amount")
    assert till.rows() == [("sale", 5980, 1), ("refund", 1280, 1), ("refund", 4700, 1)]


def another(order: Order, amount: int) -> Order:
    return replace(order, number=f"R{next(_numbers):06d}", amount=amount)


def test_a_void_undoes_a_sale_of_the_open_batch(till: Till) -> None:
    order = whole(till.sale())
    assert isinstance(till.say("void", order), Settled)
    assert isinstance(till.say("ask", order), Settled)
    assert kind(till.say("void", whole(order))) == ("Refused", "void_window_closed")
    assert till.rows() == [("sale", 5980, 1), ("void", 5980, 1)]


def test_a_void_after_the_settlement_is_refused_and_a_refund_is_still_open(till: Till) -> None:
    order = till.sale()
    assert till.run(lambda made: made.settle()) == terminal.Balance("000001", True, 0)
    assert kind(till.say("void", whole(order))) == ("Refused", "void_window_closed")
    assert isinstance(till.say("refund", another(order, 5980)), Settled)


def test_a_refund_without_an_answer_is_in_doubt_and_nothing_is_sent_again(till: Till) -> None:
    order = till.sale()
    till.sandbox.fault("card", "refund", "hang_after", times=1)
    assert kind(till.say("refund", order)) == ("Unknown", "no_answer")
    for verb in ("ask", "refund", "ask"):
        assert kind(till.say(verb, order)) == ("Unknown", "no_question")
    till.sale()  # the next transaction reverses nothing
    assert till.rows()[-1] == ("refund", 1280, 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("hang_before", "98"), ("hang_after", "98"), ("bad_signature", "A0"), ("garbage", "98")],
)
def test_a_void_without_a_good_answer_is_reversed_before_the_next_transaction(
    till: Till, fault: str, reason: str
) -> None:
    order = whole(till.sale())
    till.sandbox.fault("card", "void", fault, times=1)
    assert kind(till.say("void", order)) == ("Unknown", "reversing")
    assert till.pocket.places[-1].reversal["39"] == reason
    till.sale(300)
    assert kind(till.say("ask", order)) == ("Refused", "reversed")
    assert [row for row in till.rows() if row[0] == "void" and row[2]] == []
    assert isinstance(till.say("refund", another(order, 5980)), Settled)


def test_a_question_about_a_void_sends_the_reversal_that_is_owed(till: Till) -> None:
    order = whole(till.sale())
    till.sandbox.fault("card", "void", "reset_after", times=1)
    assert kind(till.say("void", order)) == ("Unknown", "reversing")
    assert kind(till.say("ask", order)) == ("Refused", "reversed")


def test_a_power_cut_behind_a_void_leaves_its_reversal_on_disk(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = whole(till.sale())

    async def cut(*_: object, left: Any, **__: object) -> bytes:
        await left()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("sudapos.channels.wire.exchange", cut)
        till.say("void", order)
    place = till.pocket.places[-1]
    assert place.state == memory.SENT and place.reversal["11"] == place.trace_no
    assert {"2", "35", "52", "37", "64"}.isdisjoint(place.reversal)


def test_a_reversal_that_nobody_answers_ends_with_people(till: Till) -> None:
    order = whole(till.sale())
    till.sandbox.fault("card", "void", "hang_before", times=1)
    till.say("void", order, reversal_tries="2")
    place = till.pocket.places[-1]
    asyncio.run(till.pocket.mark(place, memory.REVERSING, reversal={**place.reversal, "41": "00000000"}))
    for expected in ("reversing", "ask_the_acquirer", "ask_the_acquirer"):
        assert kind(till.say("ask", order, reversal_tries="2")) == ("Unknown", expected)


def test_the_batch_is_closed_when_both_sums_agree(till: Till) -> None:
    order = till.sale()
    till.say("refund", order)
    till.say("void", whole(till.sale(300)))
    assert till.run(lambda made: made.settle()) == terminal.Balance("000001", True, 0)
    till.sale(100)
    assert till.pocket.kept.batch_no == "000002" and till.pocket.places[-1].batch_no == "000002"


def test_a_batch_that_does_not_balance_is_uploaded_and_closed(till: Till) -> None:
    till.sale()
    till.sale(300)
    till.pocket.places.pop()
    assert till.run(lambda made: made.settle()) == terminal.Balance("000001", False, 1)
    till.sale(100)
    assert till.pocket.kept.batch_no == "000002"


def test_another_batch_at_the_host_means_sign_on_and_try_again(till: Till) -> None:
    order = till.sale()
    till.pocket.kept = memory.Desk("000777", till.pocket.kept.key_block)
    assert kind(till.say("refund", order)) == ("Deferred", "sign_on_again")
    assert till.pocket.kept.key_block == ""
    assert isinstance(till.say("refund", order), Settled)
    assert till.rows()[1:] == [("refund", 1280, 1)]


def test_nobody_there_leaves_the_place_free_for_the_same_number(till: Till) -> None:
    order = till.sale()
    assert kind(till.say("refund", order, port="1")) == ("Deferred", "never_left")
    assert isinstance(till.say("ask", order), Absent)
    assert isinstance(till.say("refund", order), Settled)


def test_a_declined_card_and_a_missing_reference(till: Till) -> None:
    poor = Card(pan="6212345678900051", expiry="3012")
    outcome = till.run(lambda made: made.sale("P-poor", 100, poor))
    assert outcome == Refused(code="declined", message="51")
    order = till.sale()
    lost = replace(order, channel_ref="", extra={})
    assert kind(till.say("refund", lost)) == ("Refused", "order_unknown")


def test_another_master_key_is_seen_at_sign_on(till: Till) -> None:
    with pytest.raises(CheckFailed, match="SIGN_ERROR"):
        till.run(lambda made: made.check(), tmk="0" * 32)
    assert till.run(lambda made: made.check()) == f"terminal {till.config['terminal_no']}, batch 000001"


def test_without_a_memory_nothing_that_moves_money_is_sent(till: Till) -> None:
    order = till.sale()

    async def bare(verb: str) -> Outcome:
        outcome: Outcome = await getattr(channels.open_account("card", till.config), verb)(order)
        return outcome

    assert asyncio.run(bare("refund")) == Deferred(code="account_unusable", after=300)
    assert asyncio.run(bare("void")) == Deferred(code="account_unusable", after=300)
    assert kind(asyncio.run(bare("ask"))) == ("Unknown", "no_question")
    with pytest.raises(StatementMissing, match="no_statement"):
        till.run(lambda made: made.statement(datetime.now(UTC).date()))


@pytest.mark.parametrize("code", sorted(codes.ERRORS))
def test_every_code_of_the_sheet_has_a_meaning(code: str) -> None:
    outcome = codes.error(code)
    assert outcome.message == code and outcome.code
    if code in codes.SIGN_ON_AGAIN | {"90"}:
        assert isinstance(outcome, Deferred)
    assert not isinstance(outcome, Deferred) or code in codes.SIGN_ON_AGAIN | {"90"}


def test_a_code_that_is_not_on_the_list_is_in_doubt() -> None:
    assert codes.error("Q7") == Unknown(code="unknown_code", message="Q7")
    assert not codes.APPROVED & set(codes.ERRORS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"),
        ("port", "x"),
        ("merchant_no", "1"),
        ("terminal_no", "123456789"),
        ("tmk", "hunter2"),
        ("tpdu", "61"),
        ("key_kind", "sm4"),
        ("mac_algorithm", "sm4"),
        ("reversal_tries", "0"),
        ("timeout_seconds", "31"),
        ("host", "a b"),
    ],
)
def test_a_wrong_value_is_named_and_never_quoted(till: Till, name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        channels.open_account("card", {**till.config, name: value})
    assert [(fault.loc, fault.code) for fault in caught.value.errors] == [((name,), "unusable")]
    assert value not in str(caught.value) or len(value) < 3


def test_nothing_of_the_card_is_kept(till: Till) -> None:
    till.sale()
    kept = repr(
        [till.pocket.places, [place.reversal for place in till.pocket.places], CARD, till.pocket.kept]
    )
    assert CARD.pan not in kept and CARD.pin not in kept and till.config["tmk"] not in kept

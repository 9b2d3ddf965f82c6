"""What every connected channel must do with its other side, over real loopback sockets: one table of troubles."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sudapos import channels
from sudapos.channels.base import CheckFailed, StatementMissing
from sudapos.core.outcome import Order, Outcome, Route, Verb
from sudapos.sandbox import server

WALLETS = ["wechatpay", "alipay"]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with server.running(home=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(sandbox: server.Running) -> Iterator[None]:
    yield
    sandbox.clear_faults()


class Till:
    """One account at one channel, asked from a test without an event loop of its own."""

    def __init__(self, sandbox: server.Running, channel: str) -> None:
        self.sandbox, self.channel = sandbox, channel
        self.config = {**sandbox.config(f"demo-{channel}"), "timeout_seconds": "1"}

    def paid(self, amount: int = 5980) -> Order:
        number = f"K{next(_numbers):08d}"
        ref = self.sandbox.order(self.channel, f"POS{number}", amount)
        return Order(
            number=f"R{number}",
            verb=Verb.REFUND,
            route=Route.REFUND,
            channel=self.channel,
            account=f"demo-{self.channel}",
            amount=1280,
            paid_amount=amount,
            out_trade_no=f"POS{number}",
            channel_ref=ref,
            paid_at=datetime.now(UTC) - timedelta(hours=1),
            reason="质量问题",
        )

    def say(self, verb: str, order: Order, **config: str) -> Outcome:
        async def once() -> Outcome:
            channel = channels.open_account(self.channel, {**self.config, **config})
            try:
                answer: Outcome = await getattr(channel, verb)(order)
                return answer
            finally:
                await channel.aclose()

        return asyncio.run(once())

    def asked(self, order: Order) -> Outcome:
        self.sandbox.settle()
        return self.say("ask", order)


@pytest.fixture(params=WALLETS)
def till(request: pytest.FixtureRequest, sandbox: server.Running) -> Till:
    return Till(sandbox, request.param)


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


def test_a_refund_settles_and_the_channels_books_show_it_once(till: Till) -> None:
    order = till.paid()
    first = till.say("refund", order)
    assert kind(first)[0] == {"wechatpay": "Accepted", "alipay": "Settled"}[till.channel]
    assert kind(till.asked(order)) == ("Settled", "")
    assert till.sandbox.times_paid(order.number) == 1


def test_a_repeated_number_moves_no_more_money(till: Till) -> None:
    order = till.paid()
    for _ in range(3):
        assert kind(till.say("refund", order))[0] in ("Accepted", "Settled", "Unknown")
    till.asked(order)
    assert till.sandbox.times_paid(order.number) == 1


def test_a_repeated_number_with_another_amount_is_refused(till: Till) -> None:
    order = till.paid()
    till.say("refund", order)
    till.sandbox.advance(120)
    outcome = till.say("refund", replace(order, amount=1281))
    assert kind(outcome)[0] == "Refused"
    till.asked(order)
    assert till.sandbox.times_paid(order.number) == 1


def test_more_than_was_paid_is_refused(till: Till) -> None:
    order = till.paid(amount=1000)
    assert kind(till.say("refund", order))[0] == "Refused"
    assert till.sandbox.times_paid(order.number) == 0


def test_an_order_that_the_channel_does_not_know_is_refused(till: Till) -> None:
    order = replace(till.paid(), channel_ref="", out_trade_no="POSNEVERHEARDOF")
    assert kind(till.say("refund", order))[0] == "Refused"


def test_a_number_that_was_never_sent_is_absent(till: Till) -> None:
    assert kind(till.say("ask", till.paid()))[0] == "Absent"


TROUBLES: list[tuple[str, str, tuple[str, str], int]] = [
    ("refuse_connection", "refund", ("Unknown", "no_answer"), 0),
    ("hang_before", "refund", ("Unknown", "no_answer"), 0),
    ("hang_after", "refund", ("Unknown", "no_answer"), 1),
    ("reset_after", "refund", ("Unknown", "no_answer"), 1),
    ("error_500_before", "refund", ("Unknown", "*"), 0),
    ("error_500_after", "refund", ("Unknown", "*"), 1),
    ("garbage", "refund", ("Unknown", "*"), 1),
    ("bad_signature", "refund", ("Unknown", "bad_signature"), 1),
    ("unknown_code", "refund", ("Unknown", "unknown_code"), 0),
    ("insufficient_balance", "refund", ("Deferred", "not_enough_balance"), 0),
]


@pytest.mark.parametrize(("fault", "verb", "expected", "paid"), TROUBLES, ids=[t[0] for t in TROUBLES])
def test_trouble_is_named_for_what_it_is(
    till: Till, fault: str, verb: str, expected: tuple[str, str], paid: int
) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, verb, fault, times=1)
    name, code = kind(till.say("refund", order))
    assert name == expected[0]
    assert expected[1] in ("*", code)
    assert kind(till.asked(order))[0] == ("Settled" if paid else "Absent")
    assert till.sandbox.times_paid(order.number) == paid


def test_rate_limited_is_never_read_as_a_no(till: Till) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, "refund", "rate_limited", times=1)
    assert kind(till.say("refund", order))[0] in ("Unknown", "Deferred")
    till.sandbox.advance(120)
    till.say("refund", order)
    till.asked(order)
    assert till.sandbox.times_paid(order.number) == 1


def test_a_closed_account_is_told_apart(till: Till) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, "refund", "closed_account", times=1)
    first = till.say("refund", order)
    if till.channel == "alipay":
        assert kind(first) == ("Refused", "account_closed")
    else:
        assert kind(first)[0] == "Accepted"
        assert kind(till.asked(order)) == ("Bounced", "account_closed")


def test_nobody_listening_means_that_nothing_left(till: Till) -> None:
    order = till.paid()
    outcome = till.say("refund", order, base_url="http://127.0.0.1:1/x")
    assert kind(outcome) == ("Deferred", "never_left")


def test_the_statement_shows_sale_and_refund(till: Till) -> None:
    order = till.paid()
    till.say("refund", order)
    till.asked(order)
    today = datetime.now(UTC).astimezone(till_zone()).date()
    till.sandbox.advance(24 * 3600)

    async def fetch() -> bytes:
        channel = channels.open_account(till.channel, till.config)
        try:
            return (await channel.statement(today)).content
        finally:
            await channel.aclose()

    try:
        content = asyncio.run(fetch())
    except StatementMissing as missing:  # pragma: no cover - shown when it fails
        pytest.fail(str(missing))
    assert content == till.sandbox.statement(till.channel, today.isoformat())
    if till.channel == "wechatpay":
        assert order.number in content.decode("utf-8-sig")
    else:
        assert content[:2] == b"PK"


def till_zone() -> Any:
    from sudapos.core.calendar import SHANGHAI

    return SHANGHAI


def test_a_harmless_signed_call_checks_an_account(till: Till) -> None:
    async def check(**config: str) -> str:
        channel = channels.open_account(till.channel, {**till.config, **config})
        try:
            return await channel.check()
        finally:
            await channel.aclose()

    assert asyncio.run(check())
    with pytest.raises(CheckFailed):
        asyncio.run(check(**{"wechatpay": {"serial_no": "00"}, "alipay": {"app_id": "1"}}[till.channel]))


def test_no_secret_shows_in_a_log_a_repr_or_an_exception(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = till.paid()
    till.say("refund", order)
    till.say("refund", order, base_url="http://127.0.0.1:1/x")
    module = channels.REGISTRY[till.channel]
    shown = caplog.text + repr(module.Config.from_mapping(till.config))
    secrets = [
        till.config[f.name] for f in channels.fields(till.channel) if f.secret and till.config.get(f.name)
    ]
    assert len(secrets) >= 1
    for secret in secrets:
        for part in secret.splitlines():
            if "-----" not in part and part:
                assert part not in shown

"""What every connected channel must do with its other side, over real loopback sockets: one table of troubles."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sudapos import channels
from sudapos.channels.base import Channel, CheckFailed, NoticeRejected, StatementMissing
from sudapos.core import capability
from sudapos.core.outcome import Order, Outcome, Route, Verb
from sudapos.sandbox import server
from tests.channels import profiles

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
        self.sandbox, self.channel, self.profile = sandbox, channel, profiles.load(channel)
        self.config = {**sandbox.config(f"demo-{channel}"), "timeout_seconds": "1"}

    def paid(self, amount: int = 5980, *, notify_url: str = "") -> Order:
        number = f"K{next(_numbers):08d}"
        wish = {"channel": self.channel, "order_no": f"POS{number}", "amount": amount}
        made = self.sandbox.control("POST", "orders", wish)
        return Order(
            number=f"R{number}",
            verb=Verb.REFUND,
            route=Route.REFUND,
            channel=self.channel,
            account=f"demo-{self.channel}",
            amount=1280,
            paid_amount=amount,
            out_trade_no=f"POS{number}",
            channel_ref=made["channel_ref"],
            paid_at=datetime.fromisoformat(made["paid_at"]),
            reason="质量问题",
            first_sent_at=datetime.now(UTC),
            notify_url=notify_url,
            extra=made["extra"],
        )

    def say(self, verb: str, order: Order, **config: str) -> Outcome:
        async def once() -> Outcome:
            channel = self.opened(**config)
            try:
                answer: Outcome = await getattr(channel, verb)(order)
                return answer
            finally:
                await channel.aclose()

        return asyncio.run(once())

    def opened(self, **config: str) -> Channel:
        return channels.open_account(self.channel, {**self.config, **config}, **self.profile.opening())

    def asked(self, order: Order) -> Outcome:
        self.sandbox.settle()
        return self.say("ask", order)

    def times_paid(self, order: Order) -> int:
        """How often money moved back, by the channel's own books."""
        if self.profile.numbered:
            return self.sandbox.times_paid(order.number)
        rows = self.sandbox.ledger(order_no=order.out_trade_no)
        return sum(row["times_paid"] for row in rows if row["kind"] != "sale")


@pytest.fixture(params=profiles.CONNECTED)
def till(request: pytest.FixtureRequest, sandbox: server.Running) -> Till:
    return Till(sandbox, request.param)


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


def test_a_refund_settles_and_the_channels_books_show_it_once(till: Till) -> None:
    order = till.paid()
    first = till.say("refund", order)
    assert kind(first)[0] == ("Settled" if till.profile.settles_at_once else "Accepted")
    assert kind(till.asked(order)) == ("Settled", "")
    assert till.times_paid(order) == 1


def test_a_repeated_number_moves_no_more_money(till: Till) -> None:
    order = till.paid()
    for _ in range(3):
        assert kind(till.say("refund", order))[0] in ("Accepted", "Settled", "Unknown")
    till.asked(order)
    assert till.times_paid(order) == 1


def test_a_repeated_number_with_another_amount_is_refused(till: Till) -> None:
    order = till.paid()
    till.say("refund", order)
    till.sandbox.advance(till.profile.pause)
    outcome = till.say("refund", replace(order, amount=1281))
    assert kind(outcome)[0] in till.profile.other_content
    till.asked(order)
    assert till.times_paid(order) == 1


def test_more_than_was_paid_is_refused(till: Till) -> None:
    order = till.paid(amount=1000)
    assert kind(till.say("refund", order))[0] == "Refused"
    assert till.times_paid(order) == 0


def test_an_order_that_the_channel_does_not_know_is_refused(till: Till) -> None:
    order = till.paid()
    stray = till.profile.unknown_payment or (
        lambda order: replace(order, channel_ref="", out_trade_no="POSNEVERHEARDOF")
    )
    assert kind(till.say("refund", stray(order)))[0] == "Refused"
    assert till.times_paid(order) == 0


def test_a_number_that_was_never_sent_is_absent(till: Till) -> None:
    assert kind(till.say("ask", till.paid()))[0] in till.profile.unasked


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
    if fault == "bad_signature" and not till.profile.signed_replies:
        return
    if fault in till.profile.troubles:
        *wanted, paid = till.profile.troubles[fault]
        expected = (wanted[0], wanted[1])
    till.sandbox.fault(till.channel, verb, fault, times=1)
    name, code = kind(till.say("refund", order))
    assert name == expected[0]
    assert expected[1] in ("*", code)
    after = kind(till.asked(order))[0]
    if till.profile.askable:
        assert after in (("Settled",) if paid else till.profile.unasked)
    else:
        assert after in ("Unknown", "Refused")
    assert till.times_paid(order) == paid


def test_rate_limited_is_never_read_as_a_no(till: Till) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, "refund", "rate_limited", times=1)
    assert kind(till.say("refund", order))[0] in ("Unknown", "Deferred")
    till.sandbox.advance(till.profile.pause)
    till.say("refund", order)
    till.asked(order)
    assert till.times_paid(order) == 1


def test_a_question_asked_at_once_never_reads_a_no(till: Till) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, "refund", "hang_after", times=1)
    till.say("refund", order)
    assert kind(till.say("ask", order))[0] in ("Settled", "Accepted", "Unknown", "Absent")


@pytest.mark.parametrize(
    "fault", ["hang_before", "error_500_before", "garbage", "bad_signature", "unknown_code"]
)
def test_a_question_without_a_good_answer_leaves_the_matter_open(till: Till, fault: str) -> None:
    if not till.profile.askable:
        return
    order = till.paid()
    till.say("refund", order)
    till.sandbox.settle()
    if fault == "bad_signature" and not till.profile.signed_replies:
        return
    till.sandbox.fault(till.channel, "ask", fault, times=1)
    assert kind(till.say("ask", order))[0] == "Unknown"
    assert kind(till.asked(order)) == ("Settled", "")


def test_a_void_undoes_a_whole_payment_once_or_is_said_to_be_none(till: Till) -> None:
    order = till.paid()
    whole = replace(order, verb=Verb.VOID, route=Route.VOID, amount=order.paid_amount)
    if not till.profile.voids:
        assert kind(till.say("void", whole)) == ("Refused", "void_not_offered")
        return
    assert kind(till.say("void", whole))[0] in ("Settled", "Accepted")
    till.say("void", whole)
    assert kind(till.asked(whole)) == ("Settled", "")
    back = [row for row in till.sandbox.ledger(order_no=order.out_trade_no) if row["kind"] != "sale"]
    assert [(row["amount"], row["times_paid"]) for row in back] == [(order.paid_amount, 1)]


def test_a_closed_account_is_told_apart(till: Till) -> None:
    order = till.paid()
    till.sandbox.fault(till.channel, "refund", "closed_account", times=1)
    first = kind(till.say("refund", order))
    assert (kind(till.asked(order)) if till.profile.closed_later else first) == till.profile.closed


def test_nobody_listening_means_that_nothing_left(till: Till) -> None:
    order = till.paid()
    outcome = till.say("refund", order, **till.profile.unreachable)
    assert kind(outcome) == ("Deferred", "never_left")


def test_the_statement_shows_sale_and_refund(till: Till) -> None:
    order = till.paid()
    till.say("refund", order)
    till.asked(order)
    today = capability.clearing_day(capability.get(till.channel), order.paid_at)
    till.sandbox.advance(24 * 3600)

    async def fetch() -> bytes:
        channel = till.opened()
        try:
            return (await channel.statement(today)).content
        finally:
            await channel.aclose()

    if till.profile.statement_shows is None:
        with pytest.raises(StatementMissing) as missing:
            asyncio.run(fetch())
        assert missing.value.code == "no_statement"
        return
    content = asyncio.run(fetch())
    assert content == till.sandbox.statement(till.channel, today.isoformat())
    assert till.profile.statement_shows(content, order)


def test_a_harmless_signed_call_checks_an_account(till: Till) -> None:
    async def check(**config: str) -> str:
        channel = till.opened(**config)
        try:
            return await channel.check()
        finally:
            await channel.aclose()

    assert asyncio.run(check())
    with pytest.raises(CheckFailed):
        asyncio.run(check(**till.profile.broken))


def test_no_secret_shows_in_a_log_a_repr_or_an_exception(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = till.paid()
    till.say("refund", order)
    till.say("refund", order, **till.profile.unreachable)
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


class Letterbox:
    """Takes every notice in and says no, so that the channel repeats it."""

    def __init__(self) -> None:
        self.heard: list[tuple[Message, bytes]] = []
        box = self

        class Slot(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                box.heard.append((self.headers, body))
                self.send_response(500)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Slot)
        self.url = f"http://127.0.0.1:{self._server.server_port}/notices"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def wait_for(self, count: int) -> None:
        """Until so many are in, at most five seconds."""
        deadline = time.monotonic() + 5
        while len(self.heard) < count and time.monotonic() < deadline:
            time.sleep(0.02)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    box = Letterbox()
    yield box
    box.close()


@pytest.mark.parametrize("fault", ["", "duplicate_notice", "forged_notice", "bad_signature", "garbage"])
def test_a_notice_is_believed_only_if_the_channel_signed_it(
    till: Till, letterbox: Letterbox, fault: str
) -> None:
    module = channels.REGISTRY[till.channel]
    if not till.profile.notices:
        return
    if fault:
        till.sandbox.fault(till.channel, "notice", fault, times=1)
    till.say("refund", till.paid(notify_url=letterbox.url))
    till.sandbox.settle()
    expected = {"": (1, 0), "duplicate_notice": (2, 0)}.get(fault, (0, 1))
    letterbox.wait_for(max(1, sum(expected)))
    config = module.Config.from_mapping(till.config)
    true = forged = 0
    for headers, body in letterbox.heard:
        try:
            assert module.read_notice(config, headers, body, at=datetime.now(UTC))
            true += 1
        except NoticeRejected:
            forged += 1
    if fault == "forged_notice":  # some channels say the same in a genuine one at once
        assert forged == 1 and true <= 1
    else:
        assert (true, forged) == expected


def test_a_notice_before_its_time_settles_nothing_by_itself(till: Till, letterbox: Letterbox) -> None:
    if not till.profile.notices:
        return
    till.sandbox.fault(till.channel, "notice", "out_of_order_notice", times=1)
    order = till.paid(notify_url=letterbox.url)
    till.say("refund", order)
    letterbox.wait_for(1)
    headers, body = letterbox.heard[0]
    module = channels.REGISTRY[till.channel]
    assert module.read_notice(module.Config.from_mapping(till.config), headers, body, at=datetime.now(UTC))
    assert kind(till.say("ask", order))[0] in ("Accepted", "Settled")
    assert kind(till.asked(order)) == ("Settled", "")
    assert till.times_paid(order) == 1

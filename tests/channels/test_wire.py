"""Never left, or no answer: told apart in one place (architecture §6.7)."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from sudapos.channels import wire
from sudapos.core import capability
from sudapos.core.outcome import Deferred, Unknown

from .recorded import OtherSide

URL = "https://channel.example/pay?token=hunter2"


def send(
    answer: httpx.Response | Exception, url: str = URL, *, at_most: int = wire.REPLY_AT_MOST
) -> wire.Reply | Deferred | Unknown:
    side = OtherSide([answer])
    return asyncio.run(
        wire.send(side.client(), "POST", url, headers={"A": "b"}, content=b"x", at_most=at_most)
    )


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol],
    ids=lambda error: error.__name__,
)
def test_what_failed_before_the_first_byte_never_left(error: type[Exception]) -> None:
    assert send(error("hunter2")) == Deferred(code="never_left", message=error.__name__)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.LocalProtocolError,
        httpx.ProxyError,
        httpx.DecodingError,
    ],
    ids=lambda error: error.__name__,
)
def test_what_failed_later_is_no_answer(error: type[Exception]) -> None:
    assert send(error("hunter2")) == Unknown(code="no_answer", message=error.__name__)


def test_every_transport_error_of_httpx_is_one_or_the_other() -> None:
    def below(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    for error in below(httpx.TransportError):
        outcome = send(error("hunter2"))
        assert outcome in (
            Deferred(code="never_left", message=error.__name__),
            Unknown(code="no_answer", message=error.__name__),
        )


@pytest.mark.parametrize(
    "url", ["ftp://x/", "nonsense", "http://[bad", "http://x:99999999999/", "http://a\x00b/"]
)
def test_an_address_that_is_none_never_left(url: str) -> None:
    caller = wire.client()
    outcome = asyncio.run(wire.send(caller, "GET", url, headers={}))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "never_left"


def test_a_header_that_cannot_be_written_never_left() -> None:
    side = OtherSide([])
    outcome = asyncio.run(wire.send(side.client(), "GET", URL, headers={"Authorization": "密钥"}))
    assert outcome == Deferred(code="never_left", message="UnicodeEncodeError")
    assert side.heard == []


def test_a_reply_comes_with_status_headers_and_raw_bytes() -> None:
    reply = send(httpx.Response(404, headers={"Wechatpay-Nonce": "n"}, content=b"\xff\x00"))
    assert isinstance(reply, wire.Reply)
    assert (reply.status, reply.headers["wechatpay-nonce"], reply.body) == (404, "n", b"\xff\x00")


def test_a_reply_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    kept = send(httpx.Response(200, content=b"0" * 100), at_most=100)
    assert isinstance(kept, wire.Reply)
    assert len(kept.body) == 100
    assert send(httpx.Response(200, content=b"0" * 101), at_most=100) == Unknown(
        code="no_answer", message="reply too large"
    )


def test_a_compressed_reply_counts_as_large_as_it_unpacks() -> None:
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"0" * 10_000))
    assert send(packed, at_most=1000) == Unknown(code="no_answer", message="reply too large")


def test_a_reply_that_does_not_unpack_is_no_answer() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield zlib.compress(b"x")[:4] + b"broken"

    reply = httpx.Response(200, headers={"Content-Encoding": "deflate"}, content=broken())
    assert send(reply) == Unknown(code="no_answer", message="DecodingError")


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    reply = send(httpx.Response(302, headers={"Location": "https://elsewhere.example/"}))
    assert isinstance(reply, wire.Reply)
    assert reply.status == 302


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk_to(listener: Talk, *, seconds: float = 5, read_seconds: float = 5, times: int = 1) -> list[object]:
    """What `send` makes of a real socket, called `times` over one client."""

    async def main() -> list[object]:
        server = await asyncio.start_server(listener, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        caller = wire.client(read_seconds=read_seconds)
        outcomes: list[object] = []
        for _ in range(times):
            url = f"http://127.0.0.1:{port}/"
            outcomes.append(await wire.send(caller, "POST", url, headers={}, content=b"x", seconds=seconds))
            await asyncio.sleep(0.05)
        await caller.aclose()
        server.close()
        return outcomes

    return asyncio.run(main())


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(200):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)
    writer.close()


def test_a_reply_that_drips_past_the_deadline_is_no_answer() -> None:
    assert talk_to(dripping, seconds=0.2) == [Unknown(code="no_answer", message="TimeoutError")]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def test_a_listener_that_never_answers_is_no_answer() -> None:
    assert talk_to(silent, read_seconds=0.1) == [Unknown(code="no_answer", message="ReadTimeout")]


async def hanging_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


def test_a_listener_that_hangs_up_after_hearing_us_is_no_answer() -> None:
    (outcome,) = talk_to(hanging_up)
    assert isinstance(outcome, Unknown)
    assert outcome.code == "no_answer"


async def answering_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\nx")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()
    writer.close()


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced_by_a_new_one() -> None:
    outcomes = talk_to(answering_once, times=3)
    assert [getattr(each, "body", each) for each in outcomes] == [b"ok", b"ok", b"ok"]


def test_nobody_listening_means_that_nothing_left() -> None:
    outcome = asyncio.run(wire.send(wire.client(), "POST", "http://127.0.0.1:1/", headers={}))
    assert outcome == Deferred(code="never_left", message="ConnectError")


def test_no_call_outlasts_the_lease_of_its_worker() -> None:
    for row in capability.TABLE.values():
        assert row.lease_seconds >= wire.CALL_SECONDS + 5


def test_an_accounts_waiting_time_is_kept_and_the_environments_proxy_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    caller = wire.client(read_seconds=7)
    assert caller.timeout == httpx.Timeout(connect=5.0, read=7, write=7, pool=5.0)
    assert caller.trust_env is False
    assert caller.follow_redirects is False


def test_no_address_and_no_header_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    send(httpx.Response(200))
    send(httpx.ReadError("hunter2"))
    talk_to(answering_once)
    assert "hunter2" not in caplog.text
    assert "httpx" not in {record.name for record in caplog.records}


@pytest.mark.parametrize(
    "text", ["https://api.example", "https://api.example/", "http://127.0.0.1:9600/wechatpay"]
)
def test_an_address_is_kept_without_its_last_slash(text: str) -> None:
    assert wire.address(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.example",
        "ftp://x/",
        "https://",
        "https://u:p@x/",
        "https://x/?a=b",
        "https://x/#a",
        "http://[bad",
        "https://a b/",
        "https://x:99999999",
        "https://x:0",
    ],
)
def test_an_address_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        wire.address(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "30.1", "1e9", "", "soon"])
def test_a_waiting_time_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        wire.seconds(text)


def test_a_waiting_time_is_read_in_seconds() -> None:
    assert [wire.seconds(text) for text in ("0.5", "20", "30")] == [0.5, 20.0, 30.0]


@pytest.mark.parametrize("text", ["", "a b", 'a"b', "a\nb", "１９", "商户"])
def test_an_identifier_holds_nothing_that_could_break_a_header(text: str) -> None:
    with pytest.raises(ValueError, match="only"):
        wire.identifier(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"a":1}', {"a": 1}),
        ('{"a":"x\ty"}', {"a": "x\ty"}),
        (b"[1]", {}),
        (b"", {}),
        (b"\xff", {}),
        (b"[" * 200_000, {}),
        (b'{"a":' + b"9" * 10_000 + b"}", {}),
    ],
    ids=["object", "control character", "list", "empty", "no text", "too deep", "too many digits"],
)
def test_a_body_is_an_object_or_nothing(text: bytes | str, told: object) -> None:
    assert wire.json_object(text) == told

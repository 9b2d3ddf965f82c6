"""The POS host: its checks in their order, and its line (iso8583 §8, §13)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import pytest

from sudapos.channels.iso8583 import fields
from sudapos.channels.signing import iso8583 as seals
from sudapos.sandbox import card, server

HEADER = "6000030000603100310000"


@pytest.fixture
def sandbox() -> Iterator[server.Running]:
    with server.running() as running:
        yield running


def message(sandbox: server.Running, **changes: str) -> dict[str, str]:
    config = sandbox.config("demo-card")
    told = {
        "h": HEADER,
        "t": "0200",
        "2": "6212345678901234569",
        "3": "000000",
        "4": "000000001000",
        "11": "000009",
        "14": "3012",
        "22": "012",
        "25": "00",
        "41": config["terminal_no"],
        "42": config["merchant_no"],
        "49": "156",
        "60": "22000001000000",
    }
    return told | {name[1:]: value for name, value in changes.items()}


def line(sandbox: server.Running) -> socket.socket:
    config = sandbox.config("demo-card")
    return socket.create_connection((config["host"], int(config["port"])), timeout=5)


def say(sandbox: server.Running, told: Mapping[str, str], *, key: bytes = card.MAC_KEY) -> dict[str, str]:
    raw = fields.encode({**told, "64": "0" * 16})
    raw = raw[:-8] + seals.mac(fields.sealed(raw), key)
    with line(sandbox) as plug:
        plug.sendall(fields.framed(raw))
        return heard(plug)


def heard(plug: socket.socket) -> dict[str, str]:
    length = int.from_bytes(plug.recv(2, socket.MSG_WAITALL), "big")
    return fields.decode(plug.recv(length, socket.MSG_WAITALL))


def sign_on(sandbox: server.Running) -> dict[str, str]:
    config = sandbox.config("demo-card")
    told = {
        "h": HEADER,
        "t": "0800",
        "11": "000001",
        "41": config["terminal_no"],
        "42": config["merchant_no"],
    }
    raw = fields.encode(told | {"60": "00000000003", "63": "01 "})
    with line(sandbox) as plug:
        plug.sendall(fields.framed(raw))
        return heard(plug)


def test_the_checks_come_in_their_order(sandbox: server.Running) -> None:
    assert say(sandbox, message(sandbox, _42="898000000000001"))["39"] == "03"
    assert say(sandbox, message(sandbox, _41="99999999"))["39"] == "97"
    assert say(sandbox, message(sandbox))["39"] == "77"
    told = sign_on(sandbox)
    assert (told["t"], told["39"], told["60"][2:8]) == ("0810", "00", "000001")
    assert say(sandbox, message(sandbox, _60="22000007000000"))["39"] == "77"
    assert say(sandbox, message(sandbox), key=bytes(16))["39"] == "A0"
    assert say(sandbox, message(sandbox, _11="000010"))["39"] == "00"
    assert say(sandbox, message(sandbox, _11="000010"))["39"] == "94"


def test_the_reply_swaps_the_addresses_and_echoes_the_rest(sandbox: server.Running) -> None:
    sign_on(sandbox)
    told = say(sandbox, message(sandbox))
    assert told["h"] == "6000000003" + HEADER[10:]
    assert (told["t"], told["4"], told["11"], len(told["37"])) == ("0210", "000000001000", "000009", 12)


def test_a_refund_is_matched_by_reference_and_date(sandbox: server.Running) -> None:
    sign_on(sandbox)
    sold = say(sandbox, message(sandbox))
    refund = message(sandbox, _t="0220", _3="200000", _11="000010", _37=sold["37"], _4="000000000400")
    refund |= {"60": "25000001000000", "61": f"000001000009{sold['13']}"}
    assert say(sandbox, refund | {"61": "0000010000090101", "11": "000011"})["39"] == "25"
    assert say(sandbox, refund | {"37": "999999999999", "11": "000012"})["39"] == "25"
    assert say(sandbox, refund | {"4": "000000001001", "11": "000013"})["39"] == "61"
    assert say(sandbox, refund)["39"] == "00"
    sandbox.advance(31 * 86_400)
    assert say(sandbox, refund | {"11": "000014"})["39"] == "22"


def test_a_void_needs_the_sale_of_the_batch_and_its_whole_amount(sandbox: server.Running) -> None:
    sign_on(sandbox)
    sold = say(sandbox, message(sandbox))
    void = message(
        sandbox, _3="200000", _11="000010", _37=sold["37"], _60="23000001000000", _61="000001000009"
    )
    assert say(sandbox, void | {"61": "000001000008", "11": "000011"})["39"] == "25"
    assert say(sandbox, void | {"4": "000000000999", "11": "000012"})["39"] == "64"
    assert say(sandbox, void)["39"] == "00"
    assert say(sandbox, void | {"11": "000013"})["39"] == "25"


def test_a_reversal_may_be_repeated_and_what_never_came_is_reversed_too(sandbox: server.Running) -> None:
    sign_on(sandbox)
    say(sandbox, message(sandbox))
    reversal = message(sandbox, _t="0400", _39="98")
    assert [say(sandbox, reversal)["39"] for _ in range(2)] == ["00", "00"]
    assert sandbox.ledger(channel="card")[0]["state"] == "revoked"
    assert say(sandbox, reversal | {"11": "000099"})["39"] == "00"
    assert say(sandbox, message(sandbox, _11="000099"))["39"] == "94"


def test_a_message_may_come_in_pieces_and_two_in_one(sandbox: server.Running) -> None:
    sign_on(sandbox)
    raws = []
    for trace in ("000021", "000022"):
        raw = fields.encode(message(sandbox, _11=trace) | {"64": "0" * 16})
        raws.append(fields.framed(raw[:-8] + seals.mac(fields.sealed(raw), card.MAC_KEY)))
    with line(sandbox) as plug:
        plug.sendall(raws[0][:1])
        time.sleep(0.05)
        plug.sendall(raws[0][1:40])
        time.sleep(0.05)
        plug.sendall(raws[0][40:] + raws[1])
        assert [heard(plug)["11"] for _ in raws] == ["000021", "000022"]


def test_what_is_no_message_ends_the_line(sandbox: server.Running) -> None:
    for content in (b"\0\0", b"\xff\xff", b"\0\x05hello"):
        with line(sandbox) as plug:
            plug.sendall(content)
            assert plug.recv(10) == b""


def test_two_terminals_of_one_merchant_are_told_apart() -> None:
    def terminal(name: str, number: str) -> SimpleNamespace:
        return SimpleNamespace(
            channel="card", number="898310054110001", name=name, config={"terminal_no": number}
        )

    first, second = terminal("till-1", "00000001"), terminal("till-2", "00000002")
    host = SimpleNamespace(
        accounts={each.name: each for each in (first, second)}, by_number=lambda channel, number: first
    )
    for number, meant in (("00000001", first), ("00000002", second), ("99999999", first)):
        assert card.terminal_of(host, {"42": "898310054110001", "41": number}) is meant

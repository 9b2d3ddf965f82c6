"""Every message, MAC, key block and PIN block that the sheet gives, byte for byte (iso8583 §6)."""

from __future__ import annotations

import pytest

from sudapos.channels.iso8583 import fields
from sudapos.channels.signing import iso8583 as seals

MAK = bytes.fromhex("A1B2C3D4E5F60718")
DOUBLE = bytes.fromhex("A1B2C3D4E5F6071829384756AFBECDDC")
HEADER = "6000060000603100310000"
PAN = "6212345678901234569"
TRACK = "6212345678901234569D30122010000000000"
COMMON = {
    "h": HEADER,
    "2": PAN,
    "3": "200000",
    "14": "3012",
    "25": "00",
    "41": "10000001",
    "42": "898000000000001",
    "49": "156",
}
VOID = COMMON | {
    "t": "0200",
    "4": "000000012345",
    "11": "000124",
    "22": "021",
    "26": "12",
    "35": TRACK,
    "37": "000012345678",
    "38": "A1B2C3",
    "52": "1122334455667788",
    "53": "2600000000000000",
    "60": "23000007000500",
    "61": "000007000123",
}
REFUND = COMMON | {
    "t": "0220",
    "4": "000000005000",
    "11": "000125",
    "22": "022",
    "35": TRACK,
    "37": "000012345678",
    "53": "0600000000000000",
    "60": "25000008000500",
    "61": "0000070001230405",
    "63": "CUP",
}
REVERSAL = COMMON | {
    "t": "0400",
    "4": "000000012345",
    "11": "000124",
    "22": "021",
    "38": "A1B2C3",
    "39": "98",
    "60": "23000007000500",
    "61": "000007000124",
}
VOID_MAB = (
    "0200702404C02CC098191962123456789012345690200000000000012345000124301202100012376212345678901234569D"
    "3012201000000000003030303031323334353637384131423243333130303030303031383938303030303030303030303031"
    "313536112233445566778826000000000000000014230000070005000012000007000123"
)


def spoken(message: dict[str, str], key: bytes = MAK) -> bytes:
    """The message with its MAC, as it goes over the line."""
    raw = fields.encode(message | {"64": "0" * 16})
    return fields.framed(raw[: -fields.MAC_BYTES] + seals.mac(fields.sealed(raw), key))


@pytest.mark.parametrize(
    ("message", "length", "bitmap", "code"),
    [
        (VOID, "009B", "702404C02CC09819", b"7D8B1964"),
        (REFUND, "0093", "7024048028C0881B", b"3A850FCD"),
        (REVERSAL, "006C", "7024048006C08019", b"B89A9AB1"),
    ],
    ids=["void", "refund", "reversal"],
)
def test_the_sheets_messages(message: dict[str, str], length: str, bitmap: str, code: bytes) -> None:
    line = spoken(message)
    assert line[:2].hex().upper() == length
    assert line[2:13].hex().upper() == HEADER
    assert line[15:23].hex().upper() == bitmap
    assert line[-8:] == code
    told = fields.decode(line[2:])
    assert {name: told[name] for name in message} == message


def test_the_bytes_under_the_mac_of_a_void() -> None:
    assert fields.sealed(spoken(VOID)[2:]).hex().upper() == VOID_MAB


@pytest.mark.parametrize(
    ("algorithm", "key", "expected"),
    [
        ("ecb", MAK, "7D8B1964"),
        ("ecb", DOUBLE, "9A5C0869"),
        ("sm4", DOUBLE, "D508EAB5"),
    ],
)
def test_unionpays_own_codes(algorithm: str, key: bytes, expected: str) -> None:
    assert seals.mac(bytes.fromhex(VOID_MAB), key, algorithm=algorithm) == expected.encode()


@pytest.mark.parametrize(
    ("algorithm", "key", "expected"), [("x99", MAK, "8956469322145AAF"), ("x919", DOUBLE, "7D7A80451782D095")]
)
def test_the_codes_of_ansi(algorithm: str, key: bytes, expected: str) -> None:
    text = bytes.fromhex(VOID_MAB)
    assert seals.mac(text, key, algorithm=algorithm, raw=True).hex().upper() == expected
    assert seals.mac(text, key, algorithm=algorithm) == expected[:8].encode()


def test_an_algorithm_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="rot13"):
        seals.mac(b"", MAK, algorithm="rot13")


MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
PIK = bytes.fromhex("1A2B3C4D5E6F70819293A4B5C6D7E8F9")
BLOCK = bytes.fromhex("180886E12F51344973D4B18C9D1508EC8E671682CC290FB8BBCF7C1800000000000000005FFE0009")


def test_the_key_block_of_a_sign_on() -> None:
    keys = seals.open_key_block(MASTER, BLOCK)
    assert (keys.pin, keys.mac) == (PIK, MAK)
    assert seals.key_block(MASTER, keys) == BLOCK
    assert "•••" in repr(keys) and "1a2b" not in repr(keys).lower()


@pytest.mark.parametrize("mac_key", [MAK, DOUBLE])
def test_key_blocks_of_both_lengths_open_again(mac_key: bytes) -> None:
    keys = seals.WorkingKeys(PIK, mac_key)
    assert seals.open_key_block(MASTER, seals.key_block(MASTER, keys)) == keys


def test_a_short_block_of_single_keys() -> None:
    pin, mac_key = PIK[:8], MAK
    block = b"".join(seals.des(MASTER, key) + seals.check_value(key) for key in (pin, mac_key))
    assert seals.open_key_block(MASTER, block) == seals.WorkingKeys(pin, mac_key)


@pytest.mark.parametrize("wrong", [BLOCK[:-1] + b"\0", BLOCK[:10], b"", bytes(40)])
def test_a_block_under_another_master_key_is_refused(wrong: bytes) -> None:
    with pytest.raises(seals.BadKey):
        seals.open_key_block(MASTER, wrong)
    with pytest.raises(seals.BadKey):
        seals.open_key_block(bytes(16), BLOCK)


def test_the_pin_block() -> None:
    clear = seals.pin_block("123456", PAN)
    assert clear.hex().upper() == "0612622E6FEDCBA9"
    assert seals.des(PIK, clear).hex().upper() == "5F19B1A0F7FBF691"


@pytest.mark.parametrize("raw", [b"", b"\0" * 11, b"\0" * 40, spoken(VOID)[2:-9]])
def test_bytes_that_are_no_message(raw: bytes) -> None:
    with pytest.raises(fields.BadMessage):
        fields.decode(raw)


def test_a_field_that_does_not_fit_is_named_and_not_quoted() -> None:
    with pytest.raises(fields.BadMessage, match="field 2") as bad:
        fields.encode({"h": HEADER, "t": "0200", "2": "62X"})
    assert "62X" not in str(bad.value)


@pytest.mark.parametrize("digits", ["6225880012345678", "622588001234567", "6212345678901234569"])
def test_card_numbers_of_odd_and_even_length(digits: str) -> None:
    assert fields.decode(fields.encode({"h": HEADER, "t": "0200", "2": digits}))["2"] == digits

"""The message of a UnionPay POS terminal as a table: every field with its encoding (iso8583 §1–§3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import iso8583

TEXT = "gb18030"
"""Chinese may stand in fields of free text."""
MAC_BYTES = 8
HEADER_BYTES = 11
"""TPDU (5) and header (6), in front of the message type."""


def _bcd(digits: int, *, right: bool = False) -> dict[str, Any]:
    """A number of fixed length: two digits a byte; odd ones are filled on the left, field 22 on the right."""
    pad = {"right_pad": "0"} if right else {"left_pad": "0"}
    return _field(0, digits, "b", "nibbles", pad if digits % 2 else {})


def _bcd_var(length_digits: int, most: int) -> dict[str, Any]:
    """Digits behind their number; an odd one is filled on the right."""
    return _field(length_digits, most, "b", "nibbles", {"right_pad": "0"})


def _text(length: int) -> dict[str, Any]:
    return _field(0, length, "ascii", "bytes", {})


def _text_var(length_digits: int, most: int) -> dict[str, Any]:
    return _field(length_digits, most, TEXT, "bytes", {})


def _bytes(length: int) -> dict[str, Any]:
    return _field(0, length, "b", "bytes", {})


def _bytes_var(most: int) -> dict[str, Any]:
    return _field(2, most, "b", "bytes", {})


def _field(length_bytes: int, most: int, encoding: str, count: str, pad: Mapping[str, str]) -> dict[str, Any]:
    return {
        "data_enc": encoding,
        "len_enc": "bcd",
        "len_type": length_bytes,
        "max_len": most,
        "len_count": count,
        "desc": "",
        **pad,
    }


SPEC: Mapping[str, Mapping[str, Any]] = {
    "h": _bytes(HEADER_BYTES),
    "t": _bytes(2),
    "p": _bytes(8),
    "2": _bcd_var(1, 19),
    "3": _bcd(6),
    "4": _bcd(12),
    "11": _bcd(6),
    "12": _bcd(6),
    "13": _bcd(4),
    "14": _bcd(4),
    "15": _bcd(4),
    "22": _bcd(3, right=True),
    "23": _bcd(3),
    "25": _bcd(2),
    "26": _bcd(2),
    "32": _bcd_var(1, 11),
    "35": _bcd_var(1, 37),
    "36": _bcd_var(2, 104),
    "37": _text(12),
    "38": _text(6),
    "39": _text(2),
    "41": _text(8),
    "42": _text(15),
    "44": _text_var(1, 25),
    "48": _bcd_var(2, 322),
    "49": _text(3),
    "52": _bytes(8),
    "53": _bcd(16),
    "54": _text_var(2, 20),
    "55": _bytes_var(255),
    "58": _text_var(2, 100),
    "59": _text_var(2, 600),
    "60": _bcd_var(2, 30),
    "61": _bcd_var(2, 29),
    "62": _bytes_var(512),
    "63": _text_var(2, 163),
    "64": _bytes(MAC_BYTES),
}
"""For `iso8583.encode` and `decode`: keys are field numbers, h and t stand for header and message type."""


class BadMessage(ValueError):
    """Bytes that are no message of this dialect."""


def encode(fields: Mapping[str, str]) -> bytes:
    """A message without its two bytes of length; field 64, where it stands, holds what it was given. Raises BadMessage."""
    try:
        raw, _ = iso8583.encode(dict(fields), SPEC)
    except (iso8583.EncodeError, ValueError) as error:
        raise BadMessage(f"field {getattr(error, 'field', '?')}") from None
    return bytes(raw)


def decode(raw: bytes) -> dict[str, str]:
    """Field number → text; binary fields as upper-case hex. Raises BadMessage."""
    try:
        fields, _ = iso8583.decode(raw, SPEC)
    except (iso8583.DecodeError, ValueError) as error:
        raise BadMessage(f"field {getattr(error, 'field', '?')}") from None
    return dict(fields)


def sealed(raw: bytes) -> bytes:
    """What the MAC is made over: message type up to field 63."""
    return raw[HEADER_BYTES:-MAC_BYTES]


def framed(raw: bytes) -> bytes:
    """With the two bytes of length in front."""
    return len(raw).to_bytes(2, "big") + raw

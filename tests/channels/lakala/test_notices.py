"""A notice is believed only if the platform signed it: three lines, or the five headers of a reply (lakala §2, §8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sudapos.channels import lakala, signing
from sudapos.channels.base import NoticeRejected
from sudapos.channels.signing import lakala as seals

from ..recorded import key
from .conversation import mapping, signed_headers

BODY = json.dumps({"merchant_no": "822000000000001", "out_trade_no": "R1"}).encode()


def three_lines(body: bytes, signer: str = "lakala") -> dict[str, str]:
    parts = {"timestamp": "1795392000", "nonce_str": "abc"}
    parts["signature"] = signing.rsa_sign(key(signer), seals.notice_text("1795392000", "abc", body))
    return {"Authorization": seals.authorization(parts)}


def read(headers: dict[str, str], body: bytes) -> Any:
    return lakala.read_notice(lakala.Config.from_mapping(mapping()), headers, body, at=datetime.now(UTC))


def test_both_forms_of_a_genuine_notice_are_read() -> None:
    assert read(three_lines(BODY), BODY)["out_trade_no"] == "R1"
    assert read(signed_headers(BODY), BODY)["out_trade_no"] == "R1"


def test_everything_else_is_rejected() -> None:
    foreign = BODY.replace(b"822", b"823")
    for headers, body in (
        (three_lines(BODY, "stranger"), BODY),
        (signed_headers(BODY, "stranger"), BODY),
        (three_lines(BODY), BODY + b" "),
        (three_lines(foreign), foreign),
        ({}, BODY),
        ({"Authorization": "Basic eA=="}, BODY),
    ):
        with pytest.raises(NoticeRejected):
            read(headers, body)

"""A notice is believed only if Shouqianba signed its very bytes for this terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sudapos.channels import shouqianba, signing
from sudapos.channels.base import NoticeRejected

from ..recorded import key
from .conversation import data, mapping

SN = "100000000000000001"


def read(
    body: bytes, signed: bytes | None = None, *, signer: str = "shouqianba", sn: str = SN, **config: str
) -> Any:
    headers = {"Authorization": f"{sn} {signing.rsa_sign(key(signer), body if signed is None else signed)}"}
    settings = shouqianba.Config.from_mapping(mapping(**config))
    return shouqianba.read_notice(settings, headers, body, at=datetime.now(UTC))


BODY = json.dumps(data()).encode()


def test_a_genuine_notice_is_read() -> None:
    assert read(BODY)["order_status"] == "PARTIAL_REFUNDED"


def test_everything_else_is_rejected() -> None:
    for wrong in (
        lambda: read(BODY, signer="stranger"),
        lambda: read(BODY + b" ", BODY),
        lambda: read(BODY, sn="2"),
        lambda: read(BODY, public_key=""),
    ):
        with pytest.raises(NoticeRejected):
            wrong()

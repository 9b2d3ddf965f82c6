"""What both recorded conversations share: an order, a throw-away key, and a transport that keeps what was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.outcome import Order, Route, Verb

AT = datetime.fromtimestamp(1795392000, UTC)
"""The hour of the sheets' vectors."""


Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """One key per name and run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str, kind: str = "PKCS8") -> str:
    return (
        key(name)
        .private_bytes(
            serialization.Encoding.PEM,
            getattr(serialization.PrivateFormat, kind),
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_pem(name: str) -> str:
    return (
        key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def order(**changes: Any) -> Order:
    """The refund of wechatpay §20.2 and alipay §22.1."""
    told: dict[str, Any] = {
        "number": "R20261123000123-1",
        "verb": Verb.REFUND,
        "route": Route.REFUND,
        "channel": "wechatpay",
        "account": "main",
        "amount": 1280,
        "paid_amount": 5980,
        "out_trade_no": "POS20261123000123",
        "channel_ref": "",
        "paid_at": AT,
        "reason": "退货",
    }
    return Order(**(told | changes))


@dataclass
class OtherSide:
    """Answers each request with the next answer, and keeps the requests."""

    answers: list[Answer]
    heard: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

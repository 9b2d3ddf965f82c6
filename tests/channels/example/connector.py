"""Example Pay: JSON over HTTPS, each body signed with HMAC-SHA256 (a channel made up for docs/add-a-channel.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import httpx

from sudapos.channels import wire
from sudapos.channels.base import (
    CheckFailed,
    Evidence,
    Field,
    NoticeRejected,
    Reading,
    StatementFile,
    StatementMissing,
)
from sudapos.channels.signing import Secret
from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Refused, Settled, Unknown

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://api.example.com"),
    Field(name="merchant", zh="商户号", en="Merchant number"),
    Field(name="secret", zh="签名密钥", en="Signing secret", secret=True),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="20"),
)
EVIDENCE = Evidence(
    verified_zh=("示例渠道，只用于文档",),
    verified_en=("an example for the docs only",),
    to_ask_zh=("退款期限",),
    to_ask_en=("the refund window",),
)
ERRORS: Mapping[str, Outcome] = {
    "balance_short": Deferred(code="not_enough_balance", after=600),
    "too_fast": Deferred(code="rate_limited", after=5),
    "bad_signature": Deferred(code="SIGN_ERROR", after=300),
    "buyer_closed": Refused(code="account_closed"),
    "order_unknown": Refused(code="order_unknown"),
    "over_amount": Refused(code="over_amount"),
    "number_taken": Refused(code="number_taken"),
    "not_found": Absent(code="not_found"),
}
"""What each documented code means; a code that is not here is Unknown."""


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract."""

    base_url: str
    merchant: str
    secret: Secret
    timeout_seconds: float

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        config = cls(
            base_url=reading.load("base_url", wire.address),
            merchant=reading.load("merchant", wire.identifier),
            secret=Secret(reading.text["secret"]),
            timeout_seconds=reading.load("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


class ExamplePay:
    """One account."""

    def __init__(self, config: Config, *, client: httpx.AsyncClient | None = None) -> None:
        self.config = config
        self._client = client or wire.client(read_seconds=config.timeout_seconds)

    async def refund(self, order: Order) -> Outcome:
        body = {
            "merchant": self.config.merchant,
            "order_no": order.out_trade_no,
            "refund_no": order.number,
            "amount": order.amount,
        }
        if order.notify_url:
            body["notify_url"] = order.notify_url
        return self._read(await self._call("/refunds", body), order)

    async def void(self, order: Order) -> Outcome:
        return Refused(code="void_not_offered")

    async def ask(self, order: Order) -> Outcome:
        body = {"merchant": self.config.merchant, "refund_no": order.number}
        outcome = self._read(await self._call("/refunds/ask", body), order)
        if isinstance(
            outcome, Refused | Deferred
        ):  # the question was refused: that says nothing of the refund
            return Unknown(code=outcome.code, message=outcome.message)
        return outcome

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        body = {"merchant": self.config.merchant, "refund_no": "CHECK"}
        match await self._call("/refunds/ask", body):
            case wire.Reply() as reply if signed(self.config, reply.headers, reply.body):
                if wire.json_object(reply.body).get("code") == "not_found":
                    return f"merchant {self.config.merchant}"
                raise CheckFailed(f"HTTP {reply.status}")
            case wire.Reply() as reply:
                raise CheckFailed(f"HTTP {reply.status}: reply not signed with the configured secret")
            case silence:
                raise CheckFailed(f"{silence.code} {silence.message}".strip())

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(self, path: str, body: Mapping[str, Any]) -> wire.Reply | Deferred | Unknown:
        content = json.dumps(body, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "X-Signature": seal(self.config.secret, content)}
        return await wire.send(
            self._client, "POST", self.config.base_url + path, headers=headers, content=content
        )

    def _read(self, reply: wire.Reply | Deferred | Unknown, order: Order) -> Outcome:
        if not isinstance(reply, wire.Reply):
            return reply
        if reply.status >= 500:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        if not signed(self.config, reply.headers, reply.body):
            return Unknown(code="bad_signature")
        told = wire.json_object(reply.body)
        if "code" in told:
            outcome = ERRORS.get(str(told["code"]), Unknown(code="unknown_code", message=str(told["code"])))
            return replace(outcome, message=str(told.get("message", "")))
        if (told.get("refund_no"), told.get("amount")) != (order.number, order.amount):
            return Unknown(code="answer_for_another_refund")
        match told.get("state"):
            case "done":
                return Settled(channel_refund_ref=str(told.get("number", "")))
            case "working":
                return Accepted(channel_refund_ref=str(told.get("number", "")))
            case other:
                return Unknown(code="unknown_code", message=str(other))


def seal(secret: Secret, content: bytes) -> str:
    """Hex of HMAC-SHA256 over exactly these bytes."""
    return hmac.new(secret.reveal().encode(), content, hashlib.sha256).hexdigest()


def signed(config: Config, headers: Mapping[str, str], body: bytes) -> bool:
    return hmac.compare_digest(seal(config.secret, body), headers.get("X-Signature", ""))


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The content of a notice; a reason to ask, never an answer. Raises NoticeRejected."""
    if not signed(config, headers, body):
        raise NoticeRejected("signature")
    return wire.json_object(body)


CHANNEL = ExamplePay

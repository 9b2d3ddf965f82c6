"""Shouqianba (收钱吧) Web API v2: refund, revoke, query; everything is a string (shouqianba sheet)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.outcome import (
    Absent,
    Accepted,
    Deferred,
    Order,
    Outcome,
    Refused,
    Route,
    Settled,
    Unknown,
)

from . import signing, wire
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret
from .signing import shouqianba as seals

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://vsi-api.shouqianba.com"),
    Field(name="terminal_sn", zh="终端号", en="Terminal number"),
    Field(name="terminal_key", zh="终端密钥", en="Terminal key", secret=True),
    Field(name="device_id", zh="设备号（签到用）", en="Device id (for check-in)", required=False),
    Field(name="operator", zh="操作员", en="Operator", default="sudapos"),
    Field(name="public_key", zh="收钱吧公钥（通知用）", en="Public key (for notices)", required=False),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=("签名、退款、撤单、查询、签到与错误码，来自收钱吧官方文档仓库（2020）与官方示例",),
    verified_en=(
        "signature, refund, revoke, query, check-in and error codes: the official document repository (2020) and demo",
    ),
    to_ask_zh=(
        "2020 年以后新增的错误码；撤单的日切时间",
        "重复提交同一退款序号时，返回原结果还是 UPAY_REFUND_ORDER_NOOP",
        "对账单格式；答复没有签名，只有 TLS 保护",
        "退款最长三个月、手续费按比例退回，只有单一来源",
    ),
    to_ask_en=(
        "error codes added since 2020; the hour at which a revoke closes",
        "whether a repeated refund_request_no answers the earlier result or UPAY_REFUND_ORDER_NOOP",
        "the format of statements; replies are not signed, TLS is their only protection",
        "three months of refund window and pro-rata fees come from a single source",
    ),
)

ERRORS: Mapping[str, Absent | Deferred | Refused | Unknown] = {
    "INVALID_PARAMS": Deferred(code="not_taken_in", after=1800),
    "INVALID_TERMINAL": Deferred(code="merchant_unusable", after=1800),
    "ILLEGAL_SIGN": Deferred(code="SIGN_ERROR", after=300),
    "UNKNOWN_SYSTEM_ERROR": Unknown(code="SYSTEM_ERROR"),
    "CLIENT_SN_CONFLICT": Refused(code="number_taken"),
    "UPAY_ORDER_NOT_EXISTS": Refused(code="order_unknown"),
    "TRADE_NOT_EXIST": Refused(code="order_unknown"),
    "UPAY_REFUND_ORDER_NOOP": Unknown(code="duplicate_number"),
    "UPAY_REFUND_INVALID_ORDER_STATE": Unknown(code="order_closed"),
    "UPAY_CANCEL_ORDER_NOOP": Unknown(code="duplicate_number"),
    "UPAY_CANCEL_INVALID_ORDER_STATE": Refused(code="void_window_closed"),
    "REFUND_AMT_NOT_EQUAL_TOTAL": Refused(code="over_amount"),
    "REFUNDABLE_AMOUNT_NOT_ENOUGH": Refused(code="over_amount"),
    "SELLER_BALANCE_NOT_ENOUGH": Deferred(code="not_enough_balance", after=600),
    "ACCOUNT_BALANCE_NOT_ENOUGH": Deferred(code="not_enough_balance", after=600),
    "UPAY_TCP_ORDER_NOT_REFUNDABLE": Refused(code="not_permitted"),
    "UNEXPECTED_PROVIDER_ERROR": Refused(code="not_permitted"),
    "TRADE_TIMEOUT": Unknown(code="SYSTEM_ERROR"),
    "TRADE_FAILED": Refused(code="declined"),
    "UPAY_TERMINAL_NOT_EXISTS": Deferred(code="merchant_unusable", after=1800),
    "UPAY_TERMINAL_STATUS_ABNORMAL": Deferred(code="merchant_unusable", after=1800),
}
"""`error_code` of the call or of its business part → what it means for a refund (shouqianba §6)."""

RESULTS: Mapping[str, Accepted | Refused | Settled | Unknown] = {
    "REFUND_SUCCESS": Settled(),
    "REFUND_IN_PROGRESS": Accepted(),
    "REFUND_FAIL": Refused(code="declined"),
    "REFUND_ERROR": Unknown(code="ask_the_acquirer"),
    "REFUND_FAIL_ERROR": Unknown(code="ask_the_acquirer"),
    "CANCEL_SUCCESS": Settled(),
    "CANCEL_ABORT_SUCCESS": Settled(),
    "CANCEL_IN_PROGRESS": Accepted(),
    "CANCEL_ABORT_IN_PROGRESS": Accepted(),
    "CANCEL_ERROR": Unknown(code="ask_the_acquirer"),
    "CANCEL_ABORT_ERROR": Unknown(code="ask_the_acquirer"),
}
"""`biz_response.result_code` → what it means (shouqianba §5). FAIL is read by its error_code."""

GIVEN_BACK = frozenset({"REFUNDED", "PARTIAL_REFUNDED"})


@dataclass(frozen=True, slots=True)
class Config:
    """One terminal."""

    base_url: str
    terminal_sn: str
    terminal_key: Secret
    device_id: str
    operator: str
    public_key: rsa.RSAPublicKey | None = field(default=None, repr=False)
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        config = cls(
            base_url=reading.load("base_url", wire.address),
            terminal_sn=reading.load("terminal_sn", wire.identifier),
            terminal_key=Secret(reading.text["terminal_key"]),
            device_id=reading.text["device_id"],
            operator=reading.text["operator"],
            public_key=reading.load(
                "public_key", lambda text: signing.load_public_key(text) if text else None
            ),
            timeout_seconds=reading.load("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


class Shouqianba:
    """One terminal at Shouqianba."""

    def __init__(self, config: Config, *, client: httpx.AsyncClient | None = None) -> None:
        self.config = config
        self._client = client or wire.client(read_seconds=config.timeout_seconds)

    async def refund(self, order: Order) -> Outcome:
        """Refund under `refund_request_no`, which stays the same when repeated (shouqianba §4)."""
        asked = self._about(order) | {
            "client_tsn": order.number,
            "refund_request_no": order.number,
            "operator": self.config.operator,
            "refund_amount": str(order.amount),
        }
        if order.reason:
            asked["refund_reason"] = order.reason
        outcome = read(await self._call("/upay/v2/refund", asked), order)
        if outcome == Unknown(code="duplicate_number", message="UPAY_REFUND_ORDER_NOOP"):
            return await self._confirm(order)
        return outcome

    async def _confirm(self, order: Order) -> Outcome:
        """ "Already done" is believed when the order shows that at least so much went back (shouqianba §6)."""
        told = await self._call("/upay/v2/query", self._about(order))
        shown = _business(told).get("data")
        if (
            not isinstance(shown, dict)
            or shown.get("order_status") not in GIVEN_BACK
            or not _same(shown, order)
        ):
            return Unknown(code="duplicate_number")
        total, net = _fen(shown.get("total_amount")), _fen(shown.get("net_amount"))
        if total is None or net is None or total - net < order.amount:
            return Unknown(code="duplicate_number")
        return Settled(channel_refund_ref=str(shown.get("trade_no", "")))

    async def void(self, order: Order) -> Outcome:
        """Undo the whole order; same day, before any refund (shouqianba §9)."""
        outcome = read(await self._call("/upay/v2/revoke", self._about(order)), order)
        if isinstance(outcome, Unknown) and outcome.message == "UPAY_CANCEL_ORDER_NOOP":
            return await self.ask(order)
        return outcome

    async def ask(self, order: Order) -> Outcome:
        """The order and its latest flow; there is no question for one refund (shouqianba §4)."""
        told = await self._call("/upay/v2/query", self._about(order))
        business = _business(told)
        shown = business.get("data")
        if business.get("result_code") != "SUCCESS" or not isinstance(shown, dict):
            outcome = read(told, order)
            code = getattr(outcome, "code", "") or "unknown_code"
            return Unknown(code=code, message=getattr(outcome, "message", ""))
        if not _same(shown, order):
            return Unknown(code="answer_for_another_refund")
        return read_void(shown) if order.route is Route.VOID else read_flow(shown, order)

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        """Ask for an order that cannot exist: an answer about it proves number, key and address."""
        told = await self._call(
            "/upay/v2/query", {"terminal_sn": self.config.terminal_sn, "client_sn": "SUDAPOSCHECK"}
        )
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if str(told.get("result_code")) != "200":
            raise CheckFailed(f"{told.get('error_code', '')} {told.get('error_message', '')}".strip())
        return f"terminal_sn {self.config.terminal_sn}"

    async def check_in(self) -> str:
        """Sign on for the day: answers the new terminal key, which replaces the old one. Raises CheckFailed.

        Where the answer is lost, the old key may sign on once more (shouqianba §2).
        """
        asked = {"terminal_sn": self.config.terminal_sn, "device_id": self.config.device_id}
        told = await self._call("/terminal/checkin", asked)
        fresh = _business(told).get("terminal_key") if isinstance(told, dict) else None
        if not isinstance(fresh, str) or not fresh:
            code = told.get("error_code", "") if isinstance(told, dict) else told.code
            raise CheckFailed(str(code))
        return fresh

    async def aclose(self) -> None:
        await self._client.aclose()

    def _about(self, order: Order) -> dict[str, str]:
        """`sn` is tried before `client_sn`."""
        about = {"terminal_sn": self.config.terminal_sn}
        if order.channel_ref:
            about["sn"] = order.channel_ref
        if order.out_trade_no:
            about["client_sn"] = order.out_trade_no
        return about

    async def _call(self, path: str, asked: Mapping[str, str]) -> dict[str, Any] | Deferred | Unknown:
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        key = self.config.terminal_key.reveal()
        reply = await wire.send(
            self._client,
            "POST",
            self.config.base_url + path,
            headers={
                "Content-Type": "application/json",
                "Authorization": seals.authorization(self.config.terminal_sn, body, key),
                "User-Agent": "sudapos",
            },
            content=body,
        )
        if not isinstance(reply, wire.Reply):
            return reply
        told = wire.json_object(reply.body)
        if reply.status != 200 or not told:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        return told


def _business(told: object) -> Mapping[str, Any]:
    inner = told.get("biz_response") if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else {}


def read(told: dict[str, Any] | Deferred | Unknown, order: Order) -> Outcome:
    """What the answer to a refund or a revoke means (shouqianba §5, §6)."""
    if not isinstance(told, dict):
        return told
    if str(told.get("result_code")) != "200":
        return _error(str(told.get("error_code", "")))
    business = _business(told)
    result, error = str(business.get("result_code", "")), str(business.get("error_code", ""))
    if result == "FAIL":
        return _error(error)
    outcome = RESULTS.get(result)
    if outcome is None:
        return Unknown(code="unknown_code", message=f"{result} {error}".strip())
    if isinstance(outcome, Refused) and error in ERRORS:
        return _error(error)
    shown = business.get("data")
    if not isinstance(shown, dict) or not _same(shown, order):
        return Unknown(code="answer_for_another_refund")
    if isinstance(outcome, Settled | Accepted) and order.route is not Route.VOID and not _ours(shown, order):
        return Unknown(code="answer_for_another_refund")
    match outcome:
        case Settled():
            return _settled(shown)
        case Accepted():
            return Accepted(channel_refund_ref=str(shown.get("trade_no", "")))
    return replace(outcome, message=f"{result} {error}".strip())


def _error(code: str) -> Outcome:
    outcome = ERRORS.get(code)
    return Unknown(code="unknown_code", message=code) if outcome is None else replace(outcome, message=code)


def read_flow(shown: Mapping[str, Any], order: Order) -> Outcome:
    """Whether the order's latest flow is our refund, and what became of it.

    Where it is another one, ours was never seen or lies behind it: the same number may be sent again.
    """
    if not _ours(shown, order):
        return Absent(code="refund_unknown")
    match shown.get("status"):
        case "SUCCESS":
            return _settled(shown)
        case "IN_PROGRESS":
            return Accepted(channel_refund_ref=str(shown.get("trade_no", "")))
        case "FAIL_CANCELED":
            return Refused(code="declined", message="FAIL_CANCELED")
        case "REFUND_ERROR" | "FAIL_ERROR":
            return Unknown(code="ask_the_acquirer", message=str(shown["status"]))
    return Unknown(code="unknown_code", message=str(shown.get("status", "")))


def read_void(shown: Mapping[str, Any]) -> Outcome:
    """What the order's own state says of a void (shouqianba §5)."""
    match shown.get("order_status"):
        case "CANCELED":
            return _settled(shown)
        case "CANCEL_INPROGRESS":
            return Accepted()
        case "PAID":
            return Absent(code="refund_unknown")
        case "CANCEL_ERROR":
            return Unknown(code="ask_the_acquirer", message="CANCEL_ERROR")
    return Unknown(code="unknown_code", message=str(shown.get("order_status", "")))


def _same(shown: Mapping[str, Any], order: Order) -> bool:
    """Whether the answer is about our order."""
    ours = (order.channel_ref, shown.get("sn")), (order.out_trade_no, shown.get("client_sn"))
    return all(not want or not got or want == got for want, got in ours)


def _ours(shown: Mapping[str, Any], order: Order) -> bool:
    return shown.get("client_tsn") in (order.number, f"{order.out_trade_no}-{order.number}")


def _settled(shown: Mapping[str, Any]) -> Settled:
    stamp = str(shown.get("channel_finish_time") or shown.get("finish_time") or "")
    at = datetime.fromtimestamp(int(stamp) / 1000, UTC) if stamp.isascii() and stamp.isdigit() else None
    return Settled(channel_refund_ref=str(shown.get("trade_no", "")), at=at)


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The content of a notice; a reason to ask, never an answer. Raises NoticeRejected (shouqianba §8)."""
    sn, _, signature = (headers.get("Authorization") or "").partition(" ")
    if config.public_key is None or not signing.rsa_verify(config.public_key, body, signature):
        raise NoticeRejected("signature")
    told = wire.json_object(body)
    if config.terminal_sn not in (sn, told.get("terminal_sn")):
        raise NoticeRejected("merchant")
    return told


CHANNEL = Shouqianba

"""Lakala (拉卡拉) open platform v3: unified refund (rfd), void (labs), their queries, signed both ways (lakala sheet)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.calendar import SHANGHAI
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
from .signing import lakala as seals

REFUND = "/api/v3/rfd/refund_front/refund"
REFUND_QUERY = "/api/v3/rfd/refund_front/refund_query"
VOID = "/api/v3/labs/relation/revoked"
TRADE_QUERY = "/api/v3/labs/query/tradequery"
REASON_LENGTH = 32

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://s2.lakala.com"),
    Field(name="appid", zh="应用号 appid", en="Application id"),
    Field(name="serial_no", zh="商户证书序列号", en="Serial number of the merchant certificate"),
    Field(name="private_key", zh="商户私钥（PEM）", en="Merchant private key (PEM)", secret=True),
    Field(name="platform_cert", zh="拉卡拉平台证书（PEM）", en="Lakala's platform certificate (PEM)"),
    Field(name="merchant_no", zh="拉卡拉商户号", en="Lakala merchant number"),
    Field(name="term_no", zh="业务终端号", en="Terminal number"),
    Field(name="request_ip", zh="门店出口 IP", en="The shop's IP address", default="127.0.0.1"),
    Field(
        name="refund_acc_mode", zh="退款资金来源（00/05/06）", en="Source of funds (00/05/06)", required=False
    ),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "签名（请求、应答、通知）、统一退货与查询、撤销、结果码：官方 SDK 与官方文档摘录（2026-03）",
    ),
    verified_en=(
        "signatures of calls, replies and notices, unified refund and query, void, result codes: official SDK and excerpts "
        "of the official documents (2026-03)",
    ),
    to_ask_zh=(
        "完整的 BBS/RFD 结果码表（未公开，不认识的一律存疑）",
        "撤销的日切时间、退款期限；余额不足时的结果码",
        "同一退款单号重复提交的结果；“查无此单”多久后可信",
        "对账单文件；通知的重发次数；时钟容差",
    ),
    to_ask_en=(
        "the full table of BBS/RFD codes (not public; what is not known is in doubt)",
        "the hour at which a void closes, the refund window, the code for a short balance",
        "what a repeated refund number does; when “not found” may be believed",
        "statement files; how often notices are repeated; clock tolerance",
    ),
)

ERRORS: Mapping[str, Absent | Deferred | Refused | Unknown] = {
    "BBS11112": Unknown(code="in_progress"),
    "BBS11105": Unknown(code="in_progress"),
    "BBS10000": Unknown(code="in_progress"),
    "BPS10034": Unknown(code="in_progress"),
    "BBS00100": Unknown(code="in_progress"),
    "BBS00101": Unknown(code="in_progress"),
    "RFD11105": Unknown(code="in_progress"),
    "RFD11112": Unknown(code="in_progress"),
    "710038": Unknown(code="in_progress"),
    "710039": Unknown(code="in_progress"),
    "BBS11114": Absent(code="refund_unknown"),
    "710032": Refused(code="declined"),
    "710033": Refused(code="declined"),
    "710034": Refused(code="declined"),
    "710035": Refused(code="declined"),
    "710036": Refused(code="not_taken_in"),
    "710037": Refused(code="not_permitted"),
    "710046": Refused(code="declined"),
    "710047": Refused(code="declined"),
    "710048": Refused(code="declined"),
    "710049": Refused(code="declined"),
    "710050": Refused(code="order_unknown"),
    "710051": Refused(code="order_unknown"),
    "710052": Refused(code="order_unknown"),
    "710053": Refused(code="order_unknown"),
}
"""`code` of an envelope → what it means (lakala §5, §6); 000000 and BBS00000 stand apart, GW* is the gateway's."""

NOT_FOUND = frozenset({"710050", "710051", "BBS11114"})
"""Of a question: the refund itself is not known. No proof of failure before the schedule is over (lakala §7)."""
WORKING = frozenset({"INIT", "DEAL", "PROCESSING", "TIMEOUT", "CREATE"})


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract."""

    base_url: str
    appid: str
    serial_no: str
    merchant_no: str
    term_no: str
    request_ip: str
    refund_acc_mode: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    platform_cert: rsa.RSAPublicKey = field(repr=False)
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        config = cls(
            base_url=loaded("base_url", _base),
            appid=loaded("appid", wire.identifier),
            serial_no=loaded("serial_no", wire.identifier),
            merchant_no=loaded("merchant_no", wire.identifier),
            term_no=loaded("term_no", wire.identifier),
            request_ip=text["request_ip"],
            refund_acc_mode=text["refund_acc_mode"],
            private_key=loaded("private_key", signing.load_private_key),
            platform_cert=loaded("platform_cert", signing.load_public_key),
            timeout_seconds=loaded("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


def _base(text: str) -> str:
    """Some contracts write `/api` behind the host; it is not said twice (lakala §1)."""
    return wire.address(text).removesuffix("/api")


class Lakala:
    """One terminal of a merchant at Lakala."""

    def __init__(
        self,
        config: Config,
        *,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.config = config
        self._client = client or wire.client(read_seconds=config.timeout_seconds)
        self._now, self._nonce = now, nonce

    async def refund(self, order: Order) -> Outcome:
        """统一退货: 000000 means taken in, `trade_state` says how far it is (lakala §4.6, §5)."""
        told = await self._call(REFUND, refund_fields(self.config, order))
        return read_refund(told, order) if isinstance(told, dict) else told

    async def void(self, order: Order) -> Outcome:
        """扫码撤销 of the whole payment; answered at once (lakala §4.2)."""
        asked = self._terminal() | {"out_trade_no": order.number, **_origin(order), **self._where()}
        told = await self._call(VOID, asked)
        if not isinstance(told, dict):
            return told
        if told.get("code") == "BBS00000":
            return Settled(channel_refund_ref=str(_inner(told).get("trade_no", "")))
        outcome = error(told)
        if (
            isinstance(outcome, Unknown)
            and outcome.code == "unknown_code"
            and "当日" in str(told.get("msg", ""))
        ):
            return Refused(code="void_window_closed", message=outcome.message)
        return outcome

    async def ask(self, order: Order) -> Outcome:
        path = TRADE_QUERY if order.route is Route.VOID else REFUND_QUERY
        told = await self._call(path, self._terminal() | {"out_trade_no": order.number})
        return read_query(told, order) if isinstance(told, dict) else _open(told)

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        """Ask for a refund that cannot exist: a signed answer proves keys, numbers and address."""
        told = await self._call(REFUND_QUERY, self._terminal() | {"out_trade_no": "SUDAPOSCHECK"})
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if str(told.get("code", "")).startswith("GW"):
            raise CheckFailed(_said(told))
        return f"merchant_no {self.config.merchant_no}"

    async def aclose(self) -> None:
        await self._client.aclose()

    def _terminal(self) -> dict[str, Any]:
        return {"merchant_no": self.config.merchant_no, "term_no": self.config.term_no}

    def _where(self) -> dict[str, Any]:
        return {"location_info": {"request_ip": self.config.request_ip}}

    async def _call(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any] | Deferred | Unknown:
        """The envelope of a reply that Lakala signed, or why there is none to believe."""
        config, now = self.config, self._now()
        envelope = {
            "req_time": now.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"),
            "version": "3.0",
            "req_data": asked,
        }
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        parts = {
            "appid": config.appid,
            "serial_no": config.serial_no,
            "timestamp": str(int(now.timestamp())),
            "nonce_str": self._nonce(),
        }
        parts["signature"] = signing.rsa_sign(config.private_key, seals.call_text(parts.values(), body))
        reply = await wire.send(
            self._client,
            "POST",
            config.base_url + path,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": "sudapos",
                "Authorization": seals.authorization(parts),
            },
            content=body,
        )
        if not isinstance(reply, wire.Reply):
            return reply
        told = wire.json_object(reply.body)
        if reply.status != 200 or not told:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        if not signed(config, reply.headers, reply.body):
            return Unknown(code="bad_signature", message=_said(told)[:64])
        return told


def signed(config: Config, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the platform signed these bytes under the five headers of a reply."""
    names = ("Lklapi-Appid", "Lklapi-Serial", "Lklapi-Timestamp", "Lklapi-Nonce")
    if any(name not in headers for name in (*names, "Lklapi-Signature")):
        return False
    text = seals.call_text((headers[name] for name in names), body)
    return signing.rsa_verify(config.platform_cert, text, headers["Lklapi-Signature"])


def refund_fields(config: Config, order: Order) -> dict[str, Any]:
    """`req_data` of a refund; the amount is a text of fen (lakala §4.6)."""
    asked: dict[str, Any] = {
        "merchant_no": config.merchant_no,
        "term_no": config.term_no,
        "out_trade_no": order.number,
        "refund_amount": str(order.amount),
    }
    if order.reason:
        asked["refund_reason"] = order.reason[:REASON_LENGTH]
    asked |= _origin(order)
    asked["location_info"] = {"request_ip": config.request_ip}
    if config.refund_acc_mode:
        asked["refund_acc_mode"] = config.refund_acc_mode
    if order.notify_url:
        asked["notify_url"] = order.notify_url
    return asked


def _origin(order: Order) -> dict[str, str]:
    """Lakala's number before ours; cashier orders want both (lakala §4.1)."""
    origin = {"origin_trade_no": order.channel_ref, "origin_out_trade_no": order.out_trade_no}
    return {name: value for name, value in origin.items() if value}


def _inner(told: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = told.get("resp_data")
    return inner if isinstance(inner, dict) else {}


def _said(told: Mapping[str, Any]) -> str:
    return f"{told.get('code', '')} {told.get('msg') or told.get('message') or ''}".strip()


def error(told: Mapping[str, Any]) -> Outcome:
    """The meaning of an envelope that is no success."""
    code = str(told.get("code", ""))
    if code.startswith("GW"):  # signature, appid or format: refused at the gate
        return Deferred(code="SIGN_ERROR", message=_said(told), after=300)
    outcome = ERRORS.get(code)
    if outcome is None or isinstance(outcome, Absent):
        return Unknown(code="unknown_code", message=_said(told))
    return replace(outcome, message=_said(told))


def read_refund(told: Mapping[str, Any], order: Order) -> Outcome:
    """The decision table of rfd (lakala §5)."""
    if told.get("code") != "000000":
        return error(told)
    return _state(_inner(told), order)


def _state(inner: Mapping[str, Any], order: Order) -> Outcome:
    if str(inner.get("out_trade_no", "")) != order.number:
        return Unknown(code="answer_for_another_refund")
    if order.route is not Route.VOID and str(inner.get("refund_amount", order.amount)) != str(order.amount):
        return Unknown(code="answer_for_another_refund")
    state, words = str(inner.get("trade_state", "")), str(inner.get("channel_ret_desc", ""))
    reference = str(inner.get("trade_no", ""))
    if state == "SUCCESS":
        return Settled(
            channel_refund_ref=reference,
            received_account=str(inner.get("crd_no", "")),
            at=wire.beijing(inner.get("trade_time"), "%Y%m%d%H%M%S"),
        )
    if state in WORKING:
        return Accepted(channel_refund_ref=reference)
    if state in ("FAIL", "EXCEPTION"):
        code = "funds_short_closed" if "余额不足" in words else "declined"
        return Refused(code="account_closed" if "注销" in words else code, message=words)
    return Unknown(code="unknown_code", message=state)


def read_query(told: Mapping[str, Any], order: Order) -> Outcome:
    """What the answer to a question says of the refund; a question that was refused says nothing."""
    code = str(told.get("code", ""))
    if code in NOT_FOUND:
        return Absent(code="refund_unknown", message=_said(told))
    if code not in ("000000", "BBS00000"):
        return _open(error(told))
    return _state(_inner(told), order)


def _open(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refused | Deferred):
        return Unknown(code=outcome.code, message=outcome.message)
    return outcome


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The content of a notice; a reason to ask, never an answer. Raises NoticeRejected (lakala §2, §8).

    Official notices are signed in `Authorization` over three lines; some come with the headers of a reply.
    """
    parts = seals.read_authorization(headers.get("Authorization") or "")
    if parts:
        text = seals.notice_text(parts.get("timestamp", ""), parts.get("nonce_str", ""), body)
        good = signing.rsa_verify(config.platform_cert, text, parts.get("signature", ""))
    else:
        good = signed(config, headers, body)
    if not good:
        raise NoticeRejected("signature")
    told = wire.json_object(body)
    if config.merchant_no not in (told.get("merchant_no"), told.get("trans_merchant_no")):
        raise NoticeRejected("merchant")
    return told


CHANNEL = Lakala

"""ChinaUMS (银联商务) open platform: POS通 (poslink) and 全民付 (netpay) refunds (chinaums sheet)."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Refused, Route, Settled, Unknown

from . import chinaums_codes as codes
from . import wire
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret
from .signing import chinaums as seals

PRODUCTS = ("poslink", "netpay")
CURRENCY = "156"

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://api-mop.chinaums.com"),
    Field(name="product", zh="产品（poslink/netpay）", en="Product (poslink/netpay)", default="poslink"),
    Field(name="app_id", zh="应用 AppId", en="AppId"),
    Field(name="app_key", zh="应用密钥 AppKey", en="AppKey", secret=True),
    Field(name="merchant_code", zh="商户号（15 位）", en="Merchant number (15)"),
    Field(name="terminal_code", zh="终端号（8 位）", en="Terminal number (8)"),
    Field(name="version_refund", zh="退款接口版本", en="Version of refund", default="v2"),
    Field(name="version_void", zh="撤销接口版本", en="Version of void", default="v2"),
    Field(name="version_query", zh="查询接口版本", en="Version of query", default="v2"),
    Field(
        name="refund_query_path",
        zh="退款查询路径",
        en="Last path part of the refund query",
        default="query-refund",
    ),
    Field(name="inst_mid", zh="机构商户号 instMid（netpay）", en="instMid (netpay)", default="QRPAYDEFAULT"),
    Field(name="source_code", zh="来源编号（netpay，4 位）", en="Source code (netpay)", required=False),
    Field(
        name="refund_query_by",
        zh="退款查询用的字段（netpay）",
        en="Field of the refund query (netpay)",
        default="merOrderId",
    ),
    Field(
        name="md5_key",
        zh="通讯密钥（netpay 通知）",
        en="Key of notices (netpay)",
        secret=True,
        required=False,
    ),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "签名、POS通与全民付的退款、撤销、查询字段、结果码、通知验签：多份公开集成与官方样例（2026-09）",
    ),
    verified_en=(
        "signature, fields of refund, void and query of both products, codes, signed notices: several public integrations and "
        "official samples (2026-09)",
    ),
    to_ask_zh=(
        "同步应答是否签名（公开资料没有：目前只有 TLS 保护）",
        "各操作的接口版本；退款查询的路径和“处理中”的取值",
        "同一 refundRequestId 重复提交返回原结果还是 94",
        "撤销的日切、退款期限、手续费是否退回；对账文件格式",
    ),
    to_ask_en=(
        "whether replies are signed (nothing public: TLS is their only protection)",
        "the version of each operation; the path of the refund query and how it says “in progress”",
        "whether a repeated refundRequestId answers the earlier result or 94",
        "the hour at which a void closes, the refund window, fees, the format of statements",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """One terminal's contract."""

    base_url: str
    product: str
    app_id: str
    app_key: Secret
    merchant_code: str
    terminal_code: str
    version_refund: str
    version_void: str
    version_query: str
    refund_query_path: str
    inst_mid: str
    source_code: str
    refund_query_by: str
    md5_key: Secret
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        if text["product"] == "netpay":
            loaded("source_code", _four)
        config = cls(
            base_url=loaded("base_url", wire.address),
            product=loaded("product", wire.one_of(*PRODUCTS)),
            app_id=loaded("app_id", wire.identifier),
            app_key=Secret(text["app_key"]),
            merchant_code=loaded("merchant_code", wire.identifier),
            terminal_code=loaded("terminal_code", wire.identifier),
            version_refund=loaded("version_refund", wire.identifier),
            version_void=loaded("version_void", wire.identifier),
            version_query=loaded("version_query", wire.identifier),
            refund_query_path=loaded("refund_query_path", wire.identifier),
            inst_mid=text["inst_mid"],
            source_code=text["source_code"],
            refund_query_by=loaded("refund_query_by", wire.one_of("merOrderId", "refundOrderId")),
            md5_key=Secret(text["md5_key"]),
            timeout_seconds=loaded("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


def _four(text: str) -> str:
    if len(text) != 4 or not (text.isascii() and text.isalnum()):
        raise ValueError("four letters or digits")
    return text


class ChinaUms:
    """One terminal of a merchant at ChinaUMS."""

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
        """Refund under `refundRequestId` (poslink) or `refundOrderId` (netpay)."""
        if self.config.product == "netpay":
            told = await self._call("/v1/netpay/refund", self._netpay(refund_netpay(self.config, order)))
            return read_netpay(told, order) if isinstance(told, dict) else told
        told = await self._poslink(self.config.version_refund, "refund", refund_poslink(order))
        return read_poslink(told, order) if isinstance(told, dict) else told

    async def void(self, order: Order) -> Outcome:
        """撤销 of the whole order; it has no number of its own (chinaums §3.3)."""
        if self.config.product == "netpay":
            return Refused(code="void_not_offered")
        told = await self._poslink(self.config.version_void, "voidpayment", _about(order))
        if not isinstance(told, dict):
            return told
        outcome = read_poslink(told, order)
        late = order.paid_at.astimezone(SHANGHAI).date() != self._now().astimezone(SHANGHAI).date()
        if late and isinstance(outcome, Refused) and str(told.get("errCode")) in ("22", "57"):
            return Refused(code="void_window_closed", message=outcome.message)
        return outcome

    async def ask(self, order: Order) -> Outcome:
        config = self.config
        if config.product == "netpay":
            asked = self._netpay({config.refund_query_by: refund_order_id(config, order)})
            told = await self._call("/v1/netpay/refund-query", asked)
            if not isinstance(told, dict):
                return open_question(told)
            outcome = read_netpay(told, order)
            # refundStatus speaks of the refund itself; every other refusal is the question's
            return outcome if told.get("errCode") == "SUCCESS" else open_question(outcome)
        day = order.paid_at.astimezone(SHANGHAI).strftime("%Y%m%d")
        about = _about(order) | {"oriTransDate": day}
        if order.route is Route.VOID:
            told = await self._poslink(config.version_query, "query", about)
            return read_order(told) if isinstance(told, dict) else open_question(told)
        about |= {"refundRequestId": order.number}
        told = await self._poslink(config.version_query, config.refund_query_path, about)
        return read_refund_query(told, order) if isinstance(told, dict) else open_question(told)

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        """Ask for an order that cannot exist: an answer about it proves keys, numbers and address."""
        if self.config.product == "netpay":
            told = await self._call(
                "/v1/netpay/query", self._netpay({"merOrderId": f"{self.config.source_code}CHECK"})
            )
        else:
            told = await self._poslink(
                self.config.version_query, "query", {"merchantOrderId": "SUDAPOSCHECK"}
            )
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if str(told.get("errCode")) in codes.AT_THE_DOOR:
            raise CheckFailed(codes.said(told))
        return f"merchant {self.config.merchant_code}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _poslink(
        self, version: str, what: str, asked: Mapping[str, Any]
    ) -> dict[str, Any] | Deferred | Unknown:
        terminal = {"merchantCode": self.config.merchant_code, "terminalCode": self.config.terminal_code}
        return await self._call(f"/{version}/poslink/transaction/{what}", {**terminal, **asked})

    def _netpay(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        config = self.config
        stamp = self._now().astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        common = {"mid": config.merchant_code, "tid": config.terminal_code, "instMid": config.inst_mid}
        return {"requestTimestamp": stamp, **common, **asked}

    async def _call(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any] | Deferred | Unknown:
        """The fields of a reply; nothing but TLS says that they are ChinaUMS's (chinaums §2.4)."""
        config = self.config
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = self._now().astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")
        header = seals.authorization(config.app_id, config.app_key.reveal(), stamp, self._nonce(), body)
        reply = await wire.send(
            self._client,
            "POST",
            config.base_url + path,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Authorization": header,
                "User-Agent": "sudapos",
            },
            content=body,
        )
        if not isinstance(reply, wire.Reply):
            return reply
        told = wire.json_object(reply.body)
        if reply.status != 200 or "errCode" not in told:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        return told


def _about(order: Order) -> dict[str, str]:
    """ChinaUMS's own number wins where both are sent (chinaums §3.3)."""
    about = {"merchantOrderId": order.out_trade_no, "originalOrderId": order.channel_ref}
    return {name: value for name, value in about.items() if value}


def refund_poslink(order: Order) -> dict[str, Any]:
    """What a POS通 refund says beside merchant and terminal; fen (chinaums §3.4)."""
    asked: dict[str, Any] = _about(order) | {
        "refundRequestId": order.number,
        "transactionAmount": order.amount,
        "transactionCurrencyCode": CURRENCY,
    }
    return asked | ({"refundDesc": order.reason} if order.reason else {})


def refund_netpay(config: Config, order: Order) -> dict[str, Any]:
    """What a 全民付 refund says beside the common fields; fen (chinaums §4.2)."""
    asked: dict[str, Any] = {
        "merOrderId": order.out_trade_no,
        "refundOrderId": refund_order_id(config, order),
        "refundAmount": order.amount,
    }
    return asked | ({"refundDesc": order.reason} if order.reason else {})


def refund_order_id(config: Config, order: Order) -> str:
    """Begins with the source code; letters and digits of our number behind it (chinaums §4.1)."""
    return config.source_code + "".join(letter for letter in order.number if letter.isalnum())


def read_poslink(told: Mapping[str, Any], order: Order) -> Outcome:
    """What the answer to a POS通 refund or void means (chinaums §6)."""
    code = str(told.get("errCode"))
    reference = str(told.get("refundOrderId") or told.get("orderId") or "")
    if code == "00":
        amount = _fen(told.get("transactionAmount"))
        if amount is not None and amount != order.amount:
            return Unknown(code="answer_for_another_refund")
        return Settled(channel_refund_ref=reference, amount=_fen(told.get("refundInvoiceAmount")))
    if code in ("0000", "SUCCESS"):
        return Accepted(channel_refund_ref=reference)
    return codes.error(told)


def read_refund_query(told: Mapping[str, Any], order: Order) -> Outcome:
    """Only `queryResCode` 00 means done; what else it says is open (chinaums §3.6)."""
    code = str(told.get("errCode"))
    if code in ("25", "FF"):
        return Absent(code="refund_unknown", message=codes.said(told))
    if code not in ("00", "0000", "SUCCESS"):
        return open_question(codes.error(told))
    if str(told.get("refundRequestId") or order.number) != order.number:
        return Unknown(code="answer_for_another_refund")
    if str(told.get("queryResCode")) != "00":
        return Unknown(code="in_progress", message=f"queryResCode {told.get('queryResCode')}")
    amount = _fen(told.get("transactionAmount"))
    if amount is not None and amount != order.amount:
        return Unknown(code="answer_for_another_refund")
    return Settled(
        channel_refund_ref=str(told.get("refundOrderId", "")), amount=_fen(told.get("refundInvoiceAmount"))
    )


def read_order(told: Mapping[str, Any]) -> Outcome:
    """What the order query says of a void: 2 is voided, 0 is paid and nothing done yet (chinaums §3.5)."""
    if str(told.get("errCode")) not in ("00", "0000", "SUCCESS"):
        return open_question(codes.error(told))
    match str(told.get("queryResCode")):
        case "2":
            return Settled(channel_refund_ref=str(told.get("orderId", "")))
        case "0":
            return Absent(code="refund_unknown")
        case "3":
            return Unknown(code="order_closed", message="queryResCode 3")
        case other:
            return Unknown(code="in_progress", message=f"queryResCode {other}")


def read_netpay(told: Mapping[str, Any], order: Order) -> Outcome:
    """errCode SUCCESS means handled; `refundStatus` is the money (chinaums §4.2)."""
    code = str(told.get("errCode"))
    if code != "SUCCESS":
        return codes.error(told)
    amount = _fen(told.get("refundAmount"))
    if amount is not None and amount != order.amount:
        return Unknown(code="answer_for_another_refund")
    reference = str(told.get("refundTargetOrderId") or told.get("refundOrderId") or "")
    match str(told.get("refundStatus")):
        case "SUCCESS":
            return Settled(channel_refund_ref=reference)
        case "PROCESSING":
            return Accepted(channel_refund_ref=reference)
        case "UNKNOWN":
            return Unknown(code="in_progress", message="refundStatus UNKNOWN")
        case "FAIL":
            return Refused(code="declined", message=codes.said(told))
        case other:
            return Unknown(code="unknown_code", message=other)


def open_question(outcome: Outcome) -> Outcome:
    """A question that was refused says nothing of the refund; one that nobody knows is absent."""
    match outcome:
        case Refused(code="order_unknown", message=message):
            return Absent(code="refund_unknown", message=message)
        case Refused() | Deferred():
            return Unknown(code=outcome.code, message=outcome.message)
    return outcome


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, str]:
    """The content of a netpay form; a reason to ask, never an answer. Raises NoticeRejected (chinaums §5)."""
    told = wire.form(body)
    key = config.md5_key.reveal()
    good = hmac.compare_digest(seals.notice_digest(told, key).encode(), told.get("sign", "").upper().encode())
    if not key or not good:
        raise NoticeRejected("signature")
    if told.get("mid") != config.merchant_code:
        raise NoticeRejected("merchant")
    return told


ERRORS = codes.ERRORS
CHANNEL = ChinaUms

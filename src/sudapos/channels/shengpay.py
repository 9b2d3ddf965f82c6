"""Shengpay (盛付通) merchant platform: JSON over HTTPS, one sorted text signed with RSA or MD5 (shengpay sheet)."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Refused, Settled, Unknown

from . import signing, wire
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret, sha1
from .signing import shengpay as seals

REASON_LENGTH = 128

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://mchapi.shengpay.com"),
    Field(name="mch_id", zh="商户号", en="Merchant number"),
    Field(name="sub_mch_id", zh="子商户号", en="Sub-merchant number", required=False),
    Field(name="sign_type", zh="签名方式（RSA 或 MD5）", en="Signature: RSA or MD5", default="RSA"),
    Field(
        name="private_key",
        zh="商户私钥（RSA 时）",
        en="Merchant private key (for RSA)",
        secret=True,
        required=False,
    ),
    Field(name="public_key", zh="盛付通公钥（RSA 时）", en="Shengpay's public key (for RSA)", required=False),
    Field(name="md5_key", zh="MD5 密钥（MD5 时）", en="MD5 key (for MD5)", secret=True, required=False),
    Field(
        name="send_total",
        zh="退款时送原订单金额（yes/no）",
        en="Send the order's total with a refund (yes/no)",
        default="yes",
    ),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="20"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "地址、签名、退款与退款查询的字段、受理与成功的区别，来自公开文档与多份公开集成（2026-11）",
    ),
    verified_en=(
        "addresses, signatures, the fields of refund and refund query, accepted against done: public documents and "
        "several public integrations (2026-11)",
    ),
    to_ask_zh=(
        "错误码表与退款状态的全部取值（未公开：目前按答复文字判断，不认识的一律存疑）",
        "退款单查询的返回字段；同一退款单号重复提交时的答复",
        "退款期限、手续费是否退回、对账单格式",
        "退款申请是否要送原订单金额 totalFee",
    ),
    to_ask_en=(
        "the table of error codes and every refund state (not public: judged by the text, what is not known is in doubt)",
        "the fields of the refund query's reply; the answer to a repeated refund number",
        "refund window, whether fees come back, the format of statements",
        "whether a refund must carry the order's total",
    ),
)

ERRORS: Mapping[str, Absent | Deferred | Refused | Unknown] = {
    "频繁": Deferred(code="rate_limited", after=10),
    "余额不足": Deferred(code="not_enough_balance", after=600),
    "退款单不存在": Absent(code="refund_unknown"),
    "退款订单不存在": Absent(code="refund_unknown"),
    "系统": Unknown(code="SYSTEM_ERROR"),
    "超时": Unknown(code="SYSTEM_ERROR"),
    "处理中": Unknown(code="in_progress"),
    "稍后": Unknown(code="SYSTEM_ERROR"),
    "注销": Refused(code="account_closed"),
    "账户异常": Refused(code="account_closed"),
    "订单不存在": Refused(code="order_unknown"),
    "可退金额": Refused(code="over_amount"),
    "金额不一致": Refused(code="number_taken"),
    "已关闭": Refused(code="order_closed"),
}
"""A word in `errorCodeDes` → what a signed resultCode FAIL means. The codes are not public (shengpay §5): the first
word that is found counts, and a text with none of them is Unknown."""

WORKING = frozenset({"REFUND_PROCESSING", "PROCESSING"})


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract."""

    base_url: str
    mch_id: str
    sub_mch_id: str
    sign_type: str
    md5_key: Secret
    send_total: bool
    private_key: rsa.RSAPrivateKey | None = field(default=None, repr=False)
    public_key: rsa.RSAPublicKey | None = field(default=None, repr=False)
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text = reading.text
        sign_type = reading.load("sign_type", wire.one_of("RSA", "MD5"))
        with_rsa = sign_type != "MD5"
        if not with_rsa:
            reading.load("md5_key", wire.filled)
        config = cls(
            base_url=reading.load("base_url", wire.address),
            mch_id=reading.load("mch_id", wire.identifier),
            sub_mch_id=text["sub_mch_id"],
            sign_type=sign_type,
            md5_key=Secret(text["md5_key"]),
            send_total=reading.load("send_total", wire.one_of("yes", "no")) == "yes",
            private_key=reading.load("private_key", signing.load_private_key) if with_rsa else None,
            public_key=reading.load("public_key", signing.load_public_key) if with_rsa else None,
            timeout_seconds=reading.load("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


class Shengpay:
    """One merchant at Shengpay."""

    def __init__(
        self,
        config: Config,
        *,
        client: httpx.AsyncClient | None = None,
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.config = config
        self._client = client or wire.client(read_seconds=config.timeout_seconds)
        self._nonce = nonce

    async def refund(self, order: Order) -> Outcome:
        """Both SUCCESS is 受理 only; the money is back when a question says so (shengpay §5)."""
        told = await self._call("/refund/orderRefund", refund_fields(self.config, order))
        return read(told, order) if isinstance(told, dict) else told

    async def void(self, order: Order) -> Outcome:
        """`reverseOrder` undoes orders whose result is unknown, not paid sales (shengpay §7)."""
        return Refused(code="void_not_offered")

    async def ask(self, order: Order) -> Outcome:
        told = await self._call("/refund/queryRefundOrder", {"outRefundNo": order.number})
        outcome = read(told, order) if isinstance(told, dict) else told
        if isinstance(
            outcome, Refused | Deferred
        ):  # the question was refused: that says nothing of the refund
            return Unknown(code=outcome.code, message=outcome.message)
        return outcome

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        """Ask for a refund that cannot exist: a signed answer proves keys, number and address."""
        told = await self._call("/refund/queryRefundOrder", {"outRefundNo": "SUDAPOSCHECK"})
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if told.get("returnCode") != "SUCCESS":
            raise CheckFailed(f"{told.get('returnCode')} {told.get('returnMsg', '')}".strip())
        return f"mchId {self.config.mch_id}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any] | Deferred | Unknown:
        """The fields of a signed reply, or why there are none to believe."""
        said = {
            **asked,
            "mchId": self.config.mch_id,
            "nonceStr": self._nonce(),
            "signType": self.config.sign_type,
        }
        if self.config.sub_mch_id:
            said["subMchId"] = self.config.sub_mch_id
        said["sign"] = _seal(self.config, said)
        reply = await wire.send(
            self._client,
            "POST",
            self.config.base_url + path,
            headers={"Content-Type": "application/json; charset=UTF-8", "User-Agent": "sudapos"},
            content=json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        if not isinstance(reply, wire.Reply):
            return reply
        told = wire.json_object(reply.body)
        if reply.status != 200 or not told:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        return told if genuine(self.config, told) else Unknown(code="bad_signature")


def _seal(config: Config, said: Mapping[str, Any]) -> str:
    text = seals.text(said)
    if config.private_key is not None:
        return sha1.sign(config.private_key, text)
    return seals.md5(text, config.md5_key.reveal())


def genuine(config: Config, told: Mapping[str, Any]) -> bool:
    """Whether Shengpay signed exactly these fields with the configured method."""
    signature = str(told.get("sign", ""))
    if config.public_key is not None:
        return sha1.verify(config.public_key, seals.text(told), signature)
    return hmac.compare_digest(
        seals.md5(seals.text(told), config.md5_key.reveal()).encode(), signature.lower().encode()
    )


def refund_fields(config: Config, order: Order) -> dict[str, Any]:
    """What a refund says beside the common fields; amounts in fen (shengpay §4)."""
    asked: dict[str, Any] = {"outRefundNo": order.number, "refundFee": order.amount}
    if order.channel_ref:
        asked["transactionId"] = order.channel_ref
    if order.out_trade_no:
        asked["outTradeNo"] = order.out_trade_no
    if config.send_total:
        asked["totalFee"] = order.paid_amount
    if order.reason:
        asked["refundDesc"] = order.reason[:REASON_LENGTH]
    if order.notify_url:
        asked["notifyUrl"] = order.notify_url
    return asked


def read(told: Mapping[str, Any], order: Order) -> Outcome:
    """What a signed reply to a refund or a refund query means (shengpay §5)."""
    if told.get("returnCode") != "SUCCESS":
        # not taken in at all: signature, parameters, merchant; mended by people, and the number is still free
        return Deferred(
            code=str(told.get("errorCode") or "not_taken_in"),
            message=str(told.get("returnMsg", "")),
            after=300,
        )
    if told.get("resultCode") != "SUCCESS":
        text = str(told.get("errorCodeDes", ""))
        said = f"{told.get('errorCode', '')} {text}".strip()
        for word, outcome in ERRORS.items():
            if word in text:
                return replace(outcome, message=said)
        return Unknown(code="unknown_code", message=said)
    if str(told.get("outRefundNo", "")) != order.number or _fen(told.get("refundFee")) != order.amount:
        return Unknown(code="answer_for_another_refund")
    reference = str(told.get("refundId", ""))
    match told.get("refundStatus", ""):
        case "REFUND_SUCCESS":
            return Settled(channel_refund_ref=reference)
        case "" | None:
            return Accepted(channel_refund_ref=reference)
        case status if status in WORKING:
            return Accepted(channel_refund_ref=reference)
        case other:
            return Unknown(code="unknown_code", message=str(other))


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The content of a notice; a reason to ask, never an answer. Raises NoticeRejected (shengpay §6)."""
    told = wire.json_object(body)
    if not genuine(config, told):
        raise NoticeRejected("signature")
    if str(told.get("mchId", "")) != config.mch_id:
        raise NoticeRejected("merchant")
    return told


CHANNEL = Shengpay

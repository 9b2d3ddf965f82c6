"""WeChat Pay APIv3 (wechatpay sheet): refund, ask, bill; a direct merchant, certificate or public-key mode."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.outcome import (
    RETURNED,
    Absent,
    Accepted,
    Bounced,
    Deferred,
    Order,
    Outcome,
    Refused,
    Settled,
    Unknown,
)

from . import signing, wechatpay_abnormal, wire
from .base import (
    CheckFailed,
    Destination,
    Evidence,
    Field,
    NoticeRejected,
    Reading,
    StatementFile,
    StatementMissing,
)
from .signing import Secret

SCHEME = "WECHATPAY2-SHA256-RSA2048"
REFUNDS = "/v3/refund/domestic/refunds"
CLOCK_MAY_DIFFER = 300
"""Seconds between their clock and ours (wechatpay §4)."""
REASON_BYTES = 80
BILL_AT_MOST = 512 * 1024 * 1024
"""Bytes, unpacked."""
MENDED_AFTER = 300
TOPPED_UP_AFTER = 600
DOWNLOAD_HOSTS = frozenset({"api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"})

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://api.mch.weixin.qq.com"),
    Field(name="mchid", zh="商户号", en="Merchant number"),
    Field(name="serial_no", zh="商户 API 证书序列号", en="Serial number of the merchant API certificate"),
    Field(name="private_key", zh="商户 API 私钥（PEM）", en="Merchant API private key (PEM)", secret=True),
    Field(name="apiv3_key", zh="APIv3 密钥（32 位）", en="APIv3 key (32 characters)", secret=True),
    Field(name="public_key_id", zh="微信支付公钥 ID 或平台证书序列号", en="Id of the WeChat Pay public key"),
    Field(
        name="public_key", zh="微信支付公钥或平台证书（PEM）", en="WeChat Pay public key or certificate (PEM)"
    ),
    Field(
        name="previous_key_id", zh="更换期间的旧公钥 ID", en="Id of the key before rotation", required=False
    ),
    Field(name="previous_key", zh="更换期间的旧公钥", en="The key before rotation (PEM)", required=False),
    Field(name="funds_account", zh="退款资金来源", en="Source of funds", required=False),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="20"),
)

EVIDENCE = Evidence(
    verified_zh=("接口路径、签名、通知与账单格式，来自微信支付公开文档（2026-11）",),
    verified_en=(
        "paths, signatures, notices and the bill's format: public documents of WeChat Pay (2026-11)",
    ),
    to_ask_zh=("账户的退款期限、次数与退款资金来源", "接口频率限额"),
    to_ask_en=("this account's refund window, count and source of funds", "rate limits"),
)

ERRORS: Mapping[str, Refused | Deferred | Unknown] = {
    "PARAM_ERROR": Refused(code="PARAM_ERROR"),
    "INVALID_REQUEST": Refused(code="INVALID_REQUEST"),
    "SIGN_ERROR": Deferred(code="SIGN_ERROR", after=MENDED_AFTER),
    "NOT_ENOUGH": Deferred(code="not_enough_balance", after=TOPPED_UP_AFTER),
    "USER_ACCOUNT_ABNORMAL": Refused(code="account_closed"),
    "NO_AUTH": Deferred(code="NO_AUTH", after=MENDED_AFTER),
    "RESOURCE_NOT_EXISTS": Refused(code="RESOURCE_NOT_EXISTS"),
    "MCH_NOT_EXISTS": Deferred(code="MCH_NOT_EXISTS", after=MENDED_AFTER),
    "FREQUENCY_LIMITED": Unknown(code="rate_limited"),
    "RATELIMIT_EXCEEDED": Deferred(code="rate_limited", after=5),
    "SYSTEM_ERROR": Unknown(code="SYSTEM_ERROR"),
    "SERVICE_UNAVAILABLE": Unknown(code="SERVICE_UNAVAILABLE"),
}
"""What an error code of the refund call means (wechatpay §9). Certainly not accepted → Deferred; unclear → Unknown."""

UNSIGNED = frozenset({(401, "SIGN_ERROR"), (429, "RATELIMIT_EXCEEDED")})
"""Said by a gate that lets nothing through and may not sign: believed as a delay, which releases no money."""


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract. `keys` are WeChat's own, by the id that `Wechatpay-Serial` names (wechatpay §5)."""

    base_url: str
    mchid: str
    serial_no: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    apiv3_key: Secret
    keys: Mapping[str, rsa.RSAPublicKey] = field(repr=False)
    key_id: str
    funds_account: str = ""
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        private = loaded("private_key", signing.load_private_key)
        keys = {text["public_key_id"]: loaded("public_key", signing.load_public_key)}
        if text["previous_key_id"]:
            keys[text["previous_key_id"]] = loaded("previous_key", signing.load_public_key)
        seconds = loaded("timeout_seconds", wire.seconds)
        base_url = loaded("base_url", wire.address)
        for name in ("mchid", "serial_no", "public_key_id"):
            loaded(name, wire.identifier)
        apiv3_key = loaded("apiv3_key", signing.aes_256_key)
        reading.done()
        return cls(
            base_url=base_url,
            mchid=text["mchid"],
            serial_no=text["serial_no"],
            private_key=private,
            apiv3_key=apiv3_key,
            keys=keys,
            key_id=text["public_key_id"],
            funds_account=text["funds_account"],
            timeout_seconds=seconds,
        )


class WeChatPay:
    """One account at WeChat Pay."""

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
        """Apply for the refund; the same number may be sent any number of times (wechatpay §6)."""
        reply = await self._call("POST", REFUNDS, refund_body(self.config, order))
        return self._read(reply, order) if isinstance(reply, wire.Reply) else reply

    async def void(self, order: Order) -> Outcome:
        """WeChat's reverse is for payments whose result is unknown; a paid sale is refunded (domain §2.1)."""
        return Refused(code="void_not_offered")

    async def ask(self, order: Order) -> Outcome:
        """What became of the refund. A question that was refused or never left says nothing about it (wechatpay §7)."""
        reply = await self._call("GET", f"{REFUNDS}/{quote(order.number, safe='')}")
        outcome = self._read(reply, order) if isinstance(reply, wire.Reply) else reply
        match outcome:
            case Refused(code="RESOURCE_NOT_EXISTS"):
                return Absent(code=outcome.code, message=outcome.message)
            case Refused(code="CLOSED"):
                return outcome
            case Refused() | Deferred():
                return Unknown(code=outcome.code, message=outcome.message)
        return outcome

    async def reissue(self, order: Order, to: Destination) -> Outcome:
        """Send an abnormal refund to another account, under its own number (wechatpay §11)."""
        body = wechatpay_abnormal.body(self.config.keys[self.config.key_id], order, to)
        reply = await self._call("POST", wechatpay_abnormal.target(REFUNDS, order), body)
        return self._read(reply, order) if isinstance(reply, wire.Reply) else reply

    async def statement(self, day: date) -> StatementFile:
        """The trade bill of one day, its SHA-1 checked (wechatpay §15)."""
        query = urlencode({"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"})
        told = self._believed(await self._call("GET", f"/v3/bill/tradebill?{query}"))
        packed = await self._call("GET", self._download_target(str(told.get("download_url", ""))), bill=True)
        if not isinstance(packed, wire.Reply) or packed.status != 200:
            raise StatementMissing("not_ready", "the bill could not be fetched")
        content = unpacked(packed.body)
        if hashlib.sha1(content).hexdigest() != str(told.get("hash_value", "")).lower():
            raise StatementMissing("damaged", "the bill's SHA-1 does not fit its content")
        return StatementFile(f"wechatpay-{self.config.mchid}-{day:%Y%m%d}.csv", content)

    async def check(self) -> str:
        """Ask for a refund that cannot exist: a signed 404 proves keys, serial and address."""
        reply = await self._call("GET", f"{REFUNDS}/SUDAPOS-CHECK-{self._nonce()[:8]}")
        if not isinstance(reply, wire.Reply):
            raise CheckFailed(f"{reply.code} {reply.message}".strip())
        code = str(wire.json_object(reply.body).get("code", ""))
        if not self._signed(reply):
            raise CheckFailed(f"HTTP {reply.status} {code}: reply not signed with the configured public key")
        if code != "RESOURCE_NOT_EXISTS":
            raise CheckFailed(f"HTTP {reply.status} {code}")
        return f"mchid {self.config.mchid}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(
        self, method: str, target: str, body: Mapping[str, Any] | None = None, *, bill: bool = False
    ) -> wire.Reply | Deferred | Unknown:
        content = (
            b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        )
        headers = {
            "Authorization": self._authorization(method, target, content),
            "Accept": "application/json",
            "User-Agent": "sudapos",
            "Wechatpay-Serial": self.config.key_id,
        }
        if content:
            headers["Content-Type"] = "application/json"
        return await wire.send(
            self._client,
            method,
            self.config.base_url + target,
            headers=headers,
            content=content,
            at_most=wire.STATEMENT_AT_MOST if bill else wire.REPLY_AT_MOST,
            seconds=wire.STATEMENT_SECONDS if bill else wire.CALL_SECONDS,
        )

    def _authorization(self, method: str, target: str, content: bytes) -> str:
        """Signed is the path below `base_url`: what stands before it is where a gateway was mounted."""
        stamp, nonce = str(int(self._now().timestamp())), self._nonce()
        text = signing.wechat_request_text(method, target, stamp, nonce, content)
        pairs = {
            "mchid": self.config.mchid,
            "nonce_str": nonce,
            "timestamp": stamp,
            "serial_no": self.config.serial_no,
            "signature": signing.rsa_sign(self.config.private_key, text),
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in pairs.items())

    def _signed(self, reply: wire.Reply) -> bool:
        return verified(self.config, reply.headers, reply.body, at=self._now())

    def _read(self, reply: wire.Reply, order: Order) -> Outcome:
        """What a reply means. Nothing that is unsigned may settle a refund or release its money (wechatpay §4)."""
        signed, told = self._signed(reply), wire.json_object(reply.body)
        if reply.status == 202:
            return Unknown(code="still_working")
        if reply.status == 200:
            return read_refund(told, order) if signed else Unknown(code="bad_signature")
        code, message = str(told.get("code", "")), str(told.get("message", ""))
        outcome = ERRORS.get(code)
        if outcome is None:
            return Unknown(code="unknown_code", message=f"HTTP {reply.status} {code}".strip())
        if isinstance(outcome, Unknown):
            return Unknown(code=outcome.code, message=message)
        if not signed and (reply.status, code) not in UNSIGNED:
            return Unknown(code="unverified_refusal", message=f"HTTP {reply.status} {code}")
        return replace(outcome, message=message)

    def _believed(self, reply: wire.Reply | Deferred | Unknown) -> dict[str, Any]:
        if not isinstance(reply, wire.Reply):
            raise StatementMissing("not_ready", reply.code)
        told = wire.json_object(reply.body)
        if reply.status == 200 and self._signed(reply):
            return told
        names = {"NO_STATEMENT_EXIST": "no_trade", "STATEMENT_CREATING": "not_ready"}
        code = str(told.get("code") or "bad_signature")
        raise StatementMissing(names.get(code, code), str(told.get("message", "")))

    def _download_target(self, url: str) -> str:
        """Our signed header goes to WeChat's own hosts only."""
        parts, base = urlsplit(url), urlsplit(self.config.base_url)
        if parts.netloc != base.netloc and parts.hostname not in DOWNLOAD_HOSTS:
            raise StatementMissing("foreign_host", parts.netloc)
        path = parts.path.removeprefix(base.path)
        return f"{path}?{parts.query}" if parts.query else path


def refund_body(config: Config, order: Order) -> dict[str, Any]:
    """The application as WeChat wants it; exactly one of the two order numbers (wechatpay §6)."""
    body: dict[str, Any] = {}
    if order.channel_ref:
        body["transaction_id"] = order.channel_ref
    else:
        body["out_trade_no"] = order.out_trade_no
    body["out_refund_no"] = order.number
    if reason := _printable(order.reason):
        body["reason"] = reason
    if order.notify_url:
        body["notify_url"] = order.notify_url
    if config.funds_account:
        body["funds_account"] = config.funds_account
    body["amount"] = {"refund": order.amount, "total": order.paid_amount, "currency": "CNY"}
    return body


def _printable(reason: str) -> str:
    """At most 80 bytes, and no character of four: one emoji would refuse the whole refund (wechatpay §2, §6)."""
    plain = "".join(character for character in reason if ord(character) <= 0xFFFF)
    return plain.encode()[:REASON_BYTES].decode(errors="ignore")


def read_refund(told: Mapping[str, Any], order: Order) -> Outcome:
    """A refund object, verified before (wechatpay §6, §8). `amount.payer_refund` is the payer's own money."""
    amount = told.get("amount")
    money = amount if isinstance(amount, dict) else {}
    if told.get("out_refund_no") != order.number or money.get("refund") != order.amount:
        return Unknown(code="answer_for_another_refund")
    number, account = str(told.get("refund_id") or ""), str(told.get("user_received_account") or "")
    match told.get("status"):
        case "SUCCESS" if account.startswith(wechatpay_abnormal.MERCHANTS_OWN):
            return Bounced(code=RETURNED, channel_refund_ref=number)
        case "SUCCESS":
            payer = money.get("payer_refund")
            return Settled(
                channel_refund_ref=number,
                amount=payer if isinstance(payer, int) else None,
                received_account=account,
                at=_moment(told.get("success_time")),
            )
        case "PROCESSING":
            return Accepted(channel_refund_ref=number, received_account=account)
        case "ABNORMAL":
            return Bounced(code="account_closed", channel_refund_ref=number)
        case "CLOSED":
            return Refused(code="CLOSED")
        case other:
            return Unknown(code="unknown_code", message=str(other))


def verified(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> bool:
    """Whether WeChat signed exactly these bytes less than five minutes ago (wechatpay §4)."""
    stamp = headers.get("Wechatpay-Timestamp", "")
    key = config.keys.get(headers.get("Wechatpay-Serial", ""))
    if key is None or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    if abs(at.timestamp() - int(stamp)) > CLOCK_MAY_DIFFER:
        return False
    text = signing.wechat_reply_text(stamp, headers.get("Wechatpay-Nonce", ""), body)
    return signing.rsa_verify(key, text, headers.get("Wechatpay-Signature", ""))


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The plain text of a refund notice; it is a reason to ask, never an answer. Raises NoticeRejected (wechatpay §12)."""
    if not verified(config, headers, body, at=at):
        raise NoticeRejected("signature")
    notice = wire.json_object(body)
    resource = notice.get("resource")
    if not isinstance(resource, dict) or not str(notice.get("event_type", "")).startswith("REFUND."):
        raise NoticeRejected("shape")
    try:
        plain = signing.aes_gcm_decrypt(
            config.apiv3_key,
            nonce=str(resource.get("nonce", "")),
            associated=str(resource.get("associated_data", "")),
            ciphertext=str(resource.get("ciphertext", "")),
        )
    except ValueError:
        raise NoticeRejected("encryption") from None
    told = wire.json_object(plain)
    if told.get("mchid") != config.mchid:
        raise NoticeRejected("merchant")
    return told


def unpacked(content: bytes) -> bytes:
    """A bill as text; it comes gzipped because we ask for that. Raises StatementMissing."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(content)).read(BILL_AT_MOST + 1)
    except (OSError, EOFError, zlib.error):
        raise StatementMissing("damaged", "the bill does not unpack") from None
    if len(plain) > BILL_AT_MOST:
        raise StatementMissing("damaged", "the bill unpacks to more than we hold")
    return plain


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


CHANNEL = WeChatPay

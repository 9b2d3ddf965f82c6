"""Allinpay (通联) 收银宝: refund, cancel, query, statement; forms out, signed JSON back (allinpay sheet)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Refused, Settled, Unknown

from . import signing, wire
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret, sha1
from .signing import allinpay as seals

PRODUCTS = ("tranx", "posol")

FIELDS = (
    Field(name="base_url", zh="接口地址", en="API address", default="https://vsp.allinpay.com/apiweb"),
    Field(name="cusid", zh="商户号", en="Merchant number"),
    Field(name="appid", zh="应用号", en="Application id"),
    Field(name="orgid", zh="集团/机构号", en="Group or provider number", required=False),
    Field(
        name="product",
        zh="产品（tranx 扫码 / posol 刷卡）",
        en="Product (tranx QR / posol card)",
        default="tranx",
    ),
    Field(name="sign_type", zh="签名方式（RSA 或 MD5）", en="Signature: RSA or MD5", default="RSA"),
    Field(
        name="private_key",
        zh="商户私钥（RSA 时）",
        en="Merchant private key (for RSA)",
        secret=True,
        required=False,
    ),
    Field(name="public_key", zh="通联公钥（RSA 时）", en="Allinpay's public key (for RSA)", required=False),
    Field(name="md5_key", zh="MD5 密钥（MD5 时）", en="MD5 key (for MD5)", secret=True, required=False),
    Field(name="version", zh="接口版本（11/12）", en="API version (11/12)", default="12"),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "签名（MD5 经公开通知复核、RSA）、退款、撤销、查询、交易状态、通知：官方文档摘录与多份公开集成",
    ),
    verified_en=(
        "signatures (MD5 checked against a published notice, RSA), refund, cancel, query, transaction states, notices: "
        "excerpts of the official documents and several public integrations",
    ),
    to_ask_zh=(
        "SM2 签名的用户标识与编码（目前不支持）；失败答复是否签名（未签名的拒绝不予采信）",
        "退款期限；当日能否退款；付款后几分钟可退；手续费是否退回",
        "对账文件的列和编码（请按列映射导入）；通知的重发次数",
        "余额不足的错误码（目前按文字识别）",
    ),
    to_ask_en=(
        "user id and encoding of SM2 signatures (not supported yet); whether refusals are signed (an unsigned one is not believed)",
        "the refund window, refunds on the same day, minutes between payment and refund, whether fees come back",
        "columns and encoding of the statement (import it with a column mapping); how often notices are repeated",
        "the code for a short balance (judged by its text)",
    ),
)

ERRORS: Mapping[str, Absent | Accepted | Deferred | Refused | Unknown] = {
    "1001": Refused(code="order_unknown"),
    "1999": Accepted(),
    "2000": Accepted(),
    "2008": Accepted(),
    "3014": Refused(code="declined"),
    "3031": Refused(code="declined"),
    "3045": Refused(code="declined"),
    "3050": Unknown(code="duplicate_number"),
    "3088": Refused(code="declined"),
    "3089": Unknown(code="ask_the_acquirer"),
    "3099": Refused(code="merchant_unusable"),
    "3888": Unknown(code="duplicate_number"),
    "3889": Refused(code="not_permitted"),
    "3999": Refused(code="declined"),
}
"""`trxstatus` → what it means (allinpay §6); every other 3xxx failed, 0000 stands apart."""

CALLS: Mapping[str, Deferred | Refused | Unknown] = {
    "FAIL": Deferred(code="not_taken_in", after=600),
    "PARAMERR": Refused(code="not_taken_in"),
    "SIGNAUTHERR": Deferred(code="SIGN_ERROR", after=300),
    "SYSTEMERR": Unknown(code="SYSTEM_ERROR"),
}
"""`retcode` other than SUCCESS, where it is signed."""


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract."""

    base_url: str
    cusid: str
    appid: str
    orgid: str
    product: str
    sign_type: str
    md5_key: Secret
    version: str
    private_key: rsa.RSAPrivateKey | None = field(default=None, repr=False)
    public_key: rsa.RSAPublicKey | None = field(default=None, repr=False)
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        sign_type = loaded("sign_type", wire.one_of("RSA", "MD5"))
        with_rsa = sign_type != "MD5"
        if not with_rsa:
            loaded("md5_key", wire.filled)
        config = cls(
            base_url=loaded("base_url", wire.address),
            cusid=loaded("cusid", wire.identifier),
            appid=loaded("appid", wire.identifier),
            orgid=text["orgid"],
            product=loaded("product", wire.one_of(*PRODUCTS)),
            sign_type=sign_type,
            md5_key=Secret(text["md5_key"]),
            version=loaded("version", wire.one_of("11", "12")),
            private_key=loaded("private_key", signing.load_private_key) if with_rsa else None,
            public_key=loaded("public_key", signing.load_public_key) if with_rsa else None,
            timeout_seconds=loaded("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


class Allinpay:
    """One merchant at Allinpay."""

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
        """Refund under `reqsn`, which is used up by its first answer (allinpay §8)."""
        told = await self._call("refund", give_back_fields(self.config, order))
        return read(told, order) if isinstance(told, dict) else told

    async def void(self, order: Order) -> Outcome:
        """撤销: same day, whole amount, answered at once (allinpay §5.2)."""
        told = await self._call("cancel", give_back_fields(self.config, order))
        if not isinstance(told, dict):
            return told
        outcome = read(told, order)
        if isinstance(outcome, Refused) and "当日" in outcome.message:
            return Refused(code="void_window_closed", message=outcome.message)
        return outcome

    async def ask(self, order: Order) -> Outcome:
        told = await self._call("query", {"reqsn": order.number})
        outcome = read(told, order) if isinstance(told, dict) else told
        match outcome:
            case Refused(code="order_unknown", message=message):
                return Absent(code="refund_unknown", message=message)
            case Refused() if isinstance(told, dict) and told.get("retcode") != "SUCCESS":
                return Unknown(code=outcome.code, message=outcome.message)
            case Deferred():
                return Unknown(code=outcome.code, message=outcome.message)
        return outcome

    async def statement(self, day: date) -> StatementFile:
        """The file of one day from the address that the answer names; its columns are not public (allinpay §10)."""
        told = await self._call("get", {"date": f"{day:%Y%m%d}"}, folder="trxfile")
        if not isinstance(told, dict):
            raise StatementMissing(
                "bad_signature" if told.code == "bad_signature" else "not_ready", told.code
            )
        url = str(told.get("url", ""))
        if told.get("retcode") != "SUCCESS" or not url:
            raise StatementMissing("not_ready", str(told.get("retmsg", "")))
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.netloc != urlsplit(self.config.base_url).netloc:
            raise StatementMissing("foreign_host", parts.netloc)
        file = await wire.send(
            self._client,
            "GET",
            url,
            headers={"User-Agent": "sudapos"},
            at_most=wire.STATEMENT_AT_MOST,
            seconds=wire.STATEMENT_SECONDS,
        )
        if not isinstance(file, wire.Reply) or file.status != 200:
            raise StatementMissing("not_ready", "the file could not be fetched")
        return StatementFile(f"allinpay-{self.config.cusid}-{day:%Y%m%d}.csv", file.body)

    async def check(self) -> str:
        """Ask for a transaction that cannot exist: a signed answer proves keys, numbers and address."""
        told = await self._call("query", {"reqsn": "SUDAPOSCHECK"})
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if told.get("retcode") != "SUCCESS":
            raise CheckFailed(f"{told.get('retcode')} {told.get('retmsg', '')}".strip())
        return f"cusid {self.config.cusid}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(
        self, what: str, asked: Mapping[str, str], *, folder: str = ""
    ) -> dict[str, Any] | Deferred | Unknown:
        """The fields of a reply that Allinpay signed, or why there are none to believe."""
        config = self.config
        said = {
            **asked,
            "cusid": config.cusid,
            "appid": config.appid,
            "orgid": config.orgid,
            "version": config.version,
            "randomstr": self._nonce(),
            "signtype": config.sign_type,
        }
        said = {name: value for name, value in said.items() if value}
        said["sign"] = seal(config, said)
        reply = await wire.send(
            self._client,
            "POST",
            f"{config.base_url}/{folder or config.product}/{what}",
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "User-Agent": "sudapos",
            },
            content=urlencode(said).encode(),
        )
        if not isinstance(reply, wire.Reply):
            return reply
        told = wire.json_object(reply.body)
        if reply.status != 200 or "retcode" not in told:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        if not genuine(config, told):
            unsigned = told["retcode"] != "SUCCESS" and not told.get("sign")
            code = "unverified_refusal" if unsigned else "bad_signature"
            return Unknown(code=code, message=f"{told['retcode']} {told.get('retmsg', '')}".strip()[:64])
        return told


def seal(config: Config, said: Mapping[str, str]) -> str:
    """The signature over a form."""
    if config.private_key is not None:
        return sha1.sign(config.private_key, seals.text(said))
    return seals.md5(said, config.md5_key.reveal())


def genuine(config: Config, told: Mapping[str, Any]) -> bool:
    """Whether Allinpay signed exactly these fields with the configured method."""
    said = {name: str(value) for name, value in told.items() if value is not None}
    signature = said.get("sign", "")
    if config.public_key is not None:
        return sha1.verify(config.public_key, seals.text(said), signature)
    expected = seals.md5(said, config.md5_key.reveal())
    return hmac.compare_digest(expected.encode(), signature.upper().encode())


def give_back_fields(config: Config, order: Order) -> dict[str, str]:
    """What a refund or cancel says beside the common fields; a text of fen (allinpay §5). posol knows `trxid` only."""
    asked = {"reqsn": order.number, "trxamt": str(order.amount)}
    if config.product == "posol":
        return asked | {"trxid": order.channel_ref, "remark": order.reason}
    return asked | {"oldtrxid": order.channel_ref, "oldreqsn": order.out_trade_no, "remark": order.reason}


def read(told: Mapping[str, Any], order: Order) -> Outcome:
    """What a signed reply to a refund, cancel or query means (allinpay §6)."""
    retcode, said = str(told.get("retcode")), f"{told.get('trxstatus', '')} {told.get('errmsg', '')}".strip()
    if retcode != "SUCCESS":
        call = CALLS.get(retcode, Unknown(code="unknown_code"))
        return replace(call, message=f"{retcode} {told.get('retmsg', '')}".strip())
    status = str(told.get("trxstatus", ""))
    if status != "1001" and str(told.get("reqsn") or order.number) != order.number:
        return Unknown(code="answer_for_another_refund")
    if str(told.get("trxamt") or order.amount) != str(order.amount):
        return Unknown(code="answer_for_another_refund")
    reference = str(told.get("trxid", ""))
    if status == "0000":
        return Settled(channel_refund_ref=reference, at=wire.beijing(told.get("fintime"), "%Y%m%d%H%M%S"))
    if "余额不足" in said and status.startswith("3"):
        return Refused(code="funds_short_closed", message=said)
    match ERRORS.get(status):
        case None if len(status) == 4 and status.startswith("3"):
            return Refused(code="declined", message=said)
        case None:
            return Unknown(code="unknown_code", message=said)
        case Accepted():
            return Accepted(channel_refund_ref=reference)
        case outcome:
            return replace(outcome, message=said)


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, str]:
    """The content of a signed form; a reason to ask, never an answer. Raises NoticeRejected (allinpay §7)."""
    told = wire.form(body)
    if not genuine(config, told):
        raise NoticeRejected("signature")
    if told.get("cusid") != config.cusid:
        raise NoticeRejected("merchant")
    return told


CHANNEL = Allinpay

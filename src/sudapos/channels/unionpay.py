"""UnionPay online gateway 5.1.0: refund 04, void 31, query 00, settlement file 76 (unionpay sheet)."""

from __future__ import annotations

import base64
import binascii
import hmac
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Route, Settled, Unknown

from . import signing, wire
from . import unionpay_codes as codes
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret
from .signing import unionpay as seals

VERSION, ENCODING = "5.1.0", "UTF-8"
REFUND, VOID, QUERY = "04", "31", "00"
NO_NOTICE = "http://www.specialUrl.com"
"""What the official demos put where a shop wants no notice."""

FIELDS = (
    Field(name="base_url", zh="网关地址", en="Gateway address", default="https://gateway.95516.com"),
    Field(name="file_url", zh="对账文件地址", en="File address", default="https://filedownload.95516.com"),
    Field(name="mer_id", zh="商户号", en="Merchant number"),
    Field(name="pfx", zh="商户证书 .pfx（Base64）", en="Merchant .pfx (Base64)", secret=True, required=False),
    Field(name="pfx_password", zh="商户证书密码", en="Password of the .pfx", secret=True, required=False),
    Field(
        name="private_key",
        zh="商户私钥（没有 .pfx 时）",
        en="Private key (without a .pfx)",
        secret=True,
        required=False,
    ),
    Field(name="cert_id", zh="证书序列号（十进制）", en="Certificate serial, decimal", required=False),
    Field(
        name="sign_key", zh="签名密钥（signMethod 11）", en="Key (signMethod 11)", secret=True, required=False
    ),
    Field(name="middle_cert", zh="银联中级证书", en="UnionPay's middle certificate", required=False),
    Field(name="root_cert", zh="银联根证书", en="UnionPay's root certificate", required=False),
    Field(name="biz_type", zh="产品类型", en="Product (bizType)", default="000201"),
    Field(name="channel_type", zh="渠道类型", en="channelType", default="07"),
    Field(name="test_environment", zh="测试环境（yes/no）", en="Test environment (yes/no)", default="no"),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "地址、签名与验签（含真实测试环境的应答）、退货、撤销、查询、对账文件列宽：银联规范与官方示例（2026-11）",
    ),
    verified_en=(
        "addresses, signatures (against recorded replies of the test gateway), refund, void, query, columns of the file: "
        "UnionPay's specification and official demos (2026-11)",
    ),
    to_ask_zh=(
        "退货期限（公开资料有 90 天、330 天、11 个月三种；二维码产品 30 天）",
        "当前的证书链；ZME 差错文件的列名；对账文件的产生时间",
        "同日用同一订单号、不同 txnTime 重发的结果",
    ),
    to_ask_en=(
        "the refund window (90 days, 330 days and 11 months are published; 30 days for QR codes)",
        "the current chain of certificates; names of the columns of ZME files; the hour of the file",
        "what a second send with the same orderId and another txnTime does on the same day",
    ),
)

SUCCESS = ("00", "A6")
OPEN = ("03", "04", "05")
QR_CODE = "000000"
REMAIN_OPEN = ("01", "12", "34", "60")
"""Of a transaction's own result: QR products give them while it is still under way (unionpay §8)."""


@dataclass(frozen=True, slots=True)
class Config:
    """One merchant's contract."""

    base_url: str
    file_url: str
    mer_id: str
    cert_id: str
    sign_key: Secret
    biz_type: str
    channel_type: str
    test_environment: bool
    private_key: rsa.RSAPrivateKey | None = field(default=None, repr=False)
    middle_cert: x509.Certificate | None = field(default=None, repr=False)
    root_cert: x509.Certificate | None = field(default=None, repr=False)
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        key, cert_id = None, ""
        if not text["sign_key"]:
            password = text["pfx_password"]
            if text["pfx"]:
                opened = loaded("pfx", lambda pfx: open_pfx(pfx, password))
                if opened:  # nothing where it did not load: `done` says so
                    key, cert_id = opened
            else:
                key = loaded("private_key", signing.load_private_key)
                cert_id = loaded("cert_id", _decimal)
            middle, root = loaded("middle_cert", seals.certificate), loaded("root_cert", seals.certificate)
        config = cls(
            base_url=loaded("base_url", wire.address),
            file_url=loaded("file_url", wire.address),
            mer_id=loaded("mer_id", wire.identifier),
            cert_id=cert_id,
            sign_key=Secret(text["sign_key"]),
            biz_type=text["biz_type"],
            channel_type=text["channel_type"],
            test_environment=text["test_environment"].lower() == "yes",
            private_key=key,
            middle_cert=None if text["sign_key"] else middle,
            root_cert=None if text["sign_key"] else root,
            timeout_seconds=loaded("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config


def open_pfx(pfx: str, password: str) -> tuple[rsa.RSAPrivateKey, str]:
    """Key and decimal serial number of a PKCS#12 file in Base64. Raises ValueError."""
    key, certificate, _ = pkcs12.load_key_and_certificates(
        base64.b64decode(pfx, validate=True), password.encode()
    )
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise ValueError("no RSA key and certificate in it")
    return key, str(certificate.serial_number)


def _decimal(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("digits only")
    return text


class UnionPay:
    """One merchant at UnionPay."""

    def __init__(
        self,
        config: Config,
        *,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.config = config
        self._client = client or wire.client(read_seconds=config.timeout_seconds)
        self._now = now

    async def refund(self, order: Order) -> Outcome:
        """退货: 00 is 受理 only, the query tells the result (unionpay §6)."""
        return await self._give_back(order, REFUND)

    async def void(self, order: Order) -> Outcome:
        """消费撤销: the whole payment, on its clearing day (unionpay §7)."""
        return await self._give_back(order, VOID)

    async def _give_back(self, order: Order, kind: str) -> Outcome:
        told = await self._call(
            "/gateway/api/backTransReq.do", give_back_fields(self.config, order, kind, self._now())
        )
        return read_give_back(told, order) if isinstance(told, dict) else told

    async def ask(self, order: Order) -> Outcome:
        asked = {
            "txnType": QUERY,
            "txnSubType": "00",
            "bizType": "000000",
            "orderId": order_id(order),
            "txnTime": txn_time(order, self._now()),
        }
        told = await self._call("/gateway/api/queryTrans.do", asked)
        qr = self.config.biz_type == QR_CODE
        return read_query(told, order, qr=qr) if isinstance(told, dict) else told

    async def statement(self, day: date) -> StatementFile:
        """The zip of one clearing day (unionpay §13.1)."""
        asked = {
            "txnType": "76",
            "txnSubType": "01",
            "bizType": "000000",
            "settleDate": f"{day:%m%d}",
            "txnTime": beijing(self._now()),
            "fileType": "00",
        }
        told = await self._call(
            "/",
            asked,
            base=self.config.file_url,
            at_most=wire.STATEMENT_AT_MOST,
            seconds=wire.STATEMENT_SECONDS,
        )
        if not isinstance(told, dict):
            raise StatementMissing(
                "bad_signature" if told.code == "bad_signature" else "not_ready", told.code
            )
        if told.get("respCode") != "00":
            code = "not_ready" if told.get("respCode") == "98" else f"respCode {told.get('respCode')}"
            raise StatementMissing(code, told.get("respMsg", ""))
        try:
            content = inflate(told.get("fileContent", ""))
        except ValueError:
            raise StatementMissing("not_ready", "the file does not open") from None
        return StatementFile(told.get("fileName") or f"{self.config.mer_id}_{day:%Y%m%d}.zip", content)

    async def check(self) -> str:
        """Ask for a transaction that cannot exist: a signed answer proves keys, number and address."""
        asked = {
            "txnType": QUERY,
            "txnSubType": "00",
            "bizType": "000000",
            "orderId": "SUDAPOSCHECK",
            "txnTime": beijing(self._now()),
        }
        told = await self._call("/gateway/api/queryTrans.do", asked)
        if not isinstance(told, dict):
            raise CheckFailed(f"{told.code} {told.message}".strip())
        if told.get("respCode") not in ("00", "34"):
            raise CheckFailed(f"{told.get('respCode')} {told.get('respMsg', '')}".strip())
        return f"merId {self.config.mer_id}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(
        self,
        path: str,
        asked: Mapping[str, str],
        *,
        base: str = "",
        at_most: int = wire.REPLY_AT_MOST,
        seconds: float = wire.CALL_SECONDS,
    ) -> dict[str, str] | Deferred | Unknown:
        """The fields of a signed reply, or why there are none to believe."""
        said = self._signed({"version": VERSION, "encoding": ENCODING, "accessType": "0", **asked})
        reply = await wire.send(
            self._client,
            "POST",
            (base or self.config.base_url) + path,
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "User-Agent": "sudapos",
            },
            content=urlencode(said).encode(),
            at_most=at_most,
            seconds=seconds,
        )
        if not isinstance(reply, wire.Reply):
            return reply
        if reply.status != 200:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        told = seals.parse(reply.body.decode("utf-8", errors="replace"))
        if "respCode" not in told:
            return Unknown(code="no_answer", message="no respCode")
        return told if genuine(self.config, told, at=self._now()) else Unknown(code="bad_signature")

    def _signed(self, asked: Mapping[str, str]) -> dict[str, str]:
        config = self.config
        said = {name: value for name, value in asked.items() if value} | {"merId": config.mer_id}
        if config.private_key is None:
            said["signMethod"] = "11"
            said["signature"] = seals.keyed(said, config.sign_key.reveal())
        else:
            said |= {"signMethod": "01", "certId": config.cert_id}
            said["signature"] = seals.sign(config.private_key, said)
        return said


def genuine(config: Config, told: Mapping[str, str], *, at: datetime) -> bool:
    """Whether UnionPay itself signed these fields: chain, dates, subject, signature (unionpay §4)."""
    if config.middle_cert is None or config.root_cert is None:
        expected = seals.keyed(told, config.sign_key.reveal())
        return hmac.compare_digest(expected, told.get("signature", ""))
    try:
        signer = seals.certificate(told.get("signPubKeyCert", ""))
        key = seals.public_key(signer)
    except ValueError:
        return False
    return (
        seals.speaks_for_unionpay(signer, test=config.test_environment)
        and seals.trusted(signer, config.middle_cert, config.root_cert, at=at)
        and seals.holds(key, told)
    )


def order_id(order: Order) -> str:
    """The refund's number as UnionPay takes it: letters and digits only, 8 to 32."""
    return "".join(letter for letter in order.number if letter.isalnum())


def txn_time(order: Order, now: datetime) -> str:
    """Part of the refund's identity, so it is the hour of the first send at every repeat and every question."""
    return beijing(order.first_sent_at or now)


def beijing(at: datetime) -> str:
    """`20261123140507`."""
    return at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def give_back_fields(config: Config, order: Order, kind: str, now: datetime) -> dict[str, str]:
    """What a refund (04) or void (31) says beside the common fields; fen (unionpay §6, §7, §14)."""
    asked = {
        "txnType": kind,
        "txnSubType": "00",
        "bizType": config.biz_type,
        "channelType": config.channel_type,
        "backUrl": order.notify_url or NO_NOTICE,
        "orderId": order_id(order),
        "txnTime": txn_time(order, now),
        "txnAmt": str(order.amount),
    }
    if order.channel_ref:
        return asked | {"origQryId": order.channel_ref}
    return asked | {"origOrderId": order.out_trade_no, "origTxnTime": beijing(order.paid_at)}


def read_give_back(told: Mapping[str, str], order: Order) -> Outcome:
    """What a signed answer to a refund or void means (unionpay §9, §10)."""
    code = told.get("respCode", "")
    if code in SUCCESS:
        if not _ours(told, order):
            return Unknown(code="answer_for_another_refund")
        return Accepted(channel_refund_ref=told.get("queryId", ""))
    return codes.error(code, told.get("respMsg", ""))


def read_query(told: Mapping[str, str], order: Order, *, qr: bool = False) -> Outcome:
    """`respCode` is about the question, `origRespCode` about the refund; `qr` is the QR-code product (unionpay §8)."""
    code, message = told.get("respCode", ""), told.get("respMsg", "")
    if code == "34":
        return Absent(code="refund_unknown", message=message)
    if code != "00":
        outcome = codes.error(code, message)
        return Unknown(code=outcome.code, message=outcome.message)
    kind = VOID if order.route is Route.VOID else REFUND
    if told.get("txnType", kind) != kind or not _ours(told, order):
        return Unknown(code="answer_for_another_refund")
    result, words = told.get("origRespCode", ""), told.get("origRespMsg", "")
    if result in SUCCESS:
        return Settled(channel_refund_ref=told.get("queryId", ""))
    if result in OPEN:
        return Accepted(channel_refund_ref=told.get("queryId", ""))
    if qr and result in REMAIN_OPEN:
        return Unknown(code="in_progress", message=f"{result} {words}".strip())
    return codes.final(result, words)


def _ours(told: Mapping[str, str], order: Order) -> bool:
    if told.get("orderId") != order_id(order) or told.get("txnAmt", str(order.amount)) != str(order.amount):
        return False
    return order.first_sent_at is None or told.get("txnTime") == beijing(order.first_sent_at)


def inflate(text: str) -> bytes:
    """The zip in `fileContent`: Base64 over zlib; bounded. Raises ValueError."""
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(base64.b64decode(text, validate=True), wire.STATEMENT_AT_MOST)
    except (binascii.Error, zlib.error):
        raise ValueError("not base64 of zlib") from None
    if not opened.eof or not content:
        raise ValueError("too large or cut off")
    return content


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, str]:
    """The content of a signed form; a reason to ask, never an answer. Raises NoticeRejected (unionpay §12)."""
    said = wire.form(body)
    if not genuine(config, said, at=at):
        raise NoticeRejected("signature")
    if said.get("merId") != config.mer_id:
        raise NoticeRejected("merchant")
    return said


ERRORS = codes.ERRORS
CHANNEL = UnionPay

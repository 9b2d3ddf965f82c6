"""Alipay OpenAPI over gateway.do, RSA2 with public keys (alipay sheet): refund, ask, bill."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.core import money
from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import (
    Absent,
    Deferred,
    Order,
    Outcome,
    Refused,
    Settled,
    Unknown,
)

from . import alipay_parts, signing, wire
from .base import CheckFailed, Evidence, Field, NoticeRejected, Reading, StatementFile, StatementMissing
from .signing import Secret

GATEWAY = "/gateway.do"
CHARSET = "utf-8"
SUCCESS = "10000"
MENDED_AFTER = 300
TOPPED_UP_AFTER = 600
TOO_FAST_AFTER = 10
REASON_LENGTH = 256

FIELDS = (
    Field(
        name="base_url", zh="网关地址", en="Gateway address", default="https://openapi.alipay.com/gateway.do"
    ),
    Field(name="app_id", zh="应用 APPID", en="App id"),
    Field(name="private_key", zh="应用私钥（PEM）", en="Application private key (PEM)", secret=True),
    Field(name="alipay_public_key", zh="支付宝公钥", en="Alipay's public key"),
    Field(name="app_auth_token", zh="应用授权令牌", en="App auth token", secret=True, required=False),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="20"),
)

EVIDENCE = Evidence(
    verified_zh=("网关、RSA2 签名、退款、查询与对账单，来自支付宝公开文档（2026-11）",),
    verified_en=("gateway, RSA2 signatures, refund, query and bill: public documents of Alipay (2026-11)",),
    to_ask_zh=("合同约定的退款期限（通常 12 个月）与是否允许部分退款",),
    to_ask_en=(
        "the refund window of the contract (12 months is usual) and whether partial refunds are allowed",
    ),
)

CODES: Mapping[str, Deferred | Unknown] = {
    "20000": Unknown(code="SYSTEM_ERROR"),
    "20001": Deferred(code="20001", after=MENDED_AFTER),
    "40001": Deferred(code="40001", after=MENDED_AFTER),
    "40002": Deferred(code="40002", after=MENDED_AFTER),
    "40003": Deferred(code="40003", after=MENDED_AFTER),
    "40005": Deferred(code="rate_limited", after=TOO_FAST_AFTER),
    "40006": Deferred(code="40006", after=MENDED_AFTER),
}
"""What a signed `code` other than 10000 and 40004 means (alipay §7). Refused before dispatch for our configuration,
rights or haste is certainly not done; where `sub_code` says which, it takes the place of the number."""

_NO = (
    "INVALID_PARAMETER REFUND_AMT_NOT_EQUAL_TOTAL TRADE_NOT_EXIST TRADE_HAS_FINISHED TRADE_STATUS_ERROR "
    "DISCORDANT_REPEAT_REQUEST REASON_TRADE_REFUND_FEE_ERR REFUND_FEE_ERROR TRADE_NOT_ALLOW_REFUND NOT_ALLOW_PARTIAL_REFUND "
    "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND REASON_TRADE_STATUS_INVALID CURRENCY_NOT_SUPPORT BUYER_NOT_EXIST BUYER_ERROR "
    "USER_NOT_MATCH_ERR REASON_TRADE_BEEN_FREEZEN ALLOC_AMOUNT_VALIDATE_ERROR TRADE_SETTLE_ERROR REFUNDALLOC_UNAUTH_LIMIT "
    "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST ENTERPRISE_PAY_BIZ_ERROR OVERDRAFT_ASSIGN_ACCOUNT_INVALID "
    "OVERDRAFT_AGREEMENT_NOT_MATCH REFUND_ACCOUNT_NOT_EXIST CUSTOMER_VALIDATE_ERROR"
)
ERRORS: Mapping[str, Refused | Deferred | Unknown] = {code: Refused(code=code) for code in _NO.split()} | {
    "SYSTEM_ERROR": Unknown(code="SYSTEM_ERROR"),
    "TRADE_HAS_CLOSE": Unknown(code="TRADE_HAS_CLOSE"),
    "REFUND_CHARGE_ERROR": Unknown(code="REFUND_CHARGE_ERROR"),
    "SELLER_BALANCE_NOT_ENOUGH": Deferred(code="not_enough_balance", after=TOPPED_UP_AFTER),
    "BUYER_ENABLE_STATUS_FORBID": Refused(code="account_closed"),
}
"""What the tail of a signed `sub_code` of the refund call means (alipay §14.1). TRADE_HAS_CLOSE may be our own
earlier success, so it is asked about."""


@dataclass(frozen=True, slots=True)
class Config:
    """One application's contract."""

    base_url: str
    app_id: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    alipay_public_key: rsa.RSAPublicKey = field(repr=False)
    app_auth_token: Secret
    timeout_seconds: float = wire.READ_SECONDS

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        text, loaded = reading.text, reading.load
        private = loaded("private_key", signing.load_private_key)
        public = loaded("alipay_public_key", signing.load_public_key)
        seconds = loaded("timeout_seconds", wire.seconds)
        base_url = loaded("base_url", wire.address)
        loaded("app_id", wire.identifier)
        reading.done()
        return cls(
            base_url=base_url if base_url.endswith(GATEWAY) else base_url + GATEWAY,
            app_id=text["app_id"],
            private_key=private,
            alipay_public_key=public,
            app_auth_token=Secret(text["app_auth_token"]),
            timeout_seconds=seconds,
        )


@dataclass(frozen=True, slots=True)
class Node:
    """The answering object of a reply; `signed` says whether Alipay signed exactly this text."""

    told: Mapping[str, Any]
    signed: bool

    @property
    def code(self) -> str:
        return str(self.told.get("code", ""))

    @property
    def sub_code(self) -> str:
        """The last part: ACQ.X, AQC.X and aop.ACQ.X all mean X (alipay §7)."""
        return str(self.told.get("sub_code", "")).rpartition(".")[2]

    @property
    def message(self) -> str:
        return str(self.told.get("sub_msg") or self.told.get("msg") or "")


class Alipay:
    """One application at Alipay."""

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
        """Refund under `out_request_no`; a repeat answers fund_change=N and moves nothing (alipay §8)."""
        node = await self._call("alipay.trade.refund", refund_content(order), notify_url=order.notify_url)
        return read_refund(node, order) if isinstance(node, Node) else node

    async def void(self, order: Order) -> Outcome:
        """Alipay's cancel is for payments whose result is unknown; a paid sale is refunded (alipay §11)."""
        return Refused(code="void_not_offered")

    async def ask(self, order: Order) -> Outcome:
        content = {
            **_trade(order),
            "out_request_no": order.number,
            "query_options": ["gmt_refund_pay", "refund_detail_item_list", "deposit_back_info"],
        }
        node = await self._call("alipay.trade.fastpay.refund.query", content)
        outcome = read_query(node, order) if isinstance(node, Node) else node
        if isinstance(outcome, Deferred):  # the question was put off: that says nothing about the refund
            return Unknown(code=outcome.code, message=outcome.message)
        return outcome

    async def statement(self, day: date) -> StatementFile:
        """The business bill of one day: a zip from an address that lives thirty seconds (alipay §18)."""
        content = {"bill_type": "trade", "bill_date": day.isoformat()}
        node = await self._call("alipay.data.dataservice.bill.downloadurl.query", content)
        if not isinstance(node, Node):
            raise StatementMissing("not_ready", node.code)
        if not node.signed:
            raise StatementMissing("bad_signature", node.message)
        url = str(node.told.get("bill_download_url", ""))
        if node.code != SUCCESS or not url:
            names = {"NO_BILL_DATA": "no_trade", "BILL_NOT_EXIST": "not_ready", "bill_not_exist": "not_ready"}
            raise StatementMissing(names.get(node.sub_code, node.sub_code or "not_ready"), node.message)
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.netloc != urlsplit(self.config.base_url).netloc:
            raise StatementMissing("foreign_host", parts.netloc)
        packed = await wire.send(
            self._client,
            "GET",
            url,
            headers={"User-Agent": "sudapos"},
            at_most=wire.STATEMENT_AT_MOST,
            seconds=wire.STATEMENT_SECONDS,
        )
        if not isinstance(packed, wire.Reply) or packed.status != 200:
            raise StatementMissing("not_ready", "the bill could not be fetched")
        return StatementFile(f"alipay-{self.config.app_id}-{day:%Y%m%d}.csv.zip", packed.body)

    async def check(self) -> str:
        """Ask for a trade that cannot exist: a signed answer proves keys, app id and address."""
        content = {"out_trade_no": "SUDAPOSCHECK", "out_request_no": "SUDAPOSCHECK"}
        node = await self._call("alipay.trade.fastpay.refund.query", content)
        if not isinstance(node, Node):
            raise CheckFailed(f"{node.code} {node.message}".strip())
        if not node.signed:
            raise CheckFailed(
                f"{node.code} {node.told.get('sub_code', '')}: reply not signed with the configured key"
            )
        if node.code not in (SUCCESS, "40004"):
            raise CheckFailed(f"{node.code} {node.told.get('sub_code', '')} {node.message}")
        return f"app_id {self.config.app_id}"

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _call(
        self, method: str, content: Mapping[str, Any], *, notify_url: str = ""
    ) -> Node | Deferred | Unknown:
        """Everything but the charset goes in the form: an address is logged wherever it passes (alipay §2)."""
        biz = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        form = {
            "app_id": self.config.app_id,
            "method": method,
            "format": "JSON",
            "sign_type": "RSA2",
            "timestamp": self._now().astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "app_auth_token": self.config.app_auth_token.reveal(),
            "notify_url": notify_url,
            "biz_content": biz,
        }
        form = {name: value for name, value in form.items() if value}
        text = signing.alipay_text({**form, "charset": CHARSET})
        form["sign"] = signing.rsa_sign(self.config.private_key, text)
        reply = await wire.send(
            self._client,
            "POST",
            f"{self.config.base_url}?charset={CHARSET}",
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "Accept": "application/json",
                "User-Agent": "sudapos",
            },
            content=urlencode(form).encode(),
        )
        return self._node(reply, method) if isinstance(reply, wire.Reply) else reply

    def _node(self, reply: wire.Reply, method: str) -> Node | Unknown:
        """The answering node and whether its very text was signed (alipay §4)."""
        if reply.status != 200:
            return Unknown(code="no_answer", message=f"HTTP {reply.status}")
        raw = reply.body.decode("utf-8", errors="replace")
        name = method.replace(".", "_") + "_response"
        text = signing.alipay_node(raw, name) or signing.alipay_node(raw, "error_response")
        if text is None:
            return Unknown(code="no_answer", message="no answering node")
        signature = wire.json_object(raw).get("sign")
        return Node(wire.json_object(text), self._signed(text, str(signature or "")))

    def _signed(self, text: str, signature: str) -> bool:
        key = self.config.alipay_public_key
        if not signature:
            return False
        if signing.rsa_verify(key, text.encode(), signature):
            return True
        # Alipay's own libraries try once more with escaped slashes (alipay §4.4)
        return "/" in text and signing.rsa_verify(key, text.replace("/", "\\/").encode(), signature)


def _trade(order: Order) -> dict[str, str]:
    return {"trade_no": order.channel_ref} if order.channel_ref else {"out_trade_no": order.out_trade_no}


def refund_content(order: Order) -> dict[str, Any]:
    """`biz_content` of a refund; amounts are yuan here (alipay §8)."""
    content: dict[str, Any] = {
        **_trade(order),
        "refund_amount": money.show(order.amount),
        "out_request_no": order.number,
    }
    if order.reason:
        content["refund_reason"] = order.reason[:REASON_LENGTH]
    content["query_options"] = ["refund_detail_item_list", "deposit_back_info"]
    return content


def _early(node: Node) -> Outcome | None:
    """What is the same for every call: an answer without a signature is none, 20000 is no answer (alipay §7)."""
    if not node.signed:
        return Unknown(code="bad_signature", message=str(node.told.get("sub_code", ""))[:64])
    if node.code in (SUCCESS, "40004"):
        return None
    outcome = CODES.get(node.code)
    if outcome is None:
        return _said_no_more(node)
    if outcome.code == node.code:
        outcome = replace(outcome, code=str(node.told.get("sub_code") or node.code)[:64])
    return replace(outcome, message=node.message)


def _said_no_more(node: Node) -> Unknown:
    """A code that is not on the list, or says nothing about the refund that was asked for."""
    known = ERRORS.get(node.sub_code)
    if known is not None:
        return Unknown(code=known.code, message=node.message)
    return Unknown(code="unknown_code", message=f"{node.code} {node.told.get('sub_code', '')}".strip())


def read_refund(node: Node, order: Order) -> Outcome:
    """The decision table of alipay §10 for the refund call. `fund_change=N` never means failure."""
    early = _early(node)
    if early is not None:
        return early
    if node.code == SUCCESS:
        if not _ours(node, order):
            return Unknown(code="answer_for_another_refund")
        if node.told.get("fund_change") != "Y":
            # a repeat of what succeeded, or not done: asking tells, and "absent" sends the same number again
            return Unknown(code="fund_change_unproven")
        return Settled(
            channel_refund_ref=str(node.told.get("trade_no", "")),
            amount=alipay_parts.payer(node.told, order),
            received_account=str(node.told.get("buyer_logon_id", "")),
            at=wire.beijing(node.told.get("gmt_refund_pay"), "%Y-%m-%d %H:%M:%S"),
        )
    outcome = ERRORS.get(node.sub_code)
    return _said_no_more(node) if outcome is None else replace(outcome, message=node.message)


def read_query(node: Node, order: Order) -> Outcome:
    """The decision table for the query: no `refund_status` is the only sign of absence (alipay §9)."""
    early = _early(node)
    if early is not None:
        return early
    if node.code != SUCCESS:
        absent = node.sub_code == "TRADE_NOT_EXIST"
        return Absent(code=node.sub_code) if absent else _said_no_more(node)
    status = node.told.get("refund_status")
    if not status:
        return Absent(code="no_refund_status")
    if status != "REFUND_SUCCESS":
        return Unknown(code="unknown_code", message=str(status))
    if not _ours(node, order) or str(node.told.get("out_request_no", order.number)) != order.number:
        return Unknown(code="answer_for_another_refund")
    if alipay_parts.fen(node.told.get("refund_amount"), order.amount) != order.amount:
        return Unknown(code="answer_for_another_refund")
    return Settled(
        channel_refund_ref=str(node.told.get("trade_no", "")),
        amount=alipay_parts.payer(node.told, order),
        received_account=_where(node.told),
        at=wire.beijing(node.told.get("gmt_refund_pay"), "%Y-%m-%d %H:%M:%S"),
    )


def _where(told: Mapping[str, Any]) -> str:
    """Where the money is: a bank that refused it leaves it in the payer's Alipay balance (alipay §17)."""
    back = told.get("deposit_back_info")
    if isinstance(back, dict) and back.get("dback_status") == "F":
        return "支付宝余额"
    return str(told.get("buyer_logon_id", ""))


def _ours(node: Node, order: Order) -> bool:
    told = node.told
    trade, number = str(told.get("trade_no", "")), str(told.get("out_trade_no", ""))
    if order.channel_ref and trade and trade != order.channel_ref:
        return False
    return not (order.out_trade_no and number and number != order.out_trade_no)


def read_notice(config: Config, headers: Mapping[str, str], body: bytes, *, at: datetime) -> dict[str, Any]:
    """The content of a signed form; a reason to ask, never an answer. Raises NoticeRejected (alipay §5, §17)."""
    said = wire.form(body)
    text = signing.alipay_text(said, drop=("sign", "sign_type"))
    if not signing.rsa_verify(config.alipay_public_key, text, said.get("sign", "")):
        raise NoticeRejected("signature")
    if said.get("app_id") != config.app_id:
        raise NoticeRejected("merchant")
    return wire.json_object(said["biz_content"]) if "biz_content" in said else said


CHANNEL = Alipay

"""Alipay's gateway: common parameters, signature, and replies over the exact node text (alipay §2–§4, §21 steps 1–6, 11)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from sudapos.sandbox import clock, faults, fields, keys, seals
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import World

CHANNEL = "alipay"
PREFIX = "/alipay"
SKEW = 900
"""Seconds; the real limit is not published (alipay §23.1). A clock in another time zone is caught."""
CHARSETS = {"utf-8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030"}
MESSAGES = {
    "10000": "Success",
    "20000": "Service Currently Unavailable",
    "20001": "Insufficient Token Permissions",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}
_REQUIRED = (
    ("method", "isv.missing-method"),
    ("version", "isv.missing-version"),
    ("charset", "isv.missing-charset"),
    ("sign_type", "isv.missing-signature-type"),
    ("sign", "isv.missing-signature"),
    ("timestamp", "isv.missing-timestamp"),
    ("biz_content", "isv.missing-biz-content"),
)


class Complaint(Exception):
    """A reply other than 10000. Before dispatch it goes out without a signature."""

    def __init__(self, code: str, sub_code: str, sub_msg: str) -> None:
        super().__init__(f"{code} {sub_code} {sub_msg}")
        self.code, self.sub_code, self.sub_msg = code, sub_code, sub_msg

    def node(self) -> dict[str, object]:
        """As JSON fields."""
        return {
            "code": self.code,
            "msg": MESSAGES[self.code],
            "sub_code": self.sub_code,
            "sub_msg": self.sub_msg,
        }


def refused(name: str, message: str) -> Complaint:
    """40004 with `ACQ.` before the name (alipay §14.1)."""
    return Complaint("40004", f"ACQ.{name}", message)


@dataclass(frozen=True)
class Call:
    """A request that passed the gateway; `asked` is its biz_content."""

    world: World
    account: Account
    request: web.Request
    asked: dict[str, Any]

    @cached_property
    def now(self) -> float:
        """Sandbox time, once per request."""
        return self.world.clock.now()


@dataclass(frozen=True, slots=True)
class Method:
    """One API method: which faults may strike it, what biz_content holds, and the work."""

    verb: str | None
    fields: fields.Group
    work: Callable[[Call], Mapping[str, object]]


def gateway(
    world: World, methods: Mapping[str, Method]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler behind gateway.do."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            said = _merged(request, body)
        except Complaint as complaint:
            return _reply(None, "error_response", complaint.node(), "utf-8")
        name = said.get("method", "")
        node = f"{name.replace('.', '_')}_response" if name in methods else "error_response"
        charset = CHARSETS.get(said.get("charset", "").lower(), "utf-8")
        verb = methods[name].verb if name in methods else None
        claimed = world.by_number(CHANNEL, said.get("app_id", ""))
        fault = _wire_fault(world, verb, claimed)
        if fault is not None and fault.fault in faults.BEFORE:
            struck = await _strike_before(request, fault, claimed, node, charset)
            if struck is not None:
                return struck
        try:
            account = _authenticate(world, said, methods)
        except Complaint as complaint:
            return await _leave(request, fault, None, node, complaint.node(), charset)
        content = _dispatch(world, account, request, said, methods[name])
        return await _leave(request, fault, account, node, content, charset)

    return answer


def signed_text(said: Mapping[str, str], *, without: tuple[str, ...] = ("sign",)) -> str:
    """Names in ASCII order, raw values, empty ones dropped (alipay §3; notices leave out `sign_type` too, §5)."""
    return "&".join(f"{name}={said[name]}" for name in sorted(said) if said[name] and name not in without)


def _dispatch(
    world: World, account: Account, request: web.Request, said: Mapping[str, str], method: Method
) -> Mapping[str, object]:
    try:
        if method.verb:
            _instead(world, method.verb, account)
        asked = _biz_content(said["biz_content"], method.fields)
        done = method.work(Call(world, account, request, asked))
    except Complaint as complaint:
        return complaint.node()
    return {"code": "10000", "msg": MESSAGES["10000"], **done}


def _merged(request: web.Request, body: bytes) -> dict[str, str]:
    """Query and form as one; a name that stands twice is refused (§21 step 1)."""
    text = f"{request.raw_path.partition('?')[2]}&{body.decode('latin-1')}"
    try:
        names = dict(parse_qsl(text, keep_blank_values=True, encoding="latin-1"))
        charset = CHARSETS.get(names.get("charset", "").lower(), "utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict")
    except ValueError as error:
        raise Complaint("40002", "isv.invalid-parameter", f"参数无效：{error}") from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise Complaint("40002", "isv.invalid-parameter", "参数重复")
    return dict(pairs)


def _authenticate(world: World, said: Mapping[str, str], methods: Mapping[str, Method]) -> Account:
    """The account whose application signed this (§21 steps 2–6)."""
    if not said.get("app_id"):
        raise Complaint("40001", "isv.missing-app-id", "缺少AppID参数")
    account = world.by_number(CHANNEL, said["app_id"])
    if account is None:
        raise Complaint("40002", "isv.invalid-app-id", "无效的AppID参数")
    for name, code in _REQUIRED:
        if not said.get(name):
            raise Complaint("40001", code, f"缺少参数 {name}")
    _check_common(said, methods)
    text = signed_text(said).encode(CHARSETS[said["charset"].lower()])
    if not seals.holds(account.shop_key, text, said["sign"]):
        raise Complaint("40002", "isv.invalid-signature", "验签出错，请检查签名内容与密钥是否匹配")
    if said.get("app_cert_sn") or said.get("alipay_root_cert_sn"):
        raise Complaint("40002", "isv.app-cert-not-exist", "该应用使用公钥模式，没有证书")
    if said.get("app_auth_token"):
        raise Complaint("20001", "aop.invalid-app-auth-token", "无效的应用授权令牌")
    return account


def _check_common(said: Mapping[str, str], methods: Mapping[str, Method]) -> None:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", said["timestamp"]):
            raise ValueError("form")
        at = (
            datetime.strptime(said["timestamp"], "%Y-%m-%d %H:%M:%S")
            .replace(tzinfo=clock.BEIJING)
            .timestamp()
        )
    except ValueError as error:
        raise Complaint("40002", "isv.invalid-timestamp", "无效的时间戳参数") from error
    if abs(at - clock.real()) > SKEW:
        raise Complaint("40002", "isv.invalid-timestamp", "时间戳与北京时间相差过大")
    if said["sign_type"] != "RSA2":
        raise Complaint("40002", "isv.invalid-signature-type", "无效的签名类型")
    if said["charset"].lower() not in CHARSETS:
        raise Complaint("40002", "isv.invalid-charset", "字符集错误")
    if said.get("format") not in (None, "", "JSON", "json"):
        raise Complaint("40002", "isv.invalid-format", "无效的数据格式")
    if said["version"] != "1.0":
        raise Complaint("40002", "isv.invalid-version", "无效的版本")
    if said["method"] not in methods:
        raise Complaint("40002", "isv.invalid-method", "不存在的方法名")


def _biz_content(text: str, rule: fields.Group) -> dict[str, Any]:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise refused("INVALID_PARAMETER", "biz_content 不是 JSON") from error
    problem = fields.first_problem(asked, rule)
    if problem is not None:
        raise refused("INVALID_PARAMETER", f"参数无效：{problem.field} {problem.issue}")
    assert isinstance(asked, dict)
    return asked


def _wire_fault(world: World, verb: str | None, claimed: Account | None) -> faults.Fault | None:
    if verb is None:
        return None
    return world.faults.draw(CHANNEL, verb, faults.ON_WIRE, claimed.name if claimed else None)


def _instead(world: World, verb: str, account: Account) -> None:
    fault = world.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if fault is None:
        return
    if fault.fault == "rate_limited":
        raise Complaint("40005", "isv.app-call-limited", "应用调用次数超限")
    raise refused("SANDBOX_UNHEARD_OF", "沙箱：不在列表中的错误码")


async def _strike_before(
    request: web.Request, fault: faults.Fault, account: Account | None, node: str, charset: str
) -> web.StreamResponse | None:
    match fault.fault:
        case "refuse_connection":
            return await faults.reset(request)
        case "hang_before":
            return await faults.hang(request)
        case "error_500_before":
            return _reply(account, node, _unavailable(), charset)
    await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
    return None


async def _leave(
    request: web.Request,
    fault: faults.Fault | None,
    account: Account | None,
    node: str,
    content: Mapping[str, object],
    charset: str,
) -> web.StreamResponse:
    match fault.fault if fault else "":
        case "reset_after":
            return await faults.reset(request)
        case "hang_after":
            return await faults.hang(request)
        case "error_500_after":
            return _reply(account, node, _unavailable(), charset)
        case "garbage":
            return web.Response(
                body=b"<html><body>502 \xe7\xbd\x91\xe5</body></html>", content_type="text/html"
            )
        case "bad_signature":
            return _reply(account, node, content, charset, forged=True)
    return _reply(account, node, content, charset)


def _unavailable() -> dict[str, object]:
    """Alipay's way to say 500: whether anything was done stays open (alipay §7)."""
    return Complaint("20000", "isp.unknow-error", "系统繁忙").node()


def _reply(
    account: Account | None, node: str, content: Mapping[str, object], charset: str, *, forged: bool = False
) -> web.Response:
    """HTTP 200 whatever happened; `account` None leaves the reply unsigned."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    sign = ""
    if account is not None:
        key = keys.stranger() if forged else account.channel_key
        sign = f',"sign":"{seals.sign(key, text.encode(charset))}"'
    body = f'{{"{node}":{text}{sign}}}'.encode(charset)
    label = "utf-8" if charset == "utf-8" else "GBK"
    return web.Response(body=body, headers={"Content-Type": f"text/html;charset={label}"})

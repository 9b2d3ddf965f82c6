"""WeChat Pay's front door: who speaks, is it signed, and what the answer looks like (wechatpay §2–§4, §19 steps 2–6, 12)."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from aiohttp import web

from sudapos.sandbox import clock, faults, keys, seals
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import World

CHANNEL = "wechatpay"
PREFIX = "/wechatpay"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
SKEW = 300
"""Seconds by which a shop's clock may be wrong."""
INNER = {
    "signature": 268443699,
    "no_order": 268512771,
    "reentry": 268498688,
    "rate": 268447840,
    "extra": 270924358,
}
"""Result codes behind the last dash of Request-ID (wechatpay §9)."""
_PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
_NAMES = ("mchid", "nonce_str", "timestamp", "serial_no", "signature")


class Complaint(Exception):
    """An error reply: HTTP status, code, message for people, detail for machines."""

    def __init__(
        self, http: int, code: str, message: str, detail: Mapping[str, object] | None = None, inner: int = 1
    ) -> None:
        super().__init__(f"{http} {code} {message}")
        self.http, self.code, self.message, self.detail, self.inner = http, code, message, detail, inner


@dataclass(frozen=True, slots=True)
class Reply:
    """What is about to be said. `content` None is an empty body; `raw` replaces the JSON and goes unsigned."""

    http: int
    content: Mapping[str, object] | None = None
    inner: int = 0
    raw: bytes | None = None


@dataclass(frozen=True)
class Call:
    """A request that passed the door."""

    world: World
    account: Account
    request: web.Request
    body: bytes

    @cached_property
    def now(self) -> float:
        """Sandbox time, once per request."""
        return self.world.clock.now()


Work = Callable[[Call], Awaitable[Reply]]


def wrong(field: str, value: object, issue: str, *, location: str = "body", inner: int = 1) -> Complaint:
    """400 PARAM_ERROR with its detail (wechatpay §2)."""
    detail: dict[str, object] = {"field": field, "issue": issue, "location": location}
    if value is not None:
        detail["value"] = value
    return Complaint(400, "PARAM_ERROR", "参数错误", detail, inner)


def route(
    world: World, verb: str | None, work: Work
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler that guards `work` and lets the faults of `verb` strike."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = _claimed_account(world, request)
        fault = world.faults.draw(CHANNEL, verb, faults.ON_WIRE, name) if verb else None
        if fault is not None and fault.fault in faults.BEFORE:
            struck = await _strike_before(world, request, fault)
            if struck is not None:
                return struck
        try:
            account = authenticate(world, request, body)
            _check_headers(request, body)
            if verb:
                _instead(world, verb, account)
            reply = await work(Call(world, account, request, body))
        except Complaint as complaint:
            reply = _error(complaint)
        return await _leave(world, request, reply, fault)

    return answer


async def unknown_route(request: web.Request, world: World) -> web.StreamResponse:
    """404 for a path or method that does not exist (§19 step 1)."""
    complaint = Complaint(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在", inner=404)
    return _dressed(world, request, _error(complaint))


def target_of(request: web.Request) -> str:
    """Path and query as on the wire, as if mounted at the root of a host."""
    return request.raw_path.removeprefix(PREFIX)


def authenticate(world: World, request: web.Request, body: bytes) -> Account:
    """The account that signed this request. Raises 401 SIGN_ERROR with the reason (§19 steps 2–5)."""
    said = _authorization(request)
    account = world.by_number(CHANNEL, said["mchid"])
    if account is None:
        raise _unsigned("mchid", "merchant number unknown")
    if said["serial_no"] != account.config["serial_no"]:
        raise _unsigned("serial_no", "certificate serial number unknown, expired or revoked")
    if not re.fullmatch(r"[0-9A-Za-z]{1,32}", said["nonce_str"]):
        raise _unsigned("nonce_str", "up to 32 letters and digits")
    if not re.fullmatch(r"\d{1,12}", said["timestamp"]) or abs(clock.real() - int(said["timestamp"])) > SKEW:
        raise _unsigned("timestamp", "timestamp is more than 5 minutes away from server time")
    for target in (target_of(request), request.raw_path):
        head = f"{request.method}\n{target}\n{said['timestamp']}\n{said['nonce_str']}\n"
        if seals.holds(account.shop_key, head.encode() + body + b"\n", said["signature"]):
            return account
    raise _unsigned("signature", "sign not match", _what_was_signed(request, said, body))


def _authorization(request: web.Request) -> dict[str, str]:
    values = request.headers.getall("Authorization", [])
    if len(values) != 1:
        raise _unsigned("Authorization", "exactly one Authorization header is needed")
    scheme, _, rest = values[0].partition(" ")
    if scheme != SCHEME:
        raise _unsigned("Authorization", f"scheme must be {SCHEME}")
    parts = [part.strip() for part in rest.split('",')]
    pairs = [_PAIR.fullmatch(part if part.endswith('"') else part + '"') for part in parts]
    found = [(pair.group(1), pair.group(2)) for pair in pairs if pair is not None]
    if len(found) != len(pairs) or sorted(name for name, _ in found) != sorted(_NAMES):
        raise _unsigned("Authorization", f"needs each of {', '.join(_NAMES)} once")
    return dict(found)


def _what_was_signed(request: web.Request, said: Mapping[str, str], body: bytes) -> dict[str, object]:
    """What the server built; of the body only a beginning (wechatpay §3)."""
    target = target_of(request)
    head = f"{request.method}\n{target}\n{said['timestamp']}\n{said['nonce_str']}\n"
    return {
        "method": request.method,
        "url": target,
        "truncated_sign_message": head + body.decode(errors="replace")[:32] + "\n",
        "sign_message_length": len(head.encode()) + len(body) + 1,
    }


def _unsigned(field: str, issue: str, built: Mapping[str, object] | None = None) -> Complaint:
    detail: dict[str, object] = {"field": field, "issue": issue, "location": "authorization"}
    if built is not None:
        detail["sign_information"] = built
    return Complaint(401, "SIGN_ERROR", "错误的签名，验签失败", detail, INNER["signature"])


def _claimed_account(world: World, request: web.Request) -> str | None:
    claimed = re.search(r'mchid="(\d+)"', request.headers.get("Authorization", ""))
    account = world.by_number(CHANNEL, claimed.group(1)) if claimed else None
    return account.name if account else None


def _check_headers(request: web.Request, body: bytes) -> None:
    for name in ("Accept", "User-Agent"):
        if not request.headers.get(name, "").strip():
            raise wrong(name, None, "Required header is missing", location="header")
    if body and request.content_type != "application/json":
        raise wrong("Content-Type", request.content_type, "must be application/json", location="header")


def _instead(world: World, verb: str, account: Account) -> None:
    fault = world.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if fault is None:
        return
    if fault.fault == "rate_limited":
        raise Complaint(429, "FREQUENCY_LIMITED", "频率限制", inner=INNER["rate"])
    raise Complaint(400, "SANDBOX_UNHEARD_OF", "沙箱：不在列表中的错误码")


async def _strike_before(
    world: World, request: web.Request, fault: faults.Fault
) -> web.StreamResponse | None:
    match fault.fault:
        case "refuse_connection":
            return await faults.reset(request)
        case "hang_before":
            return await faults.hang(request)
        case "error_500_before":
            return _dressed(world, request, _error(_system_error()))
    await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
    return None


async def _leave(
    world: World, request: web.Request, reply: Reply, fault: faults.Fault | None
) -> web.StreamResponse:
    match fault.fault if fault else "":
        case "reset_after":
            return await faults.reset(request)
        case "hang_after":
            return await faults.hang(request)
        case "error_500_after":
            return _dressed(world, request, _error(_system_error()))
        case "garbage":
            return web.Response(
                body=b"<html><body>502 \xe7\xbd\x91\xe5</body></html>", content_type="text/html"
            )
        case "bad_signature":
            return _dressed(world, request, reply, forged=True)
    return _dressed(world, request, reply)


def _system_error() -> Complaint:
    return Complaint(500, "SYSTEM_ERROR", "系统异常，请稍后重试", inner=500)


def _error(complaint: Complaint) -> Reply:
    content: dict[str, object] = {"code": complaint.code, "message": complaint.message}
    if complaint.detail is not None:
        content["detail"] = dict(complaint.detail)
    return Reply(complaint.http, content, complaint.inner)


def _dressed(world: World, request: web.Request, reply: Reply, *, forged: bool = False) -> web.Response:
    """The reply on the wire; signed with the key that the request named, else with the public key's half."""
    request_id = f"08{secrets.token_hex(15).upper()}-{reply.inner}"
    if reply.raw is not None:
        headers = {"Request-ID": request_id}
        return web.Response(
            status=reply.http, body=reply.raw, headers=headers, content_type="application/octet-stream"
        )
    body = b""
    if reply.content is not None:
        body = json.dumps(reply.content, ensure_ascii=False, separators=(",", ":")).encode()
    account = next((one for one in world.accounts.values() if one.channel == CHANNEL), None)
    headers = {"Request-ID": request_id}
    if account is not None:
        serial = request.headers.get("Wechatpay-Serial", "")
        headers |= signed_headers(account, body, serial=serial, forged=forged)
    return web.Response(status=reply.http, body=body, headers=headers, content_type="application/json")


def signed_headers(
    account: Account, body: bytes, *, serial: str = "", forged: bool = False
) -> dict[str, str]:
    """The five headers over reply or notice (wechatpay §4). `forged` signs with a key of nobody."""
    timestamp, nonce = str(int(clock.real())), secrets.token_hex(16)
    platform = serial == account.own["platform_serial"]
    key = account.platform_key if platform else account.channel_key
    if forged:
        key = keys.stranger()
    text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": seals.sign(key, text),
        "Wechatpay-Serial": account.own["platform_serial"] if platform else account.own["public_key_id"],
        "Wechatpay-Signature-Type": SCHEME,
    }

"""OPEN-BODY-SIG for calls, the 通讯密钥 digest for notices (chinaums §2.1, §5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from . import alipay_text

SCHEME = "OPEN-BODY-SIG"


def body_signature(app_id: str, app_key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """HMAC-SHA256 over app id, Beijing time, nonce and the hash of the very bytes; base64."""
    text = f"{app_id}{timestamp}{nonce}{hashlib.sha256(body).hexdigest()}"
    return base64.b64encode(hmac.new(app_key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def authorization(app_id: str, app_key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The header of a call."""
    signature = body_signature(app_id, app_key, timestamp, nonce, body)
    return f'{SCHEME} AppId="{app_id}", Timestamp="{timestamp}", Nonce="{nonce}", Signature="{signature}"'


def read_authorization(header: str) -> dict[str, str]:
    """Its four parts; empty for anything of another form."""
    found = re.fullmatch(
        SCHEME + r' AppId="([^"]+)", Timestamp="(\d{14})", Nonce="([^"]{1,128})", Signature="([^"]+)"', header
    )
    return (
        dict(zip(("app_id", "timestamp", "nonce", "signature"), found.groups(), strict=True)) if found else {}
    )


def notice_digest(told: Mapping[str, str], key: str) -> str:
    """Upper-case hex over all received fields but `sign`, the key right behind; MD5 where `signType` says so."""
    text = alipay_text(told) + key.encode()
    if told.get("signType", "SHA256").upper() == "MD5":
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    return hashlib.sha256(text).hexdigest().upper()

"""Canonical strings, RSA and AES-GCM, and a secret that is never printed. Pure functions over bytes."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from typing import NoReturn

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509 import load_pem_x509_certificate

HIDDEN = "•••"


class Secret:
    """A text that shows itself only when asked by name; not a dataclass, because `asdict` would open those."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


class BadKey(ValueError):
    """Not a key that we can use; the message never holds the key."""


def aes_256_key(text: str) -> Secret:
    """A key of 32 bytes that is a text. Raises BadKey."""
    if len(text.encode()) != 32:
        raise BadKey("not 32 bytes")
    return Secret(text)


def load_private_key(pem: str) -> rsa.RSAPrivateKey:
    """An RSA private key from PEM, or from the bare base64 (PKCS#8 or PKCS#1) that portals hand out. Raises BadKey."""
    for kind in ("PRIVATE KEY", "RSA PRIVATE KEY"):
        try:
            key = serialization.load_pem_private_key(_armoured(pem, kind), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    raise BadKey("not an RSA private key in PEM form")


def load_public_key(pem: str) -> rsa.RSAPublicKey:
    """An RSA public key from PEM, bare base64 or a certificate. Raises BadKey."""
    try:
        if "BEGIN CERTIFICATE" in pem:
            key = load_pem_x509_certificate(pem.encode()).public_key()
        else:
            key = serialization.load_pem_public_key(_armoured(pem, "PUBLIC KEY"))  # type: ignore[assignment]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("not a public key in PEM form") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise BadKey("not an RSA key")
    return key


def _armoured(text: str, kind: str) -> bytes:
    text = text.strip()
    if text.startswith("-----"):
        return text.encode()
    return f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n".encode()


def rsa_sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """SHA-256 with RSA PKCS#1 v1.5, base64 in one line."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def rsa_verify(key: rsa.RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether `signature` (base64) is over exactly these bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def wechat_request_text(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Five lines, each ended by a line feed, the last one too (wechatpay §3)."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def wechat_reply_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Three lines over the raw body, for replies and notices alike (wechatpay §4)."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def aes_gcm_decrypt(key: Secret, *, nonce: str, associated: str, ciphertext: str) -> bytes:
    """The plain text of base64(ciphertext ‖ tag). Raises ValueError when key, nonce or text do not fit (wechatpay §12)."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key.reveal().encode()).decrypt(nonce.encode(), sealed, associated.encode())
    except (InvalidTag, binascii.Error):
        raise ValueError("the encrypted part does not open with this key") from None


def alipay_text(parameters: Mapping[str, str], *, drop: Collection[str] = ("sign",)) -> bytes:
    """`name=value` sorted and joined by `&`, empties dropped, nothing URL-encoded (alipay §3, §5)."""
    kept = sorted((name, value) for name, value in parameters.items() if name not in drop and value)
    return "&".join(f"{name}={value}" for name, value in kept).encode()


def alipay_node(raw: str, name: str) -> str | None:
    """The exact text of one object in a reply: its bytes were signed, so nothing is written anew (alipay §4).

    None when there is no such object, or the reply ends inside it.
    """
    opening = re.search(rf'"{re.escape(name)}"\s*:\s*(?={{)', raw)
    if opening is None:
        return None
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(raw, opening.end())
    except (ValueError, RecursionError):
        return None
    return raw[opening.end() : end]

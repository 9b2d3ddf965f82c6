"""Signatures and envelopes as the channels make and check them; written from the sheets, shared with no connector."""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def sign(key: rsa.RSAPrivateKey, text: bytes) -> str:
    """RSA-SHA256 with PKCS#1 v1.5, base64 on one line (wechatpay §3, alipay §3)."""
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()


def holds(key: rsa.RSAPublicKey, text: bytes, signature: str) -> bool:
    """Whether `signature` (base64) was made over exactly `text`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def envelope(key: str, plain: bytes, *, associated: str) -> dict[str, str]:
    """AEAD_AES_256_GCM as WeChat wraps it: nonce of 12 characters, tag behind the cipher text (wechatpay §12)."""
    nonce = os.urandom(6).hex()
    sealed = AESGCM(key.encode()).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def money(fen: int) -> str:
    """Fen as yuan with two decimals: 1999 → `19.99`, -5 → `-0.05`."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"

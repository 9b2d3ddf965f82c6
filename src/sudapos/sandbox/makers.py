"""What both sides of a contract are given when it is made: numbers, keys, a certificate. One pair of makers per channel."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private(pem: str) -> rsa.RSAPrivateKey:
    """A key from PEM. Raises ValueError."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(private_pem: str) -> str:
    return (
        private(private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    """A platform certificate, valid 5 years (wechatpay §5)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sudapos sandbox platform")])
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int("5A" + secrets.token_hex(19), 16))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )


def _wechatpay_channel() -> dict[str, str]:
    platform = new_key()
    certificate = _certificate(platform)
    return {
        "private_key": _pem(new_key()),
        "public_key_id": "PUB_KEY_ID_" + _digits(34),
        "platform_key": _pem(platform),
        "platform_certificate": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "platform_serial": f"{certificate.serial_number:040X}",
    }


def _wechatpay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    mchid = "19" + _digits(8)
    letters = string.ascii_letters + string.digits
    return {
        "number": mchid,
        "secrets": {
            "mchid": mchid,
            "serial_no": secrets.token_hex(20).upper(),
            "private_key": _pem(new_key()),
            "apiv3_key": "".join(secrets.choice(letters) for _ in range(32)),
            "public_key_id": own["public_key_id"],
            "public_key": _public_pem(own["private_key"]),
        },
    }


def _alipay_channel() -> dict[str, str]:
    return {"private_key": _pem(new_key()), "pid": "2088" + _digits(12)}


def _alipay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    app_id = "2021" + _digits(12)
    return {
        "number": app_id,
        "secrets": {
            "app_id": app_id,
            "private_key": _pem(new_key()),
            "alipay_public_key": _public_pem(own["private_key"]),
        },
    }


def _shengpay_channel() -> dict[str, str]:
    return {"private_key": _pem(new_key()), "md5_key": secrets.token_hex(16)}


def _shengpay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    number = _digits(8)
    return {
        "number": number,
        "secrets": {
            "mch_id": number,
            "private_key": _pem(new_key()),
            "public_key": _public_pem(own["private_key"]),
        },
    }


def hexadecimal(count: int) -> str:
    """`count` random bytes as twice as many characters."""
    return secrets.token_hex(count)


def _shouqianba_channel() -> dict[str, str]:
    return {"private_key": _pem(new_key())}


def _shouqianba_shop(own: Mapping[str, str]) -> dict[str, Any]:
    terminal = "1" + _digits(17)
    return {
        "number": terminal,
        "secrets": {
            "terminal_sn": terminal,
            "terminal_key": hexadecimal(16),
            "device_id": "sudapos-01",
            "public_key": _public_pem(own["private_key"]),
        },
    }


MAKERS: dict[str, tuple[Callable[[], dict[str, str]], Callable[[Mapping[str, str]], dict[str, Any]]]] = {
    "wechatpay": (_wechatpay_channel, _wechatpay_shop),
    "alipay": (_alipay_channel, _alipay_shop),
    "shengpay": (_shengpay_channel, _shengpay_shop),
    "shouqianba": (_shouqianba_channel, _shouqianba_shop),
}
"""Channel → (the channel's half of every contract, a shop's half)."""

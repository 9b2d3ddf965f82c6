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


def _certificate(
    key: rsa.RSAPrivateKey,
    subject: str = "sudapos sandbox platform",
    *,
    issuer: tuple[str, rsa.RSAPrivateKey] | None = None,
) -> x509.Certificate:
    """A certificate, valid 5 years; signed by itself unless an issuer (name, key) is given."""
    by, signing_key = issuer or (subject, key)
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(by))
        .public_key(key.public_key())
        .serial_number(int("5A" + secrets.token_hex(19), 16))
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=5 * 365))
        .sign(signing_key, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _wechatpay_channel() -> dict[str, str]:
    platform = new_key()
    certificate = _certificate(platform)
    return {
        "private_key": _pem(new_key()),
        "public_key_id": "PUB_KEY_ID_" + _digits(34),
        "platform_key": _pem(platform),
        "platform_certificate": _certificate_pem(certificate),
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


def _unionpay_channel() -> dict[str, str]:
    """An authority that certifies UnionPay and merchants alike, as the real one does (unionpay §4)."""
    root, middle, signer, merchant = (new_key() for _ in range(4))
    names = ("SANDBOX ROOT", "SANDBOX OCA1")
    return {
        "root_certificate": _certificate_pem(_certificate(root, names[0])),
        "middle_certificate": _certificate_pem(_certificate(middle, names[1], issuer=(names[0], root))),
        "signer_key": _pem(signer),
        "signer_certificate": _certificate_pem(
            _certificate(
                signer, "041@8310000000083040@中国银联股份有限公司@00016495", issuer=(names[1], middle)
            )
        ),
        "merchant_key": _pem(merchant),
        "merchant_certificate": _certificate_pem(
            _certificate(merchant, "041@8310000000099999@沙箱商户@00000001", issuer=(names[1], middle))
        ),
    }


def _unionpay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    mer_id = "777" + _digits(12)
    return {
        "number": mer_id,
        "secrets": {
            "mer_id": mer_id,
            "private_key": _pem(new_key()),
            "cert_id": "687" + _digits(8),
            "middle_cert": own["middle_certificate"],
            "root_cert": own["root_certificate"],
            "file_url": "{base_url}/files",
        },
    }


def _lakala_channel() -> dict[str, str]:
    platform = new_key()
    certificate = _certificate(platform, "sandbox lakala platform")
    return {
        "private_key": _pem(platform),
        "platform_certificate": _certificate_pem(certificate),
        "platform_serial": f"{certificate.serial_number:x}"[:16],
    }


def _lakala_shop(own: Mapping[str, str]) -> dict[str, Any]:
    appid = "OP" + _digits(14)
    return {
        "number": appid,
        "secrets": {
            "appid": appid,
            "serial_no": hexadecimal(6),
            "private_key": _pem(new_key()),
            "platform_cert": own["platform_certificate"],
            "merchant_no": "822" + _digits(12),
            "term_no": "A" + _digits(7),
        },
    }


def _chinaums_shop(own: Mapping[str, str]) -> dict[str, Any]:
    app_id = "10037e" + hexadecimal(7)
    return {
        "number": app_id,
        "secrets": {
            "app_id": app_id,
            "app_key": hexadecimal(16),
            "merchant_code": "898" + _digits(12),
            "terminal_code": _digits(8),
            "source_code": "1A2B",
            "md5_key": hexadecimal(16),
        },
    }


def _allinpay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    cusid = "990" + _digits(12)
    return {
        "number": cusid,
        "secrets": {
            "cusid": cusid,
            "appid": _digits(8),
            "private_key": _pem(new_key()),
            "public_key": _public_pem(own["private_key"]),
        },
    }


def _card_shop(own: Mapping[str, str]) -> dict[str, Any]:
    """A terminal: acquirer, area, kind of shop and number make a merchant number of 15 digits (iso8583 §3)."""
    merchant = "898" + "3100" + "5411" + _digits(4)
    return {
        "number": merchant,
        "secrets": {
            "host": "{host}",
            "port": "{port}",
            "merchant_no": merchant,
            "terminal_no": _digits(8),
            "tmk": hexadecimal(16).upper(),
        },
    }


MAKERS: dict[str, tuple[Callable[[], dict[str, str]], Callable[[Mapping[str, str]], dict[str, Any]]]] = {
    "wechatpay": (_wechatpay_channel, _wechatpay_shop),
    "alipay": (_alipay_channel, _alipay_shop),
    "shengpay": (_shengpay_channel, _shengpay_shop),
    "unionpay": (_unionpay_channel, _unionpay_shop),
    "shouqianba": (_shouqianba_channel, _shouqianba_shop),
    "allinpay": (_shengpay_channel, _allinpay_shop),
    "chinaums": (lambda: {"name": "ChinaUMS"}, _chinaums_shop),
    "lakala": (_lakala_channel, _lakala_shop),
    "card": (lambda: {"name": "POS host"}, _card_shop),
}
"""Channel → (the channel's half of every contract, a shop's half)."""

"""Contracts between a shop and the simulated channels: numbers and keys, made once and kept.

`ensure` writes SUDAPOS_HOME/sandbox/<account>.json, the JSON that `sudapos account add CHANNEL NAME --config FILE`
takes. What the channels keep to themselves stays in keys.json beside it. Without a home everything lives in memory.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

DEMO = (("wechatpay", "demo-wechatpay"), ("alipay", "demo-alipay"))
"""The accounts that exist without being asked for: (channel, account name)."""

_in_memory: dict[str, Any] = {}


@dataclass(frozen=True)
class Account:
    """One contract. `config` is the shop's half, `own` the channel's half, `number` its mchid or app_id."""

    name: str
    channel: str
    number: str
    config: Mapping[str, str]
    own: Mapping[str, str]

    @cached_property
    def shop_key(self) -> rsa.RSAPublicKey:
        """Verifies what the shop signs."""
        return _private(self.config["private_key"]).public_key()

    @cached_property
    def channel_key(self) -> rsa.RSAPrivateKey:
        """Signs what the channel says."""
        return _private(self.own["private_key"])

    @cached_property
    def platform_key(self) -> rsa.RSAPrivateKey:
        """Signs for shops that still work with the platform certificate (wechatpay §5)."""
        return _private(self.own["platform_key"])


def ensure(
    home: Path | None,
    *,
    base_url: str,
    accounts: Sequence[tuple[str, str]] = (),
) -> dict[str, dict[str, Any]]:
    """Make what is missing, rewrite the configs for `base_url` (`http://127.0.0.1:9600`), answer all by name.

    Each value is `{"channel": …, "config": {…}}`. Raises ValueError for a name that belongs to another channel.
    """
    with _kept(home) as kept:
        for channel, name in (*DEMO, *accounts):
            _add(kept, channel, name)
        known = {name: _exported(one, base_url) for name, one in kept["accounts"].items()}
    if home is not None:
        for name, one in known.items():
            _write(home / "sandbox" / f"{name}.json", one["config"])
    return known


def load(home: Path | None, *, base_url: str) -> dict[str, Account]:
    """Every account with both halves, by name."""
    with _kept(home) as kept:
        return {
            name: Account(
                name=name,
                channel=one["channel"],
                number=one["number"],
                config=_exported(one, base_url)["config"],
                own=dict(kept["channels"][one["channel"]]),
            )
            for name, one in kept["accounts"].items()
        }


def stranger() -> rsa.RSAPrivateKey:
    """A key that belongs to nobody: what it signs must never be believed. Made once per run."""
    if "stranger" not in _in_memory:
        _in_memory["stranger"] = _new_key()
    key: rsa.RSAPrivateKey = _in_memory["stranger"]
    return key


def _exported(one: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    config = {"base_url": f"{base_url.rstrip('/')}/{one['channel']}", **one["secrets"]}
    return {"channel": one["channel"], "config": config}


def _add(kept: dict[str, Any], channel: str, name: str) -> None:
    known = kept["accounts"].get(name)
    if known is not None:
        if known["channel"] != channel:
            raise ValueError(f"account {name} belongs to {known['channel']}")
        return
    if (
        not name
        or set(name) - set(string.ascii_letters + string.digits + "-_.")
        or name in ("keys", "ledger")
    ):
        raise ValueError(f"account name {name!r} must be letters, digits, - _ .")
    if channel not in _MAKERS:
        raise ValueError(f"unknown channel {channel}")
    make_channel, make_shop = _MAKERS[channel]
    own = kept["channels"].setdefault(channel, {})
    if not own:
        own.update(make_channel())
    kept["accounts"][name] = {"channel": channel, **make_shop(own)}


def _wechatpay_channel() -> dict[str, str]:
    platform = _new_key()
    certificate = _certificate(platform)
    return {
        "private_key": _pem(_new_key()),
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
            "private_key": _pem(_new_key()),
            "apiv3_key": "".join(secrets.choice(letters) for _ in range(32)),
            "public_key_id": own["public_key_id"],
            "public_key": _public_pem(own["private_key"]),
        },
    }


def _alipay_channel() -> dict[str, str]:
    return {"private_key": _pem(_new_key()), "pid": "2088" + _digits(12)}


def _alipay_shop(own: Mapping[str, str]) -> dict[str, Any]:
    app_id = "2021" + _digits(12)
    return {
        "number": app_id,
        "secrets": {
            "app_id": app_id,
            "private_key": _pem(_new_key()),
            "alipay_public_key": _public_pem(own["private_key"]),
        },
    }


_MAKERS = {
    "wechatpay": (_wechatpay_channel, _wechatpay_shop),
    "alipay": (_alipay_channel, _alipay_shop),
}


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private(pem: str) -> rsa.RSAPrivateKey:
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
        _private(private_pem)
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


@contextmanager
def _kept(home: Path | None) -> Iterator[dict[str, Any]]:
    """What was made before; written back if it grew. A lock keeps two starting programs from making two sets."""
    if home is None:
        kept: dict[str, Any] = _in_memory.setdefault("kept", {"channels": {}, "accounts": {}})
        yield kept
        return
    folder = home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    with (folder / "keys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = path.read_text() if path.exists() else ""
        kept = json.loads(before) if before else {"channels": {}, "accounts": {}}
        yield kept
        if json.dumps(kept, indent=1) != before:
            _write(path, kept)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Readable by the owner only, and never half written."""
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1, ensure_ascii=True)
    os.replace(fresh, path)

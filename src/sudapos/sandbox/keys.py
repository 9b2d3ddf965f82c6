"""Contracts between a shop and the simulated channels: numbers and keys, made once and kept.

`ensure` writes SUDAPOS_HOME/sandbox/<account>.json, the JSON that `sudapos account add CHANNEL NAME --config FILE`
takes. What the channels keep to themselves stays in keys.json beside it. Without a home everything lives in memory.
"""

from __future__ import annotations

import fcntl
import json
import os
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from sudapos.sandbox import makers

DEMO = tuple((channel, f"demo-{channel}") for channel in makers.MAKERS)
"""The accounts that exist without being asked for: (channel, account name)."""

LINE_BELOW = 17
"""The line of the card terminals' host lies so far below the sandbox's port: 9583 for 9600."""

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
        return makers.private(self.config["private_key"]).public_key()

    @cached_property
    def channel_key(self) -> rsa.RSAPrivateKey:
        """Signs what the channel says."""
        return makers.private(self.own["private_key"])

    @cached_property
    def platform_key(self) -> rsa.RSAPrivateKey:
        """Signs for shops that still work with the platform certificate (wechatpay §5)."""
        return makers.private(self.own["platform_key"])


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
        _in_memory["stranger"] = makers.new_key()
    key: rsa.RSAPrivateKey = _in_memory["stranger"]
    return key


def _exported(one: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """The shop's half; `{base_url}`, `{host}` and `{port}` in a text stand for the channel's address."""
    address = f"{base_url.rstrip('/')}/{one['channel']}"
    parts = urlsplit(base_url)
    known = {"base_url": address, "host": parts.hostname or "", "port": str((parts.port or 80) - LINE_BELOW)}
    config = {} if "host" in one["secrets"] else {"base_url": address}
    for name, text in one["secrets"].items():
        config[name] = known[text[1:-1]] if text[1:-1] in known else text.replace("{base_url}", address)
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
    if channel not in makers.MAKERS:
        raise ValueError(f"unknown channel {channel}")
    make_channel, make_shop = makers.MAKERS[channel]
    own = kept["channels"].setdefault(channel, {})
    if not own:
        own.update(make_channel())
    kept["accounts"][name] = {"channel": channel, **make_shop(own)}


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

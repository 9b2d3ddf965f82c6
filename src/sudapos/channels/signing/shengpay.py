"""Shengpay's two signatures over one sorted text (shengpay §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from . import alipay_text


def text(told: Mapping[str, object]) -> bytes:
    """`name=value` sorted and joined by `&`; `sign`, empty values, lists and objects are left out."""
    return alipay_text({name: str(value) for name, value in told.items() if _takes_part(value)})


def md5(message: bytes, key: str) -> str:
    """Lower-case hex of MD5 over the text with the key right behind it."""
    return hashlib.md5(message + key.encode(), usedforsecurity=False).hexdigest()


def _takes_part(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)

"""Allinpay's sorted text, with the MD5 key at its alphabetical place (allinpay §4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from . import alipay_text


def text(fields: Mapping[str, str]) -> bytes:
    """`name=value` sorted and joined by `&`, without `sign` and empty values; `signtype` takes part."""
    return alipay_text(fields)


def md5(fields: Mapping[str, str], key: str) -> str:
    """Upper-case hex; the key is sorted in as a field of its own, not put at the end."""
    return hashlib.md5(text({**fields, "key": key}), usedforsecurity=False).hexdigest().upper()

"""Shouqianba's signature: MD5 over the very bytes of the body with the terminal key behind (shouqianba §3)."""

from __future__ import annotations

import hashlib


def body_sign(body: bytes, key: str) -> str:
    """Lower-case hex, 32 characters."""
    return hashlib.md5(body + key.encode(), usedforsecurity=False).hexdigest()


def authorization(sn: str, body: bytes, key: str) -> str:
    """The header: number, one space, signature."""
    return f"{sn} {body_sign(body, key)}"

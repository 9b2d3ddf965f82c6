"""LKLAPI-SHA256withRSA: five lines for requests and replies, three for notices (lakala §2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SCHEME = "LKLAPI-SHA256withRSA"


def call_text(head: Iterable[str], body: bytes) -> bytes:
    """Requests and replies: app id, serial number, Unix seconds, nonce and body; each line ends with a line feed."""
    return "".join(f"{line}\n" for line in head).encode() + body + b"\n"


def notice_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def authorization(parts: Mapping[str, str]) -> str:
    """The header of a request."""
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in parts.items())


def read_authorization(header: str) -> dict[str, str]:
    """Its parts in whatever order; empty for another scheme."""
    scheme, _, rest = header.partition(" ")
    return dict(re.findall(r'(\w+)="([^"]*)"', rest)) if scheme == SCHEME else {}

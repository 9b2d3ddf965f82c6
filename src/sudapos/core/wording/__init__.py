"""What we say, as plain tables: code → (中文, 下一步, English, next step). `sentences` reads them."""

from __future__ import annotations

from collections.abc import Mapping

Entry = tuple[str, str, str, str]
Table = Mapping[str, Entry]

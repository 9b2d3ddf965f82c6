"""Lines of a given width out of running text, by whatever measure the renderer has: columns or dots."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Measure = Callable[[str], float]

_PIECES = re.compile(r"[!-~]+|\s+|[^\s!-~]")
_NEVER_FIRST = frozenset("，。、；：！？）》」』】”’…%·,.;:!?)]}")


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """Breaks between ideographs and words, inside a word only when it alone is too wide. Never empty."""
    lines, line = [], ""
    for piece in _pieces(text):
        if measure(line + piece) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
            line = ""
        piece = piece.lstrip()
        while piece and measure(piece) > width:
            head = _head(piece, width, measure)
            lines.append(head)
            piece = piece[len(head) :]
        line = piece
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        if pieces and piece in _NEVER_FIRST:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _head(piece: str, width: float, measure: Measure) -> str:
    """As many characters as fit, but always one: paper narrower than a character must not loop for ever."""
    end = 1
    while end < len(piece) and measure(piece[: end + 1]) <= width:
        end += 1
    return piece[:end]


def tidy(text: str) -> str:
    """One line of printable characters: controls, line ends and direction marks become spaces or nothing."""
    plain = unicodedata.normalize("NFC", text)
    kept = (" " if c.isspace() or c == "\t" else c for c in plain if c.isspace() or _prints(c))
    return "".join(kept)


def _prints(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn") and char != "\ufe0f"

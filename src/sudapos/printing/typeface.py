"""The one typeface of our paper: loaded on first use, asked how wide things are and what it can draw."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

NAME = "NotoSansSC"
FILE = Path(__file__).parent / "fonts" / "noto-sans-sc.ttf"
MISSING = "□"
"""Stands for a character that the typeface does not have: visibly something, never nothing."""


@cache
def for_pdf() -> str:
    """The name under which the PDF library knows the typeface."""
    pdfmetrics.registerFont(TTFont(NAME, str(FILE)))
    return NAME


@lru_cache(maxsize=32)
def for_picture(size: int) -> ImageFont.FreeTypeFont:
    """The typeface at `size` dots per em."""
    return ImageFont.truetype(str(FILE), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _advances() -> dict[int, float]:
    """Code point → width in thousandths of an em."""
    advances: dict[int, float] = pdfmetrics.getFont(for_pdf()).face.charWidths
    return advances


def has(char: str) -> bool:
    return ord(char) in _advances()


def drawable(text: str) -> str:
    """The text with `MISSING` for what the typeface lacks."""
    return "".join(char if has(char) else MISSING for char in text)


def width(text: str, size: float) -> float:
    """In the unit of `size`."""
    advances = _advances()
    return sum(advances.get(ord(char), 1000.0) for char in text) * size / 1000

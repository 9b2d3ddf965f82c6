"""Rows as one HTML document that needs nothing beside it but, if you like, the typeface."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import assert_never

from . import compose, symbols
from .rows import Barcode, Item, Mark, Pair, Qr, Row, Rule, Sign, Text, Title, Total

SPARE_MM = 8
SPARE_PER_MM = 0.08
"""A browser's lines are a little higher than ours: better a finger of white paper than a second page."""

WATERMARK_EVERY_MM = 45

STYLE = Path(__file__).with_name("paper.css")
DOCUMENT = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>$style</style>
</head>
<body>
<main class="paper">
$marks$rows
</main>
</body>
</html>
""")
SIZES = {58: "2.75mm", 80: "3mm"}
"""The body of `compose`, so that a line holds as much here as there."""


def html(
    rows: Sequence[Row], *, width_mm: int, lang: str, title: str, font_url: str = "", watermark: str = ""
) -> str:
    """A document on paper of 58 or 80 mm; `font_url` is where the typeface is, empty for the reader's."""
    set_mm = compose.compose(rows, width_mm).height / 8
    height = round(set_mm * (1 + SPARE_PER_MM)) + SPARE_MM
    face = f"@font-face {{ font-family: 'Noto Sans SC'; src: url({_css(font_url)}) }}" if font_url else ""
    style = _style().substitute(face=face, width=width_mm, height=height, body=SIZES[width_mm])
    spans = f"<span>{escape(watermark)}</span>" * (height // WATERMARK_EVERY_MM)
    marks = f'<div class="water" aria-hidden="true">{spans}</div>\n' if watermark else ""
    body = "\n".join(_group(kind, tuple(group)) for kind, group in groupby(rows, _kind))
    return DOCUMENT.substitute(
        lang="zh-CN" if lang == "zh" else "en", title=escape(title), style=style, marks=marks, rows=body
    )


@cache
def _style() -> Template:
    return Template(STYLE.read_text("utf-8"))


def _css(url: str) -> str:
    """Quoted for CSS inside HTML: nothing in an address may end the string, the rule or the element."""
    return '"' + "".join(char if char not in '"\\<>\n\r' else f"%{ord(char):02X}" for char in url) + '"'


def _kind(row: Row) -> str:
    """Labels with values share one list, goods one table, to which the small pairs among them belong."""
    if isinstance(row, Item) or isinstance(row, Pair) and row.small:
        return "table"
    return "list" if isinstance(row, Pair) else f"one {id(row)}"


def _group(kind: str, group: Sequence[Row]) -> str:
    inside = "".join(map(_row, group))
    if kind == "table":
        return f"<table>{inside}</table>"
    return f"<dl>{inside}</dl>" if kind == "list" else inside


def _row(row: Row) -> str:
    match row:
        case Mark(text):
            return f'<p class="mark">{escape(text)}</p>'
        case Title(text):
            return f"<h1>{escape(text)}</h1>"
        case Text():
            return f"<p{_classes(c=row.centred, s=row.small, b=row.strong)}>{escape(row.text)}</p>"
        case Rule(heavy):
            return f"<hr{_classes(h=heavy)}>"
        case Pair():
            return _pair(row)
        case Item():
            return _item(row)
        case Total(label, amount):
            return f'<p class="total"><span>{escape(label)}</span><strong>{escape(amount)}</strong></p>'
        case Barcode(text):
            return f"<figure>{_barcode(text)}<figcaption>{escape(text)}</figcaption></figure>"
        case Qr(text, caption):
            return f"<figure>{_qr(text)}<figcaption>{escape(caption)}</figcaption></figure>"
        case Sign(label):
            return f'<p class="sign"><span>{escape(label)}</span><i></i></p>'
        case _:
            assert_never(row)


def _classes(**named: bool) -> str:
    names = " ".join(name for name, on in named.items() if on)
    return f' class="{names}"' if names else ""


def _pair(row: Pair) -> str:
    label, value = escape(row.label), escape(row.value)
    if row.small:
        return f'<tr><td class="p">{label}</td><td class="n p">{value}</td></tr>'
    return f"<div{_classes(b=row.strong)}><dt>{label}</dt><dd>{value}</dd></div>"


def _item(row: Item) -> str:
    cell = "th" if row.heading else "td"
    name, quantity, amount = (escape(text) for text in (row.name, row.quantity, row.amount))
    cells = ((name, ""), (quantity, ' class="n"'), (amount, ' class="n m"'))
    return "<tr>" + "".join(f"<{cell}{look}>{word}</{cell}>" for word, look in cells) + "</tr>"


def _barcode(text: str) -> str:
    wide = symbols.bars_width(text)
    if not wide:
        return ""
    path = "".join(f"M{start + symbols.QUIET} 0h{width}v1h-{width}z" for start, width in symbols.bars(text))
    whole = wide + 2 * symbols.QUIET
    return _svg(
        path, f'viewBox="0 0 {whole} 1" width="{whole * 0.25:.2f}mm" height="9mm" preserveAspectRatio="none"'
    )


def _qr(text: str) -> str:
    matrix = symbols.qr(text)
    whole = len(matrix) + 2 * symbols.QR_QUIET
    path = "".join(
        f"M{x + symbols.QR_QUIET} {y + symbols.QR_QUIET}h1v1h-1z"
        for y, line in enumerate(matrix)
        for x, cell in enumerate(line)
        if cell
    )
    return _svg(path, f'viewBox="0 0 {whole} {whole}" width="25mm" height="25mm"')


def _svg(path: str, attributes: str) -> str:
    return f'<svg {attributes} shape-rendering="crispEdges"><path d="{path}"/></svg>'

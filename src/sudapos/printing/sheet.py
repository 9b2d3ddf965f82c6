"""A composition as PDF: real text in the embedded typeface, on a page as long as the paper."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from . import typeface
from .compose import Block, Composition, Letters

POINTS = 72 / 25.4 / 8
"""In one dot of 1/8 mm."""
LONGEST = 39_000
"""Dots on one page: a PDF page ends at 14 400 points, so a receipt of four metres gets a second one."""
GREY = {"ink": 0.0, "soft": 0.33, "paper": 1.0}
MARK_EVERY = 360
"""Dots from one watermark to the next."""


def pdf(
    composition: Composition, *, width_mm: int, title: str, author: str, lang: str, watermark: str = ""
) -> bytes:
    """One page or more; `watermark` is written across it behind the text (domain §7.2)."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setCreator("sudapos")
    canvas.setCatalogEntry("Lang", "zh-CN" if lang == "zh" else "en")
    for top, bottom in _pages(composition):
        page = _Page(canvas, composition, top=top, bottom=bottom, width_mm=width_mm)
        if watermark:
            page.mark(watermark)
        page.fill()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _pages(composition: Composition) -> Iterator[tuple[int, int]]:
    """From dot to dot, parted only where a row ends."""
    top = 0
    while composition.height - top > LONGEST:
        bottom = max((end for end in composition.ends if top < end <= top + LONGEST), default=top + LONGEST)
        yield top, bottom
        top = bottom
    yield top, composition.height


class _Page:
    def __init__(
        self, canvas: Canvas, composition: Composition, *, top: int, bottom: int, width_mm: int
    ) -> None:
        self.canvas, self.composition, self.top, self.bottom = canvas, composition, top, bottom
        self.width = width_mm * 8
        self.aside = (self.width - composition.width) / 2
        canvas.setPageSize((self.width * POINTS, (bottom - top) * POINTS))
        canvas.scale(POINTS, POINTS)

    def fill(self) -> None:
        for block in self.composition.blocks:
            if self.top <= block.y < self.bottom:
                self._block(block)
        for run in self.composition.letters:
            if self.top <= run.y < self.bottom:
                self._letters(run)

    def mark(self, text: str) -> None:
        height = self.bottom - self.top
        size = self.width * 0.11
        self.canvas.saveState()
        self.canvas.setFillGray(0.88)
        self.canvas.setFont(typeface.for_pdf(), size)
        for y in range(MARK_EVERY // 2, max(height, MARK_EVERY), MARK_EVERY):
            self.canvas.saveState()
            self.canvas.translate(self.width / 2, height - y)
            self.canvas.rotate(30)
            self.canvas.drawCentredString(0, -size / 3, text)
            self.canvas.restoreState()
        self.canvas.restoreState()

    def _block(self, block: Block) -> None:
        self.canvas.setFillGray(GREY[block.tone])
        y = self.bottom - block.y - block.height
        self.canvas.rect(self.aside + block.x, y, block.width, block.height, stroke=0, fill=1)

    def _letters(self, run: Letters) -> None:
        wide = typeface.width(run.text, run.size)
        x = self.aside + run.x - {"l": 0.0, "m": wide / 2, "r": wide}[run.anchor]
        self.canvas.setFont(typeface.for_pdf(), run.size)
        self.canvas.setFillGray(GREY[run.tone])
        self.canvas.setStrokeGray(GREY[run.tone])
        self.canvas.setLineWidth(run.size / 32)
        # mode 2 fills and strokes: bold from the one weight that we embed
        self.canvas.drawString(x, self.bottom - run.y, run.text, mode=2 if run.strong else 0)

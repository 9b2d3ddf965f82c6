"""A stored slip becomes paper: HTML, PDF, PNG or ESC/POS bytes, all from the same rows.

No clock, no database, no network: the same input gives the same bytes. `VoucherSlip` is what the books keep;
`Copy` says which printing this is.
Languages are "zh" and "en", papers 58 and 80 mm; anything else is a ValueError.
"""

from __future__ import annotations

from . import columns, compose, layout, page, picture, roll, sheet, tenders, words
from .roll import Device
from .slip import BadSlip, Copy, Kind, VoucherSlip

__all__ = ["BadSlip", "Copy", "Device", "Kind", "VoucherSlip", "escpos", "html", "pdf", "png", "text"]


def html(slip: VoucherSlip, copy: Copy, *, lang: str = "zh", width_mm: int = 80, font_url: str = "") -> str:
    """A document of its own; `font_url` is where a browser gets the typeface, empty for the reader's own."""
    rows = layout.rows(slip, copy, lang=lang)
    mark = words.REPRINT if copy.is_reprint else ""
    title = _title(slip, lang)
    return page.html(rows, width_mm=width_mm, lang=lang, title=title, font_url=font_url, watermark=mark)


def pdf(slip: VoucherSlip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> bytes:
    """Real text on a page as long as the receipt; reprints carry a watermark (domain §7.2)."""
    made = compose.compose(layout.rows(slip, copy, lang=lang), width_mm)
    mark = words.REPRINT if copy.is_reprint else ""
    title = _title(slip, lang)
    return sheet.pdf(
        made, width_mm=width_mm, title=title, author=slip.merchant.name, lang=lang, watermark=mark
    )


def png(slip: VoucherSlip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> bytes:
    """384 or 576 dots wide."""
    return picture.png(compose.compose(layout.rows(slip, copy, lang=lang), width_mm))


def escpos(
    slip: VoucherSlip,
    copy: Copy,
    *,
    lang: str = "zh",
    width_mm: int = 80,
    mode: str = "auto",
    device: Device | None = None,
    open_drawer: bool = False,
) -> bytes:
    """A print job. `mode` text sends characters, image dots, auto dots when the printer lacks a character.

    The drawer opens only if asked to, when cash is promised or paid, and never for a reprint (INV-11).
    """
    rows = layout.rows(slip, copy, lang=lang)
    kick = open_drawer and not copy.is_reprint and any(map(tenders.needs_drawer, slip.tenders))
    return roll.escpos(rows, width_mm=width_mm, mode=mode, device=device or Device(), kick=kick)


def text(slip: VoucherSlip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> str:
    """What a character printer prints, as plain lines: to search and to test beside a picture (escpos §2)."""
    return columns.plain_text(layout.rows(slip, copy, lang=lang), width_mm)


def _title(slip: VoucherSlip, lang: str) -> str:
    return f"{layout.title(slip, lang)} {slip.refund_no}"

"""Rows as ESC/POS bytes for a roll printer: characters where it has every one, else a picture (escpos §2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from . import columns, compose, picture, typeface
from .columns import Line
from .rows import Barcode, Qr, Row

if TYPE_CHECKING:
    from escpos.printer import Dummy

MODES = ("auto", "text", "image")
CHARSETS = ("gbk", "gb2312")
CHINESE_ON = b"\x1c&"
MIDDLE = Line("", centred=True)
LEFT, CENTRE = b"\x1ba\x00", b"\x1ba\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What one printer model wants; the defaults suit a GBK printer with a cutter."""

    charset: str = "gbk"
    """gbk or gb2312: which characters its font has. A GB 18030 printer counts as gbk:
    four-byte codes print as rubbish on most models (escpos §1.2)."""
    chinese_mode: bool = True
    """Send FS &: some models start in Chinese mode and a few print the command (escpos §1.3)."""
    cutter: bool = True
    feed: int = 4
    """Lines before the paper is torn by hand; a cut brings its own."""
    drawer_pin: int = 2
    """2 or 5."""
    fragment: int = 256
    """Rows of dots per raster command, for small buffers."""

    def __post_init__(self) -> None:
        if self.charset not in CHARSETS or self.drawer_pin not in (2, 5):
            raise ValueError(f"no printer with {self.charset} and a drawer on pin {self.drawer_pin}")


def encodable(rows: Sequence[Row], width_mm: int, device: Device) -> bool:
    """Whether the printer's own font can write everything."""
    lines = [line.text for line in columns.typeset(rows, width_mm) if isinstance(line, Line)]
    try:
        "".join(lines).encode(device.charset)
    except UnicodeEncodeError:
        return False
    return True


def escpos(rows: Sequence[Row], *, width_mm: int, mode: str, device: Device, kick: bool) -> bytes:
    """Initialise, print, feed or cut, and open the drawer if `kick`. Raises ValueError for a mode."""
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is none of {MODES}")
    # the library reads a table of every printer it knows when imported: only who prints waits for that
    from escpos.printer import Dummy

    printer = Dummy()
    printer.hw("INIT")
    if mode == "text" or mode == "auto" and encodable(rows, width_mm, device):
        _text(printer, rows, width_mm, device)
    else:
        image = picture.paint(compose.compose(rows, width_mm), sharp=True)
        _raster(printer, image, device)
    if device.cutter:
        printer.cut()
    else:
        printer.print_and_feed(device.feed)
    if kick:
        printer.cashdraw(device.drawer_pin)
    output: bytes = printer.output
    return output


def _text(printer: Dummy, rows: Sequence[Row], width_mm: int, device: Device) -> None:
    if device.chinese_mode:
        printer._raw(CHINESE_ON)
    now = Line("")
    for line in columns.typeset(rows, width_mm):
        if isinstance(line, Line):
            printer._raw(_switch(now, line) + _encode(line.text, device) + b"\n")
            now = line
        elif image := _symbol(line, width_mm):
            printer._raw(_switch(now, MIDDLE))
            _raster(printer, image, device)
            now = MIDDLE
    printer._raw(_switch(now, Line("")))


def _switch(now: Line, line: Line) -> bytes:
    """Only what changes between two lines; GS ! sizes ideographs and letters alike (escpos §1.3)."""
    change = b""
    if line.centred != now.centred:
        change += CENTRE if line.centred else LEFT
    if (line.tall, line.wide) != (now.tall, now.wide):
        change += b"\x1d!" + bytes([0x10 * line.wide + 0x01 * line.tall])
    if line.strong != now.strong:
        change += b"\x1bE" + bytes([line.strong])
    return change


def _encode(text: str, device: Device) -> bytes:
    fits = (char if _in_set(char, device.charset) else typeface.MISSING for char in text)
    return "".join(fits).encode(device.charset)


def _in_set(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _symbol(symbol: Barcode | Qr, width_mm: int) -> Image.Image | None:
    """The bars alone, their text follows as characters. Native codes differ from model to model."""
    made = compose.compose([symbol], width_mm)
    if not made.blocks:
        return None
    clear = made.blocks[0]
    image = picture.paint(replace(made, letters=()), sharp=True)
    left, wide = clear.x // 8 * 8, (clear.width + 7) // 8 * 8
    return image.crop((left, clear.y, left + wide, clear.y + clear.height))


def _raster(printer: Dummy, image: Image.Image, device: Device) -> None:
    """GS v 0, in pieces that a small buffer holds. Black is 1 to the printer and 0 to the picture."""
    black = ImageOps.invert(image.convert("L")).convert("1")
    for top in range(0, black.height, device.fragment):
        part = black.crop((0, top, black.width, min(top + device.fragment, black.height)))
        size = (part.width // 8).to_bytes(2, "little") + part.height.to_bytes(2, "little")
        printer._raw(b"\x1dv0\x00" + size + part.tobytes())

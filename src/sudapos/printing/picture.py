"""A composition as dots: grey for screens, pure black for a thermal head."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw

from . import typeface
from .compose import Composition

INK = {"ink": 0, "soft": 84, "paper": 255}
BLACK = {"ink": 0, "soft": 0, "paper": 255}


def paint(composition: Composition, *, sharp: bool) -> Image.Image:
    """Mode L with smooth edges, or mode 1 without the grey that a printer must dither (escpos §2)."""
    tones = BLACK if sharp else INK
    image = Image.new("1" if sharp else "L", (composition.width, composition.height), 255)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1" if sharp else "L"
    for block in composition.blocks:
        edge = (block.x, block.y, block.x + block.width - 1, block.y + block.height - 1)
        draw.rectangle(edge, fill=tones[block.tone])
    for run in composition.letters:
        font = typeface.for_picture(run.size)
        # the second stroke one dot aside is how a one-weight typeface becomes bold on a thermal head
        for aside in (0, 1) if run.strong else (0,):
            draw.text(
                (run.x + aside, run.y), run.text, fill=tones[run.tone], font=font, anchor=f"{run.anchor}s"
            )
    return image


def png(composition: Composition) -> bytes:
    out = BytesIO()
    paint(composition, sharp=False).save(out, "PNG", compress_level=6)
    return out.getvalue()

"""The golden pictures of every paper. `python -m tests.printing.pictures` writes them anew: look at them before you commit."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from sudapos import printing
from tests.printing import slips

FOLDER = Path(__file__).parent / "golden"


def made() -> Iterator[tuple[str, Image.Image]]:
    """Each kind once as the first Chinese paper of 80 mm, once as an English reprint of 58 mm; black and white."""
    for name, slip in slips.EVERY.items():
        for lang, width, copy in (("zh", 80, slips.ORIGINAL), ("en", 58, slips.REPRINT)):
            png = printing.png(slip, copy, lang=lang, width_mm=width)
            yield (
                f"{name}-{lang}-{width}.png",
                Image.open(BytesIO(png)).point(lambda grey: 255 * (grey > 128), "1"),
            )


if __name__ == "__main__":
    for name, picture in made():
        picture.save(FOLDER / name, optimize=True)
        print(FOLDER / name)

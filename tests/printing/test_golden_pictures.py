"""The pictures of every paper do not change by accident: language, amount in words, masks and the reprint's mark."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image, ImageChops

from tests.printing import pictures, slips

MADE = dict(pictures.made())
MOST_DOTS = 12
"""That may differ: less than one digit of small print; another build of the renderer may move an edge."""


def changed(one: Image.Image, other: Image.Image) -> int:
    return int(ImageChops.logical_xor(one, other.convert("1")).histogram()[255])


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_paper_looks_as_it_did(name: str) -> None:
    golden = Image.open(pictures.FOLDER / name)
    assert MADE[name].size == golden.size, "if the paper was meant to change, renew and look at the picture"
    assert changed(MADE[name], golden) <= MOST_DOTS


def test_every_kind_has_its_two_pictures_and_no_picture_is_left_over() -> None:
    kept = {path.name for path in pictures.FOLDER.glob("*.png")}
    assert kept == set(MADE) and len(kept) == 2 * len(slips.EVERY) >= 10


def test_one_digit_of_small_print_would_be_noticed() -> None:
    other = replace(slips.CASH, operator=replace(slips.CASH.operator, code="c02"))
    assert slips.CASH.operator.code == "c01"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(slips.EVERY, "cash", other)
        again = dict(pictures.made())
    assert changed(again["cash-zh-80.png"], MADE["cash-zh-80.png"]) > MOST_DOTS

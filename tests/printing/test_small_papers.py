"""The receipt of a sale and the label for goods that came back look as they did."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sudapos.printing import papers
from sudapos.printing.papers import Label, SalePaper, Sold

FOLDER = Path(__file__).parent / "golden" / "small"
MOST_DOTS = 12
AT = datetime(2026, 11, 24, 4, 1, tzinfo=UTC)
RECEIPT = SalePaper(
    merchant="速达示范商店",
    store="一号店 S01",
    sale_no="S01-T1-20261124-0007",
    sold_at=AT,
    operator="c01",
    lines=[Sold(name="大保温杯", quantity="1件", amount=12900)],
    total=12900,
    payments=[("exchange", 9900), ("cash", 3000)],
    exchange_no="X261124000012",
    refund_no="R261124000012",
    from_sale_no="S01-T1-20261120-0003",
)
LABEL = Label(
    refund_no="R261124000012",
    sku="6941487200111",
    name="蓝牙耳机",
    quantity="1件",
    condition="inspect",
    at=AT,
    serial="BT26110777",
)
MADE = {
    f"{name}-{lang}-{width}.png": (paper, lang, width)
    for name, paper in (("receipt", RECEIPT), ("label", LABEL))
    for lang, width in (("zh", 80), ("en", 58))
}


def picture(name: str) -> Image.Image:
    paper, lang, width = MADE[name]
    made = papers.made(paper, "png", lang=lang, width_mm=width)
    assert isinstance(made, bytes)
    return Image.open(io.BytesIO(made)).convert("1")


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_small_paper_looks_as_it_did(name: str) -> None:
    golden = Image.open(FOLDER / name).convert("1")
    made = picture(name)
    assert made.size == golden.size
    assert int(ImageChops.logical_xor(made, golden).histogram()[255]) <= MOST_DOTS


def test_a_label_says_everything_that_the_stock_needs() -> None:
    page = papers.made(LABEL, "html")
    for word in (
        "退货标签",
        "蓝牙耳机",
        "先收下，稍后检查",
        "6941487200111",
        "BT26110777",
        "2026-11-24",
        "R261124000012",
    ):
        assert word in str(page)


def test_there_is_no_paper_in_a_form_or_language_that_we_do_not_write() -> None:
    for told in ({"form": "doc"}, {"form": "html", "lang": "fr"}):
        with pytest.raises(ValueError):
            papers.made(LABEL, **told)  # type: ignore[arg-type]

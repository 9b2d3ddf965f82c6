"""X and Z on the receipt printer: within its columns, in both languages, never opening the drawer, reprints marked."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from sudapos.printing import shifts
from sudapos.printing.columns import COLUMNS
from sudapos.printing.slip import Copy

from .decoder import decode

FOLDER = Path(__file__).parent / "golden" / "shifts"
MOST_DOTS = 12
AT = datetime(2026, 11, 28, 13, 30, tzinfo=UTC)
SLIP = {
    "kind": "Z",
    "number": 7,
    "merchant": "速达示范商店",
    "store": "一号店 S01",
    "till": "T1",
    "shift_no": "S01-T1-0007",
    "operator": {"code": "c01", "name": "王**"},
    "business_date": "2026-11-28",
    "opened_at": "2026-11-28T08:50:00+08:00",
    "at": "2026-11-28T21:30:00+08:00",
    "opening": 0,
    "lines": {
        "counts": -1200,
        "moved_in": 50_000,
        "moved_out": 0,
        "other": 0,
        "refunds": -1999,
        "sales": 11_994,
    },
    "balance": 58_795,
    "expected": 59_995,
    "counted": 58_795,
    "notes": {"1000": 8, "10000": 5, "50": 1},
    "false_notes": 0,
    "reason": "找错零",
    "sales": [
        {"channel": "cash", "count": 2, "amount": 11_994},
        {"channel": "wechatpay", "count": 1, "amount": 5_997},
    ],
    "refunds": [{"channel": "cash", "count": 1, "amount": 1_999}],
    "kicks": 1,
    "left_over": {"refunds": ["R261128000003"], "cash": [], "vouchers": []},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width_mm", [58, 80])
def test_a_report_prints_within_its_columns_and_opens_no_drawer(width_mm: int, lang: str) -> None:
    printed = decode(shifts.escpos(SLIP, Copy(copy_no=1, printed_at=AT), lang=lang, width_mm=width_mm))
    assert max(line.columns for line in printed.lines) == COLUMNS[width_mm]
    assert (printed.cuts, printed.pulses) == (1, [])


def test_the_report_says_what_was_counted_in_order() -> None:
    lines = [line.split() for line in shifts.text(SLIP, Copy()).splitlines()]
    for line in (
        ["期初", "0.00"],
        ["现金销售", "119.94"],
        ["盘点差异", "-12.00"],
        ["应有", "599.95"],
        ["短款", "12.00"],
        ["原因", "找错零"],
    ):
        assert line in lines
    values = [line[0] for line in lines if line and line[0] in ("￥100.00", "￥10.00", "￥0.50")]
    assert values == ["￥100.00", "￥10.00", "￥0.50"]


def test_a_second_copy_is_marked_and_a_blind_x_shows_no_cash() -> None:
    assert "重印 REPRINT" in shifts.text(SLIP, Copy(copy_no=2, printed_at=AT))
    hidden = {"lines", "opening", "balance", "expected", "counted", "notes", "false_notes", "reason"}
    blind = {name: value for name, value in SLIP.items() if name not in hidden} | {"kind": "X"}
    paper = shifts.text(blind, Copy(), lang="en")
    assert "No cash is shown" in paper and "119.94" not in paper and "59.97" in paper


def test_the_pulse_is_the_printers_own() -> None:
    assert shifts.pulse() == b"\x1b@\x1bp\x0022"


X_SLIP = {
    name: value
    for name, value in SLIP.items()
    if name not in ("expected", "counted", "notes", "false_notes", "reason")
} | {"kind": "X", "number": 1}
PICTURES = {
    f"{name}-{lang}-{width}.png": (slip, lang, width, copy)
    for name, slip in (("x", X_SLIP), ("z", SLIP))
    for lang, width, copy in (
        ("zh", 80, Copy(copy_no=1, printed_at=AT)),
        ("en", 58, Copy(copy_no=2, printed_at=AT)),
    )
}


def picture(name: str) -> Image.Image:
    slip, lang, width, copy = PICTURES[name]
    drawn = shifts.png(slip, copy, lang=lang, width_mm=width)
    return Image.open(io.BytesIO(drawn)).point(lambda grey: 255 * (grey > 128), "1")


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_report_looks_as_it_did(name: str) -> None:
    golden = Image.open(FOLDER / name).convert("1")
    made = picture(name)
    assert made.size == golden.size, "if the paper was meant to change, renew and look at the picture"
    assert int(ImageChops.logical_xor(made, golden).histogram()[255]) <= MOST_DOTS


def test_each_report_has_its_two_pictures_and_no_picture_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.png")} == set(PICTURES)


if __name__ == "__main__":  # writes the pictures anew: look at them before you commit
    for each in PICTURES:
        picture(each).save(FOLDER / each, optimize=True)

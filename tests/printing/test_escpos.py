"""The bytes for a roll printer, read back by a strict decoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sudapos import printing
from sudapos.printing import compose, layout, picture, symbols
from sudapos.printing.columns import COLUMNS
from sudapos.printing.roll import Device

from . import slips
from .decoder import BadJob, Job, decode

GOLDEN = Path(__file__).parent / "golden" / "cash-reprint-zh-58.escpos"
PULSE = (0, 50, 50)
RARE = replace(slips.REFUND, merchant=replace(slips.MERCHANT, name="䶮氏𬭛业商店"))


def job(
    slip: printing.VoucherSlip = slips.REFUND, copy: printing.Copy = slips.ORIGINAL, **options: object
) -> Job:
    return decode(printing.escpos(slip, copy, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("copy", [slips.ORIGINAL, slips.REPRINT], ids=["original", "reprint"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width_mm", [58, 80])
@pytest.mark.parametrize("slip", slips.EVERY.values(), ids=slips.EVERY)
def test_every_paper_prints_within_its_columns(
    slip: printing.VoucherSlip, width_mm: int, lang: str, copy: printing.Copy
) -> None:
    printed = job(slip, copy, lang=lang, width_mm=width_mm)
    assert max(line.columns for line in printed.lines) == COLUMNS[width_mm]
    assert printed.cuts == 1 and printed.pulses == []
    assert [raster.width <= compose.DOTS[width_mm] for raster in printed.rasters] == [True, True]
    assert [line.text for line in printed.lines if line.text.strip()] == [
        line.text
        for line in job(slip, copy, lang=lang, width_mm=width_mm, mode="text").lines
        if line.text.strip()
    ]


def test_the_job_says_what_the_plain_text_says() -> None:
    printed = [line.text.strip() for line in job(slips.CARD).lines]
    plain = [line.strip() for line in printing.text(slips.CARD, slips.ORIGINAL).splitlines()]
    assert printed == [line for line in plain if line != slips.CARD.url]


def test_the_amount_is_tall_and_the_title_twice_as_large() -> None:
    printed = job()
    (title,) = [line for line in printed.lines if line.text == "退款凭证"]
    (amount,) = [line for line in printed.lines if line.text.startswith("退款金额")]
    assert (title.wide, title.tall, title.strong, title.centred) == (True, True, True, True)
    assert (amount.wide, amount.tall, amount.strong) == (False, True, True)
    assert amount.text.split() == ["退款金额", "￥39.50"]
    assert not any(line.tall for line in printed.lines if line.text.startswith("大写"))


def test_a_reprint_is_marked_at_top_and_foot_and_an_original_is_not() -> None:
    assert "重印" not in job().text
    marked = [line.text for line in job(copy=slips.REPRINT).lines if "重印 REPRINT" in line.text]
    assert marked == ["** 重印 REPRINT **"] * 2


def test_the_bars_are_the_refund_number_s() -> None:
    bars, _ = job(width_mm=58).rasters
    middle = [bars.black(x, len(bars.rows) // 2) for x in range(bars.width)]
    first = middle.index(True)
    expected = {
        first + 2 * (start + dot) + half
        for start, wide in symbols.bars("R20261122000001")
        for dot in range(wide)
        for half in (0, 1)
    }
    assert {x for x, black in enumerate(middle) if black} == expected
    assert bars.centred and first >= 20


def test_the_drawer_opens_only_when_asked_and_for_cash_and_never_for_a_reprint() -> None:
    failed = replace(slips.CASH, tenders=(replace(slips.CASH.tenders[0], state="failed"),))
    assert job(slips.CASH, open_drawer=True).pulses == [PULSE]
    assert job(slips.CASH).pulses == []
    assert job(slips.CARD, open_drawer=True).pulses == []
    assert job(failed, open_drawer=True).pulses == []
    assert job(slips.CASH, slips.REPRINT, open_drawer=True).pulses == []
    assert job(slips.CASH, open_drawer=True, device=Device(drawer_pin=5)).pulses == [(1, 50, 50)]


def test_a_rare_name_is_drawn_and_a_common_one_is_written() -> None:
    drawn = job(RARE)
    assert drawn.lines == [] and {raster.width for raster in drawn.rasters} == {576}
    assert job().lines != []


def test_a_drawn_job_is_the_picture_in_pieces_that_a_small_buffer_holds() -> None:
    drawn = job(mode="image", width_mm=58)
    image = picture.paint(
        compose.compose(layout.rows(slips.REFUND, slips.ORIGINAL, lang="zh"), 58), sharp=True
    )
    assert max(len(raster.rows) for raster in drawn.rasters) == 256
    rows = [row for raster in drawn.rasters for row in raster.rows]
    white_is_one = b"".join(rows).translate(bytes(255 - n for n in range(256)))
    assert white_is_one == image.tobytes() and len(rows) == image.height
    assert drawn.cuts == 1


def test_text_mode_marks_what_the_printer_cannot_write() -> None:
    assert "□氏□业商店" in job(RARE, mode="text").text


def test_look_alikes_are_written_with_what_gbk_has() -> None:
    odd = replace(slips.REFUND, notes=("¥5 – a—b\u00a0c • d",))
    assert "￥5 - a-b c · d" in job(odd).text


def test_a_gb2312_printer_gets_traditional_characters_as_a_picture() -> None:
    old = replace(slips.REFUND, merchant=replace(slips.MERCHANT, name="龍門飯店"))
    assert "龍門飯店" in job(old).text
    assert job(old, device=Device(charset="gb2312")).lines == []


def test_a_printer_without_a_cutter_is_fed_and_one_in_chinese_mode_is_not_told_again() -> None:
    torn = job(device=Device(cutter=False, feed=3))
    assert torn.cuts == 0 and torn.fed == 3
    job_bytes = printing.escpos(slips.REFUND, slips.ORIGINAL, device=Device(chinese_mode=False))
    assert b"\x1c&" not in job_bytes and printing.escpos(slips.REFUND, slips.ORIGINAL).startswith(
        b"\x1b@\x1c&"
    )


def test_a_mode_or_printer_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="mode 'laser'"):
        printing.escpos(slips.REFUND, slips.ORIGINAL, mode="laser")
    for wrong in ({"charset": "big5"}, {"drawer_pin": 3}):
        with pytest.raises(ValueError, match="no printer"):
            Device(**wrong)


def test_a_nasty_name_cannot_command_the_printer() -> None:
    line = replace(slips.CASH.lines[0], name="酸奶\x1bp\x00\x32\x32\n\x1dV\x00")
    printed = job(replace(slips.CASH, lines=(line,)))
    assert printed.pulses == [] and printed.cuts == 1
    assert any(text.startswith("酸奶p22  V") for text in printed.text.splitlines())


def test_the_bytes_of_a_paper_do_not_change_by_accident() -> None:
    made = printing.escpos(slips.CASH, slips.REPRINT, width_mm=58)
    assert made == GOLDEN.read_bytes(), (
        "if the paper was meant to change, look at it and renew the golden file"
    )


@pytest.mark.parametrize(
    "wrong", [b"\x1bz", b"\x1ba\x07", b"abc", b"\x07\n", b"\xd6\xd0\n", b"\x1dv0\x00\x01\x00\x02\x00a"]
)
def test_the_decoder_is_strict(wrong: bytes) -> None:
    with pytest.raises(BadJob):
        decode(b"\x1b@" + wrong)

"""What is shown to whoever need not know, domain §7.3."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.core import masking


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("张三", "张*"),
        ("李小龙", "李**"),
        ("欧阳修", "欧阳*"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳", "欧*"),
        ("欧", "*"),
        ("Jane Doe", "J***"),
        ("Élise", "É***"),
        ("J", "*"),
        ("", ""),
        ("  张三 ", "张*"),
        ("𠮷野", "𠮷*"),
        ("𠮷", "*"),
        ("👩‍👧小店", "👩‍👧**"),
        ("👍🏽", "*"),
        ("E\u0301", "*"),
    ],
)
def test_names(full: str, shown: str) -> None:
    assert masking.name(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("13800138000", "138****8000"),
        ("+86 138-0013-8000", "138****8000"),
        ("0086 13800138000", "138****8000"),
        ("１３８００１３８０００", "138****8000"),
        ("010-8888 3456", "010****56"),
        ("0571-87654321", "0571****21"),
        ("87654321", "87****21"),
        ("123", "***3"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_phones(full: str, shown: str) -> None:
    assert masking.mobile(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"), [("010888856", "010****56"), ("0571 8765432", "0571****32"), ("88883456", "***56")]
)
def test_landlines(full: str, shown: str) -> None:
    assert masking.landline(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("6222021234567891234", "622202*********1234"),
        ("6222 0212 3456 7891", "622202******7891"),
        ("622202******7891", "622202******7891"),
        ("12345", "***45"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_cards_keep_their_length_six_and_four(full: str, shown: str) -> None:
    assert masking.card(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("11010519491231002X", "1****************X"),
        ("110105491231002", "1*************2"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_identity_numbers(full: str, shown: str) -> None:
    assert masking.id_number(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"), [("E12345689", "E******89"), ("E1234", "***4"), ("E", "*"), ("", "")]
)
def test_passports(full: str, shown: str) -> None:
    assert masking.passport(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("abcdef@qq.com", "abc***@qq.com"),
        ("abc@qq.com", "a***@qq.com"),
        ("a@qq.com", "***@qq.com"),
        ("13800138000", "138****8000"),
        ("+86 138 0013 8000", "138****8000"),
        ("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "***eS6o"),
        ("abc", "***c"),
    ],
)
def test_wallets(full: str, shown: str) -> None:
    assert masking.wallet(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("浙江省杭州市西湖区文三路 5 号", "浙江省杭州市****"),
        ("北京市朝阳区建国路 1 号", "北京市****"),
        ("新疆维吾尔自治区乌鲁木齐市天山区", "新疆维吾尔自治区乌鲁木齐市****"),
        ("内蒙古自治区锡林郭勒盟正蓝旗", "内蒙古自治区锡林郭勒盟****"),
        ("杭州市西湖区", "杭州市****"),
        ("西湖区文三路菜市场 3 号", "****"),
        ("5 Main Street", "****"),
        ("", ""),
    ],
)
def test_addresses_keep_province_and_city(full: str, shown: str) -> None:
    assert masking.address(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"), [("浙A12348", "浙A***8"), ("浙AD12345", "浙A***5"), ("浙A1", "***")]
)
def test_plates(full: str, shown: str) -> None:
    assert masking.plate(full) == shown


MASKS = (
    masking.name,
    masking.mobile,
    masking.landline,
    masking.card,
    masking.id_number,
    masking.passport,
    masking.wallet,
    masking.plate,
)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="1234567890张李欧阳abXx𠮷", min_size=1, max_size=8))
def test_short_texts_never_show_everything(text: str) -> None:
    for mask in MASKS:
        assert text not in mask(text), mask.__name__


@pytest.mark.parametrize(
    "text",
    [
        "6222021234567890123",
        "6222 0212 3456 7890 123",
        "6222.0212.3456.7890",
        "６２２２０２１２３４５６７８９０１２３",
        "6222021234567890(一类)",
        "6222\u200b0212\u200b3456\u200b7890",
    ],
)
def test_a_full_card_number_is_recognised(text: str) -> None:
    assert masking.looks_like_card(text)


@pytest.mark.parametrize("text", ["622202*********0123", "", "622202 1234", "尾号 0123"])
def test_a_masked_one_is_none(text: str) -> None:
    assert not masking.looks_like_card(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("顾客 13800138000 来电", "顾客 138****8000 来电"),
        ("电话138-0013-8000。", "电话138****8000。"),
        ("138.0013.8000", "138****8000"),
        ("138 - 0013 - 8000", "138****8000"),
        ("13 8001 38 000", "138****8000"),
        ("138\u200b0013\u200b8000", "138****8000"),
        ("１３８００１３８０００", "138****8000"),
        ("tel13800138000", "tel138****8000"),
        ("买 20 件 13800138000", "买 20 件 138****8000"),
        ("20 13800138000", "20 138****8000"),
        ("+86 138 0013 8000", "138****8000"),
        ("8613800138000", "138****8000"),
        ("138 0013 8000 500 元", "138****8000 500 元"),
    ],
)
def test_phones_in_free_text_are_masked(text: str, shown: str) -> None:
    assert masking.scan(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("卡6222 0212 3456 7890 123", "卡622202*********0123"),
        ("卡 6222-0212-3456-7890", "卡 622202******7890"),
        ("6222021234567890 退 100 元", "622202******7890 退 100 元"),
        ("6222021234567890.50", "622202******7890.50"),
        ("2026-11-24 6222 0212 3456 7890", "2026-11-24 622202******7890"),
        ("1000 6222 0212 3456 7890", "100062**********7890"),
        ("６２２２０２１２３４５６７８９０", "622202******7890"),
        ("VISA4111111111111111", "VISA411111******1111"),
        ("条码 6901028075831", "条码 690102***5831"),
    ],
)
def test_cards_in_free_text_are_masked(text: str, shown: str) -> None:
    assert masking.scan(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("身份证11010519491231002X", "身份证1****************X"),
        ("ID11010519491231002x", "ID1****************x"),
        ("ID110105194912310021", "ID1****************1"),
        ("110105 1949-12-31 002X", "1****************X"),
        ("１１０１０５１９４９１２３１００２Ｘ", "1****************X"),
        ("旧证 110105491231002", "旧证 1*************2"),
        ("20261122120102123x3", "202611*******2123x3"),
    ],
)
def test_identity_numbers_in_free_text_are_masked(text: str, shown: str) -> None:
    assert masking.scan(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "退 19.99 元，单号 S01-T1-0001",
        "S01-T1-20261122-00012",
        "S01T1202611220001",
        "R2611240000123",
        "渠道单号 4200002811202611229876543210",
        "2026-11-24 至 2026-11-25",
        "2026-11-24 - 2026-11-25",
        "2026.11.24-2026.11.25",
        "退 19.99 20.00 5.00 3.50 元",
        "微信尾号 8000，全角标点（不变）",
        "",
    ],
)
def test_dates_amounts_and_our_own_numbers_stay(text: str) -> None:
    assert masking.scan(text) == text


def test_only_what_is_masked_changes() -> None:
    assert masking.scan("（电话：１３８００１３８０００，谢谢！）") == "（电话：138****8000，谢谢！）"


PIECES = st.sampled_from(
    [
        "13800138000",
        "138-0013-8000",
        "6222021234567890123",
        "6222 0212 3456 7890",
        "11010519491231002X",
        "２０２６",
        "2026-11-24",
        "19.99",
        "S01-T1-0001",
        "1",
        "张三",
        "-",
        "X",
        "*",
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "，", "-"])), max_size=7))
def test_scanning_twice_changes_nothing_more(pieces: list[tuple[str, str]]) -> None:
    once = masking.scan("".join(piece + gap for piece, gap in pieces))
    assert masking.scan(once) == once


@settings(max_examples=80, deadline=None)
@given(
    st.from_regex(r"6\d{15,18}", fullmatch=True),
    st.lists(st.sampled_from(["", " ", "-", "·", "  "]), min_size=19, max_size=19),
)
def test_a_card_is_masked_however_it_is_spaced(digits: str, gaps: list[str]) -> None:
    written = "卡 " + "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False)) + "，退款"
    shown = re.sub(r"\D", "", masking.scan(written))
    assert len(shown) <= 10

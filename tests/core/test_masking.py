"""What is shown to whoever need not know, domain §7.3."""

from __future__ import annotations

import pytest

from sudapos.core import masking


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("张三", "张*"),
        ("李小龙", "李**"),
        ("欧阳修", "欧阳*"),
        ("欧", "*"),
        ("Jane Doe", "J***"),
        ("", ""),
        ("𠮷野", "𠮷*"),
    ],
)
def test_names(full: str, shown: str) -> None:
    assert masking.name(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [("13800138000", "138****8000"), ("+86 138-0013-8000", "138****8000"), ("123", "***3"), ("1", "*")],
)
def test_phones(full: str, shown: str) -> None:
    assert masking.mobile(full) == shown


def test_cards_keep_their_length_six_and_four() -> None:
    assert masking.card("6222021234567891234") == "622202*********1234"
    assert masking.card("6222 0212 3456 7891") == "622202******7891"
    assert masking.card("12345") == "***45"


def test_wallets_and_papers() -> None:
    assert masking.wallet("abcdef@qq.com") == "abc***@qq.com"
    assert masking.wallet("13800138000") == "138****8000"
    assert masking.id_number("11010519491231002X") == "1****************X"


@pytest.mark.parametrize(
    "text", ["6222021234567890123", "6222 0212 3456 7890 123", "６２２２０２１２３４５６７８９０１２３"]
)
def test_a_full_card_number_is_recognised(text: str) -> None:
    assert masking.looks_like_card(text)
    assert not masking.looks_like_card("622202*********0123")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("顾客 13800138000 来电", "顾客 138****8000 来电"),
        ("电话138-0013-8000。", "电话138****8000。"),
        ("１３８００１３８０００", "138****8000"),
        ("卡6222 0212 3456 7890 123", "卡622202*********0123"),
        ("身份证11010519491231002X", "身份证1****************X"),
        ("退 19.99 元，单号 S01-T1-0001", "退 19.99 元，单号 S01-T1-0001"),
        ("条码 6901028075831", "条码 690102***5831"),
    ],
)
def test_free_text_is_scanned(text: str, shown: str) -> None:
    assert masking.scan(text) == shown


def test_scanning_twice_changes_nothing_more() -> None:
    once = masking.scan("13800138000 和 6222021234567890123")
    assert masking.scan(once) == once

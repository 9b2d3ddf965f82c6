from __future__ import annotations

from datetime import date, timedelta

import pytest

from sudapos.core import licence
from sudapos.core.licence import Card
from sudapos.core.rules import Rules

TODAY = date(2026, 11, 24)
GOOD = {
    "legal_name": "某某支付有限公司",
    "licence_no": "Z2000000000001",
    "business_type": "支付交易处理Ⅰ类",
    "region": "全国",
    "valid_to": TODAY + timedelta(days=365),
    "checked_at": TODAY - timedelta(days=180),
}


def codes(card: Card | None) -> list[str]:
    return [reason.code for reason in licence.warnings(card, Rules(), today=TODAY)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"licence_no": ""}, ["licence_missing"]),
        ({"licence_no": "", "business_type": "bank"}, []),
        ({"valid_to": TODAY - timedelta(days=1)}, ["licence_expired"]),
        ({"valid_to": TODAY}, ["licence_expires"]),
        ({"valid_to": TODAY + timedelta(days=30)}, ["licence_expires"]),
        ({"valid_to": TODAY + timedelta(days=31)}, []),
        ({"valid_to": None}, []),
        ({"checked_at": TODAY - timedelta(days=181)}, ["licence_unchecked"]),
        ({"checked_at": None, "licence_no": ""}, ["licence_missing", "licence_unchecked"]),
    ],
)
def test_a_card_warns_of_what_is_wrong(change: dict[str, object], expected: list[str]) -> None:
    assert codes(Card(**{**GOOD, **change})) == expected  # type: ignore[arg-type]


def test_no_card_is_a_warning_of_its_own() -> None:
    assert codes(None) == ["licence_unknown"]


@pytest.mark.parametrize(
    ("payer", "differs"),
    [
        ("某某支付有限公司", False),
        (" 某某支付 有限公司 ", False),
        ("", False),
        ("张三", True),
        ("某某商贸有限公司", True),
    ],
)
def test_another_payer_is_the_sign_of_second_level_clearing(payer: str, differs: bool) -> None:
    found = licence.payer_differs(Card(**GOOD), payer)  # type: ignore[arg-type]
    assert (found is not None and found.code == "acquirer_payer_mismatch") is differs


def test_brackets_of_either_width_are_the_same() -> None:
    card = Card(legal_name="某某（上海）支付有限公司")
    assert licence.payer_differs(card, "某某(上海)支付有限公司") is None
    assert licence.payer_differs(None, "张三") is None

"""One A or two different B; C never; three answers that fit (domain §9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sudapos.core import evidence
from sudapos.core.calendar import SHANGHAI
from sudapos.core.evidence import Answers, Known

SALE = Known(
    store="S01",
    sold_at=datetime(2026, 11, 23, 14, 5, tzinfo=SHANGHAI),
    channels=("wechatpay", "cash"),
    total=10_000,
    names=("红枣酸奶", "全麦面包"),
    discounted=False,
    till="T1",
    operator="c01",
    has_invoice=False,
)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], False),
        (["said"], False),
        (["said", "price_tag"], False),
        (["amount_and_time"], False),
        (["amount_and_time", "amount_and_time"], False),
        (["amount_and_time", "said"], False),
        (["amount_and_time", "item"], True),
        (["channel_bill"], True),
        (["serial", "said"], True),
    ],
)
def test_what_is_enough(kinds: list[str], expected: bool) -> None:
    assert evidence.enough(set(kinds)) is expected


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({"store": "S01"}, ("store",)),
        ({"store": "S02"}, ()),
        ({"day": "2026-11-23", "hour": "14:35"}, ("day", "hour")),
        ({"hour": "14:36"}, ()),
        ({"hour": "two"}, ()),
        ({"paid_with": "cash"}, ("paid_with",)),
        ({"paid_with": "alipay"}, ()),
        ({"about": 9_000}, ("about",)),
        ({"about": 8_999}, ()),
        ({"also_bought": "酸奶"}, ("also_bought",)),
        ({"also_bought": "酸"}, ()),
        ({"discount": False, "invoice": True}, ("discount",)),
        ({"till": "c01"}, ("till",)),
        ({}, ()),
    ],
)
def test_an_answer_fits_or_not(said: dict[str, Any], fits: tuple[str, ...]) -> None:
    assert evidence.fitting(Answers(**said), SALE) == fits


def test_a_kind_that_is_not_on_the_list_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        evidence.enough(["horoscope"])

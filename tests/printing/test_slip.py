"""The snapshot: what goes in comes out, and what may not be on paper cannot get in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sudapos.printing.slip import BadSlip, Copy, Person, Tender, VoucherSlip

from . import slips


@pytest.mark.parametrize("slip", slips.EVERY.values(), ids=slips.EVERY)
def test_a_slip_survives_json(slip: VoucherSlip) -> None:
    assert VoucherSlip.from_mapping(json.loads(json.dumps(slip.to_mapping()))) == slip


def test_the_mapping_speaks_plain_values() -> None:
    mapping = slips.REFUND.to_mapping()
    assert mapping["kind"] == "refund_voucher" and type(mapping["kind"]) is str
    assert mapping["created_at"] == "2026-11-22T12:03:11+08:00"
    assert mapping["tenders"][0]["arrives_by"] == "2026-11-25"
    assert mapping["approvers"] == [{"code": "m01", "name": "欧阳*"}]
    assert mapping["signatures"] is None


def test_only_the_necessary_must_be_there() -> None:
    least = {
        "kind": "refund_voucher",
        "merchant": {"name": "小店"},
        "refund_no": "R1",
        "created_at": "2026-11-22T04:03:11+00:00",
        "total": 5,
        "reason": "other",
        "sale": {"no": "S1"},
    }
    slip = VoucherSlip.from_mapping(least)
    assert slip.lines == () and slip.approvers == () and slip.sale.paid == 0 and slip.signers == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "receipt"}, "kind: receipt"),
        ({"totl": 1}, "slip.totl: unknown"),
        ({"total": True}, "slip.total: True is no int"),
        ({"total": 19.99}, "slip.total: 19.99 is no int"),
        ({"total": "1999"}, "slip.total: '1999' is no int"),
        ({"created_at": "2026-11-22T12:03:11"}, "slip.created_at: a time without an offset"),
        ({"created_at": "yesterday"}, "slip.created_at: 'yesterday' is no datetime"),
        ({"notes": "one"}, "slip.notes: a list is wanted"),
        ({"merchant": None}, "slip.merchant: an object is wanted"),
        ({"tenders": [{"channel": "alipay", "amount": "1"}]}, "slip.tenders[0].amount: '1' is no int"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSlip) as caught:
        VoucherSlip.from_mapping(slips.REFUND.to_mapping() | change)
    assert str(caught.value) == said


def test_a_missing_field_is_named() -> None:
    mapping = slips.REFUND.to_mapping()
    del mapping["refund_no"]
    with pytest.raises(BadSlip, match="slip: .*'refund_no'"):
        VoucherSlip.from_mapping(mapping)


def test_a_card_number_and_a_full_name_cannot_get_in() -> None:
    assert (
        Tender(channel="card", amount=1, account_hint="6222021234567891234").account_hint
        == "622202*********1234"
    )
    assert replace(slips.REFUND, notes=("电话 13800138000",)).notes == ("电话 138****8000",)
    assert Person(code="c01", name="欧阳修").name == "欧阳*"
    assert Person(code="c01", name="欧阳*").name == "欧阳*"


def test_a_copy_counts_from_one_and_a_reprint_knows_its_hour() -> None:
    assert slips.ORIGINAL.reprint_no == 0 and not slips.ORIGINAL.is_reprint
    assert slips.REPRINT.reprint_no == 2 and slips.REPRINT.is_reprint
    for wrong in ({"copy_no": 0}, {"label": "bank"}, {"copy_no": 2}):
        with pytest.raises(BadSlip):
            Copy(**wrong)

"""The one-person shop: its only approver approves herself, is looked at later, and stops as soon as she is not alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from sudapos.books import decisions, reviews, shops, staff
from sudapos.books.audit import AuditRecord
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal
from tests.cast import Shop


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught, transaction.atomic():
        act()
    return caught.value.code


def switch_on(shop: Shop) -> None:
    row = shops.merchant()
    row.rules = shops.rules_of(row).to_mapping() | {"single_operator_mode": True}
    row.save()


def own(shop: Shop) -> str:
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill", operator="m01")
    assert refund.needed == ["manager"]
    return refund.refund_no


def approve(shop: Shop, number: str, code: str = "m01") -> object:
    return decisions.approve(number, operator=staff.get(code), at=shop.at)


def test_off_the_maker_is_never_the_checker(shop: Shop) -> None:
    Operator.objects.filter(code="m02").update(is_active=False)
    assert refused(lambda: approve(shop, own(shop))) == "maker_is_checker"
    assert reviews.listed() == []


def test_on_and_alone_she_approves_and_it_waits_for_a_review(shop: Shop) -> None:
    switch_on(shop)
    number = own(shop)
    assert refused(lambda: approve(shop, number)) == "maker_is_checker"  # m02 could
    Operator.objects.filter(code="m02").update(is_active=False)
    approve(shop, number)
    assert decisions.get(number).state == "approved"
    assert AuditRecord.objects.get(act="refund.approve").facts["alone"] == "single_operator_mode"
    [row] = reviews.listed()
    assert (row.subject, row.subject_no, row.by, row.store) == ("refund", number, "m01", "S01")
    assert (
        refused(lambda: reviews.close(row.pk, operator=staff.get("m01"), note="好", at=shop.at)) == "may_not"
    )
    reviews.close(row.pk, operator=staff.get("a01"), note="小票和退货都在", at=shop.at)
    assert reviews.listed() == []


def test_what_needs_two_is_never_one_persons(shop: Shop) -> None:
    switch_on(shop)
    Operator.objects.filter(code__in=["m02", "f01", "f02"]).update(is_active=False)
    Operator.objects.filter(code="m01").update(roles=["finance", "manager"])
    draft = shop.draft("S-BIG", channel="wechatpay")
    big = tuple(line.__class__(**{**line_fields(line), "unit_price": 200_000}) for line in draft.lines)
    sale = shop.sell("S-BIG", channel="wechatpay", lines=big)
    refund = shop.refund(sale, operator="m01")
    assert refund.needed == ["manager", "finance"]
    assert refused(lambda: approve(shop, refund.refund_no)) == "maker_is_checker"


def line_fields(line: object) -> dict[str, object]:
    return {name: getattr(line, name) for name in line.__dataclass_fields__}  # type: ignore[attr-defined]


def test_a_cashier_alone_is_still_no_checker(shop: Shop) -> None:
    switch_on(shop)
    Operator.objects.filter(code__in=["m01", "m02"]).update(is_active=False)
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    assert refused(lambda: approve(shop, refund.refund_no, "c01")) == "maker_is_checker"

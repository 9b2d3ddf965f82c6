"""The corrections' page: what a correction would do is said first; it is collected, or given up by another person (F23)."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books import answers, moves, staff
from sudapos.books.corrections import Correction
from sudapos.books.refunds import Refund
from sudapos.books.shops import Store
from sudapos.core.corrections import State
from sudapos.core.outcome import Settled
from sudapos.web.corrections import LOOKS
from tests.books.test_corrections import paid, wrong
from tests.cast import PASSWORD
from tests.web.conftest import field, said, text


def test_money_that_has_not_left_is_taken_back_whole(shop: Any, person: Any) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    browser, address = person("m01"), f"/refunds/{refund.refund_no}/correct/"
    assert "退错了，更正" in browser.read(f"/refunds/{refund.refund_no}/")
    page = browser.get(address)
    whole = f"¥{refund.total / 100:.2f}"
    assert f"整笔 {whole} 撤回" in text(page)
    form = {"key": field(page, "key"), "amount": field(page, "amount"), "why": "扫错了商品"}
    made, again = browser.post(address, form), browser.post(address, form)
    assert made.status_code == 302, text(made)
    assert again.status_code == 302
    [row] = Correction.objects.all()
    assert (row.state, row.amount) == ("undone", refund.total)
    assert Refund.objects.get().undone == refund.total
    assert "未出款，已撤回" in browser.read(f"/refunds/{refund.refund_no}/")


def test_taking_back_never_becomes_a_debt_when_the_money_leaves_meanwhile(shop: Any, person: Any) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    browser, address = person("m01"), f"/refunds/{refund.refund_no}/correct/"
    page = browser.get(address)
    form = {name: field(page, name) for name in ("key", "amount", "expected")} | {"why": "扫错了商品"}
    [order] = moves.claim(1, at=shop.at)
    settled = Settled(amount=refund.total, at=shop.at, channel_refund_ref="50300")
    answers.record([answers.Answer(order.attempt, settled)], at=shop.at)
    late = browser.post(address, form)
    assert (late.status_code, said(late)) == (409, "correction_changed")
    assert not Correction.objects.exists()


def test_money_that_has_gone_is_asked_of_the_customer_and_collected_in_cash(shop: Any, person: Any) -> None:
    refund = paid(shop)
    browser, address = person("m01"), f"/refunds/{refund.refund_no}/correct/"
    page = browser.get(address)
    assert "最多 ¥59.97" in text(page)
    form = {"key": field(page, "key"), "amount": "39.98", "why": "一件录成三件"}
    too_much = browser.post(address, {**form, "key": "other", "amount": "59.98"})
    assert (too_much.status_code, said(too_much)) == (422, "correction_too_much")
    unsaid = browser.post(address, {**form, "key": "other", "why": " "})
    assert (unsaid.status_code, said(unsaid)) == (422, "note_needed")
    assert browser.post(address, form).status_code == 302
    [row] = Correction.objects.all()
    assert (row.state, row.amount) == ("open", 3998)
    till = person("c01")
    assert "待收回" in till.read("/corrections/") and "¥39.98" in till.read("/corrections/")
    collect = f"/corrections/{row.correction_no}/collect/"
    assert till.post(collect, {"channel": "cash"}).status_code == 302
    late = till.post(collect, {"channel": "cash"})
    assert (late.status_code, said(late)) == (409, "correction_closed")
    assert "没有更正单" in till.read("/corrections/")
    assert "已收回" in till.read("/corrections/", state="collected")


def test_a_transfer_needs_its_reference(shop: Any, person: Any) -> None:
    row = wrong(shop, paid(shop))
    browser, collect = person("f01"), f"/corrections/{row.correction_no}/collect/"
    bare = browser.post(collect, {"channel": "transfer"})
    assert (bare.status_code, said(bare)) == (422, "correction_reference_needed")
    assert browser.post(collect, {"channel": "transfer", "reference": "B20261129"}).status_code == 302
    assert "B20261129" in browser.read(f"/corrections/{row.correction_no}/")


def test_a_loss_is_said_by_somebody_who_did_not_open_it(shop: Any, person: Any) -> None:
    staff.hire("x02", "店长兼财务", ["manager", "finance"], at=shop.at, password=PASSWORD)
    row = wrong(shop, paid(shop), operator=staff.get("x02"))
    address = f"/corrections/{row.correction_no}/give-up/"
    opener, other, manager = person("x02"), person("f01"), person("m02")
    page = f"/corrections/{row.correction_no}/"
    assert "记为损失" not in manager.read(page)
    stranger = manager.post(address, {"note": "联系不上"})
    assert (stranger.status_code, said(stranger)) == (403, "may_not")
    assert "记为损失" not in opener.read(page)
    refused = opener.post(address, {"note": "联系不上"})
    assert (refused.status_code, said(refused)) == (403, "maker_is_checker")
    assert "记为损失" in other.read(page)
    bare = other.post(address, {"note": ""})
    assert (bare.status_code, said(bare)) == (422, "note_needed")
    assert other.post(address, {"note": "联系不上"}).status_code == 302
    assert Correction.objects.get().state == "given_up"


@pytest.mark.parametrize("act", ["collect", "give-up"])
def test_another_store_closes_nothing(shop: Any, person: Any, act: str) -> None:
    row = wrong(shop, paid(shop))
    there = Store.objects.get(code="S02")
    staff.hire("x01", "别店", ["manager", "finance"], at=shop.at, password=PASSWORD, store_id=there.pk)
    browser = person("x01")
    answer = browser.post(f"/corrections/{row.correction_no}/{act}/", {"channel": "cash", "note": "x"})
    assert (answer.status_code, said(answer)) == (403, "other_store")
    assert row.correction_no not in browser.read("/corrections/", state="all")
    assert Correction.objects.get().state == "open"


def test_the_list_has_no_loud_button_and_one_correction_has_one(shop: Any, person: Any) -> None:
    refund = paid(shop)
    rows = [wrong(shop, refund, amount=fen, key=f"K-{fen}") for fen in (100, 200)]
    browser = person("m01")
    listed = browser.get("/corrections/").content.decode()
    assert "button primary" not in listed
    assert listed.count("去办理") == 2
    for row in rows:
        shown = browser.get(f"/corrections/{row.correction_no}/").content.decode()
        assert shown.count("button primary") == 1


def test_no_two_states_look_alike() -> None:
    assert set(LOOKS) == set(State)
    for name in ("tone", "icon", "word"):
        assert len({str(getattr(look, name)) for look in LOOKS.values()}) == len(State)

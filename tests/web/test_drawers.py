"""The drawer at the screen, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from sudapos.books import cashmoves, counts, drawers, shifts
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money
from sudapos.books.drawers import Kick, Shift
from sudapos.books.shifts import ReportCopy
from sudapos.books.shops import Account
from sudapos.ops import closing
from tests.cast import PASSWORD, Shop
from tests.web.conftest import Person, said, text

Arrive = Callable[..., Person]
BOSS = {"code": "m01", "password": PASSWORD}


@pytest.fixture
def funded(shop: Shop) -> Shop:
    cashmoves.move(
        Wish(kind="from_bank", store="S01", amount=300_000, key="bank"), operator=shop.m01, at=shop.at
    )
    return shop


def opened(cashier: Person, counted: str = "500", float_yuan: str = "500") -> Shift:
    answer = cashier.post("/drawers/open/", {"float": float_yuan, "sum": counted, **BOSS})
    assert answer.status_code == 302, text(answer)
    return Shift.objects.get(closed_at=None)


def test_a_shift_from_the_float_to_the_z_report(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    assert "接班：T1" in cashier.read("/drawers/")
    shift = opened(cashier)
    page = cashier.read("/drawers/")
    assert "当班中" in page and "应有" not in page  # blind: nothing of what is expected before the count
    assert (
        cashier.post(
            f"/drawers/{shift.shift_no}/count/", {"n_10000": "4", "n_5000": "1", "sum": "38.00"}
        ).status_code
        == 302
    )
    page = cashier.read("/drawers/")
    assert "¥488.00" in page and "短款−¥12.00" in page
    refused = cashier.post(f"/drawers/{shift.shift_no}/close/", {"to_safe": "88"})
    assert (refused.status_code, said(refused)) == (422, "count_reason_needed")
    closed = cashier.post(f"/drawers/{shift.shift_no}/close/", {"to_safe": "88", "reason": "找错零"})
    assert closed.headers["Location"] == f"/drawers/{shift.shift_no}/"
    assert "Z1" in cashier.read(f"/drawers/{shift.shift_no}/")
    assert "接班：T1" in cashier.read("/drawers/")


def test_notes_add_up_without_scripts_and_nothing_happens(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    page = cashier.post("/drawers/open/", {"n_10000": "3", "n_50": "4", "sum": "1.5", "do": "add"})
    assert page.status_code == 200 and "一共¥303.50" in text(page)
    assert 'value="3"' in page.content.decode()
    assert not Shift.objects.exists()
    part = cashier.get("/drawers/sum/", {"n_10000": "3", "n_10": "x"}, headers={"HX-Request": "true"})
    assert "有一格看不懂" in text(part)


def test_a_float_wants_the_managers_password(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    bare = cashier.post("/drawers/open/", {"float": "500", "sum": "500"})
    assert (bare.status_code, said(bare)) == (403, "cash_needs_manager")
    wrong = cashier.post("/drawers/open/", {"float": "500", "sum": "500", "code": "m01", "password": "no"})
    assert (wrong.status_code, said(wrong)) == (422, "wrong_password")
    assert not Shift.objects.exists()


def test_a_drawer_that_cannot_pay_shows_four_ways_and_pays_once_topped_up(
    funded: Shop, person: Arrive
) -> None:
    cashier = person("c01")
    opened(cashier, "100", "100")
    refund = funded.refund(funded.sell("S-1", till="T2"))
    [leg] = refund.legs.all()
    address = f"/refunds/{refund.refund_no}/"
    page = cashier.read(address)
    assert "T1 的现金不够，还差 ¥59.97" in page
    for way in ("保险柜", "改为银行转账", "请顾客稍等"):
        assert way in page
    refused = cashier.post(f"{address}legs/{leg.leg_no}/confirm/")
    assert (refused.status_code, said(refused)) == (422, "drawer_short")
    fetched = cashier.post(
        "/drawers/move/", {"source": "SAFE", "amount": "59.97", "key": "k", "back": address, **BOSS}
    )
    assert fetched.headers["Location"] == address
    assert "现金不够" not in cashier.read(address)
    assert cashier.post(f"{address}legs/{leg.leg_no}/confirm/").status_code == 302
    assert "已当面付清" in cashier.read(address)


def test_the_manager_turns_it_into_a_transfer_with_consent(funded: Shop, person: Arrive) -> None:
    opened(person("c01"), "100", "100")
    refund = funded.refund(funded.sell("S-1", till="T2"))
    [leg] = refund.legs.all()
    boss = person("m01")
    assert "改为转账 ¥59.97" in boss.read(f"/refunds/{refund.refund_no}/")
    done = boss.post(f"/refunds/{refund.refund_no}/legs/{leg.leg_no}/by-transfer/", {"note": "顾客当面同意"})
    assert done.status_code == 302
    assert "等着财务转账 ¥59.97 给顾客" in boss.read(f"/refunds/{refund.refund_no}/")


def test_a_till_without_a_shift_says_so_on_the_refund(funded: Shop, person: Arrive) -> None:
    opened(person("c01"))
    refund = funded.refund(funded.sell("S-1", till="T2"), till="T2")
    assert "T2 还没有接班，不能付现金" in person("c02").read(f"/refunds/{refund.refund_no}/")


def test_a_hand_over_takes_the_next_persons_own_password(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    cashier.post(f"/drawers/{shift.shift_no}/count/", {"sum": "500"})
    wrong = cashier.post(f"/drawers/{shift.shift_no}/hand-over/", {"code": "c02", "password": "x"})
    assert said(wrong) == "wrong_password"
    done = cashier.post(f"/drawers/{shift.shift_no}/hand-over/", {"code": "c02", "password": PASSWORD})
    assert done.status_code == 302
    assert Shift.objects.get(closed_at=None).operator.code == "c02"
    assert "T1 现在由 李* 当班" in cashier.read("/drawers/")


def test_what_is_off_waits_for_the_manager_on_the_page(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    cashier.post(f"/drawers/{shift.shift_no}/count/", {"sum": "488"})
    cashier.post(f"/drawers/{shift.shift_no}/close/", {"reason": "找错零"})
    assert "确认处理" not in cashier.read("/drawers/")
    boss = person("m01")
    page = boss.read("/drawers/")
    assert "短款 −¥12.00" in page and "找错零" in page
    [row] = counts.waiting()
    boss.post(f"/drawers/counts/{row.count_no}/explain/", {"how": "cashier", "note": "本人认可"})
    assert counts.waiting() == []
    assert "由收银员赔偿" in boss.read(f"/drawers/{shift.shift_no}/")


def test_a_manager_sees_what_every_drawer_holds_and_a_cashier_does_not(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    opened(cashier)
    assert "本店的钱箱" in person("m01").read("/drawers/")
    assert "本店的钱箱" not in cashier.read("/drawers/")
    assert "本店的钱箱" in person("a01", seat="").read("/drawers/")


def test_a_kick_is_written_down_and_a_purchase_needs_a_reason(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    assert cashier.post(f"/drawers/{shift.shift_no}/kick/", {"reason": "换零钱"}).status_code == 302
    assert Kick.objects.get().reason == "换零钱"
    assert "开钱箱" in cashier.read(f"/drawers/{shift.shift_no}/")
    bare = cashier.post("/drawers/move/", {"kind": "pay_out", "amount": "20", "key": "p"})
    assert said(bare) == "cash_reason_needed"
    cashier.post("/drawers/move/", {"kind": "pay_out", "amount": "20", "reason": "打印纸", "key": "p"})
    assert drawers.held(shift.drawer) == 48_000


@pytest.mark.parametrize("form", ["html", "pdf", "png", "escpos"])
def test_a_report_is_paper_in_every_form(funded: Shop, person: Arrive, form: str) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    cashier.post(f"/drawers/{shift.shift_no}/count/", {"sum": "500"})
    cashier.post(f"/drawers/{shift.shift_no}/close/", {})
    paper = cashier.get(f"/drawers/{shift.shift_no}/Z1/", {"format": form, "width": "58"})
    assert paper.status_code == 200 and len(paper.content) > 300


def test_every_copy_is_counted_and_the_second_is_marked(funded: Shop, person: Arrive) -> None:
    boss = person("m01")
    shift = opened(boss)
    boss.post(f"/drawers/{shift.shift_no}/x/")
    address = f"/drawers/{shift.shift_no}/X1/"
    for expected in ("", "重印 REPRINT"):
        assert boss.post(address, {"width": "80"}).status_code == 302
        html = boss.get(address, {"format": "html"}).content.decode()
        assert ("重印 REPRINT" in html) == bool(expected)
    assert ReportCopy.objects.count() == 2


def test_the_pages_speak_english(funded: Shop, person: Arrive) -> None:
    boss = person("m01")
    shift = opened(boss)
    for address in ("/drawers/", f"/drawers/{shift.shift_no}/"):
        page = text(boss.get(address, {"lang": "en"}))
        assert "On duty" in page


def test_the_pulse_is_handed_out_with_its_reason_and_never_without(funded: Shop, person: Arrive) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    address = f"/drawers/{shift.shift_no}/kick/"
    bare = cashier.post(address, {"form": "escpos"})
    assert (bare.status_code, said(bare), Kick.objects.count()) == (422, "cash_reason_needed", 0)
    given = cashier.post(address, {"form": "escpos", "reason": "换零钱"})
    assert (given.content, given.headers["Content-Type"]) == (b"\x1b@\x1bp\x0022", "application/octet-stream")
    assert Kick.objects.get().operator.code == "c01"
    other = person("c02")
    assert "开钱箱" not in other.read(f"/drawers/{shift.shift_no}/")
    assert other.post(address, {"form": "escpos", "reason": "x"}).status_code == 403
    assert Kick.objects.count() == 1


def test_an_unexplained_difference_waits_on_the_desk_of_whoever_may_explain_it(
    funded: Shop, person: Arrive
) -> None:
    cashier = person("c01")
    shift = opened(cashier)
    cashier.post(f"/drawers/{shift.shift_no}/count/", {"sum": "488"})
    cashier.post(f"/drawers/{shift.shift_no}/close/", {"reason": "找错零"})
    [row] = counts.waiting()
    boss = person("m01")
    desk = boss.get("/").content.decode()
    assert f"/drawers/#{row.count_no}" in desk and "短款等我说明" in desk
    assert "短款等我说明" not in cashier.read("/")
    assert "短款等我说明" not in person("f01").read("/")  # up to fifty yuan the manager alone
    boss.post(f"/drawers/counts/{row.count_no}/explain/", {"how": "cashier", "note": "本人认可"})
    assert "短款等我说明" not in boss.read("/")


def test_a_manager_does_not_find_her_own_difference_on_her_desk(funded: Shop, person: Arrive) -> None:
    boss = person("m01")
    shift = opened(boss)
    boss.post(f"/drawers/{shift.shift_no}/count/", {"sum": "488"})
    boss.post(f"/drawers/{shift.shift_no}/close/", {"reason": "找错零"})
    assert len(counts.waiting()) == 1
    assert "短款等我说明" not in boss.read("/")


def test_an_open_shift_keeps_its_business_day_open(funded: Shop, person: Arrive) -> None:
    Account.objects.update(created_at=funded.at + timedelta(days=9))  # no statement is due
    cashier = person("c01")
    shift = opened(cashier)
    on = shift.business_date
    funded.later(days=1)
    told = closing.close(on, by="f01", at=funded.at, fetch=False)
    assert (told.day.state, told.missing) == (
        "open",
        [{"shift": shift.shift_no, "operator": "c01", "why": "shift_open"}],
    )
    assert f"班次 {shift.shift_no}（c01）还没有交班" in person("f01").read(f"/days/{on}/")
    counts.count(shift.shift_no, Money(sum=50_000), operator=funded.c01, at=funded.at)
    shifts.close(shift.shift_no, operator=funded.c01, at=funded.at)
    again = closing.close(on, by="f01", at=funded.later(minutes=1), fetch=False)
    assert (again.day.state, again.missing) == ("closed", [])

"""人员 by page: proposed, agreed to, handed over once; what comes before anything else; sessions that end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpResponse

from sudapos.books import staff
from sudapos.books.audit import AuditRecord
from sudapos.books.devices import Device
from sudapos.books.people import PersonChange
from sudapos.books.staff import Operator
from sudapos.books.visits import Visit
from tests.cast import PASSWORD, Shop

from .conftest import Person, said, text

NEW = {"code": "c09", "name": "新来的", "roles": ["cashier"], "store": "S01", "note": "试用"}


def one_time(response: HttpResponse) -> str:
    match = re.search(r'id="one-time">([^<]+)<', response.content.decode())
    assert match, text(response)
    return match[1]


def test_a_manager_proposes_an_administrator_agrees_and_the_person_sets_her_own_password(
    shop: Shop, person: Callable[..., Person]
) -> None:
    manager, admin = person("m01"), person("admin")
    assert "等另一个人同意" in manager.read("/settings/people/new/")
    assert manager.post("/settings/people/new/", NEW).status_code == 302
    assert "新员工 · c09" in admin.read("/settings/people/")
    row = PersonChange.objects.get()
    denied = manager.post(f"/settings/people/changes/{row.pk}/approve/", {})
    assert (denied.status_code, said(denied)) == (403, "may_not")
    agreed = admin.post(f"/settings/people/changes/{row.pk}/approve/", {"note": "同意"})
    password = one_time(agreed)
    assert password not in admin.read("/settings/people/") and "c09 · 新来的" in admin.read(
        "/settings/people/"
    )
    late = admin.post(f"/settings/people/changes/{row.pk}/reject/", {"note": "不"})
    assert (late.status_code, said(late)) == (409, "change_decided")

    browser = Person()
    assert browser.sign_in("c09", seat="S01/T1", password=password).status_code == 302
    assert browser.get("/counter/").headers["Location"] == "/me/password/"
    own = {"old": password, "new": "mine-and-only-mine", "again": "mine-and-only-mine"}
    assert said(browser.post("/me/password/", own | {"again": "other"})) == "passwords_differ"
    assert (
        said(browser.post("/me/password/", own | {"new": "12345678", "again": "12345678"})) == "password_weak"
    )
    assert said(browser.post("/me/password/", own | {"old": "no"})) == "wrong_password"
    assert browser.get("/counter/").headers["Location"] == "/me/password/"
    assert browser.post("/me/password/", own).status_code == 302
    assert browser.get("/counter/").status_code == 200
    assert said(Person().sign_in("c09", seat="S01/T1", password=password)) == "wrong_password"
    assert Person().sign_in("c09", seat="S01/T1", password="mine-and-only-mine").status_code == 302


def test_the_form_keeps_what_was_typed_when_roles_conflict(shop: Shop, person: Callable[..., Person]) -> None:
    answer = person("admin").post("/settings/people/new/", NEW | {"roles": ["cashier", "finance"]})
    assert (answer.status_code, said(answer)) == (422, "roles_conflict")
    page = answer.content.decode()
    assert 'value="新来的"' in page and 'value="c09"' in page
    assert re.search(r'value="finance" checked', page)
    assert not Operator.objects.filter(code="c09").exists()


def test_a_stopped_account_is_out_at_once_and_a_changed_one_signs_in_anew(
    shop: Shop, person: Callable[..., Person]
) -> None:
    admin, cashier, other = person("admin"), person("c01"), person("c02")
    assert admin.post("/settings/people/c01/leave/", {}).status_code == 302
    assert cashier.get("/counter/").headers["Location"].startswith("/sign-in/")
    assert said(Person().sign_in("c01")) == "wrong_password"
    changed = {"name": "李雷", "roles": ["cs"], "store": ""}
    assert admin.post("/settings/people/c02/change/", changed).status_code == 302
    assert other.get("/counter/").headers["Location"].startswith("/sign-in/")
    assert "您的账号刚有变动" in other.read("/sign-in/")
    assert one_time(admin.post("/settings/people/c01/return/", {}))
    assert said(admin.post("/settings/people/admin/leave/", {})) == "own_person"


def test_idle_ends_a_visit_and_what_was_typed_is_given_back_to_its_owner(
    shop: Shop, person: Callable[..., Person]
) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    manager = person("m01")
    Visit.objects.update(seen_at=shop.at - timedelta(minutes=31))
    typed = {"note": "顾客等了很久", "fingerprint": refund.fingerprint}
    gone = manager.post(f"/approvals/{refund.refund_no}/approve/", typed)
    assert gone.headers["Location"] == "/sign-in/"
    refund.refresh_from_db()
    assert refund.state == "awaiting" and Visit.objects.get().why == "idle"
    door = manager.read("/sign-in/")
    assert "太久没有操作" in door and "刚才填写的内容还在" in door
    assert manager.sign_in("m01", seat="").headers["Location"] == "/kept/"
    page = manager.read("/kept/")
    assert "顾客等了很久" in page
    assert f'action="/approvals/{refund.refund_no}/approve/"' in manager.get("/kept/").content.decode()
    assert manager.post(f"/approvals/{refund.refund_no}/approve/", typed).status_code == 302
    refund.refresh_from_db()
    assert refund.state == "approved"


def test_what_was_typed_is_shown_to_nobody_else(shop: Shop, person: Callable[..., Person]) -> None:
    manager = person("m01")
    Visit.objects.update(started_at=shop.at - timedelta(hours=12), seen_at=shop.at)
    manager.post("/approvals/R1/approve/", {"note": "只给我看", "password": "secret-word"})
    assert "登录满一个班次" in manager.read("/sign-in/")
    assert manager.sign_in("m02", seat="").headers["Location"] == "/"
    assert manager.get("/kept/").headers["Location"] == "/"
    assert "secret-word" not in str(dict(manager.session))


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(
    shop: Shop, person: Callable[..., Person]
) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    manager = person("m01")
    before = shop.at - timedelta(minutes=20)
    Visit.objects.update(seen_at=before)
    manager.get(f"/refunds/{refund.refund_no}/live/")
    assert Visit.objects.get().seen_at == before
    manager.get("/refunds/")
    assert Visit.objects.get().seen_at > before


def test_a_cashier_may_pause_for_longer_than_a_manager(shop: Shop, person: Callable[..., Person]) -> None:
    cashier = person("c01")
    Visit.objects.update(seen_at=shop.at - timedelta(hours=3))
    assert cashier.get("/counter/").status_code == 200
    Visit.objects.update(seen_at=shop.at - timedelta(hours=4))
    assert cashier.get("/counter/").status_code == 302


def test_everywhere_else_is_signed_out_from_my_account(shop: Shop, person: Callable[..., Person]) -> None:
    here, there = person("c01"), person("c01")
    page = here.get("/me/")
    assert text(page).count("127.0.0.1") == 2
    assert here.post("/me/others/", {}).status_code == 302
    assert here.get("/counter/").status_code == 200
    assert there.get("/counter/").status_code == 302


def test_a_pin_opens_a_bound_till_and_nothing_else(shop: Shop, person: Callable[..., Person]) -> None:
    cashier = person("c01")
    for pin, code in (("123456", "pin_easy"), ("12ab56", "pin_malformed"), ("447447", "pin_easy")):
        assert said(cashier.post("/me/pin/", {"password": PASSWORD, "pin": pin})) == code
    assert said(cashier.post("/me/pin/", {"password": "no", "pin": "480213"})) == "wrong_password"
    assert cashier.post("/me/pin/", {"password": PASSWORD, "pin": "480213"}).status_code == 302

    machine = Person()
    entry = {"code": "c01", "pin": "480213"}
    assert said(machine.post("/sign-in/pin/", entry)) == "till_not_bound"
    machine.sign_in("m01", seat="")
    assert machine.post("/settings/tills/", {"till": "S01/T2"}).status_code == 302
    machine.post("/sign-out/")
    assert "用 PIN 登录" in machine.read("/sign-in/")
    assert said(machine.post("/sign-in/pin/", entry | {"pin": "480214"})) == "wrong_pin"
    assert machine.post("/sign-in/pin/", entry).status_code == 302
    assert "一号店 T2" in machine.read("/counter/")
    assert Visit.objects.filter(how="pin", store="S01", till="T2").count() == 1
    machine.post("/sign-out/")

    Operator.objects.filter(code="m01").update(pin=Operator.objects.get(code="c01").pin)
    assert said(machine.post("/sign-in/pin/", {"code": "m01", "pin": "480213"})) == "pin_not_enough"
    person("m02").post(f"/settings/tills/{Device.objects.get().pk}/revoke/")
    assert said(machine.post("/sign-in/pin/", entry)) == "till_not_bound"
    assert "用 PIN 登录" not in machine.read("/sign-in/")


def test_five_wrong_pins_and_the_right_one_waits_until_an_administrator_lifts_it(
    shop: Shop, person: Callable[..., Person]
) -> None:
    person("c01").post("/me/pin/", {"password": PASSWORD, "pin": "480213"})
    machine = person("m01")
    machine.post("/settings/tills/", {"till": "S01/T1"})
    machine.post("/sign-out/")
    for _ in range(5):
        assert said(machine.post("/sign-in/pin/", {"code": "c01", "pin": "111213"})) == "wrong_pin"
    entry = {"code": "c01", "pin": "480213"}
    assert said(machine.post("/sign-in/pin/", entry)) == "too_many_tries"
    assert AuditRecord.objects.filter(act="sign_in.pin_failed", by="c01").count() == 5
    admin = person("admin")
    assert "已锁定" in admin.read("/settings/people/")
    assert admin.post("/settings/people/c01/unlock/", {}).status_code == 302
    assert machine.post("/sign-in/pin/", entry).status_code == 302


def test_one_place_has_a_cap_of_its_own(shop: Shop) -> None:
    browser = Person()
    for number in range(50):
        browser.sign_in(f"nobody{number}", password="x")
    assert said(browser.sign_in("c01")) == "too_many_tries_here"
    elsewhere = Person(REMOTE_ADDR="10.9.8.7")
    assert elsewhere.sign_in("c01").status_code == 302


def test_nobody_locks_a_colleague_out_from_elsewhere(shop: Shop) -> None:
    stranger = Person(REMOTE_ADDR="10.9.8.7")
    for _ in range(6):
        stranger.sign_in("c01", password="x")
    assert said(stranger.sign_in("c01")) == "too_many_tries"
    assert Person().sign_in("c01").status_code == 302


def test_a_review_is_closed_by_the_auditor_with_a_note(shop: Shop, person: Callable[..., Person]) -> None:
    admin, auditor = person("admin"), person("a01")
    assert "立即生效，并列入待复核" in admin.read("/settings/people/new/")
    assert one_time(admin.post("/settings/people/new/", NEW))
    assert "一人办理的人员改动" in auditor.read("/reviews/")
    number = staff.get("c09") and re.search(
        r'name="number" value="(\d+)"', auditor.get("/reviews/").content.decode()
    )
    assert number
    assert said(auditor.post("/reviews/", {"number": number[1], "note": ""})) == "input_invalid"
    assert auditor.post("/reviews/", {"number": number[1], "note": "与合同相符"}).status_code == 302
    assert "没有要复核的" in auditor.read("/reviews/")
    assert "与合同相符" in auditor.read("/reviews/", state="closed")

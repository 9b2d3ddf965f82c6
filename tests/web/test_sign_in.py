from __future__ import annotations

from sudapos.books import staff
from sudapos.books.audit import AuditRecord
from sudapos.books.shops import Store
from tests.cast import PASSWORD

from .conftest import Person, said, text


def test_a_page_without_a_person_leads_to_the_door_and_back(shop):
    browser = Person()
    response = browser.get("/refunds/?progress=attention")
    assert response.headers["Location"] == "/sign-in/?next=%2Frefunds%2F%3Fprogress%3Dattention"
    response = browser.post(
        "/sign-in/", {"code": "m01", "password": PASSWORD, "seat": "", "next": "/refunds/?progress=attention"}
    )
    assert response.headers["Location"] == "/refunds/?progress=attention"


def test_the_door_never_leads_out_of_the_house(shop):
    response = Person().post(
        "/sign-in/", {"code": "c01", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert response.headers["Location"] == "/"


def test_a_wrong_password_is_a_clear_sentence_and_keeps_the_code(shop):
    browser = Person()
    response = browser.sign_in("c01", password="not-this-one")
    assert response.status_code == 422
    assert "工号或密码不对" in text(response)
    assert 'value="c01"' in response.content.decode()
    assert "not-this-one" not in response.content.decode()


def test_after_five_wrong_passwords_even_the_right_one_waits(shop):
    browser = Person()
    for _ in range(5):
        browser.sign_in("c01", password="not-this-one")
    response = browser.sign_in("c01")
    assert (response.status_code, said(response)) == (422, "too_many_tries")
    assert AuditRecord.objects.filter(act="sign_in.failed", by="c01").count() == 5
    assert browser.sign_in("c02").status_code == 302


def test_the_till_is_shown_and_remembered_for_the_next_person(shop):
    browser = Person()
    browser.sign_in("c02", seat="S01/T2")
    assert "一号店 T2" in browser.read("/")
    browser.post("/sign-out/")
    assert '<option value="S01/T2" selected>' in browser.get("/sign-in/").content.decode()


def test_a_person_of_one_store_cannot_sit_at_another_ones_till(shop):
    own = Store.objects.get(code="S02")
    staff.hire("c09", "周九", ["cashier"], at=shop.at, password=PASSWORD, store_id=own.pk)
    response = Person().sign_in("c09", seat="S01/T1")
    assert (response.status_code, said(response)) == (422, "other_store")
    assert Person().sign_in("c09", seat="S02/T1").status_code == 302


def test_signed_out_is_signed_out(person):
    browser = person("c01")
    assert browser.get("/sign-out/").status_code == 405
    browser.post("/sign-out/")
    assert browser.get("/").headers["Location"] == "/sign-in/"

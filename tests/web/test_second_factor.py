"""The second factor: enrolled before anything else, asked for at every sign-in, each code once; lost, it is reset by two."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from sudapos.books import decisions, factors, keyring, sealing, shops, staff
from sudapos.books.audit import AuditRecord
from sudapos.books.staff import Operator
from sudapos.books.visits import Visit
from tests.cast import PASSWORD, Shop

from .conftest import Person, said, text


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.SECOND_FACTOR = "required"


def digits(secret: str, *, later: int = 0) -> str:
    """What an authenticator shows, `later` steps of thirty seconds from now."""
    step = int(datetime.now(UTC).timestamp()) // 30 + later
    return str(format_hotp_value(hotp_value(secret, step)))


def enrol(browser: Person) -> tuple[str, list[str]]:
    """Scan and type; answers the secret and the codes for the paper."""
    page = browser.get("/me/factor/").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert secret and "<svg" in page
    plain = secret[1].replace(" ", "")
    paper = browser.post("/me/factor/", {"digits": digits(plain, later=-1)})
    assert paper.status_code == 200, text(paper)
    return plain, re.findall(r"<li>(\d+)</li>", paper.content.decode())


def enrolled(code: str) -> tuple[str, list[str]]:
    browser = Person()
    browser.sign_in(code, seat="")
    return enrol(browser)


@pytest.mark.parametrize("code", ["admin", "m01", "f01", "a01"])
def test_without_one_nothing_opens_but_the_way_to_it(shop: Shop, code: str) -> None:
    browser = Person()
    assert browser.sign_in(code, seat="").status_code == 302
    for address in ("/", "/refunds/", "/approvals/", "/settings/people/", "/audit/", "/help/"):
        assert browser.get(address).headers["Location"] == "/me/factor/"
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    sent = browser.post(f"/approvals/{refund.refund_no}/approve/", {"fingerprint": refund.fingerprint})
    assert sent.headers["Location"] == "/me/factor/"
    assert decisions.get(refund.refund_no).state == "awaiting"
    enrol(browser)
    assert browser.get("/").status_code == 200


def test_cashiers_need_none(shop: Shop, person: Callable[..., Person]) -> None:
    assert person("c01").get("/counter/").status_code == 200


def test_the_password_alone_opens_nothing_and_each_code_opens_once(shop: Shop) -> None:
    secret, _paper = enrolled("m01")
    browser = Person()
    assert browser.sign_in("m01", seat="").headers["Location"] == "/sign-in/second/"
    assert browser.get("/approvals/").headers["Location"].startswith("/sign-in/")
    assert "再确认一步" in browser.read("/sign-in/second/")
    assert said(browser.post("/sign-in/second/", {"digits": digits(secret, later=9)})) == "factor_wrong"
    now = digits(secret)
    assert browser.post("/sign-in/second/", {"digits": now}).headers["Location"] == "/"
    assert browser.get("/approvals/").status_code == 200
    assert Visit.objects.latest("id").how == "totp"
    again = Person()
    again.sign_in("m01", seat="")
    assert said(again.post("/sign-in/second/", {"digits": now})) == "factor_wrong"


def test_a_code_from_the_paper_opens_once(shop: Shop) -> None:
    _secret, paper = enrolled("f01")
    assert len(paper) == 10 and len(set(paper)) == 10
    for status in (302, 422):
        browser = Person()
        browser.sign_in("f01", seat="")
        assert browser.post("/sign-in/second/", {"digits": paper[3]}).status_code == status
    assert factors.held(staff.get("f01")).codes_left == 9


def test_five_wrong_codes_and_neither_code_nor_password_helps(shop: Shop) -> None:
    secret, _paper = enrolled("m01")
    browser = Person()
    browser.sign_in("m01", seat="")
    for _ in range(5):
        assert said(browser.post("/sign-in/second/", {"digits": "000000"})) == "factor_wrong"
    assert said(browser.post("/sign-in/second/", {"digits": digits(secret)})) == "too_many_tries"
    assert said(Person().sign_in("m01", seat="")) == "too_many_tries"
    assert AuditRecord.objects.filter(act="sign_in.factor_failed", by="m01").count() == 5


def test_the_half_way_is_open_for_five_minutes_only(shop: Shop) -> None:
    secret, _paper = enrolled("m01")
    browser = Person()
    browser.sign_in("m01", seat="")
    session = browser.session
    session["half"] = session["half"] | {"at": "2026-01-01T00:00:00+00:00"}
    session.save()
    late = browser.post("/sign-in/second/", {"digits": digits(secret)})
    assert late.headers["Location"] == "/sign-in/"
    assert browser.get("/").status_code == 302


def test_on_the_spot_the_checker_gives_her_digits_too(shop: Shop, person: Callable[..., Person]) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    cashier = person("c01")
    sent = {"code": "m01", "password": PASSWORD, "fingerprint": refund.fingerprint, "act": "approve"}
    address = f"/refunds/{refund.refund_no}/on-the-spot/"
    assert said(cashier.post(address, sent)) == "enrol_first"
    secret, _paper = enrolled("m01")
    assert said(cashier.post(address, sent)) == "factor_needed"
    assert said(cashier.post(address, sent | {"digits": "000000"})) == "factor_wrong"
    now = digits(secret)
    assert cashier.post(address, sent | {"digits": now}).status_code == 302
    assert decisions.get(refund.refund_no).state == "approved"
    other = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    replayed = sent | {"digits": now, "fingerprint": other.fingerprint}
    assert said(cashier.post(f"/refunds/{other.refund_no}/on-the-spot/", replayed)) == "factor_wrong"
    assert decisions.get(other.refund_no).state == "awaiting"


def test_the_last_one_stays_and_changes_want_the_password(shop: Shop) -> None:
    browser = Person()
    browser.sign_in("a01", seat="")
    enrol(browser)
    own = {"password": PASSWORD}
    assert said(browser.post("/me/drop/", own)) == "factor_last"
    assert said(browser.post("/me/codes/", {"password": "no"})) == "wrong_password"
    fresh = re.findall(r"<li>(\d+)</li>", browser.post("/me/codes/", own).content.decode())
    assert len(fresh) == 10
    assert said(browser.post("/me/passkey/", {"password": PASSWORD, "passkey": "{}"})) == "passkey_wrong"
    assert browser.get("/me/factor/").headers["Location"] == "/me/"


def test_a_reset_takes_two_and_ends_her_visits(shop: Shop) -> None:
    staff.hire("admin2", "李管理", ["admin"], at=shop.at, password=PASSWORD)
    browsers = {}
    for code in ("admin", "admin2", "m01"):
        browsers[code] = Person()
        browsers[code].sign_in(code, seat="")
        enrol(browsers[code])
    assert browsers["admin"].post("/settings/people/m01/factor/", {}).status_code == 302
    assert factors.has(staff.get("m01"))
    [number] = re.findall(
        r"changes/(\d+)/approve", browsers["admin2"].get("/settings/people/").content.decode()
    )
    browsers["admin2"].post(f"/settings/people/changes/{number}/approve/", {})
    assert not factors.has(staff.get("m01")) and not Authenticator.objects.filter(user__code="m01").exists()
    assert browsers["m01"].get("/approvals/").headers["Location"].startswith("/sign-in/")
    fresh = Person()
    fresh.sign_in("m01", seat="")
    assert fresh.get("/").headers["Location"] == "/me/factor/"


def test_a_one_time_password_comes_before_the_second_factor(shop: Shop) -> None:
    Operator.objects.filter(code="f01").update(must_change=True)
    browser = Person()
    browser.sign_in("f01", seat="")
    assert browser.get("/me/factor/").headers["Location"] == "/me/password/"
    own = {"old": PASSWORD, "new": "mine-and-only-mine", "again": "mine-and-only-mine"}
    assert browser.post("/me/password/", own).headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/me/factor/"


def test_secrets_are_sealed_and_follow_the_ring(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    shops.Account.objects.all().delete()  # sealed by the ring of all tests
    monkeypatch.setattr(sealing, "ring", sealing.Ring(tmp_path / "keyring"))
    secret, _paper = enrolled("m01")
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept and sealing.unseal(kept) == secret
    keyring.rotate(by="test", at=shop.at)
    assert keyring.state() == (2, 0)
    keyring.forget(by="test", at=shop.at)
    assert sealing.unseal(Authenticator.objects.get(type="totp").data["secret"]) == secret


def test_in_the_demo_one_is_offered(shop: Shop, settings) -> None:
    settings.SECOND_FACTOR = "offered"
    browser = Person()
    assert "这里是演示" in browser.read("/sign-in/")
    browser.sign_in("m01", seat="")
    assert browser.get("/approvals/").status_code == 200
    secret, _paper = enrol(browser)
    again = Person()
    assert again.sign_in("m01", seat="").headers["Location"] == "/sign-in/second/"
    assert again.post("/sign-in/second/", {"digits": digits(secret)}).status_code == 302


def test_no_secret_reaches_the_audit_log(shop: Shop) -> None:
    secret, paper = enrolled("m01")
    told = str(list(AuditRecord.objects.values_list("facts", flat=True)))
    assert secret not in told and not any(code in told for code in paper)
    assert AuditRecord.objects.filter(act="factor.enrolled", by="m01").count() == 1

"""The doors in a real browser: an authenticator enrolled and asked for, a passkey, a PIN at a bound till, a lock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD

from .conftest import PHONE, Live, shown

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"


def digits(secret: str, *, later: int = 0) -> str:
    step = int(datetime.now(UTC).timestamp()) // 30 + later
    return str(format_hotp_value(hotp_value(secret, step)))


def sign_in(page: Page, url: str, code: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/sign-in/")
    page.fill("#code", code)
    page.fill("#password", password)
    page.press("#password", "Enter")


def test_an_authenticator_is_enrolled_and_asked_for(live: Live) -> None:
    page = live.stranger(screen=PHONE)
    sign_in(page, live.url, "m01")
    page.wait_for_url(f"{live.url}/me/factor/")
    assert "先启用第二因素" in shown(page)
    secret = page.inner_text("#secret").replace(" ", "")
    page.fill("#digits", digits(secret, later=-1))
    page.press("#digits", "Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    page.click("text=收好了，继续")
    page.wait_for_url(f"{live.url}/")

    again = live.stranger()
    sign_in(again, live.url, "m01")
    again.wait_for_url(f"{live.url}/sign-in/second/")
    again.fill("#digits", digits(secret))
    again.press("#digits", "Enter")
    again.wait_for_url(f"{live.url}/")


def test_a_passkey_opens_the_door(live: Live) -> None:
    url = live.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, never to a bare number
    page = live.stranger()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, url, "f01")
    page.wait_for_url(f"{url}/me/factor/")
    page.fill("#passkey-name", "收银办公室")
    page.click("form[data-passkey=create] button")
    expect(page.locator("#codes li")).to_have_count(10)
    page.goto(f"{url}/me/")
    assert "收银办公室" in shown(page)

    page.context.clear_cookies()
    sign_in(page, url, "f01")
    page.wait_for_url(f"{url}/sign-in/second/")
    page.click("#prove button")
    page.wait_for_url(f"{url}/")
    assert "财务" in shown(page)


def test_a_pin_at_a_bound_till_and_a_lock_that_explains_itself(live: Live, settings: Any) -> None:
    settings.SECOND_FACTOR = "offered"
    page = live.person("c01")
    page.goto(f"{live.url}/me/")
    page.fill("#pin-password", PASSWORD)
    page.fill("#new-pin", "480213")
    page.click("text=保存 PIN")
    expect(page.locator(".tone-done").first).to_contain_text("PIN 已经更新")

    till = live.person("m01", seat="")
    till.goto(f"{live.url}/settings/tills/")
    till.select_option("#till", "S01/T2")
    till.get_by_role("button", name="绑定这台设备").click()
    expect(till.locator("text=是 一号店 T2")).to_be_visible()
    till.click("[aria-label=退出登录]")
    till.fill("#pin-code", "c01")
    till.fill("#pin", "480213")
    till.press("#pin", "Enter")
    till.wait_for_url(f"{live.url}/")
    assert "一号店 T2" in shown(till)

    stranger = live.stranger()
    for _ in range(6):
        sign_in(stranger, live.url, "c02", "wrong")
        expect(stranger.locator("#said")).to_be_visible()
    assert "这个工号在这里先停一停" in shown(stranger)

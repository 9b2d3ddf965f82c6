"""The customer on a refund's page, the page for a person's rights, and the auditor's filters."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from sudapos.books import audit, contacts, staff
from tests import leaks
from tests.cast import Shop

from .conftest import Person, said, text

PHONE = "13812345678"
Arrive = Callable[..., Person]


def test_a_manager_opens_a_customer_for_a_minute(shop: Shop, person: Arrive) -> None:
    refund = shop.refund(shop.sell("S-1", phone=PHONE, name="李小龙"), lines={1: 1})
    page = f"/refunds/{refund.refund_no}/"
    manager = person("m01")
    shown = manager.read(page)
    assert "138****5678" in shown and PHONE not in shown and "李小龙" not in shown
    opened = manager.post("/person/S-1/", {"why": "联系顾客补卡号"})
    assert PHONE in text(opened) and "李小龙" in text(opened)
    assert 'hx-trigger="load delay:60s"' in opened.content.decode()
    assert opened.headers["Cache-Control"] == "no-store"
    assert PHONE not in manager.read("/person/S-1/")
    assert said(manager.post("/person/S-1/", {"why": " "})) == "reason_needed"
    [record] = audit.AuditRecord.objects.filter(act="personal.unmasked")
    assert record.facts["reason"] == "联系顾客补卡号"


def test_a_cashier_sees_masks_and_no_way_to_open_them(shop: Shop, person: Arrive) -> None:
    refund = shop.refund(shop.sell("S-1", phone=PHONE), lines={1: 1})
    cashier = person("c01")
    assert "/person/" not in cashier.get(f"/refunds/{refund.refund_no}/").content.decode()
    assert cashier.post("/person/S-1/", {"why": "想看"}).status_code == 403
    assert cashier.get("/settings/privacy/").status_code == 403


def test_the_page_for_a_persons_rights(shop: Shop, person: Arrive) -> None:
    shop.sell("S-1", phone=PHONE, name="李小龙")
    shop.refund(shop.sell("S-2", phone=PHONE))
    admin = person("admin")
    page = "/settings/privacy/"
    assert "到期清理" in admin.read(page)
    copy = text(admin.post(page, {"act": "copy", "phone": PHONE}))
    assert "S-1" in copy and "S-2" in copy and "李小龙" in copy
    assert said(admin.post(page, {"act": "copy", "phone": "13700000000"})) == "person_not_found"
    assert "已更正 2 笔" in text(admin.post(page, {"act": "correct", "phone": PHONE, "new_name": "李大龙"}))
    assert said(admin.post(page, {"act": "erase", "phone": PHONE})) == "tick_first"
    assert len(contacts.of_phone(PHONE)) == 2
    erased = text(admin.post(page, {"act": "erase", "phone": PHONE, "sure": "1"}))
    assert "已抹去 1 笔" in erased and "S-2" in erased
    assert said(admin.post(page, {"act": "dance"})) == "bad_request"


def test_holds_and_the_purge_on_the_page(shop: Shop, person: Arrive) -> None:
    shop.sell("S-1", phone=PHONE, sold_at=shop.at.replace(year=shop.at.year - 3))
    admin = person("admin")
    page = "/settings/privacy/"
    assert said(admin.post(page, {"act": "hold", "sale_no": "S-1"})) == "reason_needed"
    assert "法院调取" in text(admin.post(page, {"act": "hold", "sale_no": "S-1", "reason": "法院调取"}))
    assert "1 笔因保留令不动" in text(admin.post(page, {"act": "count"}))
    assert "保留令已解除" in text(admin.post(page, {"act": "release", "sale_no": "S-1"}))
    assert "到期：1 笔" in text(admin.post(page, {"act": "count"}))
    assert said(admin.post(page, {"act": "purge"})) == "tick_first"
    assert "已匿名化 1 笔" in text(admin.post(page, {"act": "purge", "sure": "1"}))
    english = person("admin")
    english.get("/?lang=en")
    assert "Purge what is due" in english.read(page)


def test_the_auditor_searches_by_person_store_day_and_act_and_compares_a_head(
    shop: Shop, person: Arrive
) -> None:
    refund = shop.refund(shop.sell("S-1"))
    audit.seal(at=shop.at)
    auditor = person("a01")
    page = auditor.read("/audit/", act="refund.opened")
    assert refund.refund_no in page
    assert refund.refund_no in auditor.read("/audit/", store="S01", q=refund.refund_no)
    assert refund.refund_no not in auditor.read("/audit/", store="S02")
    assert refund.refund_no not in auditor.read("/audit/", act="person.signed_in")
    [head] = audit.heads()
    assert f"{head.last_id}:{head.head}" in auditor.read("/audit/")
    assert "链完整" in auditor.read("/audit/", check="1", known=f"{head.last_id}:{head.head}")
    assert "抄下的链头不在链上" in auditor.read("/audit/", check="1", known=f"{head.last_id}:{'0' * 64}")
    assert auditor.get("/audit/", {"check": "1", "known": "x"}).status_code == 422
    for address in ("/settings/privacy/", "/counter/"):
        assert auditor.get(address).status_code == 403


CARD = "6222021234567894"


def test_no_list_page_paper_metric_or_error_shows_a_person(shop: Shop, person: Arrive) -> None:
    """Whoever looks, wherever: masks only (domain R-18, §7.3)."""
    sale = shop.sell("S-1", phone=PHONE, name="李小龙")
    refund = shop.refund(sale, lines={1: 1}, note=f"请打{PHONE}，卡{CARD}")
    waiting = shop.refund(
        shop.sell("S-2", phone=PHONE, name="李小龙"), reason="goodwill", note=f"李先生 {PHONE}"
    )
    pages = [
        "/",
        "/counter/",
        f"/counter/?phone={PHONE}",
        "/counter/S-1/",
        "/refunds/",
        f"/refunds/?q={PHONE}",
        f"/refunds/{refund.refund_no}/",
        f"/refunds/{waiting.refund_no}/",
        f"/refunds/{refund.refund_no}/voucher/",
        "/approvals/",
        "/till/",
        "/journal/",
        "/audit/",
        f"/audit/?q={PHONE}",
        "/settings/accounts/",
        "/settings/privacy/",
        "/person/S-1/",
        "/nowhere/",
        "/metrics",
    ]
    seen = 0
    for code in ("c01", "m01", "f01", "a01", "admin"):
        browser = person(code)
        for page in pages:
            response = browser.get(page, follow=True)
            body = (
                b"".join(response.streaming_content).decode()
                if response.streaming
                else response.content.decode()
            )
            # what she typed herself stands in its field and in the addresses of this very search
            typed = re.sub(rf'value="{PHONE}"|[?&;](q|phone)={PHONE}', "", body)
            assert PHONE not in typed and CARD not in typed and "李小龙" not in typed, (code, page)
            assert leaks.cards(typed) == [], (code, page)
            seen += response.status_code == 200
    assert seen > 40


def test_no_answer_of_the_api_shows_a_person(shop: Shop) -> None:
    refund = shop.refund(shop.sell("S-1", phone=PHONE, name="李小龙"), lines={1: 1}, note=f"卡{CARD}")
    _, secret = staff.create_key("all", acts=["*"], at=shop.at)
    client, headers = Client(), {"Authorization": f"Bearer {secret}"}
    number = refund.refund_no
    for path in (
        "/sales",
        f"/sales?q={PHONE}",
        "/sales/S-1",
        "/refunds",
        f"/refunds/{number}",
        f"/refunds/{number}/timeline",
        *(f"/refunds/{number}/voucher?format={kind}" for kind in ("json", "html", "escpos")),
        "/journal",
        "/audit",
        "/audit/export",
        "/accounts",
        f"/sales/{PHONE}",
    ):
        answer = client.get(f"/api/v1{path}", headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = body.decode("gb18030" if "escpos" in path else "utf-8", errors="replace")
        assert PHONE not in told and CARD not in told and "李小龙" not in told, path
        assert leaks.cards(told) == [], path

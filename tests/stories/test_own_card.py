"""A cashier tries to refund her own card: blocked, explained, seen by the auditor, approved by nobody, and no way around."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from sudapos.books import payers, requests, shops, staff
from sudapos.books.alerts import Alert
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import PaymentDraft
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from tests.cast import PASSWORD, Shop
from tests.web.conftest import text

HERS = "622202******1234"
FORM = {
    "scope": "lines",
    "line": "1",
    "qty_1": "1",
    "reason": "quality",
    "route": "original",
    "receipt": "present",
}


def signed_in(code: str) -> Client:
    browser = Client()
    browser.post("/sign-in/", {"code": code, "password": PASSWORD, "seat": "S01/T1"})
    return browser


@pytest.fixture
def sale(shop: Shop) -> Sale:
    """What she bought on her day off, with her own card."""
    shops.put_account("demo-unionpay", "unionpay", {}, at=shop.at)
    card = PaymentDraft(
        payment_no="P1",
        channel="unionpay",
        account="demo-unionpay",
        amount=5997,
        card_masked="622202*********1234",
    )
    return shop.sell("S-OWN", payments=(card,))


def test_a_cashier_who_tries_to_refund_her_own_card(shop: Shop, sale: Sale) -> None:
    cashier = signed_in("c01")
    assert cashier.post("/payees/", {"kind": "card", "number": HERS}).status_code == 302
    page = text(cashier.get("/payees/"))
    assert "银行卡 622202******1234" in page and "撤销" not in page.split("再登记一个")[0]

    # the preview says no, in words for a customer, and offers no button to press
    seen = text(cashier.post("/counter/S-OWN/preview/", FORM, headers={"HX-Request": "true"}))
    assert "这笔付款和本店员工有关，不能由我们这边办理" in seen and "按规定不能退" in seen
    assert "c01" not in seen

    # pressing anyway changes nothing
    pressed = cashier.post("/counter/S-OWN/", {**FORM, "key": "k-own", "expected_total": "1999"})
    assert pressed.status_code == 422
    assert (Refund.objects.count(), Leg.objects.count(), Payment.objects.get(sale=sale).promised) == (0, 0, 0)

    # nor does another till, another operator, the machine's way, or asking for a manager
    for operator, till, key in (("c01", "T2", "a"), ("c02", "T1", "b"), ("m01", "T1", "c")):
        [opened] = requests.open(
            [shop.ask(sale, lines={1: 1}, operator=operator, till=till, key=key)], at=shop.at
        )
        assert opened.refusal is not None and opened.refusal.code == "refund_denied"
    assert Refund.objects.count() == 0

    # she cannot take her card off the list for a minute
    [row] = payers.of(shop.c01)
    assert cashier.post(f"/payees/{row.pk}/remove/").status_code == 403

    # the auditor has a task that names whose card it was; the audit log has every try
    [alert] = Alert.objects.filter(rule="FR03")
    assert (alert.subject_no, alert.operator, alert.facts, alert.times) == (
        "S-OWN",
        "c01",
        {"payee_works_as": "c01"},
        4,
    )
    tries = AuditRecord.objects.filter(act="refund.refused", subject_no="S-OWN").order_by("id")
    assert [row.by for row in tries] == ["c01", "c01", "c02", "m01"]
    assert all("fr03" in row.facts["reasons"] for row in tries)
    auditor = signed_in("a01")
    assert "S-OWN" in text(auditor.get("/alerts/"))
    assert cashier.get("/alerts/").status_code == 403
    closed = auditor.post(f"/alerts/{alert.pk}/close/", {"reason": "本人购买，已约谈，由财务另行处理"})
    assert closed.status_code == 302


def test_the_same_by_machine_in_english(shop: Shop, sale: Sale) -> None:
    _, secret = staff.create_key("till", acts=["*"], at=shop.at)
    client = Client()
    headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}

    def post(path: str, body: dict[str, object], **more: str) -> tuple[int, dict[str, object]]:
        answer = client.post(
            f"/api/v1{path}", body, content_type="application/json", headers={**headers, **more}
        )
        return answer.status_code, json.loads(answer.content)

    status, made = post("/payees", {"operator": "c01", "kind": "card", "number": HERS})
    assert (status, made["hint"], made["operator"]) == (201, HERS, "c01")
    ask = {
        "sale_no": "S-OWN",
        "lines": [{"line_no": 1, "quantity": "1"}],
        "reason": "quality",
        "operator": "c01",
        "store": "S01",
        "till": "T1",
    }
    status, told = post("/refunds", ask, **{"Idempotency-Key": "own-1"})
    assert (status, told["code"]) == (422, "refund_denied")
    assert "somebody who works here" in json.dumps(told)
    assert post(f"/payees/{made['id']}/remove", {"operator": "c01"})[0] == 403
    assert post(f"/payees/{made['id']}/remove", {"operator": "m01"})[0] == 200
    assert Refund.objects.count() == 0

"""Keys, problems, records, health and notices."""

from __future__ import annotations

from django.test import Client

from sudapos.books import audit, staff
from sudapos.books.legs import Leg
from tests.cast import Shop

from .conftest import Caller, problem


def test_without_a_key_nobody_gets_in(shop: Shop, api: Caller) -> None:
    answer = Client().get("/api/v1/sales")
    assert problem(answer) == (401, "key_invalid")
    assert answer["WWW-Authenticate"] == "Bearer"
    api.secret = "sk_wrong"
    assert problem(api.get("/sales")) == (401, "key_invalid")


def test_a_key_may_do_what_its_acts_say(shop: Shop) -> None:
    _, secret = staff.create_key("reader", acts=["look_up"], at=shop.at)
    reader = Caller(secret)
    assert reader.get("/sales").status_code == 200
    assert problem(reader.post("/sales", {})) == (403, "may_not")
    staff.revoke_key("reader", at=shop.at)
    assert problem(reader.get("/sales")) == (401, "key_invalid")


def test_everything_that_goes_wrong_has_one_shape(api: Caller) -> None:
    assert problem(api.get("/nowhere")) == (404, "path_unknown")
    assert problem(api.call("delete", "/sales")) == (405, "method_not_allowed")
    answer = api.client.post(
        "/api/v1/sales",
        data="{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.secret}"},
    )
    assert problem(answer) == (422, "json_malformed")
    assert problem(api.get("/sales?cursor=abc")) == (422, "input_invalid")
    assert problem(api.get("/sales?limit=many")) == (422, "input_invalid")
    assert problem(Client().get("/api/v2/sales")) == (404, "path_unknown")


def test_every_path_is_described(api: Caller) -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    assert len(schema["paths"]) >= 15
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            assert about["summary"], (method, path)
    docs = Client().get("/api/v1/docs").content.decode()
    assert "/api/v1/refunds/preview" in docs
    assert "http://" not in docs.replace("http://json-schema.org", "") and "cdn" not in docs


def test_journal_and_balances(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})
    told = api.get(f"/journal?business_no={refund.refund_no}").json()["items"]
    assert [entry["recipe"] for entry in told] == ["J05a"]
    assert told[0]["lines"] == [
        {"side": "贷", "account": "5001", "name": "主营业务收入", "amount": -1769},
        {"side": "贷", "account": "2221.01", "name": "应交增值税-销项", "amount": -230},
        {"side": "贷", "account": "2241.01", "name": "应退客户款", "amount": 1999},
    ]
    balances = api.get("/journal/balances").json()
    assert balances["off"] == 0
    assert {b["account"]: b["balance"] for b in balances["items"]}["2241.01"] == -1999
    table = api.get("/journal?format=generic_csv").content.decode("utf-8-sig").splitlines()
    assert table[0].startswith("凭证日期,凭证字") and len(table) == 1 + 3 + 3
    assert problem(api.get("/journal?format=kingdee_simple")) == (422, "format_not_offered")


def test_the_audit_log_is_read_and_its_chain_verified(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})
    told = api.get(f"/audit?subject=refund&subject_no={refund.refund_no}").json()["items"]
    assert [r["act"] for r in told][-1] in ("refund.opened", "leg.accepted")
    audit.seal(at=shop.at)
    verdict = api.get("/audit/verify").json()
    assert (verdict["holds"], verdict["break"]) == (True, None)
    assert verdict["sealed_until"] > 0


def test_health(shop: Shop) -> None:
    assert Client().get("/healthz").json() == {"alive": True}
    assert Client().get("/readyz").json() == {"ready": True}
    told = Client().get("/metrics").content.decode()
    assert "sudapos_http_requests_total" in told and "sudapos_oldest_due_leg_seconds" in told
    assert problem(Client().get("/metrics", REMOTE_ADDR="203.0.113.9")) == (401, "key_invalid")


def test_a_notice_is_acknowledged_and_settles_nothing(shop: Shop) -> None:
    refund = shop.refund(shop.sell("S-W", channel="wechatpay"), lines={1: 1})
    leg = refund.legs.get()
    Leg.objects.filter(pk=leg.pk).update(state="accepted", sent=1)
    assert leg.account is not None
    secret = leg.account.notice_secret
    body = '{"event_type":"REFUND.SUCCESS"}'
    client = Client(enforce_csrf_checks=True)
    answer = client.post(f"/notices/{secret}/{leg.leg_no}", data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (200, "SUCCESS")
    assert Leg.objects.get(pk=leg.pk).state == "accepted"
    assert (
        client.post(f"/notices/guess/{leg.leg_no}", data=body, content_type="application/json").status_code
        == 404
    )
    assert client.get(f"/notices/{secret}/{leg.leg_no}").status_code == 405

"""POST /notices/{secret}/{leg_no}."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from sudapos.api import notices
from sudapos.books import moves, shops
from sudapos.books.legs import Leg
from sudapos.sandbox import keys
from tests.cast import Shop

from .conftest import problem


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


def test_a_notice_without_a_leg_hastens_everything_open_on_the_account(shop: Shop) -> None:
    leg = shop.refund(shop.sell("S-W", channel="wechatpay"), lines={1: 1}).legs.get()
    later = shop.at.replace(year=shop.at.year + 1)
    Leg.objects.filter(pk=leg.pk).update(state="accepted", sent=1, last_sent_at=shop.at, due_at=later)
    assert leg.account is not None
    assert Client().post(f"/notices/{leg.account.notice_secret}").status_code == 200
    assert Leg.objects.get(pk=leg.pk).due_at < later


def test_whatever_is_wrong_with_a_notice_is_a_problem(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    assert problem(client.get("/notices/guess/L1")) == (405, "method_not_allowed")
    assert problem(client.post("/notices/guess/L1")) == (404, "path_unknown")
    assert problem(client.post("/notices/gu%00ess/L1")) == (404, "path_unknown")
    large = b"x" * (notices.AT_MOST + 1)
    answer = client.post("/notices/guess/L1", data=large, content_type="application/octet-stream")
    assert problem(answer) == (413, "payload_too_large")

    def down(*given: object, **more: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(moves, "hasten", down)
    assert problem(client.post("/notices/guess/L1")) == (503, "server_busy")


def test_a_notice_with_a_wrong_signature_is_neither_heeded_nor_acknowledged(shop: Shop) -> None:
    config = keys.ensure(None, base_url="http://127.0.0.1:9600")["demo-wechatpay"]["config"]
    shops.put_account("demo-wechatpay", "wechatpay", config, at=shop.at)
    leg = shop.refund(shop.sell("S-W", channel="wechatpay"), lines={1: 1}).legs.get()
    later = shop.at.replace(year=shop.at.year + 1)
    Leg.objects.filter(pk=leg.pk).update(state="accepted", sent=1, last_sent_at=shop.at, due_at=later)
    assert leg.account is not None
    path = f"/notices/{leg.account.notice_secret}/{leg.leg_no}"
    answer = Client().post(path, data='{"event_type":"REFUND.SUCCESS"}', content_type="application/json")
    assert problem(answer) == (401, "notice_not_genuine")
    assert Leg.objects.get(pk=leg.pk).due_at == later

"""GET /healthz, /readyz and /metrics."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from sudapos.books.legs import Leg
from tests.cast import Shop

from .conftest import Caller, problem


def test_health(shop: Shop) -> None:
    assert Client().get("/healthz").json() == {"alive": True}
    assert Client().get("/readyz").json() == {"ready": True}
    told = Client().get("/metrics").content.decode()
    assert "sudapos_http_requests_total" in told and "sudapos_oldest_due_leg_seconds" in told
    assert problem(Client().get("/metrics", REMOTE_ADDR="203.0.113.9")) == (401, "key_invalid")


def test_metrics_count_what_waits_and_what_is_in_doubt(shop: Shop) -> None:
    shop.refund(shop.sell("S-W", channel="wechatpay"), lines={1: 1})
    Leg.objects.update(state="in_doubt")
    told = Client().get("/metrics").content.decode().splitlines()
    assert 'sudapos_refunds{state="approved"} 1.0' in told
    assert 'sudapos_refunds{state="awaiting"} 0.0' in told
    assert 'sudapos_legs{channel="wechatpay",state="in_doubt"} 1.0' in told
    assert "sudapos_legs_in_doubt 1.0" in told
    Leg.objects.update(state="settled")
    assert "sudapos_legs_in_doubt 0.0" in Client().get("/metrics").content.decode().splitlines()


def test_metrics_are_for_this_machine_or_for_a_key(api: Caller) -> None:
    def status(**given: str) -> int:
        return Client().get("/metrics", **given).status_code

    bearer = f"Bearer {api.secret}"
    assert status() == 200
    assert status(HTTP_X_FORWARDED_FOR="203.0.113.9") == 401
    assert status(HTTP_FORWARDED="for=203.0.113.9") == 401
    assert status(REMOTE_ADDR="203.0.113.9") == 401
    assert status(REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=bearer) == 200
    assert status(REMOTE_ADDR="203.0.113.9", HTTP_AUTHORIZATION=api.secret) == 401
    assert Client().get("/metrics", REMOTE_ADDR="203.0.113.9")["WWW-Authenticate"] == "Bearer"


def test_not_ready_is_a_problem(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    assert problem(Client().get("/readyz")) == (503, "not_set_up")

    def down(self: MigrationExecutor, targets: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(MigrationExecutor, "migration_plan", down)
    assert problem(Client().get("/readyz")) == (503, "server_busy")
    assert Client().get("/healthz").status_code == 200

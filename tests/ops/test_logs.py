"""Log files: one number follows a refund, nobody's numbers are in them, and they are kept for half a year."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.test import Client

from sudapos.books import staff
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import logs
from tests.stories.conftest import Afternoon, afternoon, running_sandbox  # noqa: F401 — fixtures


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SUDAPOS_HOME", str(tmp_path))
    monkeypatch.delenv("SUDAPOS_LOG_LEVEL", raising=False)
    before = structlog.get_config()
    logs.configure("test")
    yield tmp_path / "logs"
    structlog.configure(**before)
    ours = logging.getLogger("sudapos")
    for handler in list(ours.handlers):
        ours.removeHandler(handler)
    ours.setLevel(logging.NOTSET)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def test_one_number_follows_a_refund_from_the_desk_to_the_channel(folder: Path, afternoon: Afternoon) -> None:  # noqa: F811
    afternoon.sell("wechatpay", "S-LOG1")
    _, secret = staff.create_key("logs", acts=["*"], at=afternoon.shop.at)
    asked = {
        "sale_no": "S-LOG1",
        "operator": "c01",
        "store": "S01",
        "till": "T1",
        "reason": "quality",
        "lines": [{"line_no": 1, "quantity": "1"}],
    }
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k1", "X-Request-Id": "till-0001"}
    answer = Client().post("/api/v1/refunds", asked, "application/json", headers=headers)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (201, "till-0001")
    number = answer.json()["refund_no"]
    afternoon.work_until_quiet()
    told = [
        line for line in lines(folder) if str(line.get("number", line.get("leg_no", ""))).startswith(number)
    ]
    events = {(line["logger"], line["event"]) for line in told}
    assert {
        ("sudapos.audit", "refund.opened"),
        ("sudapos.audit", "leg.settled"),
        ("sudapos.worker", "answer"),
        ("sudapos.sandbox", "accepted"),
        ("sudapos.sandbox", "success"),
    } <= events
    [opened] = [line for line in told if line["event"] == "refund.opened"]
    assert opened["request"] == "till-0001"
    [request] = [line for line in lines(folder) if line["event"] == "request"]
    assert (request["path"], request["status"], request["request"]) == ("/api/v1/refunds", 201, "till-0001")


def test_no_number_of_a_person_enters_a_log(folder: Path) -> None:
    logging.getLogger("sudapos.web").warning(
        "call 13812345678", extra={"told": {"why": "卡 6212345678901234569"}}
    )
    structlog.get_logger("x").info("answer", message="６２１２ ３４５６ ７８９０ １２３４ ５６９")
    kept = (next(folder.glob("*.jsonl"))).read_text("utf-8")
    assert len(kept.splitlines()) == 2
    for secret in ("13812345678", "6212345678901234569", "７８９０ １２３４"):
        assert secret not in kept


def test_the_secret_of_a_notify_address_is_left_out(folder: Path, db: None) -> None:
    Client().post("/notices/very-secret-part/R1L1", {}, "application/json")
    kept = "".join(path.read_text("utf-8") for path in folder.glob("*.jsonl"))
    assert "very-secret-part" not in kept and "R1L1" in kept


@pytest.mark.parametrize("given", ["short", "a b c d e f g h", "x" * 65, "öööööööö"])
def test_a_strange_request_number_is_replaced(folder: Path, db: None, given: str) -> None:
    answer = Client().get("/healthz", headers={"X-Request-Id": given.encode("utf-8").decode("latin-1")})
    assert answer.headers["X-Request-Id"] != given and len(answer.headers["X-Request-Id"]) == 16
    assert list(folder.glob("*.jsonl")) == []  # health checks are not worth a line


@pytest.mark.parametrize(("setting", "days"), [("", 180), ("30", 180), ("400", 400), ("x", 180), ("-1", 180)])
def test_files_are_kept_for_at_least_half_a_year(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str, days: int
) -> None:
    monkeypatch.setenv("SUDAPOS_LOG_DAYS", setting)
    assert logs.keep_days() == days
    folder.mkdir()
    today = datetime.now(SHANGHAI).date()
    for age in (days - 1, days, days + 1):
        (folder / f"web-{today - timedelta(days=age):%Y-%m-%d}.jsonl").write_text("{}\n")
    (folder / "web.log").write_text("not ours")
    logs.Daily(folder, "web").write("{}")
    ages = sorted((today - datetime.fromisoformat(p.stem[-10:]).date()).days for p in folder.glob("*.jsonl"))
    assert ages == [0, days - 1, days] and (folder / "web.log").exists()


def test_a_file_is_ours_alone_and_a_missing_folder_stops_nobody(tmp_path: Path) -> None:
    made = logs.Daily(tmp_path / "logs", "web")
    made.write("{}")
    [path] = (tmp_path / "logs").glob("*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600
    blocked = tmp_path / "file"
    blocked.write_text("")
    logs.Daily(blocked / "logs", "web").write("{}")
    assert os.path.getsize(blocked) == 0


def test_the_terminal_hears_warnings_only(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("x")
    log.info("quiet")
    log.warning("loud")
    assert "quiet" not in capfd.readouterr().err
    assert {line["event"] for line in lines(folder)} == {"quiet", "loud"}

"""What happens to statements by itself: fetched after ten, asked for every hour, told about from noon on, taken from the folder."""

from __future__ import annotations

import os
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from sudapos.books.audit import AuditRecord
from sudapos.books.days import Day
from sudapos.books.shops import Account
from sudapos.books.statements import Statement
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import closing, demo_statements, fetching, homes

from .conftest import Afternoon


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(homes, "inbox", lambda: tmp_path / "inbox")
    return tmp_path / "inbox"


def at(afternoon: Afternoon, hour: int, *, days: int = 1) -> datetime:
    day = afternoon.shop.at.astimezone(SHANGHAI).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), SHANGHAI)


def only(afternoon: Afternoon, channel: str) -> None:
    told = afternoon.sandbox.control("POST", "advance", {"seconds": 0})
    afternoon.shop.at = datetime.fromisoformat(
        told["now"]
    )  # other stories may have pushed the sandbox's clock
    afternoon.fresh(channel)
    Account.objects.exclude(name=f"demo-{channel}").update(created_at=afternoon.shop.at + timedelta(days=9))
    demo_statements.put({f"demo-{channel}": channel}, by="test", at=afternoon.shop.at)


def test_yesterdays_file_is_fetched_once_after_ten(afternoon: Afternoon, inbox: Path) -> None:
    only(afternoon, "wechatpay")
    sold = afternoon.sell("wechatpay", "RO-1", sold_at=afternoon.shop.at)
    day = sold.sold_at.astimezone(SHANGHAI).date()
    afternoon.sandbox.advance(86_400)
    now = at(afternoon, 9)
    rounds = closing.Rounds(lambda: now)
    rounds.turn()
    assert Statement.objects.count() == 0
    now = at(afternoon, 10)
    rounds.turn()
    statement = Statement.objects.get(day=day)
    assert (statement.origin, statement.loaded_by, statement.result["sums"]["matched"]["count"]) == (
        "fetch",
        "worker",
        1,
    )
    now = at(afternoon, 11)
    rounds.turn()
    assert Statement.objects.count() == 1


def test_a_file_that_does_not_come_is_told_about_from_noon_once_a_day(
    afternoon: Afternoon, inbox: Path
) -> None:
    only(afternoon, "lakala")
    sold = afternoon.sell("lakala", "RO-2", sold_at=afternoon.shop.at)
    day = sold.sold_at.astimezone(SHANGHAI).date()
    now = at(afternoon, 10)
    rounds = closing.Rounds(lambda: now)
    rounds.turn()
    told = AuditRecord.objects.filter(act="day.late")
    assert told.all().count() == 0
    for hour in (12, 13, 14):
        now = at(afternoon, hour)
        rounds.turn()
    assert [(row.subject_no, row.facts["missing"]) for row in told] == [(f"{day}", ["demo-lakala"])]
    assert Day.objects.get(day=day).missing == [
        {"account": "demo-lakala", "channel": "lakala", "why": "no_statement"}
    ]
    now = at(afternoon, 12, days=2)
    rounds.turn()
    assert told.all().count() == 2


def test_a_dropped_file_is_taken_and_a_wrong_one_says_why(
    afternoon: Afternoon, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(afternoon, "lakala")
    sold = afternoon.sell("lakala", "RO-3", sold_at=afternoon.shop.at)
    day = sold.sold_at.astimezone(SHANGHAI).date()
    folder = inbox / "demo-lakala"
    folder.mkdir(parents=True)
    content = afternoon.sandbox.statement("lakala", f"{day}", account=afternoon.names["lakala"])
    (folder / f"lakala-{day:%Y%m%d}.csv").write_bytes(content)
    (folder / "wrong.csv").write_text("a,b\r\n1,2\r\n")
    rounds = closing.Rounds(lambda: afternoon.shop.at)
    rounds.turn()
    assert Statement.objects.count() == 0, "a file that was written a moment ago may not be whole"
    old = datetime.now(SHANGHAI).timestamp() - 60
    for path in folder.iterdir():
        os.utime(path, (old, old))
    rounds.turn()
    statement = Statement.objects.get()
    assert (statement.day, statement.origin, statement.count) == (day, "folder", 1)
    assert [path.name for path in (folder / "loaded").iterdir()] == [f"lakala-{day:%Y%m%d}.csv"]
    why = (folder / "refused" / "wrong.csv.why.txt").read_text("utf-8")
    assert "文件没有「" in why and "the file has no column" in why
    assert [path for path in folder.iterdir() if path.is_file()] == []
    assert fetching.day_in("bill_2026-11-23.csv") == fetching.day_in("x20261123y") is not None
    assert fetching.day_in("20261123_20261124.csv") is None

"""`load-statement`, `findings`, `close-day`, `load-settlement`: plain lines, one exit code per truth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sudapos.books import shifts, shops
from sudapos.books.counts import Money
from sudapos.books.findings import Finding
from sudapos.books.shops import Account
from sudapos.core.calendar import SHANGHAI
from tests.cast import Shop

from .test_cli import english, run  # noqa: F401  speaks English here, too

HEAD = "类型,商户订单号,平台流水号,退款单号,退款流水号,金额(分),手续费(分),时间,商户号\r\n"
MAPPING = """
in_yuan = false
[columns]
kind = "类型"
order_no = "商户订单号"
amount = "金额(分)"
fee = "手续费(分)"
happened_at = "时间"
[kinds]
"消费" = "sale"
"""


@pytest.fixture
def books(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("sudapos.ops.migrating.open_books", lambda *, migrate=False: "postgresql://tests")
    shops.put_account("lkl", "lakala", {}, at=shop.at - timedelta(days=9))
    Account.objects.exclude(name="lkl").update(created_at=shop.at + timedelta(days=1))
    return shop


def day(shop: Shop) -> str:
    return f"{(shop.at - timedelta(days=1)).astimezone(SHANGHAI).date()}"


def test_from_the_columns_to_the_closed_day(books: Shop, tmp_path: Path) -> None:
    on = day(books)
    listed = tmp_path / "lkl.csv"
    listed.write_text(f"{HEAD}消费,CLI1,,,,3000,18,{on} 12:00:00,1\r\n", "utf-8-sig")
    early = run("load-statement", "lkl", str(listed))
    assert (early.exit_code, "needs a column mapping" in early.output) == (1, True)
    mapping = tmp_path / "lkl.toml"
    mapping.write_text(MAPPING, "utf-8")
    assert run("statement", "columns", "lkl", "--mapping", str(mapping)).exit_code == 0
    open_ = run("close-day", "--date", on)
    assert (open_.exit_code, "the statement of lkl is missing" in open_.output) == (1, True)
    loaded = run("load-statement", "lkl", str(listed), "--date", on)
    assert loaded.exit_code == 0
    assert f"lkl {on} · 1 rows · loaded" in loaded.output and "only theirs\t1\t30.00" in loaded.output
    assert "already there, nothing changed" in run("load-statement", "lkl", str(listed)).output
    number = Finding.objects.get().finding_no
    assert number in run("findings").output
    closed = run("close-day", "--date", on)
    assert (closed.exit_code, f"{on} is closed" in closed.output) == (0, True)
    assert "was closed before" in run("close-day", "--date", on).output
    bank = tmp_path / "bank.csv"
    bank.write_text(f"Date,Credit,Payer,Reference\r\n{on},29.82,X,Z1\r\n{on},5.00,Y,Z2\r\n", "utf-8")
    paid = run("load-settlement", str(bank))
    assert (paid.exit_code, "1 booked, 0 there already, 1 not from a channel" in paid.output) == (0, True)
    assert "0 booked, 1 there already" in run("load-settlement", str(bank)).output


def test_what_was_typed_wrongly_is_said_in_one_sentence(books: Shop, tmp_path: Path) -> None:
    assert run("load-statement", "lkl", str(tmp_path / "none.csv")).exit_code == 2
    nobody = run("statement", "fetch", "nobody", "--date", day(books))
    assert (nobody.exit_code, "nobody" in nobody.output) == (1, True)
    assert "no statement" in run("statement", "fetch", "lkl", "--date", day(books)).output
    today = f"{books.at.astimezone(SHANGHAI).date()}"
    assert "is not over yet" in run("close-day", "--date", today).output
    assert "no difference is open" in run("findings").output
    early = run("close-month", today[:7], "--operator", "f01")
    assert (early.exit_code, "ends on" in early.output) == (1, True)


def test_a_day_with_an_open_shift_stays_open_and_names_it(books: Shop) -> None:
    Account.objects.update(created_at=books.at + timedelta(days=9))  # no statement is due
    before = books.at - timedelta(days=1)
    shift = shifts.open("S01", "T1", Money(), operator=books.c01, at=before)
    told = run("close-day", "--date", day(books))
    assert (told.exit_code, f"shift {shift.shift_no} (c01) is still open" in told.output) == (1, True)

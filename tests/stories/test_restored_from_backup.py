"""The disk broke after two more refunds: the shop comes back from its backup, and nobody is paid twice (F30, R-21)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from sudapos.books import requests, restores, shops
from sudapos.books.audit import AuditRecord
from sudapos.books.legs import Attempt, Leg
from sudapos.books.refunds import Refund
from sudapos.core.refusal import Refusal
from sudapos.ops import verifying

from .conftest import Afternoon

FRESH = "sudapos_restored"


def address(name: str) -> str:
    told = connection.settings_dict
    who = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}@" if told["USER"] else ""
    query = urlencode({key: told[name] for key, name in (("host", "HOST"), ("port", "PORT")) if told[name]})
    return f"postgresql://{who}/{name}?{query}"


@dataclass
class Machine:
    """One computer: a home and a database of its own."""

    home: Path
    url: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "SUDAPOS_HOME": str(self.home), "DATABASE_URL": self.url, "LANG": "C.UTF-8"}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        command = [sys.executable, "-m", "sudapos.cli", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def done(self, *words: str) -> str:
        told = self.run(*words)
        assert told.returncode == 0, told.stderr + told.stdout
        return told.stdout


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """The one that breaks, with the keys that sealed its rows, and a new one with nothing on it."""
    name = f"{FRESH}_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"
    old = Machine(tmp_path / "old", address(str(connection.settings_dict["NAME"])))
    new = Machine(tmp_path / "new", address(name))
    old.home.mkdir()
    keyring = Path(settings.HOME) / "keyring"
    (old.home / "keyring").write_text(keyring.read_text())
    (old.home / "files" / "ab").mkdir(parents=True)
    (old.home / "files" / "ab" / "abc").write_text("bill")
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name}")
    yield old, new
    with psycopg.connect(address("postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def living_on(machine: Machine) -> Iterator[None]:
    """From here on our rows are that machine's."""
    connections.close_all()
    before = connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = machine.url.split("/")[
        -1
    ].split("?")[0]
    try:
        yield
    finally:
        connections.close_all()
        connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = before


def broken_checks() -> list[str]:
    return [check for check, found in verifying.run() if found is not None]


def test_a_shop_comes_back_without_paying_twice_or_using_a_number_again(
    afternoon: Afternoon, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    old, new = machines
    shop, sandbox, folder = afternoon.shop, afternoon.sandbox, tmp_path / "backup"
    for number in range(1, 7):
        afternoon.sell("wechatpay", f"S-B{number}")
    settled = shop.refund("S-B1")
    afternoon.work_until_quiet()
    moving = shop.refund("S-B2")
    afternoon.work()
    afternoon.fault("wechatpay", "refund", "hang_after")
    doubtful = shop.refund("S-B3")
    afternoon.work()
    unsent = shop.refund("S-B4")
    before = {r.refund_no: afternoon.leg(r) for r in (settled, moving, doubtful, unsent)}
    assert [leg.state for leg in before.values()] == ["settled", "accepted", "in_doubt", "ready"]
    assert "6 sales, 4 refunds" in old.done("backup", str(folder))

    lost = [shop.refund("S-B5"), shop.refund("S-B6")]
    afternoon.work_until_quiet()
    numbers = {r.refund_no for r in lost} | {
        afternoon.leg(r).leg_no for r in (*lost, *map(afternoon.again, [unsent]))
    }
    assert all(afternoon.times_paid(r) == 1 for r in (*lost, unsent))

    told = new.done("restore", str(folder))
    assert "3 on their way are asked about first and not sent" in told
    assert "✗ restore" in new.run("doctor").stdout
    assert (new.home / "files" / "ab" / "abc").read_text() == "bill"
    assert (new.home / "keyring").read_text() == (old.home / "keyring").read_text()

    with living_on(new):
        shop.later(minutes=5)
        last = Attempt.objects.latest("id").pk
        assert shops.merchant().restored_at is not None and broken_checks() == []
        assert Refund.objects.count() == 4
        assert [afternoon.leg(r).state for r in (settled, moving, doubtful, unsent)] == [
            "settled",
            "accepted",
            "in_doubt",
            "in_doubt",
        ]
        [opened] = requests.open([shop.ask("S-B5", everything=True)], at=shop.at)
        assert opened.refusal is not None and opened.refusal.code == "shop_restored"
        afternoon.work_until_quiet()
        verbs = set(Attempt.objects.filter(pk__gt=last).values_list("verb", flat=True))
        assert verbs == {"ask"}
        assert {leg.state for leg in Leg.objects.all()} == {"settled"}
        assert all(sandbox.times_paid(leg.leg_no) == 1 for leg in before.values())

        with pytest.raises(Refusal, match="restore_statements_missing"):
            restores.reopen(by="cli", at=shop.at)
        assert new.run("restore", "--reopen").returncode == 1
        assert "open again" in new.done("restore", "--reopen", "--even-so", "演练")
        again = shop.refund("S-B5")
        afternoon.work_until_quiet()
        leg = afternoon.leg(again)
        assert not numbers & {again.refund_no, leg.leg_no}
        assert leg.state == "failed" and sandbox.times_paid(leg.leg_no) == 0
        assert broken_checks() == []
        acts = AuditRecord.objects.filter(act__in=["backup.made", "backup.restored", "shop.reopened"])
        assert [row.act for row in acts.order_by("id")] == ["backup.made", "backup.restored", "shop.reopened"]

    own, paid = f"{shops.merchant().tag}SB", dict[str, int]()
    for row in sandbox.ledger(channel="wechatpay"):
        if row["kind"] == "refund" and row["order_no"].startswith(own):
            paid[row["order_no"]] = paid.get(row["order_no"], 0) + row["amount"] * row["times_paid"]
    assert set(paid.values()) == {5997} and len(paid) == 6


def test_a_backup_that_was_touched_is_not_taken(
    afternoon: Afternoon, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    old, new = machines
    folder = tmp_path / "backup"
    old.done("backup", str(folder))
    assert "overwrites nothing" in old.run("backup", str(folder)).stderr
    assert "--replace" in old.run("restore", str(folder)).stderr
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["counts"]["operator"] == 8 and set(manifest["files"]) == {
        "database.dump",
        "home/files/ab/abc",
        "home/keyring",
    }
    (folder / "home" / "files" / "ab" / "abc").write_text("other")
    told = new.run("restore", str(folder))
    assert told.returncode == 1 and "no whole backup: home/files/ab/abc" in told.stderr
    (folder / "home" / "files" / "ab" / "abc").unlink()
    assert "no whole backup: home/files/ab/abc" in new.run("restore", str(folder)).stderr
    (folder / "manifest.json").write_text(json.dumps({**manifest, "migrations": ["books.9999_later"]}))
    assert new.run("restore", str(folder)).returncode == 1
    assert new.run("restore").returncode == 2
    assert new.run("restore", str(folder), "--even-so", "x").returncode == 2

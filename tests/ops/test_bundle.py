"""The support bundle tells enough, and nothing that is nobody's business."""

from __future__ import annotations

import json
import os
import re
import stat
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings

from sudapos.books import sealing, shops
from sudapos.cli import root
from sudapos.ops import bundle, database
from tests import leaks
from tests.cast import Shop

PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
CARD = "6222021234567890128"
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with logs that hold what they should not: the bundle is the last door."""
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    monkeypatch.setenv("SUDAPOS_HOME", str(home))
    monkeypatch.setenv("SUDAPOS_CONFIG", os.devnull)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("SUDAPOS_SECRET_KEY", "a-secret-key-that-is-long-enough-to-be-one")
    monkeypatch.setenv("SUDAPOS_SMTP_PASSWORD", "mail-pass-word")
    return home


def spill(home: Path, *texts: str) -> None:
    lines = [
        json.dumps(
            {"at": f"2026-11-28T0{n}:00:00Z", "level": "error", "event": "spilled", "text": text},
            ensure_ascii=False,
        )
        for n, text in enumerate(texts)
    ]
    (home / "logs" / "worker-2026-11-28.jsonl").write_text("\n".join(lines) + "\nno json\n", "utf-8")
    (home / "logs" / "web.log").write_text("\n".join(texts) + "\n", "utf-8")


def made(path: Path) -> dict[str, str]:
    result = CliRunner().invoke(root, ["support-bundle", str(path)])
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_it_tells_versions_states_settings_and_the_last_errors(shop: Shop, home: Path, tmp_path: Path):
    shop.refund(shop.sell(channel="wechatpay"))
    spill(home, "no answer")
    parts = made(tmp_path / "support.zip")
    assert json.loads(parts["about.json"])["versions"]["sudapos"]
    counts = json.loads(parts["counts.json"])
    assert (counts["Leg"], counts["Refund"], counts["SaleLine"]) == ({"ready": 1}, {"approved": 1}, 2)
    migrations = json.loads(parts["migrations.json"])
    assert migrations["pending"] == [] and "PostgreSQL" in migrations["server"]
    assert json.loads(parts["errors.json"])["counted"] == {"error spilled": 1}
    assert "SUDAPOS_SECRET_KEY = " in parts["doctor.txt"] and "no answer" in parts["logs/web.log"]


def test_no_configured_secret_leaves(shop: Shop, home: Path, tmp_path: Path):
    config = {"mch_id": "1900000109", "api_v3_key": "k3-0123456789abcdef", "private_key": PEM}
    account = shops.put_account("demo-wechatpay", "wechatpay", config, at=shop.at)
    secrets = [
        "a-secret-key-that-is-long-enough-to-be-one",
        "mail-pass-word",
        account.notice_secret,
        *sealing.ring.keys(),
        *config.values(),
        *PEM.split("\n"),
        django_settings.SECRET_KEY,
    ]
    spill(home, *secrets, PEM, f"GET /notices/{account.notice_secret}/R1")
    whole = "\n".join(made(tmp_path / "support.zip").values())
    assert [secret for secret in secrets if secret in whole] == []
    assert "spilled" in whole and "/notices/•••/R1" in whole


def test_no_person_leaves(shop: Shop, home: Path, tmp_path: Path):
    told = {"phone": "13800138000", "name": "顾明明"}
    shop.refund(shop.sell(channel="wechatpay", **told), note="请打 13912345678")
    assert leaks.checks(CARD)
    spill(home, "call 13800138000", f"card {CARD}", "id 11010519491231002X", "write to gu@example.com or 0571-88886666", "card 6222 0212 3456 7890 128")  # fmt: skip
    whole = "\n".join(made(tmp_path / "support.zip").values())
    assert PHONE.findall(whole) == [] and IDENTITY.findall(whole) == [] and leaks.cards(whole) == []
    for hidden in ("顾明明", "gu@example.com", "88886666", "13912345678"):
        assert hidden not in whole
    assert "138****8000" in whole


def test_the_file_is_for_its_maker_alone_and_none_is_overwritten(shop: Shop, home: Path, tmp_path: Path):
    path = tmp_path / "support.zip"
    made(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = CliRunner().invoke(root, ["support-bundle", str(path)])
    assert again.exit_code == 1 and "is there already" in again.output
    nowhere = CliRunner().invoke(root, ["support-bundle", str(tmp_path / "no" / "such.zip")])
    assert nowhere.exit_code == 1 and "cannot be written" in nowhere.output
    assert list(tmp_path.glob(".support.zip*")) == []


def test_without_a_database_it_still_tells_what_it_can(home: Path, tmp_path: Path, monkeypatch):
    def gone() -> None:
        raise OSError("no database")

    monkeypatch.setattr(bundle, "_learn_books", lambda sieve: gone())
    spill(home, "it broke")
    names = bundle.write(tmp_path / "s.zip", checkup=lambda: "✗ database: gone\n", at=Shop().at)
    assert "doctor.txt" in names and "logs/web.log" in names
    with zipfile.ZipFile(tmp_path / "s.zip") as archive:
        assert json.loads(archive.read("counts.json")) == {"database": "unreachable"}
        assert "it broke" in archive.read("logs/web.log").decode()


def test_only_the_end_of_a_long_log_is_taken(home: Path, tmp_path: Path):
    (home / "logs" / "web.log").write_text("".join(f"line {n}\n" for n in range(5_000)))
    [(name, text)] = bundle._logs(database.home() / "logs")
    assert name == "logs/web.log" and "line 4999" in text and "line 2999" not in text

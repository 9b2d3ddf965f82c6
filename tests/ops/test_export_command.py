"""`sudapos export-journal`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sudapos.books.exports import Batch
from sudapos.cli import root


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("SUDAPOS_CONFIG", os.devnull)


def run(*words: str) -> Result:
    return CliRunner().invoke(root, words)


def test_a_file_is_written_and_a_second_one_warns(shop, tmp_path):
    day = shop.sell("S-1").business_date.isoformat()
    words = ("export-journal", "--from", day, "--to", day, "--profile", "kingdee_simple")
    first = run(*words, str(tmp_path / "a.csv"))
    assert first.exit_code == 0, first.output
    batch = Batch.objects.get()
    assert first.stdout.splitlines() == [
        f"batch {batch.pk}, 1 vouchers, in {tmp_path / 'a.csv'}",
        f"SHA-256 {batch.digest}",
    ]
    assert first.stderr == ""
    again = run(*words, str(tmp_path / "b.csv"))
    assert again.stderr.startswith("note: 1 of 1 entries were exported before")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (batch.by, batch.options["file"]) == ("cli", "csv")
    run(*words, str(tmp_path / "c.xlsx"))
    assert (tmp_path / "c.xlsx").read_bytes().startswith(b"PK")
    run(*words, "--store", "S01", "--encoding", "gbk", str(tmp_path / "d.csv"))
    assert "现金销售 S-1" in (tmp_path / "d.csv").read_bytes().decode("gbk")


def test_what_cannot_be_exported_is_told_and_no_file_is_left(shop, tmp_path):
    words = ("export-journal", "--from", "2026-01-01", "--to", "2026-01-02")
    file = str(tmp_path / "a.csv")
    nothing = run(*words, file)
    assert nothing.exit_code == 1
    assert "no entries to export: 2026-01-01 to 2026-01-02" in nothing.stderr
    assert run(*words, "--profile", "moon", file).stderr.startswith("There is no profile moon")
    assert run("export-journal", "--from", "x", "--to", "2026-01-02", file).exit_code == 2
    backwards = run("export-journal", "--from", "2026-01-03", "--to", "2026-01-02", file)
    assert backwards.stderr.startswith("The first day is after the last one")
    assert not Path(file).exists()

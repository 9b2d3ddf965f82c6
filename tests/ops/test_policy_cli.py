"""`sudapos policy`: versions told, one of them as a file, and a file as a proposal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sudapos.books import policies
from sudapos.cli import root
from tests.cast import Shop


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


def run(*words: str) -> Result:
    result = CliRunner().invoke(root, ["policy", *words], prog_name="sudapos")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_version_goes_out_is_changed_and_becomes_a_proposal(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    assert run("export", str(file)).stdout == f"version 1 is in {file}\n"
    given: dict[str, Any] = json.loads(file.read_text("utf-8"))
    given["content"]["promise_days"] = 15
    file.write_text(json.dumps(given), "utf-8")
    told = run("import", str(file), "--operator", "f01", "--note", "peak season")
    assert told.exit_code == 0 and told.stdout.startswith("it is version 2, proposed")
    assert (policies.current().number, policies.get(2).made_by) == (1, "f01")
    listed = run("show").stdout
    assert "2\tproposed\tf01\t-\tpeak season\n" in listed and "1\tactive\t-\t" in listed
    assert "promise_days\t15\tDays to change one's mind\n" in run("show", "2").stdout
    assert run("export", str(file), "--number", "2").exit_code == 0
    assert json.loads(file.read_text("utf-8"))["number"] == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "This is no policy file"),
        ('{"sudapos_policy": 1, "content": {"promise_days": -1}}', "promise_days: not_a_whole_number"),
        ('{"sudapos_policy": 1, "content": {}}', "Nothing differs from version 1"),
    ],
)
def test_a_file_that_cannot_be_proposed_says_why(shop: Shop, tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    result = run("import", str(file), "--operator", "f01")
    assert result.exit_code == 1 and told in result.stderr


def test_who_may_not_propose_and_what_is_not_there(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    run("export", str(file))
    assert run("import", str(file), "--operator", "c01").exit_code == 1
    assert run("import", str(tmp_path / "none.json"), "--operator", "f01").exit_code == 2
    assert "There is no version 9" in run("show", "9").stderr

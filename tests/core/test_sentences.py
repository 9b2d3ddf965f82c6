"""Every code that we may raise has words, in both languages, with the same blanks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sudapos.core import capability, lifecycle, policy, sentences
from sudapos.core.wording import states

SOURCE = Path(sentences.__file__).resolve().parent.parent
HAN = re.compile(r"[\u4e00-\u9fff]")
BLANK = re.compile(r"\{(\w+)\}")
RAISED = {"Refusal", "Invalid", "Conflict", "NotFound", "Forbidden"}


@pytest.mark.parametrize("code", sorted(sentences.CATALOGUE))
def test_an_entry_is_whole(code: str) -> None:
    zh, zh_hint, en, en_hint = sentences.CATALOGUE[code]
    assert all((zh, zh_hint, en, en_hint))
    assert HAN.search(zh) and HAN.search(zh_hint)
    assert not HAN.search(en) and not HAN.search(en_hint)
    assert set(BLANK.findall(zh)) == set(BLANK.findall(en))


def raised_codes() -> set[str]:
    found = set()
    for path in SOURCE.rglob("*.py"):
        if path.parent.name == "web":
            continue  # the pages word their own forms; tests/web holds them to both languages
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            index = {"Reason": 1}.get(name, 0) if name in RAISED | {"Reason"} else None
            if index is None or len(node.args) <= index:
                continue
            value = node.args[index]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.add(value.value)
    return found


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    codes = raised_codes()
    assert len(codes) > 60
    assert sorted(code for code in codes if not sentences.known(code)) == []


def test_amounts_are_shown_in_yuan_and_missing_facts_are_left_open() -> None:
    assert sentences.say("over_refund", "zh", left=6317).text == "超过可退范围：最多还能退 ¥63.17"
    assert "…" in sentences.say("over_refund", "en").text
    assert "no_such_code" in sentences.say("no_such_code", "zh").text


def test_every_state_channel_and_reason_has_its_word() -> None:
    for state in [*lifecycle.LegState, *lifecycle.RefundState, *lifecycle.Progress]:
        assert HAN.search(sentences.state_word(state, "zh")) and not HAN.search(
            sentences.state_word(state, "en")
        )
    for word in [*policy.REASONS, *capability.TABLE]:
        zh, en = states.WORDS[word]
        assert HAN.search(zh) and not HAN.search(en)

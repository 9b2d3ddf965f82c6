"""Every code that we may raise has words, in both languages, with the same blanks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from sudapos.core import authority, capability, lifecycle, policy, sentences, wording
from sudapos.core.outcome import Route
from sudapos.core.wording import (
    Entry,
    acquirers,
    batches,
    bookkeeping,
    channels,
    closing,
    customer,
    deciding,
    drawers,
    fraud,
    goods,
    invoices,
    keeping,
    legs,
    pages,
    policies,
    reasons,
    refusals,
    states,
    words,
)

SOURCE = Path(sentences.__file__).resolve().parent.parent
HAN = re.compile(r"[\u4e00-\u9fff]")
BLANK = re.compile(r"\{(\w+)\}")
TABLES = (
    acquirers.TABLE,
    batches.TABLE,
    closing.TABLE,
    customer.TABLE,
    deciding.TABLE,
    drawers.TABLE,
    fraud.TABLE,
    goods.TABLE,
    invoices.TABLE,
    bookkeeping.TABLE,
    keeping.TABLE,
    channels.TABLE,
    legs.TABLE,
    pages.TABLE,
    policies.TABLE,
    reasons.TABLE,
    refusals.TABLE,
)
MODULES = [import_module(f"{wording.__name__}.{each.name}") for each in iter_modules(wording.__path__)]
TABLES = [module.TABLE for module in MODULES if hasattr(module, "TABLE") and module is not states]
WORD_TABLES = {
    "reasons": words.REASONS,
    "channels": words.CHANNELS,
    "routes": words.ROUTES,
    "roles": words.ROLES,
    "events": words.EVENTS,
    "faults": words.FAULTS,
    "goods": goods.CONDITIONS,
    "batch states": batches.STATES,
    "batch kinds": batches.KINDS,
    "batch outcomes": batches.OUTCOMES,
}
REFUSALS = dict.fromkeys(("Refusal", "Invalid", "Conflict", "NotFound", "Forbidden"), 0)
OUTCOMES = dict.fromkeys(("Unknown", "Deferred", "Bounced", "Absent", "Refused"), 0)

NAMED = re.compile(
    r"\b(" + "|".join([*REFUSALS, *OUTCOMES, "Reason", "FieldError", "Act", "_act", "tell"]) + r")\("
)
"""Files without any of these need no reading."""


def whole(entry: Entry) -> bool:
    zh, zh_hint, en, en_hint = entry
    return (
        bool(HAN.search(zh) and HAN.search(zh_hint) and en and en_hint)
        and not HAN.search(en + en_hint)
        and set(BLANK.findall(zh)) == set(BLANK.findall(en))
        and set(BLANK.findall(zh_hint)) == set(BLANK.findall(en_hint))
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{len(table)} entries")
def test_every_entry_is_whole_in_both_languages(table: dict[str, Entry]) -> None:
    assert [code for code, entry in table.items() if not whole(entry)] == []


def test_no_code_has_two_entries() -> None:
    assert len(sentences.CATALOGUE) == sum(map(len, TABLES))


@pytest.mark.parametrize("table", WORD_TABLES.values(), ids=WORD_TABLES)
def test_every_word_stands_in_both_languages(table: words.Words) -> None:
    wrong = [code for code, (zh, en) in table.items() if not HAN.search(zh) or not en or HAN.search(en)]
    assert wrong == []


def test_every_state_has_its_word_and_its_sentence() -> None:
    for zh, zh_under, en, en_under in states.TABLE.values():
        assert HAN.search(zh) and en and not HAN.search(en + en_under)
        assert set(BLANK.findall(zh_under)) == set(BLANK.findall(en_under))
    known = {*lifecycle.LegState, *lifecycle.RefundState, *lifecycle.Progress}
    assert set(states.TABLE) == {str(state) for state in known}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in SOURCE.rglob("*.py"):
        if path.parent.name == "sandbox":
            continue  # the other side speaks its own codes
        text = path.read_text("utf-8")
        if not NAMED.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                found.append((name, node))
    return found


def literals(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def codes(places: dict[str, int], keyword: str = "code") -> set[str]:
    """The codes written out in calls to these names, at this place among the arguments."""
    found: set[str] = set()
    for name, call in calls():
        if name in places:
            at = call.args[places[name]] if len(call.args) > places[name] else None
            named = next((k.value for k in call.keywords if k.arg == keyword), at)
            found.update(literals(named))
    return found


def test_every_refusal_reason_and_answer_is_in_the_catalogue() -> None:
    raised = codes({**REFUSALS, **OUTCOMES, "Reason": 1})
    assert len(raised) > 90
    assert sorted(code for code in raised if not sentences.known(code)) == []


def test_every_fault_of_a_field_has_a_word() -> None:
    faults = codes({"FieldError": 1})
    assert len(faults) > 20
    assert sorted(code for code in faults if code not in words.FAULTS and not sentences.known(code)) == []


def test_every_act_of_the_audit_log_has_a_word() -> None:
    acts = {act for act in codes({"Act": 0, "_act": 0}, keyword="act") if "." in act}
    acts |= {f"leg.{state}" for state in lifecycle.LegState} | codes({"tell": 1})
    assert {"refund.opened", "sale.ingested", "voucher.printed", "apikey.revoked"} <= acts
    assert sorted(acts - set(words.EVENTS)) == []


def test_every_move_call_channel_way_role_and_reason_has_a_word() -> None:
    assert {*lifecycle.Event, "refund", "void", "ask"} <= set(words.EVENTS)
    assert set(capability.TABLE) <= set(words.CHANNELS)
    assert {*Route, "original"} == set(words.ROUTES)
    assert set(authority.ROLES) == set(words.ROLES)
    assert {*policy.REASONS, "deposit"} == set(words.REASONS)


def test_a_call_to_a_channel_is_not_told_as_a_way_to_refund() -> None:
    assert sentences.event_word("refund", "zh") == "向渠道申请退款"
    assert sentences.route_word("refund", "zh") == "原路退回"


def test_amounts_are_shown_in_yuan() -> None:
    assert sentences.say("over_refund", "zh", left=6317).text == "超过可退范围：最多还能退 ¥63.17"
    assert sentences.say("nothing_to_refund", "en", total=-5).hint.startswith("Pick goods")
    shown = sentences.say("total_changed", "en", expected=1999, total=0).text
    assert shown == "The amount has changed: the page showed ¥19.99, it is ¥0.00 now"


def test_codes_among_the_facts_are_shown_as_words() -> None:
    text = sentences.say("wait_between_refunds", "zh", channel="wechatpay").text
    assert text == "微信支付要求同一订单两次退款之间稍候"
    under = sentences.state_sentence("awaiting", "en", role="manager", reason="quality")
    assert under == "manager must confirm: Faulty"
    assert sentences.say("roles_conflict", "zh", roles=["a×b", "c×d"]).text.endswith("a×b、c×d")


@pytest.mark.parametrize("moment", [datetime(2026, 11, 24, 4, 1, tzinfo=UTC), "2026-11-24T12:01:00+08:00"])
def test_moments_are_shown_on_the_shops_clock(moment: object) -> None:
    hint = sentences.say("wait_between_refunds", "zh", not_before=moment).hint
    assert hint == "系统会在 11-24 12:01 自动发送，无需操作"


def test_missing_facts_are_left_open_and_surplus_ones_ignored() -> None:
    assert sentences.say("over_refund", "en").text == "That is more than is left to refund: … at most"
    assert sentences.say("over_refund", "en", left=None).text == sentences.say("over_refund", "en").text
    assert sentences.say("page_stale", "zh", code="x", lang="en", state=1).text == "这一页显示的内容已经变化"


def test_an_unknown_code_is_named() -> None:
    told = sentences.say("no_such_code", "zh")
    assert told == sentences.Sentence("发生了没有说明的情况（no_such_code）", "请联系技术支持")
    assert sentences.state_word("no_such_state", "zh") == "no_such_state"
    assert sentences.state_sentence("no_such_state", "zh") == "no_such_state"
    assert sentences.event_word("no.such", "en") == "no.such"


@pytest.mark.parametrize(
    ("lang", "text"),
    [("zh", "请先登录"), ("zh-hans", "请先登录"), ("en", "Please sign in"), ("en-US", "Please sign in")],
)
def test_anything_that_begins_with_en_is_english(lang: str, text: str) -> None:
    assert sentences.say("not_signed_in", lang).text == text


DESK = {
    "awaiting": ("待审批", "Waiting for approval", "需要{role}确认，{reason}"),
    "ready": ("待发送", "Queued", "马上发送到{channel}"),
    "sending": ("发送中", "Sending", "已发出，等待{channel}答复"),
    "accepted": ("已受理", "Accepted", "{channel}已受理，预计{date}前到账"),
    "in_doubt": (
        "确认中",
        "Being confirmed",
        "没有收到{channel}的答复，正在查询结果；请不要再次退款，也不要付现金",
    ),
    "settled": ("已退款", "Refunded", "已退回{account}，{time}"),
    "bounced": ("被退回", "Bounced", "银行退回了这笔钱，{next}"),
    "failed": ("未退出", "Not refunded", "{channel}拒绝：{reason}；钱没有离开商户"),
    "dropped": ("已取消", "Cancelled", "由{by}取消，{reason}"),
    "withdrawn": ("已取消", "Cancelled", "由{by}取消，{reason}"),
    "rejected": ("已拒绝", "Rejected", "{by}：{reason}"),
}


@pytest.mark.parametrize("state", DESK)
def test_a_state_is_called_and_told_as_the_desk_says(state: str) -> None:
    zh, under, en, _ = states.TABLE[state]
    assert (zh, en, under) == DESK[state]


def test_a_doubt_warns_against_paying_twice_wherever_it_comes_from() -> None:
    for code in codes({"Unknown": 0}) - {"rate_limited", "still_working"}:
        zh = sentences.say(code, "zh")
        assert "再" in zh.hint or "查询" in zh.hint, code
        assert "没有离开商户" not in zh.text + zh.hint, code

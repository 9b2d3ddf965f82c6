"""When a message may go out, how it reads, and that every event has its words."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sudapos.core import letters, notices
from sudapos.core.calendar import SHANGHAI
from sudapos.core.letters import Told
from sudapos.core.wording import notices as words


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "hours", "until"),
    [
        ("2026-11-28T21:59", "22:00-08:00", None),
        ("2026-11-28T22:00", "22:00-08:00", "2026-11-29T08:00"),
        ("2026-11-29T07:59", "22:00-08:00", "2026-11-29T08:00"),
        ("2026-11-29T08:00", "22:00-08:00", None),
        ("2026-11-28T13:00", "12:00-14:00", "2026-11-28T14:00"),
        ("2026-11-28T14:00", "12:00-14:00", None),
        ("2026-11-28T03:00", "", None),
    ],
)
def test_quiet_hours_end_when_they_say(moment: str, hours: str, until: str | None) -> None:
    assert notices.quiet_until(at(moment), hours) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("text", "good"), [("", True), ("22:00-08:00", True), ("24:00-08:00", False), ("22-8", False)]
)
def test_hours_are_a_span_or_nothing(text: str, good: bool) -> None:
    assert notices.is_hours(text) is good


def test_a_failed_delivery_waits_longer_each_time_and_ends() -> None:
    now = at("2026-11-28T12:00")
    waits = [notices.again_at(now, tries=n) for n in range(1, 8)]
    assert waits == [*(now + timedelta(seconds=s) for s in (60, 300, 1800, 7200, 21600, 86400)), None]


def test_one_thing_is_told_in_one_line() -> None:
    told = Told("leg.failed", "leg", "R1ABCL1", {"refund_no": "R1", "channel": "wechatpay", "amount": 1999})
    written = letters.compose([told], lang="zh", address="https://shop.example")
    assert written.title == "退款单 R1：微信支付没有退出 ¥19.99，请重试或放弃"
    assert written.body.splitlines()[1] == "  https://shop.example/refunds/R1/"


def test_several_things_are_one_letter_with_the_urgent_first() -> None:
    done = Told("refund.done", "refund", "R1", {"total": 500})
    bad = Told("leg.bounced", "leg", "R2XL1", {"refund_no": "R2", "channel": "alipay", "amount": 100})
    written = letters.compose([done, bad], lang="en")
    assert written.title.startswith("sudapos: 2 things; Refund R2: the bank sent ¥1.00 back")
    assert [line[:10] for line in written.body.splitlines()[:2]] == ["· Refund R", "· Refund R"]
    assert "R2" in written.body.splitlines()[0] and "R1" in written.body.splitlines()[1]


def test_what_nobody_acted_on_says_so() -> None:
    told = Told("finding.opened", "finding", "D1", {"amount": 100})
    assert letters.compose([told], lang="zh", escalated=True).title.startswith("［还没人处理］")


def test_every_event_has_its_words() -> None:
    from sudapos.books.outbox import EVENTS

    assert set(words.EVENTS) == set(EVENTS) == set(words.KINDS)
    assert set(words.WAITING) == set(words.NEXT)

"""The channel table and the rhythm of asking and sending again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sudapos.core import capability
from sudapos.core.calendar import SHANGHAI
from sudapos.core.capability import Capability, NoticeAck

SENT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def asked_after(channel: str, times: int) -> list[int]:
    row = capability.get(channel)
    return [int((capability.ask_at(row, sent_at=SENT, asked=n) - SENT).total_seconds()) for n in range(times)]


def test_the_limits_of_wechat_pay_are_those_of_its_sheet():
    row = capability.TABLE["wechatpay"]
    assert (row.partial, row.max_partial, row.window_days, row.min_gap_seconds) == (True, 50, 365, 60)
    assert (row.void, row.askable, row.absence_counts_after, row.give_up_after) == ("none", True, 60, 604_800)
    assert row.notice_ack == NoticeAck(200, "application/json", '{"code":"SUCCESS","message":"成功"}')
    assert dict(row.arrival) == {"wechat_balance": (0, 0), "wechat_bank_card": (1, 3)}


def test_the_limits_of_alipay_are_those_of_its_sheet():
    row = capability.TABLE["alipay"]
    assert (row.partial, row.max_partial, row.window_days, row.min_gap_seconds) == (True, None, 365, 3)
    assert (row.void, row.askable, row.absence_counts_after, row.give_up_after) == ("none", True, 10, 86_400)
    assert row.notice_ack == NoticeAck(200, "text/plain; charset=utf-8", "success")
    assert dict(row.arrival) == {"alipay_balance": (0, 0), "alipay_bank_card": (1, 7)}


@pytest.mark.parametrize(
    ("channel", "arrival"), [("cash", {"cash": (0, 0)}), ("transfer", {"bank_transfer": (0, 1)})]
)
def test_what_people_move_by_hand_cannot_be_asked_about(channel, arrival):
    row = capability.TABLE[channel]
    assert (row.by_hand, row.askable, row.window_days, dict(row.arrival)) == (True, False, None, arrival)


@pytest.mark.parametrize("row", capability.TABLE.values(), ids=lambda row: row.channel)
def test_every_row_names_itself_its_source_and_its_words_in_both_languages(row):
    assert capability.TABLE[row.channel] is row
    assert row.source and row.words_zh and row.words_en
    assert row.lease_seconds > 35, "the longest call takes 5 s to connect and 30 s to read"
    assert list(row.ask_after) == sorted(set(row.ask_after))
    assert bool(row.ask_after) == row.askable
    assert all(0 <= soonest <= latest for soonest, latest in row.arrival.values())


def test_a_channel_without_a_row_can_do_nothing_by_machine():
    row = capability.get("abacus")
    assert (row.channel, row.askable, row.partial, row.ask_after) == ("abacus", False, False, ())
    assert capability.ask_at(row, sent_at=SENT, asked=0) == SENT + timedelta(days=7)


def test_wechat_is_asked_each_minute_first_and_then_ever_more_slowly():
    assert asked_after("wechatpay", 11) == [60, 120, 180, 240, 300, 600, 1200, 2400, 4200, 6000, 7800]


def test_alipay_is_asked_ten_seconds_later_and_then_ever_more_slowly():
    assert asked_after("alipay", 7) == [10, 60, 300, 1800, 7200, 12_600, 18_000]


def test_the_merchants_own_rhythm_replaces_the_channels():
    row = capability.get("wechatpay")
    at = [capability.ask_at(row, sent_at=SENT, asked=n, offsets=[5]) for n in range(3)]
    assert at == [SENT + timedelta(seconds=n) for n in (5, 10, 15)]


def test_a_channel_that_cannot_be_asked_is_left_to_people():
    assert capability.ask_at(capability.get("cash"), sent_at=SENT, asked=0, offsets=(1,)) == SENT + timedelta(
        days=30
    )


@pytest.mark.parametrize(("attempts", "pause"), [(0, 5), (1, 5), (2, 30), (3, 120), (6, 3600), (40, 3600)])
def test_the_same_number_is_sent_again_with_growing_pauses(attempts, pause):
    assert capability.resend_after(capability.get("wechatpay"), attempts) == pause


def test_never_seen_is_believed_only_after_the_channels_books_had_time():
    row = capability.get("wechatpay")
    assert not capability.absence_counts(row, sent_at=SENT, at=SENT + timedelta(seconds=59))
    assert capability.absence_counts(row, sent_at=SENT, at=SENT + timedelta(seconds=60))
    assert not capability.absence_counts(capability.get("cash"), sent_at=SENT, at=SENT + timedelta(days=9))


def test_machines_stop_asking_wechat_after_seven_days():
    row = capability.get("wechatpay")
    assert not capability.given_up(row, first_sent_at=SENT, at=SENT + timedelta(days=7, seconds=-1))
    assert capability.given_up(row, first_sent_at=SENT, at=SENT + timedelta(days=7))


@pytest.mark.parametrize(
    ("void", "hours", "batch_open", "is_open"),
    [
        ("none", 1, True, False),
        ("same_day", 1, False, True),
        ("same_day", 12, False, False),
        ("same_batch", 1, True, True),
        ("same_batch", 1, False, False),
        ("same_batch", 12, True, False),
    ],
)
def test_a_void_is_open_on_the_same_day_and_in_the_same_batch(
    void: str, hours: int, batch_open: bool, is_open: bool
) -> None:
    row = Capability(channel="x", words_zh="某", words_en="x", source="test", void=void)
    paid_at = datetime(2026, 11, 24, 14, 30, tzinfo=SHANGHAI)
    at = paid_at + timedelta(hours=hours)
    assert capability.void_open(row, paid_at=paid_at, at=at, batch_open=batch_open) is is_open


@pytest.mark.parametrize(
    ("paid", "asked", "open_"),
    [
        ("2026-11-23T10:00", "2026-11-23T22:59", True),
        ("2026-11-23T10:00", "2026-11-23T23:00", False),
        ("2026-11-22T23:00", "2026-11-23T22:59", True),
        ("2026-11-23T23:30", "2026-11-24T00:30", True),
    ],
)
def test_a_clearing_day_that_ends_in_the_evening_decides_about_voids(
    paid: str, asked: str, open_: bool
) -> None:
    """UnionPay's day runs from 23:00 to 23:00 (unionpay §7)."""
    row = capability.get("unionpay")
    hours = (datetime.fromisoformat(f"{text}:00+08:00") for text in (paid, asked))
    assert capability.void_open(row, paid_at=next(hours), at=next(hours)) is open_


def test_a_terminals_void_needs_the_open_batch_of_the_day() -> None:
    row, at = capability.get("card"), datetime.fromisoformat("2026-11-23T10:00:00+08:00")
    assert capability.void_open(row, paid_at=at, at=at, batch_open=True)
    assert not capability.void_open(row, paid_at=at, at=at)
    assert not capability.void_open(row, paid_at=at, at=at.replace(day=24), batch_open=True)

"""Who needs more than a password, how long one stays, and which PINs anybody would guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import entry
from sudapos.core.authority import ROLES

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def test_every_role_but_the_counters_needs_a_second_factor() -> None:
    assert {role for role in ROLES if entry.needs_factor([role])} == {
        "manager",
        "finance",
        "auditor",
        "admin",
        "owner",
    }


@given(roles=st.frozensets(st.sampled_from(ROLES), min_size=1))
def test_a_pin_never_replaces_a_second_factor(roles: frozenset[str]) -> None:
    assert entry.may_use_pin(roles) is not entry.needs_factor(roles)


@pytest.mark.parametrize(
    "pin",
    ["000000", "121212", "123456", "654321", "890123", "123123", "123321", "112233", "447447", "110011"],
)
def test_what_anybody_tries_first_is_easy(pin: str) -> None:
    assert entry.is_easy(pin)


@pytest.mark.parametrize("pin", ["480213", "905172", "371960"])
def test_an_ordinary_pin_is_taken(pin: str) -> None:
    assert entry.is_pin(pin) and not entry.is_easy(pin)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "12 456"])
def test_anything_but_six_digits_is_no_pin(text: str) -> None:
    assert not entry.is_pin(text)


@given(minutes=st.integers(1, 600), idle=st.integers(0, 800), age=st.integers(0, 800))
def test_a_stay_ends_by_the_first_of_two_clocks(minutes: int, idle: int, age: int) -> None:
    limits = entry.stay(["manager"], idle_minutes=minutes)
    started, seen = AT - timedelta(minutes=age + idle), AT - timedelta(minutes=idle)
    why = entry.over(limits, started=started, seen=seen, at=AT)
    assert why == ("age" if age + idle >= 720 else "idle" if idle >= minutes else "")

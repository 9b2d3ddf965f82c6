"""A day that waits for a statement: being told about it at noon forgets nothing else that keeps it open."""

from __future__ import annotations

from datetime import date

from sudapos.books import days


def test_being_told_of_a_statement_keeps_the_open_shift_named(shop):
    day, other = date(2026, 11, 20), date(2026, 11, 23)
    shift = {"shift": "Z1", "operator": "c01", "why": "shift_open"}
    old = {"account": "demo-wechatpay", "channel": "wechatpay", "why": "no_statement"}
    new = {**old, "why": "not_ready"}
    days.put(day, missing=[old, shift], report={}, by="worker", at=shop.at)
    assert days.nag(day, [new], today=other, at=shop.at)
    assert days.get(day).missing == [new, shift]
    assert not days.nag(day, [old], today=other, at=shop.at)
    assert days.get(day).missing == [new, shift]

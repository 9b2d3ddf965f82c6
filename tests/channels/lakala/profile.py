from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="lakala",
    settles_at_once=False,
    secrets=frozenset({"private_key"}),
    shown=("appid", "merchant_no"),
    broken={"appid": "1"},
    troubles={"insufficient_balance": ("Refused", "funds_short_closed", 0)},
    other_content=("Unknown",),
    voids=True,
)

from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="allinpay",
    settles_at_once=False,
    secrets=frozenset({"private_key", "md5_key"}),
    shown=("cusid", "appid"),
    broken={"appid": "1"},
    closed=("Refused", "not_permitted"),
    troubles={"insufficient_balance": ("Refused", "funds_short_closed", 0)},
    other_content=("Unknown",),
    statement_shows=lambda content, order: order.number.encode() in content,
    notices=False,  # they go to the address of the contract, not of the refund
    voids=True,
)

from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="shouqianba",
    settles_at_once=True,
    secrets=frozenset({"terminal_key"}),
    shown=("terminal_sn",),
    broken={"terminal_key": "0" * 32},
    closed=("Refused", "declined"),
    signed_replies=False,
    notices=False,  # they go to the address of the payment, not of the refund
    voids=True,
)

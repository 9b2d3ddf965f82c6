from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="shengpay",
    settles_at_once=False,
    secrets=frozenset({"private_key", "md5_key"}),
    shown=("mch_id",),
    broken={"mch_id": "1"},
)

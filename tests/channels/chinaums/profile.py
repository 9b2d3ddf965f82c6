from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="chinaums",
    settles_at_once=True,
    secrets=frozenset({"app_key", "md5_key"}),
    shown=("app_id", "merchant_code"),
    broken={"app_key": "another"},
    closed=("Refused", "not_permitted"),
    other_content=("Unknown",),
    signed_replies=False,
    notices=False,  # POS通 has none; 全民付's are tested beside this
    voids=True,
)

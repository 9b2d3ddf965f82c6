from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="alipay",
    settles_at_once=True,
    secrets=frozenset({"private_key", "app_auth_token"}),
    shown=("app_id",),
    broken={"app_id": "1"},
    statement_shows=lambda content, order: content[:2] == b"PK",
    notices=False,  # a refund settles in its answer; the one notice there is tells of a bank card's bounce
)

from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="example",
    settles_at_once=False,
    broken={"secret": "another"},
    secrets=frozenset({"secret"}),
    shown=("merchant",),
)

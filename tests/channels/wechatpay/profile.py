from __future__ import annotations

from tests.channels.profiles import Profile

PROFILE = Profile(
    channel="wechatpay",
    settles_at_once=False,
    secrets=frozenset({"private_key", "apiv3_key"}),
    shown=("mchid",),
    broken={"serial_no": "00"},
    closed=("Bounced", "account_closed"),
    closed_later=True,
    statement_shows=lambda content, order: order.number in content.decode("utf-8-sig"),
)

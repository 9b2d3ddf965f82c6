from __future__ import annotations

from dataclasses import replace

from tests.channels.profiles import Profile

from .pocket import Pocket

POCKET = Pocket()

PROFILE = Profile(
    channel="card",
    settles_at_once=True,
    secrets=frozenset({"tmk"}),
    shown=("merchant_no", "terminal_no"),
    broken={"terminal_no": "00000000"},
    unreachable={"port": "1"},
    closed=("Refused", "account_closed"),
    troubles={
        "insufficient_balance": ("Refused", "declined", 0),
        "error_500_before": ("Unknown", "no_answer", 0),
        "error_500_after": ("Unknown", "no_answer", 1),
    },
    other_content=("Unknown", "Settled"),  # the terminal knows the number, and sends nothing
    unknown_payment=lambda order: replace(order, extra={**order.extra, "reference_no": "999999999999"}),
    askable=False,
    numbered=False,
    opening=lambda: {"memory": POCKET},
    speaks_http=False,
    signed_replies=True,
    notices=False,
    voids=True,
)

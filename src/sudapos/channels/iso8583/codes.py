"""Field 39: what the host's two characters mean for a refund or a void (iso8583 §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sudapos.core.outcome import Deferred, Refused, Unknown

APPROVED = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
SIGN_ON_AGAIN = frozenset({"77", "99", "A0"})
"""Said before the host looked at the transaction: batch, keys or MAC are not those of the last sign-on."""
REVERSED = frozenset({"00", "12", "25"})
"""Answers to a reversal that end it: done, or nothing there to reverse (iso8583 §7)."""
NO_ANSWER_BEHIND = frozenset({"06", "09", "68", "96", "98"})
"""The host itself had no answer from behind: a reversible message is reversed."""

_DECLINED = (
    "01 02 04 05 07 14 15 19 20 21 23 31 33 34 35 36 37 38 39 40 41 42 43 44 51 52 53 54 55 56 59 60 61 62 63 65 66 67 75 "
    "93 95 A1 A3 A7"
)
_Open = Deferred | Refused | Unknown
_REFUSED: Mapping[str, _Open] = {code: Refused(code="declined") for code in _DECLINED.split()}
_SIGN_ON: Mapping[str, _Open] = {
    code: Deferred(code="sign_on_again", after=5) for code in sorted(SIGN_ON_AGAIN)
}
_OTHERS: Mapping[str, _Open] = {
    "03": Refused(code="merchant_unusable"),
    "06": Unknown(code="ask_the_acquirer"),
    "09": Unknown(code="ask_the_acquirer"),
    "10": Unknown(code="ask_the_acquirer"),
    "12": Refused(code="order_closed"),
    "13": Refused(code="wrong_amount"),
    "22": Refused(code="window_over"),
    "25": Refused(code="order_unknown"),
    "30": Refused(code="not_taken_in"),
    "57": Refused(code="not_permitted"),
    "58": Refused(code="not_permitted"),
    "61": Refused(code="over_amount"),
    "62": Refused(code="account_closed"),
    "64": Refused(code="wrong_amount"),
    "68": Unknown(code="ask_the_acquirer"),
    "79": Refused(code="declined"),
    "90": Deferred(code="too_early", after=600),
    "91": Unknown(code="ask_the_acquirer"),
    "92": Unknown(code="ask_the_acquirer"),
    "94": Unknown(code="duplicate_number"),
    "96": Unknown(code="ask_the_acquirer"),
    "97": Refused(code="merchant_unusable"),
    "98": Unknown(code="ask_the_acquirer"),
}
ERRORS: Mapping[str, _Open] = {**_REFUSED, **_SIGN_ON, **_OTHERS}
"""Some tables ask to repeat 68 and 90–96; a refund is never repeated on an answer that leaves it open."""


def error(code: str) -> Deferred | Refused | Unknown:
    """The meaning of an answer other than approval."""
    outcome = ERRORS.get(code)
    return Unknown(code="unknown_code", message=code) if outcome is None else replace(outcome, message=code)

"""What UnionPay's answer codes mean for a refund or a void (unionpay §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sudapos.core.outcome import Absent, Deferred, Refused, Unknown

_DECLINED = "30 33 38 40 41 60 61 62 65 66 67 68 73 76 77 78 79 80"
ERRORS: Mapping[str, Absent | Deferred | Refused | Unknown] = {
    code: Refused(code="declined") for code in _DECLINED.split()
} | {
    "01": Unknown(code="SYSTEM_ERROR"),
    "02": Deferred(code="too_early", after=600),
    "03": Unknown(code="in_progress"),
    "04": Unknown(code="in_progress"),
    "05": Unknown(code="in_progress"),
    "06": Unknown(code="SYSTEM_ERROR"),
    "10": Refused(code="not_taken_in"),
    "11": Deferred(code="SIGN_ERROR", after=300),
    "12": Unknown(code="duplicate_number"),
    "13": Refused(code="not_taken_in"),
    "14": Refused(code="not_taken_in"),
    "31": Deferred(code="merchant_unusable", after=1800),
    "32": Refused(code="not_permitted"),
    "34": Refused(code="order_unknown"),
    "35": Refused(code="order_closed"),
    "36": Refused(code="over_amount"),
    "37": Deferred(code="rate_limited", after=10),
    "39": Deferred(code="too_early", after=600),
    "42": Unknown(code="ask_the_acquirer"),
    "43": Deferred(code="too_early", after=600),
    "63": Refused(code="account_closed"),
    "64": Deferred(code="not_enough_balance", after=600),
    "74": Unknown(code="SYSTEM_ERROR"),
    "75": Unknown(code="SYSTEM_ERROR"),
    "99": Unknown(code="SYSTEM_ERROR"),
}
"""`respCode` of a refund or void → what it means (unionpay §10); 00 and A6 stand apart."""

LONG_CODES: Mapping[str, Refused | Unknown] = {
    "2010002": Unknown(code="duplicate_number"),
    "2040006": Refused(code="void_window_closed"),
    "2050001": Refused(code="wrong_amount"),
    "2050002": Refused(code="order_closed"),
    "2050004": Refused(code="over_amount"),
    "2011000": Refused(code="window_over"),
    "4040007": Refused(code="window_over"),
    "1000022": Refused(code="window_over"),
    "1100022": Refused(code="window_over"),
}
"""The seven characters in brackets behind `respMsg`, where they say more than the two (unionpay §10)."""


def error(code: str, message: str) -> Absent | Deferred | Refused | Unknown:
    """The meaning of an answer other than success; the long code counts where it says more."""
    long = message.rpartition("[")[2].rstrip("]")
    outcome = LONG_CODES.get(long) or ERRORS.get(code)
    said = f"{code} {message}".strip()
    return Unknown(code="unknown_code", message=said) if outcome is None else replace(outcome, message=said)


def final(code: str, message: str) -> Refused | Unknown:
    """The meaning of a transaction's own result: what is over is over, the same number is used up."""
    match error(code, message):
        case Unknown(code="SYSTEM_ERROR") if code == "01":
            return Refused(code="declined", message=f"{code} {message}".strip())
        case Refused() | Unknown() as outcome:
            return outcome
        case Deferred(code="not_enough_balance", message=said):
            return Refused(code="funds_short_closed", message=said)
        case outcome:
            return Refused(code=outcome.code, message=outcome.message)

"""What ChinaUMS's `errCode` means for a refund or void: gateway, POS通 and 全民付 (chinaums §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sudapos.core.outcome import Deferred, Refused, Unknown

AT_THE_DOOR = frozenset(
    {"1000", "1001", "9001", "03", "97", "BAD_SIGN", "NO_MERCHANT", "INACTIVE_MERCHANT", "INVALID_MSGSRC"}
)
"""Said before anything about an order: keys, clock, numbers."""

_PLATFORM = "INTERNAL_ERROR NET_ERROR NO_SERVICE TIMEOUT INVALID_RESPONSE"
_PLATFORM_OPEN: Mapping[str, Deferred | Refused | Unknown] = {
    code: Unknown(code="SYSTEM_ERROR") for code in _PLATFORM.split()
}
ERRORS: Mapping[str, Deferred | Refused | Unknown] = {
    # gateway
    "1000": Deferred(code="SIGN_ERROR", after=300),
    "1001": Deferred(code="merchant_unusable", after=1800),
    "9001": Refused(code="not_taken_in"),
    "9200": Unknown(code="SYSTEM_ERROR"),
    "9999": Unknown(code="SYSTEM_ERROR"),
    # POS通
    "03": Deferred(code="merchant_unusable", after=1800),
    "13": Refused(code="wrong_amount"),
    "22": Refused(code="order_closed"),
    "25": Refused(code="order_unknown"),
    "30": Refused(code="not_taken_in"),
    "57": Refused(code="not_permitted"),
    "61": Refused(code="declined"),
    "64": Refused(code="over_amount"),
    "92": Unknown(code="SYSTEM_ERROR"),
    "94": Unknown(code="duplicate_number"),
    "96": Unknown(code="SYSTEM_ERROR"),
    "97": Deferred(code="merchant_unusable", after=1800),
    "A7": Unknown(code="ask_the_acquirer"),
    "ER": Unknown(code="SYSTEM_ERROR"),
    "FF": Refused(code="order_unknown"),
    # 全民付
    **_PLATFORM_OPEN,
    "TXN_DISCARDED": Deferred(code="rate_limited", after=30),
    "ORDER_PROCESSING": Unknown(code="in_progress"),
    "BAD_REQUEST": Refused(code="not_taken_in"),
    "BAD_SIGN": Deferred(code="SIGN_ERROR", after=300),
    "INVALID_MSGSRC": Deferred(code="merchant_unusable", after=1800),
    "ABNORMAL_REQUEST_TIME": Deferred(code="not_taken_in", after=300),
    "NO_MERCHANT": Deferred(code="merchant_unusable", after=1800),
    "INACTIVE_MERCHANT": Deferred(code="merchant_unusable", after=1800),
    "INVLID_MERCHANT_CONFIG": Deferred(code="merchant_unusable", after=1800),
    "DENIED_IP": Deferred(code="merchant_unusable", after=1800),
    "NO_ORDER": Refused(code="order_unknown"),
    "DUP_ORDER": Unknown(code="duplicate_number"),
    "OPERATION_NOT_ALLOWED": Refused(code="order_closed"),
    "INVALID_ORDER": Unknown(code="order_closed"),
    "NO_CROSS_DAY_TRADING": Refused(code="void_window_closed"),
    "TARGET_FAIL": Unknown(code="SYSTEM_ERROR"),
}
BY_TEXT = frozenset({"ER", "TARGET_FAIL"})
"""Codes whose text says what it is."""


def said(told: Mapping[str, Any]) -> str:
    """Code and text; the gateway and POS通 call it errInfo, 全民付 errMsg."""
    return f"{told.get('errCode', '')} {told.get('errInfo') or told.get('errMsg') or ''}".strip()


def error(told: Mapping[str, Any]) -> Deferred | Refused | Unknown:
    """The meaning of an answer other than success."""
    code, message = str(told.get("errCode")), said(told)
    if code in BY_TEXT and "余额不足" in message:
        return Deferred(code="not_enough_balance", message=message, after=600)
    outcome = ERRORS.get(code)
    return (
        Unknown(code="unknown_code", message=message)
        if outcome is None
        else replace(outcome, message=message)
    )

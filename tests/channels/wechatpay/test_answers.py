"""What WeChat's answers mean: every status, every code, and whom we believe (wechatpay §4, §8, §9)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from sudapos.channels import wechatpay
from sudapos.core.outcome import Absent, Accepted, Bounced, Deferred, Outcome, Refused, Settled, Unknown

from ..recorded import AT, order, public_pem
from .conversation import OLD_ID, answer, refund, reply

REF = "50300807092026112300000000001"
SETTLED = Settled(
    channel_refund_ref=REF,
    amount=1280,
    received_account="招商银行信用卡0403",
    at=datetime.fromisoformat("2026-11-23T14:05:09+08:00"),
)
STATES: list[tuple[str, Outcome]] = [
    ("PROCESSING", Accepted(channel_refund_ref=REF, received_account="招商银行信用卡0403")),
    ("SUCCESS", SETTLED),
    ("ABNORMAL", Bounced(code="account_closed", channel_refund_ref=REF)),
    ("CLOSED", Refused(code="CLOSED")),
    ("FROZEN", Unknown(code="unknown_code", message="FROZEN")),
]


@pytest.mark.parametrize("verb", ["refund", "ask"])
@pytest.mark.parametrize(("status", "expected"), STATES, ids=[s[0] for s in STATES])
def test_a_signed_refund_object_means_what_its_status_says(verb: str, status: str, expected: Outcome) -> None:
    assert answer(verb, reply(200, refund(status))) == expected


REFUSALS: list[tuple[int, str, Outcome, Outcome]] = [
    # HTTP, code, meaning for a refund, meaning for a question
    (400, "PARAM_ERROR", Refused(code="PARAM_ERROR"), Unknown(code="PARAM_ERROR")),
    (400, "INVALID_REQUEST", Refused(code="INVALID_REQUEST"), Unknown(code="INVALID_REQUEST")),
    (401, "SIGN_ERROR", Deferred(code="SIGN_ERROR", after=300), Unknown(code="SIGN_ERROR")),
    (
        403,
        "NOT_ENOUGH",
        Deferred(code="not_enough_balance", after=600),
        Unknown(code="not_enough_balance"),
    ),
    (403, "USER_ACCOUNT_ABNORMAL", Refused(code="account_closed"), Unknown(code="account_closed")),
    (403, "NO_AUTH", Deferred(code="NO_AUTH", after=300), Unknown(code="NO_AUTH")),
    (404, "RESOURCE_NOT_EXISTS", Refused(code="RESOURCE_NOT_EXISTS"), Absent(code="RESOURCE_NOT_EXISTS")),
    (404, "MCH_NOT_EXISTS", Deferred(code="MCH_NOT_EXISTS", after=300), Unknown(code="MCH_NOT_EXISTS")),
    (429, "FREQUENCY_LIMITED", Unknown(code="rate_limited"), Unknown(code="rate_limited")),
    (429, "RATELIMIT_EXCEEDED", Deferred(code="rate_limited", after=5), Unknown(code="rate_limited")),
    (500, "SYSTEM_ERROR", Unknown(code="SYSTEM_ERROR"), Unknown(code="SYSTEM_ERROR")),
    (503, "SERVICE_UNAVAILABLE", Unknown(code="SERVICE_UNAVAILABLE"), Unknown(code="SERVICE_UNAVAILABLE")),
]


@pytest.mark.parametrize(("http", "code", "told", "asked"), REFUSALS, ids=[r[1] for r in REFUSALS])
def test_a_signed_error_means_what_the_table_says(
    http: int, code: str, told: Outcome, asked: Outcome
) -> None:
    assert answer("refund", reply(http, {"code": code, "message": ""})) == told
    assert answer("ask", reply(http, {"code": code, "message": ""})) == asked


def test_the_table_above_holds_every_code_that_the_connector_knows() -> None:
    assert {row[1] for row in REFUSALS} == set(wechatpay.ERRORS)


def test_wechats_words_come_along_for_people() -> None:
    outcome = answer("refund", reply(400, {"code": "INVALID_REQUEST", "message": "订单已全额退款"}))
    assert outcome == Refused(code="INVALID_REQUEST", message="订单已全额退款")


@pytest.mark.parametrize("http", [400, 403, 404, 500, 418])
def test_a_code_that_is_not_on_the_list_is_unknown(http: int) -> None:
    outcome = answer("refund", reply(http, {"code": "NEWLY_INVENTED"}))
    assert outcome == Unknown(code="unknown_code", message=f"HTTP {http} NEWLY_INVENTED")


@pytest.mark.parametrize(
    ("http", "code", "expected"),
    [
        (400, "PARAM_ERROR", Unknown(code="unverified_refusal", message="HTTP 400 PARAM_ERROR")),
        (403, "NOT_ENOUGH", Unknown(code="unverified_refusal", message="HTTP 403 NOT_ENOUGH")),
        (404, "MCH_NOT_EXISTS", Unknown(code="unverified_refusal", message="HTTP 404 MCH_NOT_EXISTS")),
        (401, "SIGN_ERROR", Deferred(code="SIGN_ERROR", after=300)),
        (403, "SIGN_ERROR", Unknown(code="unverified_refusal", message="HTTP 403 SIGN_ERROR")),
        (429, "RATELIMIT_EXCEEDED", Deferred(code="rate_limited", after=5)),
        (500, "SYSTEM_ERROR", Unknown(code="SYSTEM_ERROR")),
    ],
)
def test_an_unsigned_error_never_releases_money(http: int, code: str, expected: Outcome) -> None:
    assert answer("refund", reply(http, {"code": code}, signer=None)) == expected


def test_an_unsigned_not_found_is_no_proof_of_absence() -> None:
    outcome = answer("ask", reply(404, {"code": "RESOURCE_NOT_EXISTS"}, signer=None))
    assert outcome == Unknown(code="unverified_refusal", message="HTTP 404 RESOURCE_NOT_EXISTS")


FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("no signature", {"signer": None}),
    ("another key", {"signer": "stranger"}),
    ("a serial that we do not know", {"serial": "PUB_KEY_ID_9"}),
    ("301 seconds old", {"stamp": str(int(AT.timestamp()) - 301)}),
    ("301 seconds ahead", {"stamp": str(int(AT.timestamp()) + 301)}),
    ("a stamp of no year", {"stamp": "999999999999"}),
    ("a stamp that is no number", {"stamp": "12:00"}),
]


@pytest.mark.parametrize(("name", "how"), FORGERIES, ids=[f[0] for f in FORGERIES])
def test_a_success_that_wechat_did_not_sign_is_not_believed(name: str, how: dict[str, Any]) -> None:
    assert answer("refund", reply(200, refund("SUCCESS"), **how)) == Unknown(code="bad_signature")
    assert answer("ask", reply(200, refund("SUCCESS"), **how)) == Unknown(code="bad_signature")


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_clock_that_differs_by_five_minutes_is_still_believed(seconds: int) -> None:
    stamp = str(int(AT.timestamp()) + seconds)
    assert answer("ask", reply(200, refund("SUCCESS"), stamp=stamp)) == SETTLED


def test_a_stamp_of_odd_digits_and_a_signature_probe_fail_quietly() -> None:
    genuine = reply(200, refund("SUCCESS"))
    raw = [(k, b"\xb2" if k.lower() == b"wechatpay-timestamp" else v) for k, v in genuine.headers.raw]
    odd = httpx.Response(200, headers=raw, content=genuine.content)
    assert odd.headers["Wechatpay-Timestamp"] == "²"
    assert answer("ask", odd) == Unknown(code="bad_signature")
    probe = reply(200, refund("SUCCESS"))
    probe.headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + probe.headers["Wechatpay-Signature"]
    assert answer("ask", probe) == Unknown(code="bad_signature")


def test_one_changed_byte_is_noticed() -> None:
    genuine = reply(200, refund("PROCESSING"))
    forged = httpx.Response(
        200, headers=genuine.headers, content=genuine.content.replace(b"PROCESSING", b"SUCCESS   ")
    )
    assert answer("ask", forged) == Unknown(code="bad_signature")


def test_during_rotation_both_keys_are_believed_each_under_its_own_name() -> None:
    rotating = partial(answer, "ask", previous_key_id=OLD_ID, previous_key=public_pem("old wechat"))
    assert rotating(reply(200, refund("SUCCESS"), signer="old wechat", serial=OLD_ID)) == SETTLED
    assert rotating(reply(200, refund("SUCCESS"))) == SETTLED
    crossed = reply(200, refund("SUCCESS"), signer="old wechat")
    assert rotating(crossed) == Unknown(code="bad_signature")


@pytest.mark.parametrize(
    "told",
    [
        refund("SUCCESS", out_refund_no="R20261123000123-2"),
        refund("SUCCESS", amount={"total": 5980, "refund": 1281, "payer_refund": 1281}),
        refund("SUCCESS", amount="1280"),
        refund("CLOSED", out_refund_no="R20261123000123-2"),
        {},
    ],
    ids=["another number", "another amount", "no amounts", "another one closed", "nothing"],
)
def test_a_signed_answer_about_another_refund_decides_nothing(told: dict[str, Any]) -> None:
    assert answer("refund", reply(200, told)) == Unknown(code="answer_for_another_refund")
    assert answer("ask", reply(200, told)) == Unknown(code="answer_for_another_refund")


def test_the_payers_own_money_is_told_where_a_coupon_took_a_share() -> None:
    amount = {
        "total": 5980,
        "refund": 1280,
        "payer_total": 5480,
        "payer_refund": 1173,
        "discount_refund": 107,
    }
    outcome = answer("ask", reply(200, refund("SUCCESS", amount=amount)))
    assert isinstance(outcome, Settled)
    assert outcome.amount == 1173


def test_without_the_payers_share_no_amount_is_invented() -> None:
    outcome = answer("ask", reply(200, refund("SUCCESS", amount={"total": 5980, "refund": 1280})))
    assert isinstance(outcome, Settled)
    assert outcome.amount is None


@pytest.mark.parametrize("text", ["2026-11-23T14:05:09", "soon", None])
def test_a_time_without_an_offset_is_no_time(text: str | None) -> None:
    outcome = answer("ask", reply(200, refund("SUCCESS", success_time=text)))
    assert isinstance(outcome, Settled)
    assert outcome.at is None


def test_accepted_and_still_working_is_asked_about() -> None:
    assert answer("refund", reply(202, {})) == Unknown(code="still_working")


@pytest.mark.parametrize("raw", [b"", b"<html>502</html>", b"[1]", b"[" * 200_000, b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_object_says_nothing(raw: bytes) -> None:
    assert answer("refund", reply(200, raw=raw)) == Unknown(code="answer_for_another_refund")
    assert answer("refund", reply(502, raw=raw, signer=None)) == Unknown(
        code="unknown_code", message="HTTP 502"
    )


@pytest.mark.parametrize(
    ("trouble", "told", "asked"),
    [
        (
            httpx.ConnectError("refused"),
            Deferred(code="never_left", message="ConnectError"),
            Unknown(code="never_left", message="ConnectError"),
        ),
        (
            httpx.ReadTimeout("late"),
            Unknown(code="no_answer", message="ReadTimeout"),
            Unknown(code="no_answer", message="ReadTimeout"),
        ),
    ],
    ids=["never left", "no answer"],
)
def test_only_a_refund_that_never_left_may_be_sent_again_blindly(
    trouble: Exception, told: Outcome, asked: Outcome
) -> None:
    assert answer("refund", trouble) == told
    assert answer("ask", trouble, to=order(first_sent_at=AT)) == asked

"""What Alipay's answers mean: the decision table, every sub_code, and whom we believe (alipay §4, §7, §10, §14.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from sudapos.channels import alipay
from sudapos.core.outcome import Absent, Deferred, Outcome, Refused, Settled, Unknown

from ..recorded import order
from .conversation import QUERY, REFUND, TRADE, answer, done, failed, found, reply

PAID_AT = datetime(2026, 11, 23, 14, 5, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
SETTLED = Settled(channel_refund_ref=TRADE, received_account="150****8675", at=PAID_AT)


def test_money_that_moved_because_of_this_call_is_settled() -> None:
    assert answer("refund", reply(REFUND, done())) == SETTLED


@pytest.mark.parametrize("fund_change", ["N", None, "", "y"])
def test_anything_but_a_plain_yes_is_asked_about(fund_change: str | None) -> None:
    told = done(fund_change=fund_change)
    if fund_change is None:
        del told["fund_change"]
    assert answer("refund", reply(REFUND, told)) == Unknown(code="fund_change_unproven")


def test_a_refund_that_is_found_is_settled_at_its_own_time() -> None:
    assert answer("ask", reply(QUERY, found())) == Settled(channel_refund_ref=TRADE, at=PAID_AT)


@pytest.mark.parametrize("told", [{"code": "10000", "msg": "Success"}, found(refund_status="")])
def test_no_refund_status_is_the_only_sign_of_absence(told: dict[str, Any]) -> None:
    assert answer("ask", reply(QUERY, told)) == Absent(code="no_refund_status")


@pytest.mark.parametrize("sub_code", ["TRADE_NOT_EXIST", "ACQ.TRADE_NOT_EXIST"])
def test_a_trade_that_alipay_does_not_know_has_no_refund(sub_code: str) -> None:
    assert answer("ask", reply(QUERY, failed(sub_code))) == Absent(code="TRADE_NOT_EXIST")


def test_a_refund_status_that_is_not_on_the_list_is_unknown() -> None:
    outcome = answer("ask", reply(QUERY, found(refund_status="REFUND_PROCESSING")))
    assert outcome == Unknown(code="unknown_code", message="REFUND_PROCESSING")


REFUSED = [
    "INVALID_PARAMETER", "REFUND_AMT_NOT_EQUAL_TOTAL", "REASON_TRADE_BEEN_FREEZEN", "TRADE_NOT_EXIST",
    "TRADE_HAS_FINISHED", "TRADE_STATUS_ERROR", "DISCORDANT_REPEAT_REQUEST", "REASON_TRADE_REFUND_FEE_ERR",
    "REFUND_FEE_ERROR", "TRADE_NOT_ALLOW_REFUND", "NOT_ALLOW_PARTIAL_REFUND",
    "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND", "REASON_TRADE_STATUS_INVALID", "BUYER_NOT_EXIST", "BUYER_ERROR",
    "USER_NOT_MATCH_ERR", "CURRENCY_NOT_SUPPORT", "ALLOC_AMOUNT_VALIDATE_ERROR", "TRADE_SETTLE_ERROR",
    "REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "REFUNDALLOC_UNAUTH_LIMIT", "ENTERPRISE_PAY_BIZ_ERROR",
    "OVERDRAFT_ASSIGN_ACCOUNT_INVALID", "OVERDRAFT_AGREEMENT_NOT_MATCH", "REFUND_ACCOUNT_NOT_EXIST",
    "CUSTOMER_VALIDATE_ERROR",
]  # fmt: skip
SUB_CODES: list[tuple[str, Outcome]] = [
    *[(code, Refused(code=code, message="原因")) for code in REFUSED],
    ("BUYER_ENABLE_STATUS_FORBID", Refused(code="account_closed", message="原因")),
    ("SELLER_BALANCE_NOT_ENOUGH", Deferred(code="not_enough_balance", message="原因", after=600)),
    ("SYSTEM_ERROR", Unknown(code="SYSTEM_ERROR", message="原因")),
    ("TRADE_HAS_CLOSE", Unknown(code="TRADE_HAS_CLOSE", message="原因")),
    ("REFUND_CHARGE_ERROR", Unknown(code="REFUND_CHARGE_ERROR", message="原因")),
]


@pytest.mark.parametrize(("sub_code", "expected"), SUB_CODES, ids=[s[0] for s in SUB_CODES])
def test_a_signed_failure_means_what_the_table_says(sub_code: str, expected: Outcome) -> None:
    assert answer("refund", reply(REFUND, failed(f"ACQ.{sub_code}", words="原因"))) == expected


def test_the_table_above_holds_every_sub_code_that_the_connector_knows() -> None:
    assert {row[0] for row in SUB_CODES} == set(alipay.ERRORS)


@pytest.mark.parametrize("prefix", ["ACQ.", "AQC.", "aop.ACQ.", ""])
def test_a_sub_code_is_known_by_its_tail(prefix: str) -> None:
    outcome = answer("refund", reply(REFUND, failed(f"{prefix}TRADE_HAS_FINISHED")))
    assert outcome == Refused(code="TRADE_HAS_FINISHED", message="…")


@pytest.mark.parametrize("verb", ["refund", "ask"])
@pytest.mark.parametrize("sub_code", ["ACQ.NEWLY_INVENTED", ""])
def test_a_sub_code_that_is_not_on_the_list_is_unknown(verb: str, sub_code: str) -> None:
    node = {"refund": REFUND, "ask": QUERY}[verb]
    outcome = answer(verb, reply(node, failed(sub_code)))
    assert outcome == Unknown(code="unknown_code", message=f"40004 {sub_code}".strip())


@pytest.mark.parametrize(
    ("code", "sub_code", "told"),
    [
        ("20000", "isp.unknow-error", Unknown(code="SYSTEM_ERROR", message="…")),
        ("20001", "aop.invalid-app-auth-token", Deferred(code="aop.invalid-app-auth-token", message="…", after=300)),
        ("40001", "isv.missing-method", Deferred(code="isv.missing-method", message="…", after=300)),
        ("40002", "isv.invalid-signature", Deferred(code="isv.invalid-signature", message="…", after=300)),
        ("40003", "isv.missing-signature-config", Deferred(code="isv.missing-signature-config", message="…", after=300)),
        ("40005", "isv.app-call-limited", Deferred(code="rate_limited", message="…", after=10)),
        ("40006", "isv.insufficient-isv-permissions", Deferred(code="isv.insufficient-isv-permissions", message="…", after=300)),
        ("40006", "", Deferred(code="40006", message="…", after=300)),
        ("10003", "", Unknown(code="unknown_code", message="10003")),
        ("", "", Unknown(code="unknown_code", message="")),
    ],
)  # fmt: skip
def test_a_signed_gateway_code_delays_a_refund_and_decides_no_question(
    code: str, sub_code: str, told: Deferred | Unknown
) -> None:
    assert answer("refund", reply(REFUND, failed(sub_code, code=code))) == told
    asked = answer("ask", reply(QUERY, failed(sub_code, code=code)))
    assert asked == Unknown(code=told.code, message=told.message)


def test_a_question_that_is_refused_refuses_no_refund() -> None:
    outcome = answer("ask", reply(QUERY, failed("ACQ.INVALID_PARAMETER", words="参数无效")))
    assert outcome == Unknown(code="INVALID_PARAMETER", message="参数无效")


@pytest.mark.parametrize("signer", [None, "stranger"])
def test_an_answer_without_alipays_signature_is_neither_success_nor_refusal(signer: str | None) -> None:
    for told in (done(), failed("ACQ.TRADE_HAS_FINISHED"), failed("isv.invalid-app-id", code="40002")):
        outcome = answer("refund", reply(REFUND, told, signer=signer))
        assert outcome == Unknown(code="bad_signature", message=told.get("sub_code", ""))
    for told in (found(), {"code": "10000"}, failed("ACQ.TRADE_NOT_EXIST")):
        outcome = answer("ask", reply(QUERY, told, signer=signer))
        assert outcome == Unknown(code="bad_signature", message=told.get("sub_code", ""))


def test_one_changed_byte_is_noticed() -> None:
    genuine = reply(REFUND, done(fund_change="N"))
    forged = genuine.content.replace(b'"fund_change":"N"', b'"fund_change":"Y"')
    assert answer("refund", httpx.Response(200, content=forged)) == Unknown(code="bad_signature")


def test_the_text_is_verified_as_it_stands_with_its_spaces_and_escapes() -> None:
    text = (
        '{ "code" : "10000", "fund_change":"Y","msg":"\\u6210\\u529f \\"}\\" ",'
        f'"trade_no":"{TRADE}","out_trade_no":"POS20261123000123"}}'
    )
    assert answer("refund", reply(REFUND, text)) == Settled(channel_refund_ref=TRADE)


def test_slashes_that_were_escaped_before_signing_are_tried_once_more() -> None:
    sent = '{"code":"10000","fund_change":"Y","trade_no":"1","store_name":"a/b"}'
    genuine = reply(REFUND, sent, signed_text=sent.replace("/", "\\/"))
    assert answer("refund", genuine) == Settled(channel_refund_ref="1")
    other = reply(REFUND, sent, signed_text=sent.replace("/", "|"))
    assert answer("refund", other) == Unknown(code="bad_signature")


def test_an_error_before_dispatch_is_read_from_its_own_node() -> None:
    told = failed("isv.invalid-method", code="40002")
    assert answer("refund", reply("error_response", told)) == Deferred(
        code="isv.invalid-method", message="…", after=300
    )
    assert answer("refund", reply("error_response", told, signer=None)) == Unknown(
        code="bad_signature", message="isv.invalid-method"
    )


@pytest.mark.parametrize(
    "changes",
    [{"out_trade_no": "POS20261123000124"}, {"trade_no": "2026112322001400000000000002"}],
    ids=["another order", "another trade"],
)
def test_a_signed_answer_about_another_trade_decides_nothing(changes: dict[str, str]) -> None:
    ours = order(channel_ref=TRADE)
    assert answer("refund", reply(REFUND, done(**changes)), to=ours) == Unknown(
        code="answer_for_another_refund"
    )
    assert answer("ask", reply(QUERY, found(**changes)), to=ours) == Unknown(code="answer_for_another_refund")


@pytest.mark.parametrize(
    "changes",
    [{"out_request_no": "R20261123000123-2"}, {"refund_amount": "12.81"}, {"refund_amount": "all"}],
    ids=["another number", "another amount", "no amount"],
)
def test_a_signed_answer_about_another_refund_decides_nothing(changes: dict[str, str]) -> None:
    assert answer("ask", reply(QUERY, found(**changes))) == Unknown(code="answer_for_another_refund")


@pytest.mark.parametrize("amount", ["12.80", "12.8", ""])
def test_an_amount_is_compared_as_money_and_not_as_text(amount: str) -> None:
    outcome = answer("ask", reply(QUERY, found(refund_amount=amount)))
    assert outcome == Settled(channel_refund_ref=TRADE, at=PAID_AT)


@pytest.mark.parametrize(
    ("status", "where"), [("F", "支付宝余额"), ("S", "150****8675"), ("P", "150****8675")]
)
def test_a_card_that_sends_the_money_back_changes_only_where_it_is(status: str, where: str) -> None:
    told = found(
        buyer_logon_id="150****8675",
        deposit_back_info={"has_deposit_back": "true", "dback_status": status, "dback_amount": "12.80"},
    )
    assert answer("ask", reply(QUERY, told)) == Settled(
        channel_refund_ref=TRADE, received_account=where, at=PAID_AT
    )


def test_a_time_that_is_none_is_left_out() -> None:
    outcome = answer("ask", reply(QUERY, found(gmt_refund_pay="soon")))
    assert outcome == Settled(channel_refund_ref=TRADE)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"[1]",
        b"\xff\xfe",
        b'{"x":' * 100_000,
        b'{"alipay_trade_refund_response":"x"}',
    ],
    ids=["empty", "page", "list", "no text", "too deep", "no object"],
)
def test_a_body_without_an_answering_node_is_no_answer(body: bytes) -> None:
    assert answer("refund", httpx.Response(200, content=body)) == Unknown(
        code="no_answer", message="no answering node"
    )


def test_an_answer_to_another_method_is_no_answer() -> None:
    assert answer("refund", reply(QUERY, found())) == Unknown(code="no_answer", message="no answering node")


@pytest.mark.parametrize("status", [302, 403, 500, 502])
def test_an_http_error_says_nothing_however_it_is_signed(status: int) -> None:
    assert answer("refund", reply(REFUND, done(), status=status)) == Unknown(
        code="no_answer", message=f"HTTP {status}"
    )


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (httpx.ConnectError("refused"), Deferred(code="never_left", message="ConnectError")),
        (httpx.ReadTimeout("late"), Unknown(code="no_answer", message="ReadTimeout")),
    ],
)
def test_only_a_refund_that_never_left_may_be_sent_again_blindly(
    trouble: Exception, told: Deferred | Unknown
) -> None:
    assert answer("refund", trouble) == told
    assert answer("ask", trouble) == Unknown(code=told.code, message=told.message)

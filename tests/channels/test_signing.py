"""Golden vectors of the channel sheets: these bytes are what the channels sign."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sudapos.channels import signing
from sudapos.channels.signing import Secret

from .recorded import AT, key, private_pem, public_pem

WECHAT_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvqUym6QTH8J2pzrr8SPT
ZFFyJKYymo65YQWfRTXNj88aPyOBfIdZzp45JqGdU0Ljq08rfTd92rS0DvcuoNH3
9iPwvRd9VC4GB7CtodPoySCtURbQSktvRkBqhv78hzte2zcxqc9VgVAt2Vk2eKHs
N4XpHrW6IhC+hZcwvU5pZAF2c380gbH+zEWxhNHlfNuTb1C+lDQwXPmSPL7AUZxm
aiBK2nFV5zhUjdq+DcirhcZbyTEjEqmYv/5g0LBBGMIvgx33Npvb0k0coJUlRdu4
VIErGlrfogkVI3qpWtFCx0NgBXd3ZNa4JoLd2rpmHO7mj5fkMr4e7eWbnybFvQ+1
/wIDAQAB
-----END PUBLIC KEY-----"""
WECHAT_SIGNATURE = (
    "dcpJQ00ULGvddntw2MsukXrz6/d8vfe5bjnHn4dGG7OUrX1zJIDKgRxc3uVZJ2L6HpqcuwwUMxkyMS6oyHAWjrfGgUIebyXmv/8k06YfPpF9"
    "K6yGVtGZQ66jF6Xas9bSTlZreSPecJNjaK3ArQO6Rlc7Jj6aFzVtKxK8gafR+SegXEGej2oKWGchcPoFaO7A75c+ch/htk8EgxZOuM700KTx"
    "lo8P8WTe75mmRjZgBxIJZybg8+1wt2zGXXyfJIj8ztFzmI7JbeLcQKR/Oce6eit42V9Vtiq+J51B05Ncy8ag+bYVFuVOJzwkb2IcO12lR9yO"
    "5/JqEZRPLkOxRM8Dxw=="
)
ALIPAY_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAl2PJhW04G1sClzEDwMw1
nxCjlyDTubFhn89bcEzP7GB/mFWnfIRXydM2qvDALpJggjeCIc3Orm0AobZOltic
1MGOBrFWcoOMyT7haV3X05jPa0qy6bMg5YJZy7/5mjTQL/3jPJM+TA3YTNV8wPUs
JgWINENAGFIakS4HTj3oGIuPvbMgL1z7Yd66TIYzfA4FRwa08XXaZLC/u+EJ8tUe
dhQhPjwWQBL0H+bhoqWZSIW3/xdMZrMf8RF9uM22Y3mE1DAnxseXrxjW2Kg0q/47
mOjXGBcrQUOeaAB+0SamdFu6LP9ylQOESg0bpFhgqhUWIT/QYJ1I8PQrVYy9QZkA
IwIDAQAB
-----END PUBLIC KEY-----"""
ALIPAY_SIGNATURE = (
    "eITxP5fZiJPB2+vZb90IRkv2iARxeNx/6Omxk7FStqflhG5lMoCvGjo2FZ6Szo1bGBMBReazZuqLaqsgomWAUO9onMVurB3enLbRvwUlpE7X"
    "EZaxk/sJYjgc2Y7pIAenvnLL9PEAiXmvUvuinUlvS9J2r1XysC0p/2wu7kEJ/GgZpFDIIYY9mdM6U1rGbi+RvirQXtQHmaEuuJWLA75NR1bv"
    "fG3L8znzW9xz1kOQqOWsQmD/bF1CDWbozNLwLCUmClRJz0Fj4mUYRF0zbW2VP8ZgHu1YvVKJ2+dWC9b+0o94URk7psIpc5NjiOM9Jsn6aoC2"
    "CfrJ/sqFMRCkYWzw6A=="
)
ALIPAY_NODE = (
    '{"code":"10000","msg":"Success","order_id":"20231220110070000002150000657610","out_biz_no":"2023122022560000",'
    '"pay_date":"2023-12-20 22:56:33","pay_fund_order_id":"20231220110070001502150000660902","status":"SUCCESS",'
    '"trans_amount":"0.01"}'
)


def digest(text: bytes) -> tuple[int, str]:
    return len(text), hashlib.sha256(text).hexdigest()


def test_the_official_example_string_of_wechat() -> None:
    text = signing.wechat_request_text(
        "GET", "/v3/certificates", "1554208460", "593BEC0C930BF1AFEB40B4A08C8FB242", b""
    )
    assert digest(text) == (66, "fab5c8a222049f386cb01453c7dc712c7997e756271557b0ef6e2e5060575373")


def test_a_wechat_refund_is_signed_over_these_bytes() -> None:
    body = (
        '{"out_trade_no":"POS20261123000123","out_refund_no":"R20261123000123-1","reason":"退货",'
        '"notify_url":"https://pay.example.com/wechat/refund","amount":{"refund":1280,"total":5980,"currency":"CNY"}}'
    ).encode()
    text = signing.wechat_request_text(
        "POST", "/v3/refund/domestic/refunds", "1795392000", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", body
    )
    assert digest(text) == (276, "07d27b439076008fd777a0f89fc0a328152310a7c11301fc3bb02d2077a2a966")


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "/v3/refund/domestic/refunds/R%7C2026%401%2A_-",
            "61d16926bb83b0662446e6565b170e19b7d1f8848c1bc98a278fbaed0176eec0",
        ),
        (
            "/v3/bill/tradebill?bill_date=2026-11-22&bill_type=REFUND&tar_type=GZIP",
            "383725eb417f44213e5b104bad22ef0f848e047a2d1292d76dbe7649845b0ffe",
        ),
    ],
)
def test_wechat_targets_are_signed_as_they_stand_on_the_wire(target: str, expected: str) -> None:
    text = signing.wechat_request_text("GET", target, "1795392000", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", b"")
    assert digest(text)[1] == expected


def test_a_recorded_wechat_reply_verifies_and_one_changed_byte_does_not() -> None:
    body = b'{"refund_id":"50300807092026112300000000001","out_refund_no":"R20261123000123-1","status":"PROCESSING"}'
    text = signing.wechat_reply_text("1795392000", "c5ac7061fccab6bf3e254dcf98995b8c", body)
    assert digest(text) == (148, "5e9cf32fcd96f3c91d6556f9a0197ba10c058226edefe2b01385a76391445b12")
    key = signing.load_public_key(WECHAT_KEY)
    assert signing.rsa_verify(key, text, WECHAT_SIGNATURE)
    assert not signing.rsa_verify(key, text.replace(b"PROCESSING", b"PROCESSED!"), WECHAT_SIGNATURE)
    assert not signing.rsa_verify(key, text, "WECHATPAY/SIGNTEST/" + WECHAT_SIGNATURE)


def test_a_recorded_wechat_notice_opens() -> None:
    plain = signing.aes_gcm_decrypt(
        Secret("PosRefundDemoApiV3Key0123456789A"),
        nonce="fdasflkja484",
        associated="refund",
        ciphertext="nmkMuz6yvoeAx6nXHp7Ecw12FMc2nOWDqwOSX05TkFLqws7Ak+UakU+WHw==",
    )
    assert plain == b'{"refund_status":"SUCCESS"}'
    with pytest.raises(ValueError, match="does not open"):
        signing.aes_gcm_decrypt(
            Secret("x" * 32), nonce="fdasflkja484", associated="refund", ciphertext="nmkMuz6yvoeAx6nXHp7Ecw=="
        )


def test_a_whole_recorded_wechat_notice_opens() -> None:
    plain = signing.aes_gcm_decrypt(
        Secret("PosRefundDemoApiV3Key0123456789A"),
        nonce="fdasflkja484",
        associated="refund",
        ciphertext=(
            "nmkTvTCutMHlluyPWtuHYQdld6tX84K/jVWwycNLU4lNj6cYcoZoOb4d3ys6FaKU/GBMFn45EpN9EeSomurgMVkx9MPgCmQHoEM3VQOQ"
            "gkDCyhP+yD2EktBSvvI+jznUx968uV0rvEIJiy81jdL69COPK0PzvG/xaSgScQ2zcN3BYG+M/B7x8KVFDpAGeXznXxDRu2pYTZiORKSl"
            "cauIFiQBrfmlay4EP/e9q0gMgW3wePajLsPO9753V+JT3XJbojKRwH1ZxZIeDLlBG0fG2mjkSBjAexWACcU5FX2cypRpV5b1tParQGr4"
            "RgeZlThhdsT1AtNjjofKUf/BQjza0MbHtKlX3q+ZrrQbxeVnIaEKNmMtKvfT8PxEs8NCRjHvR49SsU0duN8GFVEpkkNwRtzaU82rALXt"
            "7g7bqe1fHNdYszIrlf/8eM5wpmqZaPfehfAQpfZ0TFj1IL+6KTIGRBNe0UafBa95rnVM9AHckIM/NTQW38ihfDgp5NRphyvUT9xrIjKM"
            "6/rup6MddlC3"
        ),
    )
    assert len(plain) == 383
    told = json.loads(plain)
    assert (told["mchid"], told["out_refund_no"]) == ("1900000109", "R20261123000123-1")
    assert told["amount"] == {"total": 5980, "refund": 1280, "payer_total": 5980, "payer_refund": 1280}


@pytest.mark.parametrize("changed", ["nonce", "associated", "ciphertext"])
def test_a_notice_that_was_touched_does_not_open(changed: str) -> None:
    parts = {
        "nonce": "fdasflkja484",
        "associated": "refund",
        "ciphertext": "nmkMuz6yvoeAx6nXHp7Ecw12FMc2nOWDqwOSX05TkFLqws7Ak+UakU+WHw==",
    }
    parts[changed] = parts[changed].replace("f", "g", 1) if changed != "ciphertext" else "nmk" + "A" * 53
    with pytest.raises(ValueError, match="does not open"):
        signing.aes_gcm_decrypt(Secret("PosRefundDemoApiV3Key0123456789A"), **parts)


def test_an_alipay_request_is_signed_sorted_and_without_empty_parameters() -> None:
    parameters = {
        "version": "1.0",
        "app_id": "2014072300007148",
        "method": "alipay.trade.refund",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "sign": "never part of itself",
        "app_auth_token": "",
        "timestamp": "2026-11-23 14:05:07",
        "biz_content": '{"out_trade_no":"POS20261123000123","refund_amount":"12.80",'
        '"out_request_no":"R20261123000123-1","refund_reason":"退货"}',
    }
    expected = (268, "3780cd3c8eeb5080752175c0736b18972b074c1a65ff7eab8217502f0d25c155")
    assert digest(signing.alipay_text(parameters)) == expected


def test_an_alipay_notice_is_signed_without_sign_type() -> None:
    parameters = {
        "app_id": "2014072300007148",
        "biz_content": '{"trade_no":"2026112322001400000000000001","out_trade_no":"POS20261123000123",'
        '"out_request_no":"R20261123000123-1","dback_status":"S","dback_amount":"12.80",'
        '"bank_ack_time":"2026-11-25 10:00:00"}',
        "charset": "UTF-8",
        "msg_method": "alipay.trade.refund.depositback.completed",
        "notify_id": "2026112300222140508000000000001",
        "utc_timestamp": "1795413908000",
        "version": "1.1",
        "sign": "x",
        "sign_type": "RSA2",
    }
    expected = (380, "4a8e0a23af2294cedaa79e7f0842917cc3ac879a7ae7d39471ed5af2b419f17f")
    assert digest(signing.alipay_text(parameters, drop=("sign", "sign_type"))) == expected


def test_a_real_alipay_reply_verifies_over_the_text_cut_from_the_raw_reply() -> None:
    raw = '{"alipay_fund_trans_uni_transfer_response": ' + ALIPAY_NODE + ',"sign":"' + ALIPAY_SIGNATURE + '"}'
    node = signing.alipay_node(raw, "alipay_fund_trans_uni_transfer_response")
    assert node == ALIPAY_NODE
    assert signing.rsa_verify(signing.load_public_key(ALIPAY_KEY), node.encode(), ALIPAY_SIGNATURE)


def test_the_node_of_a_reply_is_cut_with_strings_and_escapes_in_mind() -> None:
    node = '{"code":"10000","msg":"a } \\" { b","nested":{"x":[{"y":1}]}}'
    assert signing.alipay_node('{"x_response":' + node + ',"sign":"s"}', "x_response") == node


def test_the_node_text_of_the_sheet_is_cut_out_byte_for_byte() -> None:
    node = (
        '{"code":"10000","msg":"Success","buyer_logon_id":"150****8675","fund_change":"Y","gmt_refund_pay":'
        '"2026-11-23 14:05:08","out_trade_no":"POS20261123000123","refund_fee":"12.80","send_back_fee":"0.00",'
        '"trade_no":"2026112322001400000000000001"}'
    )
    raw = '{ "alipay_trade_refund_response" :\n' + node + ',"sign":"s"}'
    cut = signing.alipay_node(raw, "alipay_trade_refund_response")
    assert cut is not None
    assert digest(cut.encode()) == (241, "50cad8459532c21f7d2c352d97f76ef86125bec81994d03cdab283c2913a7214")


@pytest.mark.parametrize(
    "raw",
    [
        '{"x_response":null,"other":{"code":"10000"}}',
        '{"note":"x_response","other":{"code":"10000"}}',
        '{"note":"\\"x_response\\":{","other":1}',
        '{"x_response":{"code":"10000"',
        '{"x_response":' + '{"a":' * 100_000,
        "",
    ],
    ids=["null", "as a value", "inside a string", "cut off", "too deep", "empty"],
)
def test_there_is_no_node_where_the_reply_has_none(raw: str) -> None:
    assert signing.alipay_node(raw, "x_response") is None


def test_a_bare_control_character_is_part_of_the_signed_text() -> None:
    node = '{"sub_msg":"one\ttwo"}'
    assert signing.alipay_node('{"x_response":' + node + "}", "x_response") == node


def test_what_one_key_signs_only_its_other_half_verifies() -> None:
    signature = signing.rsa_sign(signing.load_private_key(private_pem("shop")), b"text")
    assert "\n" not in signature
    assert signing.rsa_verify(signing.load_public_key(public_pem("shop")), b"text", signature)
    assert not signing.rsa_verify(signing.load_public_key(public_pem("wechat")), b"text", signature)
    for broken in ("", "é", signature[:-4], signature[:-1], "***"):
        assert not signing.rsa_verify(signing.load_public_key(public_pem("shop")), b"text", broken)


def bare(pem: str) -> str:
    return "".join(line for line in pem.splitlines() if "-----" not in line)


@pytest.mark.parametrize("kind", ["PKCS8", "TraditionalOpenSSL"])
def test_a_private_key_loads_from_pem_and_from_bare_base64(kind: str) -> None:
    pem = private_pem("shop", kind)
    for text in (pem, bare(pem), f"\n  {pem}\n"):
        assert signing.load_private_key(text).private_numbers() == key("shop").private_numbers()


def test_a_public_key_loads_from_pem_from_bare_base64_and_from_a_certificate() -> None:
    pem = public_pem("shop")
    numbers = key("shop").public_key().public_numbers()
    for text in (pem, bare(pem), certificate("shop")):
        assert signing.load_public_key(text).public_numbers() == numbers


def certificate(name: str) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com Root CA")])
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    built = built.public_key(key(name).public_key()).serial_number(x509.random_serial_number())
    built = built.not_valid_before(AT).not_valid_after(AT + timedelta(days=1825))
    return built.sign(key(name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize("text", ["", "hunter2-hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n", "口令"])
def test_what_is_no_key_is_refused_without_being_quoted(text: str) -> None:
    for load in (signing.load_private_key, signing.load_public_key):
        with pytest.raises(signing.BadKey) as caught:
            load(text)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_key_of_another_kind_or_behind_a_password_is_refused() -> None:
    curve = elliptic()
    private = curve.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = curve.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    locked = key("shop").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    for pem in (private, locked):
        with pytest.raises(signing.BadKey):
            signing.load_private_key(pem.decode())
    with pytest.raises(signing.BadKey, match="not an RSA key"):
        signing.load_public_key(public.decode())


def test_a_secret_does_not_print_itself() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {[secret]} %s" % secret == "••• ••• [•••] •••"
    assert secret.reveal() == "hunter2"
    assert str not in type(secret).__mro__


def test_a_secret_does_not_leave_by_the_back_door() -> None:
    secret = Secret("hunter2")
    leavers: list[Callable[[Any], object]] = [json.dumps, pickle.dumps, copy.deepcopy, asdict, vars]
    for leave in leavers:
        with pytest.raises(TypeError):
            leave(secret)


def test_secrets_compare_and_an_empty_one_is_false() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") and not Secret("")

"""UnionPay's server end: what it refuses, in the order that the real one checks, and its file."""

from __future__ import annotations

import io
import itertools
import urllib.request
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from sudapos.channels import signing
from sudapos.channels.signing import unionpay as seals
from sudapos.sandbox import clock, server, unionpay_file

_numbers = itertools.count(1)
Sandbox = server.Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with server.running() as running:
        yield running


def fields(sandbox: Sandbox, reference: str, **changes: str) -> dict[str, str]:
    config = sandbox.config("demo-unionpay")
    said = {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "txnType": "04",
        "txnSubType": "00",
        "bizType": "000201",
        "accessType": "0",
        "channelType": "07",
        "backUrl": "http://www.specialUrl.com",
        "merId": config["mer_id"],
        "certId": config["cert_id"],
        "orderId": f"REFUND{next(_numbers):06d}",
        "txnTime": "20261123140507",
        "txnAmt": "400",
        "origQryId": reference,
    }
    return {name: value for name, value in (said | changes).items() if value}


def say(sandbox: Sandbox, said: dict[str, str], *, signature: str = "", path: str = "backTransReq") -> str:
    config = sandbox.config("demo-unionpay")
    key = signing.load_private_key(config["private_key"])
    said = {**said, "signature": signature or seals.sign(key, said)}
    url = f"{config['base_url']}/gateway/api/{path}.do"
    with urllib.request.urlopen(url, data=urlencode(said).encode(), timeout=10) as answer:
        told = seals.parse(answer.read().decode())
    return f"{told['respCode']} {told['respMsg'].rpartition('[')[2].rstrip(']')}"


@pytest.fixture
def paid(sandbox: Sandbox) -> str:
    return sandbox.order("unionpay", f"ORDER{next(_numbers):06d}", 1000)


def test_what_the_real_one_refuses(sandbox: Sandbox, paid: str) -> None:
    good = fields(sandbox, paid)
    for changes, answer in (
        ({"txnAmt": ""}, "13 2030013"),
        ({"txnAmt": "0400"}, "10 2030001"),
        ({"orderId": "R-20261123-1"}, "10 2030001"),
        ({"txnTime": "20261323140507"}, "10 2030001"),
        ({"version": "5.0.0"}, "10 2030001"),
        ({"merId": "777000000000000"}, "31 2030031"),
        ({"certId": "1"}, "11 9100004"),
        ({"origQryId": "9" * 21}, "35 2040004"),
        ({"txnAmt": "1001"}, "36 2050004"),
    ):
        assert say(
            sandbox, good | changes if all(changes.values()) else fields(sandbox, paid, **changes)
        ) == (answer)
    assert say(sandbox, good) == "00 0000000"
    assert say(sandbox, good) == "12 2010002"
    assert say(sandbox, fields(sandbox, paid, txnAmt="601")) == "36 2050004"


def test_a_single_hash_is_not_a_signature(sandbox: Sandbox, paid: str) -> None:
    said = fields(sandbox, paid)
    key = signing.load_private_key(sandbox.config("demo-unionpay")["private_key"])
    assert say(sandbox, said, signature=signing.rsa_sign(key, seals.text(said))) == "11 9100004"


def test_a_question_needs_number_and_hour(sandbox: Sandbox, paid: str) -> None:
    refund = fields(sandbox, paid)
    say(sandbox, refund)
    question = refund | {"txnType": "00", "bizType": "000000"}
    assert say(sandbox, question, path="queryTrans") == "00 0000000"
    assert say(sandbox, question | {"txnTime": "20261123140508"}, path="queryTrans") == "34 2600000"


def test_a_void_is_for_the_whole_payment_on_its_clearing_day(sandbox: Sandbox, paid: str) -> None:
    void = {"txnType": "31", "txnAmt": "1000"}
    assert say(sandbox, fields(sandbox, paid, **void | {"txnAmt": "999"})) == "36 2050001"
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    old = sandbox.order("unionpay", "ORDEROLD", 1000, paid_at=yesterday)
    assert say(sandbox, fields(sandbox, old, **void)) == "35 2040006"
    assert say(sandbox, fields(sandbox, paid, **void)) == "00 0000000"
    assert say(sandbox, fields(sandbox, paid, txnAmt="1")) == "35 2050002"
    half = sandbox.order("unionpay", "ORDERHALF", 1000)
    say(sandbox, fields(sandbox, half))
    assert say(sandbox, fields(sandbox, half, **void)) == "35 2050002"


def test_too_old_a_payment_is_not_refunded(sandbox: Sandbox) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=331)).isoformat()
    old = sandbox.order("unionpay", "ORDERANCIENT", 1000, paid_at=long_ago)
    assert say(sandbox, fields(sandbox, old)) == "35 4040007"


def test_the_clearing_day_ends_at_eleven_in_the_evening() -> None:
    evening = datetime(2026, 11, 23, 22, 59, 59, tzinfo=clock.BEIJING).timestamp()
    assert f"{unionpay_file.clearing_day(evening):%m%d}" == "1123"
    assert f"{unionpay_file.clearing_day(evening + 1):%m%d}" == "1124"


def test_records_are_607_bytes_and_two_files_are_in_the_zip(sandbox: Sandbox) -> None:
    sandbox.order("unionpay", "ORDERINFILE", 1000, payer="顾客甲")
    day = unionpay_file.clearing_day(datetime.now(UTC).timestamp())
    with zipfile.ZipFile(io.BytesIO(sandbox.statement("unionpay", day.isoformat()))) as archive:
        detail, errors = sorted(archive.namelist(), key=len)
        assert detail[11:14] == "ZM_" and errors[11:15] == "ZME_"
        lines = archive.read(detail).split(b"\r\n")
    assert lines.pop() == b"" and {len(line) for line in lines} == {607}
    [row] = [line for line in lines if b"ORDERINFILE" in line]
    assert row[66:78] == b"000000001000" and row[112:144].strip() == b"ORDERINFILE"
    assert row[166:179] == b"D000000000006" and row[180:193] == b"C000000000994"

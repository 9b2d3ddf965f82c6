"""How WeChat Pay sends a refund that came back to another account (wechatpay §11): strict in every field."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from sudapos.sandbox import faults, ledger, wechatpay_notices, world
from sudapos.sandbox.fields import Choice, Group, Text, first_problem
from sudapos.sandbox.wechatpay_gate import CHANNEL, INNER, Call, Complaint, Reply, wrong
from sudapos.sandbox.wechatpay_refunds import shown

BANKS = tuple(
    f"{bank}_DEBIT"
    for bank in [
        "CMB",
        "COMM",
        "ABC",
        "CCB",
        "ICBC",
        "BOC",
        "PAB",
        "SPDB",
        "CITIC",
        "CEB",
        "CMBC",
        "CIB",
        "GDB",
        "PSBC",
        "NBCB",
    ]
)
MERCHANTS = "商户基本账户商户结算银行账户"
BODY = Group(
    must={"out_refund_no": Text(most=64), "type": Choice(("USER_BANK_CARD", "MERCHANT_BANK_CARD"))},
    may={"bank_type": Choice(BANKS), "bank_account": Text(most=1024), "real_name": Text(most=1024)},
)


async def apply(call: Call) -> Reply:
    """`POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`."""
    try:
        asked = json.loads(call.body.decode("utf-8"))
    except ValueError as error:
        raise wrong("/", None, f"body is not JSON: {error}") from error
    problem = first_problem(asked, BODY)
    if problem is not None:
        inner = INNER["extra"] if problem.issue == "Unknown field" else 1
        raise wrong(problem.field, problem.value, problem.issue, inner=inner)
    world.turn(call.world)
    refund = call.world.ledger.refund(CHANNEL, call.account.name, asked["out_refund_no"])
    if refund is None or wechatpay_notices.refund_id(refund) != call.request.match_info["refund_id"]:
        raise Complaint(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    account = _account(call, asked)
    if refund.state != ledger.ABNORMAL:
        raise Complaint(400, "INVALID_REQUEST", "退款状态不是退款异常，不能发起异常退款")
    fate = call.world.faults.draw(CHANNEL, "reissue", faults.FATE, call.account.name)
    end = ledger.ABNORMAL if fate is not None and fate.fault == "closed_account" else ledger.SUCCESS
    call.world.ledger.go_on(refund, account, end, at=call.now, seconds=call.world.tempo.settle_seconds)
    order = call.world.ledger.order(CHANNEL, call.account.name, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    return Reply(200, shown(call.world, refund, order))


def _account(call: Call, asked: dict[str, str]) -> str:
    """Where the money goes, in words; the card's number is opened with the key that the header names."""
    fields = ("bank_type", "bank_account", "real_name")
    if asked["type"] == "MERCHANT_BANK_CARD":
        extra = [name for name in fields if name in asked]
        if extra:
            raise wrong(f"/{extra[0]}", None, "only for USER_BANK_CARD")
        return MERCHANTS
    missing = [name for name in fields if not asked.get(name)]
    if missing:
        raise wrong(f"/{missing[0]}", None, "is required for USER_BANK_CARD")
    number, name = (_opened(call, field, asked[field]) for field in ("bank_account", "real_name"))
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19) or not name:
        raise wrong("/bank_account", None, "is not the number of a bank card")
    return f"{asked['bank_type'].removesuffix('_DEBIT')}借记卡{number[-4:]}"


def _opened(call: Call, field: str, text: str) -> str:
    own = call.account.own
    serial = call.request.headers.get("Wechatpay-Serial", "")
    keys = {own["public_key_id"]: call.account.channel_key, own["platform_serial"]: call.account.platform_key}
    if serial not in keys:
        raise wrong("Wechatpay-Serial", serial, "must name the key that encrypted", location="header")
    scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    try:
        return keys[serial].decrypt(base64.b64decode(text, validate=True), scheme).decode()
    except ValueError as error:
        raise wrong(f"/{field}", None, "cannot be decrypted") from error

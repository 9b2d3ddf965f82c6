"""Bounced money sent elsewhere, by machine: two people, and no card number in any answer."""

from __future__ import annotations

from sudapos.books import answers, moves
from sudapos.core.outcome import Bounced
from tests.cast import Shop

from .conftest import Caller, problem

CARD = "6225880000000123"


def bounced(shop: Shop) -> str:
    sale = shop.sell(channel="wechatpay")
    shop.later(minutes=-5)  # what the channel says about the old state is well before what people do now
    shop.refund(sale)
    [order] = moves.claim(1, at=shop.at)
    said = Bounced(code="account_closed", channel_refund_ref="50300")
    answers.record([answers.Answer(order.attempt, said)], at=shop.at)
    shop.later(minutes=2)
    moves.hasten(shop_secret(order.number), order.number, at=shop.at)
    [again] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(again.attempt, said)], at=shop.at)
    return order.number


def shop_secret(leg_no: str) -> str:
    from sudapos.books.legs import Leg

    account = Leg.objects.get(leg_no=leg_no).account
    assert account is not None
    return account.notice_secret


def test_a_card_is_proposed_by_one_and_registered_by_another(shop: Shop, api: Caller) -> None:
    leg_no = bounced(shop)
    body = {
        "operator": "m01",
        "kind": "customer_card",
        "bank": "CMB",
        "card_number": CARD,
        "evidence": "销户证明",
    }
    path = f"/legs/{leg_no}/reissue"
    wrong = api.post(f"{path}/propose", body | {"card_number": "62258800000001x3"})
    assert problem(wrong) == (422, "input_invalid") and "0000001x3" not in wrong.content.decode()
    assert problem(api.post(f"{path}/propose", body | {"operator": "c01"})) == (403, "may_not")
    told = api.post(f"{path}/propose", body)
    assert told.status_code == 200 and CARD not in told.content.decode()
    assert problem(api.post(f"{path}/portal", {"operator": "m01", "reference": "X"})) == (403, "may_not")
    differs = api.post(path, {"operator": "f01", "card_number": "6225880000000124", "holder": "王小丽"})
    assert problem(differs) == (422, "card_differs")
    assert api.post(f"{path}/portal", {"operator": "f01", "reference": "MCH-7"}).status_code == 200
    retry = {"operator": "m02", "note": "x", "route": "transfer"}
    assert problem(api.post(f"/legs/{leg_no}/retry", retry)) == (409, "reissue_under_way")

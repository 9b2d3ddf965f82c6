"""/accounts: contracts with channels."""

from __future__ import annotations

from sudapos.sandbox import keys
from tests.cast import Shop

from .conftest import Caller, problem


def test_a_contract_is_written_and_told_without_its_secrets(shop: Shop, api: Caller) -> None:
    config = dict(keys.ensure(None, base_url="http://127.0.0.1:9600")["demo-alipay"]["config"])
    body = {"operator": "admin", "channel": "alipay", "config": config}
    told = api.put("/accounts/ali-main", body).json()
    assert told["config"]["app_id"] == config["app_id"]
    assert "private_key" not in told["config"] and "private_key" in told["secrets_set"]
    assert told["capability"]["window_days"] == 365
    assert [w["code"] for w in told["warnings"]] == ["licence_unknown"]
    listed = api.get("/accounts").json()["items"]
    assert "ali-main" in [row["name"] for row in listed]
    assert problem(api.put("/accounts/ali-main", body | {"operator": "c01"})) == (403, "may_not")
    assert problem(api.put("/accounts/ali-main", body | {"channel": "wechatpay"}))[0] in (409, 422)
    assert problem(api.get("/accounts/none")) == (404, "account_not_found")


def test_a_licence_card_is_written_and_its_warnings_told(shop: Shop, api: Caller) -> None:
    card = {"operator": "admin", "legal_name": "某某支付有限公司", "valid_to": "2020-01-01"}
    told = api.put("/accounts/demo-alipay/licence", card).json()
    assert told["licence"]["valid_to"] == "2020-01-01"
    codes = [w["code"] for w in told["warnings"]]
    assert codes == ["licence_missing", "licence_expired", "licence_unchecked"]
    fine = card | {"valid_to": None, "business_type": "bank", "checked": True}
    assert api.put("/accounts/demo-alipay/licence", fine).json()["warnings"] == []
    assert problem(api.put("/accounts/demo-alipay/licence", card | {"valid_to": "soon"})) == (
        422,
        "input_invalid",
    )


def test_another_payer_of_the_settlement_is_warned_of(shop: Shop, api: Caller) -> None:
    card = {"operator": "admin", "legal_name": "某某支付有限公司", "business_type": "bank", "checked": True}
    assert (
        api.put("/accounts/demo-alipay/licence", card | {"payer": "某某支付有限公司"}).json()["warnings"]
        == []
    )
    [warning] = api.put("/accounts/demo-alipay/licence", card | {"payer": "张三"}).json()["warnings"]
    assert warning["code"] == "acquirer_payer_mismatch" and "张三" in warning["message"]


def test_a_check_says_whether_the_channel_answered(shop: Shop, api: Caller) -> None:
    told = api.post("/accounts/demo-alipay/check", {"operator": "admin"}).json()
    assert told["worked"] is False and "app_id" in told["said"]

from __future__ import annotations

from sudapos.books import shops
from sudapos.books.audit import AuditRecord
from sudapos.sandbox import keys

from .conftest import text


def config():
    return dict(keys.ensure(None, base_url="http://127.0.0.1:9600")["demo-wechatpay"]["config"])


def test_an_account_is_added_and_its_secrets_are_never_shown(shop, person):
    admin, given = person("admin"), config()
    response = admin.post("/settings/accounts/keep/", {"name": "wx-main", "channel": "wechatpay", **given})
    assert response.status_code == 302
    page = admin.get("/settings/accounts/wx-main/").content.decode()
    assert given["mchid"] in page
    assert given["apiv3_key"] not in page and given["private_key"].splitlines()[1] not in page
    assert "已设置，留空不变" in page
    record = AuditRecord.objects.get(act="account.put", subject_no="wx-main")
    assert given["apiv3_key"] not in str(record.facts) and "apiv3_key" in record.facts["keys"]


def test_a_secret_left_empty_stays_and_a_wrong_one_is_named(shop, person):
    admin, given = person("admin"), config()
    admin.post("/settings/accounts/keep/", {"name": "wx-main", "channel": "wechatpay", **given})
    changed = given | {"apiv3_key": "", "private_key": "", "mchid": "1900000000"}
    admin.post("/settings/accounts/keep/", {"name": "wx-main", "channel": "wechatpay", **changed})
    kept = shops.accounts(["wx-main"])["wx-main"].config
    assert (kept["mchid"], kept["apiv3_key"]) == ("1900000000", given["apiv3_key"])
    response = admin.post(
        "/settings/accounts/keep/",
        {"name": "wx-main", "channel": "wechatpay", **changed, "apiv3_key": "short"},
    )
    assert response.status_code == 422
    assert "short" not in response.content.decode().replace("short_", "")
    assert shops.accounts(["wx-main"])["wx-main"].config["apiv3_key"] == given["apiv3_key"]


def test_only_who_may_sees_or_changes_the_contracts(shop, person):
    assert person("c01").get("/settings/accounts/").status_code == 403
    finance = person("f01")
    assert finance.get("/settings/accounts/").status_code == 200
    assert finance.post("/settings/accounts/keep/", {"name": "x", "channel": "wechatpay"}).status_code == 403
    assert person("admin").get("/settings/accounts/new/doge/").status_code == 422


def test_a_licence_card_clears_the_warning_and_an_old_one_warns_again(shop, person):
    admin = person("admin")
    assert "还没有登记收单机构的持牌信息" in admin.read("/settings/accounts/demo-wechatpay/")
    card = {
        "legal_name": "某某支付有限公司",
        "licence_no": "Z2000000000001",
        "business_type": "支付交易处理Ⅰ类",
        "region": "全国",
        "valid_to": "2099-01-01",
        "checked": "1",
    }
    assert admin.post("/settings/accounts/demo-wechatpay/licence/", card).status_code == 302
    page = admin.read("/settings/accounts/demo-wechatpay/")
    assert "持牌信息" in page and "还没有登记" not in page and "admin" in page
    admin.post("/settings/accounts/demo-wechatpay/licence/", card | {"valid_to": "2020-01-01"})
    assert "许可证 2020-01-01 已到期" in admin.read("/settings/accounts/")
    response = admin.post("/settings/accounts/demo-wechatpay/licence/", card | {"valid_to": "soon"})
    assert response.status_code == 422


def test_a_channel_tells_what_it_can_do_and_what_to_ask_the_acquirer(shop, person):
    browser = person("admin")
    page = browser.read("/settings/accounts/demo-wechatpay/")
    for told in ("退款期限", "365 天", "请向收单机构确认", "依据公开资料核对过"):
        assert told in page


def test_an_account_that_cannot_be_reached_says_so(shop, person):
    admin, given = person("admin"), config() | {"base_url": "http://127.0.0.1:1/wechatpay"}
    admin.post("/settings/accounts/keep/", {"name": "wx-main", "channel": "wechatpay", **given})
    response = admin.post("/settings/accounts/wx-main/check/")
    assert "渠道没有正确应答" in text(response) and "never_left" in text(response)
    assert AuditRecord.objects.filter(act="account.checked", subject_no="wx-main").count() == 1

"""Finance's desk and the page of notices."""

from __future__ import annotations

from sudapos.books import outbox, recipients
from sudapos.books.legs import Leg
from sudapos.books.outbox import Delivery
from sudapos.books.recipients import Recipient
from tests.cast import Shop

FORM = {
    "name": "财务群",
    "kind": "message",
    "address": "dingtalk://token@secret/",
    "events": ["leg.failed", "leg.bounced"],
    "quiet_hours": "22:00-08:00",
    "group_minutes": "5",
    "escalate_minutes": "0",
    "language": "zh",
    "store": "",
    "active": "1",
}


def test_an_empty_desk_says_what_will_be_here(shop: Shop, person) -> None:
    text = person("f01").read("/finance/")
    assert "今天没有等着财务处理的事" in text


def test_each_kind_stands_with_its_sum_and_its_one_next_step(shop: Shop, person) -> None:
    for number, state in (("S-1", "bounced"), ("S-2", "failed"), ("S-3", "in_doubt")):
        shop.sell(number, channel="wechatpay")
        refund = shop.refund(number)
        Leg.objects.filter(refund=refund).update(state=state, error_code="account_closed")
    shop.sell("S-4", channel="wechatpay")
    Leg.objects.filter(refund=shop.refund("S-4")).update(error_code="not_enough_balance")
    text = person("f01").read("/finance/")
    for word in ("被退回", "未退出", "确认中", "余额不足"):
        assert f"{word} 1 件 · ¥59.97" in text, word
    assert text.index("联系顾客，换一条路把钱退回去") < text.index("给渠道账户充值")


def test_a_cashier_has_no_such_desk(shop: Shop, person) -> None:
    assert person("c01").get("/finance/").status_code == 403


def test_the_desk_speaks_english(shop: Shop, person) -> None:
    her = person("f01")
    her.cookies["lang"] = "en"
    assert "Nothing waits for finance today" in her.read("/finance/")


def test_a_recipient_is_added_changed_and_its_address_never_shown_again(shop: Shop, person) -> None:
    her = person("admin")
    answer = her.post("/settings/notices/new/", FORM)
    row = Recipient.objects.get()
    assert answer.headers["Location"] == f"/settings/notices/{row.pk}/"
    page = her.get(f"/settings/notices/{row.pk}/").content.decode()
    assert "token@secret" not in page and "已设置，留空不变" in page
    her.post(f"/settings/notices/{row.pk}/", {**FORM, "address": "", "name": "财务"})
    row = recipients.get(row.pk)
    assert (row.name, row.address) == ("财务", "dingtalk://token@secret/")


def test_a_wrong_form_keeps_what_was_typed_and_marks_the_field(shop: Shop, person) -> None:
    her = person("admin")
    answer = her.post("/settings/notices/new/", {**FORM, "quiet_hours": "late", "address": "nonsense"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="nonsense"' in page and "is-wrong" in page
    assert Recipient.objects.count() == 0


def test_a_webhooks_secret_is_shown_once(shop: Shop, person) -> None:
    her = person("admin")
    hook = {**FORM, "kind": "webhook", "address": "https://till.example/hook"}
    where = her.post("/settings/notices/new/", hook).headers["Location"]
    secret = Recipient.objects.get().secret
    assert secret.startswith("whsec_")
    assert secret in her.get(where).content.decode()
    assert secret not in her.get(where).content.decode()


def test_what_did_not_arrive_is_sent_again_by_a_person(shop: Shop, person) -> None:
    her = person("admin")
    her.post("/settings/notices/new/", {**FORM, "events": ["period.closed"]})
    outbox.write([outbox.Draft(event="period.closed", subject="period", subject_no="2026-10")], at=shop.at)
    Delivery.objects.update(state="failed", error="not_accepted", done_at=shop.at)
    assert "2026-10 已结账" in her.read("/settings/notices/")
    number = Delivery.objects.get().pk
    assert her.post(f"/settings/notices/again/{number}/").status_code == 302
    assert Delivery.objects.get().state == "due"
    assert her.post(f"/settings/notices/again/{number}/").status_code == 409


def test_overdue_money_red_invoices_and_cases_have_their_sections(shop: Shop, person) -> None:
    from datetime import timedelta

    from sudapos.books import cases
    from sudapos.books.overdue import ARRIVAL, Overdue

    shop.sell("S-1", channel="wechatpay", invoice_no="26332000000012345678")
    refund = shop.refund("S-1")
    leg = refund.legs.get()
    yesterday = (shop.at - timedelta(days=1)).date()
    Overdue.objects.create(kind=ARRIVAL, refund=refund, leg=leg, due_on=yesterday, opened_at=shop.at)
    cases.open(refund.refund_no, what="顾客说没收到", operator=shop.f01, at=shop.at)
    her = person("f01")
    page, text = her.get("/finance/").content.decode(), her.read("/finance/")
    for told in ("逾期 1 件", "红字发票 1 件", "客诉 1 件", "顾客说没收到"):
        assert told in text, told
    for place in ("/invoices/", "/cases/", "/refunds/"):
        [link, *_] = [part.split('"')[0] for part in page.split('href="')[1:] if part.startswith(place)]
        her.read(link)

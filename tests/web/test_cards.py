"""The cards' page: a card is found, topped up, paid with, refunded to and handed back by two people."""

from __future__ import annotations

import pytest

from sudapos.books import hand_backs, staff
from sudapos.books.cards import StoredCard
from sudapos.books.hand_backs import HandBack
from sudapos.books.intake import LineDraft
from tests.books.test_cards import by_card, card, points
from tests.books.test_hand_backs import wish
from tests.cast import PASSWORD
from tests.web.conftest import field, said, text

ID = "11010519491231002X"
HERS = {
    "person": "李小兰",
    "payee": "李小兰",
    "id_number": ID,
    "account": "6222021234567890",
    "payout": "transfer",
}


def spent(shop, face):
    row = card(shop, paid=100_000, bonus=20_000)
    meal = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=face, vat_bp=1300)
    shop.sell(lines=(meal,), payments=(by_card(face),))
    return row


def test_a_card_is_opened_and_topped_up_once_and_its_number_is_not_shown(shop, person):
    browser = person("c01")
    made = browser.post("/cards/", {"number": "600000000001", "kind": "stored_value", "holder": "李小兰"})
    page = browser.get(made.headers["Location"])
    key = field(page, "key")
    for _ in range(2):
        browser.post(
            f"{made.headers['Location']}top-up/",
            {"key": key, "paid": "1000.00", "bonus": "200.00", "channel": "cash"},
        )
    shown = browser.read(made.headers["Location"])
    assert "600000000001" not in shown
    assert "余额¥1200.00本金¥1000.00赠送¥200.00" in shown
    assert "****0001" in browser.read("/cards/", q="0001")
    assert "没有找到这张卡" in browser.read("/cards/", q="9999")
    assert "退卡" not in shown


def test_ex06_at_the_counter_every_tender_gets_its_part(shop, person):
    card(shop, paid=12_500, bonus=2_500)
    points(shop, held=1_000)
    meal = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=30_000, vat_bp=1300)
    sale = shop.sell(
        lines=(meal,),
        payments=(
            by_card(1_000, "P-0001", "points", payment_no="P1"),
            by_card(15_000, payment_no="P2"),
            shop.payment("S", "wechatpay", 14_000, "P3"),
        ),
    )
    browser = person("c01")
    form = {"scope": "amount", "amount": "99.99", "reason": "quality", "key": "k-1", "receipt": "present"}
    shown = text(browser.post(f"/counter/{sale.sale_no}/preview/", form))
    for part in ("¥3.33", "¥50.00", "¥46.66"):
        assert part in shown
    assert browser.post(f"/counter/{sale.sale_no}/", form).status_code == 302
    ref = StoredCard.objects.get(kind="stored_value").card_ref
    assert "余额¥50.00本金¥41.67赠送¥8.33" in browser.read(f"/cards/{ref}/")


@pytest.mark.parametrize(
    ("cause", "face", "back"),
    [("MERCHANT", 36_000, "¥700.00"), ("CONSUMER", 36_000, "¥640.00"), ("CONSUMER", 110_000, "¥0.00")],
    ids=["EX14a", "EX14b", "EX14c"],
)
def test_ex14_a_card_is_handed_back_step_by_step_and_paid_by_another(shop, person, cause, face, back):
    row = spent(shop, face)
    staff.hire("s01", "孙客服", ["cs"], at=shop.at, password=PASSWORD)
    clerk, where = person("s01", seat=""), f"/cards/{row.card_ref}/hand-back/"
    told = {
        "cause": cause,
        "rescinded_on": "2026-11-01",
        "history": "yes",
        "experienced": "yes",
        "key": "k-1",
    }
    shown = text(clerk.post(where, {**told, "go": "preview"}))
    assert f"5. 应退本金{back}" in shown
    assert "LPR 最新一行 2025-05-20 3.00 %" in shown and "退付前请财务按公布值核对" in shown
    assert not HandBack.objects.exists()
    wrong = clerk.post(where, {**told, **HERS, "payee": "王五", "go": "ask"})
    assert said(wrong) == "payee_not_holder"
    asked = clerk.post(where, {**told, **HERS, "go": "ask"})
    paper = asked.headers["Location"]
    assert ID not in clerk.read(paper) and "同意并退付" not in clerk.read(paper)
    manager = person("m01")
    assert "退卡等待复核" in manager.read("/cards/")
    if back != "¥0.00":
        assert said(manager.post(paper, {"go": "pay"})) == "transfer_reference_needed"
    assert "FR22" in manager.read(paper)
    assert said(manager.post(paper, {"go": "pay", "reference": "B-1"})) == "hand_back_held"
    assert manager.get(f"{paper}paper/").status_code == 404
    done = {"go": "pay", "reference": "B-1", "note": "已核对充值单和身份证"}
    assert manager.post(paper, done).status_code == 302
    assert "已退付" in manager.read(paper)
    voucher = text(manager.get(f"{paper}paper/?format=html"))
    for part in (
        "储值卡退款凭证",
        "****0001",
        f"应退本金{back}",
        "利息（自 2026-11-01）",
        "退后余额·本金¥0.00",
        "客户签名",
    ):
        assert part in voucher.replace(" ", "").replace("（自2026", "（自 2026") or part in voucher
    assert ID not in voucher
    assert "余额¥0.00" in manager.read(f"/cards/{row.card_ref}/")


def test_the_voucher_of_a_card_handed_back_is_printed_once_and_reprinted_with_a_reason(shop, person):
    row = spent(shop, 36_000)
    clerk = staff.hire("s01", "孙客服", ["cs"], at=shop.at, password=PASSWORD)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=clerk, at=shop.at)
    assert "退卡等我复核" in person("m01").read("/")
    assert "退卡等我复核" in person("m01").read("/finance/")
    assert "退卡等我复核" not in person("c01").read("/")
    hand_backs.pay(asked.number, operator=shop.m01, reference="B", note="已核对", at=shop.at)
    where, cashier, manager = f"/cards/hand-backs/{asked.number}/paper/", person("c01"), person("m01")
    assert "还没有打印过" in cashier.read(where) and "打印凭证" in cashier.read(where)
    assert "重印" not in text(cashier.get(f"{where}?format=html"))
    assert cashier.post(where, {"width": "58"}).status_code == 302
    assert "已打印1次" in cashier.read(where).replace(" ", "")
    assert said(manager.post(where)) == "reprint_reason_needed"
    assert manager.post(where, {"reason": "lost"}).status_code == 302
    paper = text(manager.get(f"{where}?format=html"))
    assert "重印" in paper and "第1次重印" in paper.replace(" ", "") and "顾客遗失" in paper
    pdf = manager.get(f"{where}?format=pdf&width=58&lang=en")
    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "重印请找有重印权限的人" in person("a01").read(where)

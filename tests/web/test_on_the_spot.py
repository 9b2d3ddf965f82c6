"""A checker comes to the cashier's till: one refund, one password, one use; the cashier stays signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from sudapos.books import decisions
from sudapos.books.approvals import Approval
from sudapos.books.audit import AuditRecord
from sudapos.books.refunds import Refund
from tests.cast import PASSWORD, Shop

from .conftest import Person, said, text


def waiting(shop: Shop, **changes: object) -> Refund:
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill", **changes)
    assert refund.state == "awaiting"
    return refund


def spot(person: Person, refund: Refund, **changes: str):
    sent = {
        "code": "m01",
        "password": PASSWORD,
        "fingerprint": refund.fingerprint,
        "act": "approve",
        "note": "",
    }
    return person.post(f"/refunds/{refund.refund_no}/on-the-spot/", sent | changes)


def test_the_manager_approves_and_the_cashier_stays(person: Callable[..., Person], shop: Shop) -> None:
    refund = waiting(shop)
    cashier = person("c01")
    page = cashier.get(f"/refunds/{refund.refund_no}/")
    assert "审批人在旁边" in text(page) and "<svg" in page.content.decode()
    assert spot(cashier, refund).status_code == 302
    assert decisions.get(refund.refund_no).state == "approved"
    assert "王**" in cashier.read("/")
    record = AuditRecord.objects.get(act="refund.approve")
    assert (record.by, record.facts["beside"], record.facts["till"]) == ("m01", "c01", "T1")
    assert AuditRecord.objects.filter(act="sign_in.on_the_spot", by="m01").count() == 1
    again = spot(cashier, refund)
    assert (again.status_code, said(again)) == (409, "not_awaiting")
    assert Approval.objects.count() == 1


def test_the_maker_a_cashier_and_a_wrong_password_change_nothing(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund = waiting(shop)
    cashier = person("c01")
    for changes, status, code in (
        ({"code": "c01"}, 403, "maker_is_checker"),
        ({"code": "c02"}, 403, "may_not"),
        ({"password": "wrong"}, 422, "wrong_password"),
        ({"act": "reject"}, 422, "note_needed"),
        ({"fingerprint": "0" * 64}, 409, "page_stale"),
    ):
        answer = spot(cashier, refund, **changes)
        assert (answer.status_code, said(answer)) == (status, code), changes
        assert PASSWORD not in answer.content.decode()
    assert decisions.get(refund.refund_no).state == "awaiting" and Approval.objects.count() == 0


def test_five_wrong_passwords_and_the_right_one_does_not_help(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund, cashier = waiting(shop), person("c01")
    for _ in range(5):
        assert said(spot(cashier, refund, password="no")) == "wrong_password"
    assert said(spot(cashier, refund)) == "too_many_tries"
    assert spot(cashier, refund, code="m02").status_code == 302


def test_a_no_on_the_spot_has_its_reason(person: Callable[..., Person], shop: Shop) -> None:
    refund = waiting(shop)
    assert spot(person("c01"), refund, act="reject", note="商品有使用痕迹").status_code == 302
    row = decisions.get(refund.refund_no)
    assert (row.state, row.decided_by, row.decision_note) == ("rejected", "m01", "商品有使用痕迹")


def test_one_fen_changed_behind_the_page_and_the_approval_is_void(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund = waiting(shop)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE books_refund SET plan = jsonb_set(plan, '{0,amount}', to_jsonb((plan->0->>'amount')::int + 1))"
            " WHERE id = %s",
            [refund.pk],
        )
    answer = spot(person("c01"), refund)
    assert (answer.status_code, said(answer)) == (409, "refund_altered")
    assert decisions.get(refund.refund_no).state == "awaiting"


def test_an_approval_runs_out_and_its_money_stays_reserved(person: Callable[..., Person], shop: Shop) -> None:
    refund = waiting(shop)
    Refund.objects.filter(pk=refund.pk).update(created_at=shop.at - timedelta(minutes=1_441))
    cashier = person("c01")
    assert "已经过期" in cashier.read(f"/refunds/{refund.refund_no}/")
    assert said(spot(cashier, refund)) == "approval_expired"
    [payment] = refund.sale.payments.all()
    assert payment.promised == refund.total
    cashier.post(f"/refunds/{refund.refund_no}/withdraw/", {})
    payment.refresh_from_db()
    assert payment.promised == 0


def test_made_and_approved_at_one_till_within_seconds_is_refused(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund = waiting(shop)
    manager = person("m01")  # at S01/T1, where it was made a moment ago
    Refund.objects.filter(pk=refund.pk).update(created_at=shop.at + timedelta(days=1))
    sent = {"fingerprint": refund.fingerprint}
    answer = manager.post(f"/approvals/{refund.refund_no}/approve/", sent)
    assert (answer.status_code, said(answer)) == (403, "approved_too_fast")
    Refund.objects.filter(pk=refund.pk).update(created_at=shop.at - timedelta(minutes=1))
    assert manager.post(f"/approvals/{refund.refund_no}/approve/", sent).status_code == 302

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sudapos.books import decisions, invoices, requests, shops, vouchers
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.invoices import RedInvoice, RedMove, RedPart, Told
from sudapos.books.outbox import Message
from sudapos.core import invoices as rules
from sudapos.core.invoices import Step
from sudapos.core.refusal import Conflict, Forbidden, Invalid, Refusal
from sudapos.ops import closing
from tests.cast import Shop

BLUE, RED = "26332000000012345678", "26332000000087654321"


def invoiced(shop: Shop, sale_no: str | None = None, **changes):
    return shop.sell(sale_no, **({"invoice_no": BLUE} | changes))


def task_of(refund) -> RedInvoice:
    [task] = RedInvoice.objects.filter(refund=refund)
    return task


def do(shop: Shop, task: RedInvoice, step: Step, **told) -> RedInvoice:
    operator = told.pop("operator", shop.f01)
    return invoices.step(task.task_no, step, Told(**told), operator=operator, at=shop.at)


def refused(code: str, kind: type[Refusal] = Refusal):
    return pytest.raises(kind, match=code)


def test_a_refund_of_an_invoiced_sale_opens_a_task_with_its_lines_and_rates(shop):
    refund = shop.refund(invoiced(shop), lines={1: 1})
    task = task_of(refund)
    assert (task.task_no, task.state, task.blue_no) == (f"{refund.refund_no}H1", "blue_issued", BLUE)
    assert (task.reason_code, task.store, task.due_at) == (
        "SALES_RETURN",
        "S01",
        shop.at + timedelta(hours=72),
    )
    [part] = invoices.parts_of(task)
    assert (part.name, part.vat_bp, part.amount, part.tax, part.net) == ("红枣酸奶", 1300, 1999, 230, 1769)
    assert [(m.step, m.after) for m in task.moves.all()] == [("open", "blue_issued")]
    assert Message.objects.get(event="invoice.due").subject_no == task.task_no


def test_ex11_partial_refunds_red_2950_and_383_then_7050_and_917(shop):
    line = LineDraft(line_no=1, sku="1", name="茶壶", milli=1000, unit_price=11300, unit="件", vat_bp=1300)
    sale = invoiced(shop, lines=(line,))
    first = shop.refund(sale, amount=3333, reason="wrong_charge")
    shop.later(minutes=2)
    second = shop.refund(sale, amount=7967, reason="wrong_charge")
    told = [[(p.net, p.tax) for p in invoices.parts_of(task_of(refund))] for refund in (first, second)]
    assert told == [[(2950, 383)], [(7050, 917)]]


def test_a_sale_without_an_invoice_and_money_out_of_kindness_have_no_task(shop):
    shop.refund(shop.sell())
    waiting = shop.refund(invoiced(shop), amount=100, reason="goodwill")
    decisions.approve(waiting.refund_no, operator=shop.m01, at=shop.at)
    assert RedInvoice.objects.count() == 0


def test_a_refund_that_waits_for_approval_has_its_task_with_the_approval(shop):
    sale = invoiced(shop, lines=(LineDraft(line_no=1, name="表", milli=1000, unit_price=90000, vat_bp=1300),))
    refund = shop.refund(sale)
    assert refund.state == "awaiting" and RedInvoice.objects.count() == 0
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    assert task_of(refund).state == "blue_issued"


def test_the_money_does_not_wait_for_the_paper(shop):
    refund = shop.refund(invoiced(shop, channel="wechatpay"))
    assert [leg.state for leg in refund.legs.all()] == ["ready"]
    assert task_of(refund).state == "blue_issued"


def test_any_number_of_refunds_asks_the_same_number_of_questions(shop):
    def asked(count: int) -> int:
        sales = [invoiced(shop) for _ in range(count)]
        with CaptureQueriesContext(connection) as seen:
            requests.open([shop.ask(sale, everything=True) for sale in sales], at=shop.at)
        return len(seen)

    assert asked(1) == asked(7)


def test_the_seller_issues_directly_and_the_red_number_is_recorded(shop):
    task = task_of(shop.refund(invoiced(shop)))
    assert do(shop, task, Step.REQUEST, reason_code="ISSUE_ERROR", special=True).state == "red_requested"
    done = do(shop, task, Step.ISSUE, red_no=RED)
    assert (done.state, done.red_no, done.due_at, done.reason_code, done.special) == (
        "red_issued", RED, None, "ISSUE_ERROR", True,
    )  # fmt: skip
    assert [m.step for m in done.moves.all()] == ["open", "request", "issue"]
    acts = AuditRecord.objects.filter(subject="invoice").order_by("id").values_list("act", "by")
    assert list(acts) == [("invoice.opened", "c01"), ("invoice.request", "f01"), ("invoice.issue", "f01")]


def test_a_blue_number_is_never_a_red_one_and_a_red_one_never_used_twice(shop):
    one = task_of(shop.refund(invoiced(shop)))
    invoiced(shop, invoice_no="26332000000011111111")
    do(shop, one, Step.REQUEST)
    for number, code in ((BLUE, "red_number_is_blue"), ("26332000000011111111", "red_number_is_blue"), ("", "red_number_needed"), ("=1+1", "red_number_needed")):  # fmt: skip
        with refused(code):
            do(shop, one, Step.ISSUE, red_no=number)
    do(shop, one, Step.ISSUE, red_no=RED)
    two = task_of(shop.refund(invoiced(shop)))
    do(shop, two, Step.REQUEST)
    with refused("red_number_used"):
        do(shop, two, Step.ISSUE, red_no=RED)
    with pytest.raises(IntegrityError), transaction.atomic():
        RedInvoice.objects.filter(pk=two.pk).update(red_no=BLUE)


def test_a_form_lapses_one_second_after_72_hours_and_leaves_a_task_to_follow_up(shop):
    task = task_of(shop.refund(invoiced(shop)))
    with refused("form_number_needed"):
        do(shop, task, Step.ASK_BUYER)
    assert do(shop, task, Step.ASK_BUYER, form_no="F-1").due_at == shop.at + timedelta(hours=72)
    shop.later(hours=72)
    assert invoices.lapse(at=shop.at) == 0
    shop.later(seconds=1)
    assert invoices.lapse(at=shop.at) == 1
    task.refresh_from_db()
    assert task.state == "lapsed"
    after = task.followed_by
    assert (after.task_no, after.state, after.blue_no) == (f"{task.refund.refund_no}H2", "blue_issued", BLUE)
    assert [(p.amount, p.tax) for p in after.parts.all()] == [(p.amount, p.tax) for p in task.parts.all()]
    assert invoices.lapse(at=shop.at) == 0
    told = Message.objects.filter(event="invoice.due").order_by("id").values_list("subject_no", "facts__why")
    assert list(told) == [(task.task_no, "open"), (task.task_no, "lapse"), (after.task_no, "follow")]


def test_the_worker_lets_forms_lapse_on_its_round(shop):
    task = task_of(shop.refund(invoiced(shop)))
    do(shop, task, Step.ASK_BUYER, form_no="F-1")
    closing.Rounds(lambda: shop.at + timedelta(hours=72, seconds=1)).turn()
    task.refresh_from_db()
    assert (task.state, task.followed_by.state) == ("lapsed", "blue_issued")


def test_a_confirmation_with_the_last_second_counts_and_one_later_does_not(shop):
    task = task_of(shop.refund(invoiced(shop)))
    do(shop, task, Step.ASK_BUYER, form_no="F-1")
    shop.later(hours=72, seconds=1)
    with refused("invoice_form_lapsed", Conflict):
        do(shop, task, Step.ISSUE, red_no=RED)
    shop.later(seconds=-1)
    assert do(shop, task, Step.ISSUE, red_no=RED).state == "red_issued"


def test_a_step_out_of_order_is_refused_and_changes_nothing(shop):
    task = task_of(shop.refund(invoiced(shop)))
    with refused("invoice_step_refused", Conflict):
        do(shop, task, Step.ISSUE, red_no=RED)
    with refused("invoice_step_refused", Conflict):
        do(shop, task, Step.LAPSE)
    with refused("input_invalid", Invalid):
        do(shop, task, Step.REQUEST, reason_code="BECAUSE")
    task.refresh_from_db()
    assert (task.state, RedMove.objects.count()) == ("blue_issued", 1)


@pytest.mark.parametrize("who", ["c01", "m01", "a01", "admin"])
def test_only_finance_works_on_a_task(shop, who):
    task = task_of(shop.refund(invoiced(shop)))
    with refused("may_not", Forbidden):
        do(shop, task, Step.REQUEST, operator=getattr(shop, who))


def test_a_manager_of_one_store_sees_her_own_stores_tasks(shop):
    task = task_of(shop.refund(invoiced(shop)))
    other = shop.m02
    other.store = shops.Store.objects.get(code="S02")
    assert invoices.find(operator=other) == []
    assert invoices.find(operator=shop.m01) == [task]
    with refused("other_store", Forbidden):
        invoices.get(task.task_no, operator=other)
    with refused("may_not", Forbidden):
        invoices.find(operator=shop.c01)


def test_a_refund_that_was_given_up_needs_none_and_that_is_said_with_a_reason(shop):
    task = task_of(shop.refund(invoiced(shop)))
    with refused("note_needed"):
        do(shop, task, Step.GIVE_UP)
    done = do(shop, task, Step.GIVE_UP, note="退款已取消，电话 13800138000")
    assert (done.state, done.note) == ("not_needed", "退款已取消，电话 138****8000")


def test_what_the_rows_say_is_never_edited(shop):
    task = task_of(shop.refund(invoiced(shop)))
    for rows, change in (
        (RedPart.objects, {"amount": 1}),
        (RedMove.objects, {"by": "x"}),
        (RedInvoice.objects, {"blue_no": "other-number"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        RedInvoice.objects.filter(pk=task.pk)._raw_delete(using="default")


def test_the_voucher_says_where_the_red_invoice_stands(shop):
    refund = shop.refund(invoiced(shop))
    assert vouchers.issue(refund.refund_no, at=shop.at).slip["invoice_state"] == "blue_issued"
    plain = shop.refund(shop.sell())
    assert vouchers.issue(plain.refund_no, at=shop.at).slip["invoice_state"] == ""


def test_the_table_and_the_database_know_the_same_open_states():
    assert sorted(rules.OPEN) == ["blue_issued", "red_requested", "waiting_confirm"]

"""逾期: the list, its one next step, and closing it with evidence; and what the refund's page offers."""

from __future__ import annotations

from collections.abc import Callable

from sudapos.books import answers, decisions, moves, overdue
from sudapos.books.overdue import Overdue
from sudapos.core.outcome import NOT_ENOUGH, Deferred
from tests.cast import Shop

from .conftest import Person, said


def test_cash_left_behind_is_followed_up_and_paid_by_somebody_else(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund = shop.refund(shop.sell("S-1"))
    [leg] = refund.legs.all()
    cashier, manager = person("c01"), person("m01")
    where = f"/refunds/{refund.refund_no}/"
    assert "顾客已离开，没领现金" in cashier.read(where)
    assert cashier.post(f"{where}legs/{leg.leg_no}/leave/", {}).status_code == 302
    assert "已付现金" not in cashier.read(where) and "请联系顾客来领" in cashier.read(where)
    assert "怎样核实了是顾客本人" in manager.read(where)
    refused = cashier.post(f"{where}legs/{leg.leg_no}/confirm/", {"reference": "本人"})
    assert (refused.status_code, said(refused)) == (403, "maker_is_checker")
    page = manager.read("/overdue/")
    assert refund.refund_no in page and "顾客没有领走现金" in page and "联系顾客来领" in page
    assert "Cash left behind" in manager.read("/overdue/", lang="en")
    done = manager.post(f"{where}legs/{leg.leg_no}/confirm/", {"reference": "核对了小票"})
    assert done.status_code == 302
    [leg] = decisions.get(refund.refund_no).legs.all()
    assert leg.state == "settled"


def test_finance_closes_with_evidence_and_the_till_cannot(person: Callable[..., Person], shop: Shop) -> None:
    refund = shop.refund(shop.sell("S-1"))
    [leg] = refund.legs.all()
    overdue.leave(leg.leg_no, operator=shop.c01, at=shop.at)
    [item] = Overdue.objects.all()
    assert person("c01").get("/overdue/").status_code == 403
    finance = person("f01")
    silent = finance.post(f"/overdue/{item.pk}/close/", {"how": "agreed", "evidence": " "})
    assert (silent.status_code, said(silent)) == (422, "evidence_needed")
    closed = finance.post(f"/overdue/{item.pk}/close/", {"how": "agreed", "evidence": "约定下周来领"})
    assert closed.status_code == 302
    assert "没有逾期的退款" in finance.read("/overdue/")
    assert "与顾客另有约定" in finance.read("/overdue/", state="closed")


def test_the_page_of_a_refund_without_funds_tells_how_much_and_sends_again(
    person: Callable[..., Person], shop: Shop
) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(order.attempt, Deferred(code=NOT_ENOUGH, after=600))], at=shop.at)
    finance, where = person("f01"), f"/refunds/{refund.refund_no}/"
    page = finance.read(where)
    assert "这一笔要 ¥59.97；同一账户有 1 笔在等，共 ¥59.97" in page
    assert "不要改付现金" in page
    assert "现在重发" not in person("c01").read(where).replace("点“现在重发”", "")
    before = decisions.get(refund.refund_no).legs.get().due_at
    assert finance.post(f"{where}legs/{order.number}/send/", {}).status_code == 302
    assert decisions.get(refund.refund_no).legs.get().due_at < before


def test_the_list_and_the_page_tell_the_legal_day(person: Callable[..., Person], shop: Shop) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    assert "退到" in person("c01").read(f"/refunds/{refund.refund_no}/")
    type(refund).objects.update(due_on="2020-01-08", hard_due_on="2020-01-16")
    assert "算故意拖延，请今天解决" in person("c01").read(f"/refunds/{refund.refund_no}/")
    assert "算故意拖延" in person("c01").read("/refunds/")

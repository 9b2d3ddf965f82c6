"""A batch from search to report, without a channel: tried, approved, opened in portions, never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sudapos.books import (
    batch_decisions,
    batch_runs,
    batch_stands,
    batches,
    decisions,
    dry_runs,
    gathering,
    moves,
    requests,
    shops,
    staff,
)
from sudapos.books.alerts import Alert
from sudapos.books.approvals import Approval
from sudapos.books.audit import AuditRecord
from sudapos.books.batches import Ask, BatchItem, Draft, RefundBatch
from sudapos.books.gathering import Wish
from sudapos.books.legs import Leg
from sudapos.books.outbox import Message
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment
from sudapos.core.batches import Part
from sudapos.core.refusal import Conflict, Forbidden, Invalid, Refusal
from tests.cast import Shop


def wide(shop: Shop, **rules: Any) -> None:
    """A shop whose policy says so."""
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, **rules}
    merchant.save()


def recall(shop: Shop, *, by: str = "m01", **wish: Any) -> RefundBatch:
    operator = staff.get(by)
    found = gathering.gather(Wish(kind="recall", sku="6901", **wish), operator=operator)
    return batches.draft(
        Draft(kind="recall", title="红枣酸奶召回", asks=found.asks), operator=operator, at=shop.at
    )


def tried(shop: Shop, batch: RefundBatch) -> RefundBatch:
    return batch_decisions.check(batch.batch_no, operator=batch.operator, at=shop.at)


def approved(shop: Shop, batch: RefundBatch, *people: str) -> RefundBatch:
    for code in people or ("m02",):
        batch = batch_decisions.approve(
            batch.batch_no, operator=staff.get(code), fingerprint=batch.fingerprint, at=shop.at
        )
    return batch


def started(shop: Shop, batch: RefundBatch, *people: str) -> RefundBatch:
    batch = approved(shop, tried(shop, batch), *people)
    return batch_decisions.steer(batch.batch_no, "start", operator=staff.get("m02"), at=shop.at)


def run(shop: Shop, batch: RefundBatch, *, most: int = 200, turns: int = 50) -> None:
    for _ in range(turns):
        if not batch_runs.turn(batch.batch_no, at=shop.at, most=most):
            return
        shop.later(seconds=6)


def counts(batch: RefundBatch) -> dict[str, int]:
    return {name: part.number for name, part in batch_stands.outcomes(batch).items()}


def test_a_recall_takes_every_piece_that_is_left(shop: Shop) -> None:
    first, second = shop.sell("S-1"), shop.sell("S-2", channel="alipay")
    shop.sell("S-3", lines=(shop.draft("x").lines[1],))  # no yoghurt in it
    shop.refund(first, lines={1: 1})
    batch = tried(shop, recall(shop))
    items = [(i.sale_no, i.lines, i.total, i.state) for i in batch.items.all()]
    assert items == [("S-1", [[1, 1000]], 1999, "ready"), ("S-2", [[1, 2000]], 3998, "ready")]
    assert (batch.state, batch.count, batch.total, batch.needed) == ("checked", 2, 5997, ["manager"])
    assert batch_stands.channels(batch) == {
        ("alipay", "refund"): Part(1, 3998),
        ("cash", "cash"): Part(1, 1999),
    }
    assert second.payments.get().promised == 0  # nothing has happened yet


def test_a_dry_run_changes_no_money_and_says_of_each_what_open_would_say(shop: Shop) -> None:
    shop.sell("S-1")
    gone = shop.sell("S-2")
    batch = recall(shop)
    shop.refund(gone)
    batch = tried(shop, batch)
    assert counts(batch) == {"ready": 1, "denied": 1}
    [denied] = batch.items.filter(state="denied")
    assert (denied.sale_no, denied.code) == ("S-2", "over_refund")
    assert Refund.objects.count() == 1
    one = requests.preview(batch_decisions.request(batch.items.get(sale_no="S-1"), batch), at=shop.at)
    assert batch.items.get(sale_no="S-1").mark == dry_runs.mark(one, dry_runs.steps(one))


def test_a_cancelled_event_gives_everything_back(shop: Shop) -> None:
    shop.sell("S-1")
    found = gathering.gather(Wish(kind="event", sku="6902"), operator=shop.m01)
    assert found.asks == [Ask(sale_no="S-1")]
    batch = batches.draft(
        Draft(kind="event", title="演出取消", asks=found.asks), operator=shop.m01, at=shop.at
    )
    assert tried(shop, batch).total == 5997
    assert batch.reason == "not_delivered"


def test_a_wrong_price_gives_the_difference_once(shop: Shop) -> None:
    shop.sell("S-1", channel="wechatpay")
    wish = Wish(kind="price", sku="6901", charged=1999, right=1399)
    batch = batches.draft(
        Draft(kind="price", title="标错价", asks=gathering.gather(wish, operator=shop.m01).asks),
        operator=shop.m01,
        at=shop.at,
    )
    twin = batches.draft(
        Draft(kind="price", title="标错价", asks=[Ask(sale_no="S-1", amount=1200)]),
        operator=shop.m01,
        at=shop.at,
    )
    twin = started(shop, twin)  # approved side by side
    batch = started(shop, batch)
    assert batch.total == 1200  # two pieces, 6.00 each
    run(shop, batch)
    run(shop, twin)
    assert [r.total for r in Refund.objects.all()] == [1200]
    assert twin.items.get().code == "already_compensated"
    with pytest.raises(Refusal, match="batch_empty"):
        gathering.gather(wish, operator=shop.m01)


def test_a_difference_that_was_given_back_at_the_counter_is_denied_in_the_dry_run(shop: Shop) -> None:
    shop.sell("S-1", channel="wechatpay")
    shop.refund("S-1", amount=1200, reason="wrong_charge")
    asks = [Ask(sale_no="S-1", amount=1200, reason="wrong_charge")]
    batch = batches.draft(Draft(kind="file", title="差价", asks=asks), operator=shop.m01, at=shop.at)
    tried(shop, batch)
    assert (batch.items.get().state, batch.items.get().code) == ("denied", "already_compensated")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kind": "recall"}, "sku"),
        ({"kind": "event"}, "since"),
        ({"kind": "price", "sku": "6901", "charged": 1999}, "right"),
        ({"kind": "price", "sku": "6901", "charged": 1999, "right": 1999}, "right"),
        ({"kind": "file"}, "kind"),
    ],
)
def test_a_wish_that_says_too_little_finds_nothing(shop: Shop, wish: dict[str, Any], field: str) -> None:
    shop.sell("S-1")
    with pytest.raises(Invalid) as refused:
        gathering.gather(Wish(**wish), operator=shop.m01)
    assert [error.loc[0] for error in refused.value.errors] == [field]


@pytest.mark.parametrize("code", ["c01", "f01", "a01", "admin"])
def test_only_a_manager_makes_a_batch(shop: Shop, code: str) -> None:
    shop.sell("S-1")
    wanted = Draft(kind="recall", title="召回", asks=[Ask(sale_no="S-1")])
    with pytest.raises(Forbidden):
        batches.draft(wanted, operator=staff.get(code), at=shop.at)


def test_the_maker_never_approves_her_own(shop: Shop) -> None:
    shop.sell("S-1")
    batch = tried(shop, recall(shop))
    with pytest.raises(Forbidden, match="maker_is_checker"):
        approved(shop, batch, "m01")
    assert approved(shop, batch, "m02").state == "approved"


def test_the_sum_decides_who_must_agree(shop: Shop) -> None:
    wide(shop, approval_fen={"cashier": 20_000, "manager": 30_000, "manager_finance": 50_000})
    for n in range(10):  # none of them would ask anybody by itself
        shop.sell(f"S-{n}", channel="alipay")
    batch = tried(shop, recall(shop))
    assert (batch.total, batch.needed) == (39_980, ["manager", "finance"])
    batch = approved(shop, batch, "f01")
    assert (batch.state, batch_decisions.missing(batch)) == ("checked", ["manager"])
    with pytest.raises(Forbidden):
        approved(shop, batch, "f02")  # finance has agreed already
    assert approved(shop, batch, "m02").state == "approved"


def test_what_changed_since_the_dry_run_must_be_approved_anew(shop: Shop) -> None:
    shop.sell("S-1")
    shop.sell("S-2")
    seen = tried(shop, recall(shop))
    after = batch_decisions.drop(seen.batch_no, [1], operator=shop.m01, at=shop.at)
    assert (after.count, after.total, after.fingerprint != seen.fingerprint) == (1, 3998, True)
    with pytest.raises(Conflict, match="page_stale"):
        approved(shop, seen)
    assert approved(shop, after).state == "approved"
    shop.later(minutes=1)
    again = tried(shop, after)
    assert (again.state, batch_decisions.missing(again)) == ("checked", ["manager"])
    with pytest.raises(Conflict, match="page_stale"):
        approved(shop, after)


def test_an_old_dry_run_cannot_be_approved(shop: Shop) -> None:
    shop.sell("S-1")
    batch = tried(shop, recall(shop))
    shop.later(hours=25)
    with pytest.raises(Conflict, match="batch_check_old"):
        approved(shop, batch)


def test_a_no_needs_a_reason_and_sends_it_back(shop: Shop) -> None:
    shop.sell("S-1")
    batch = tried(shop, recall(shop))
    with pytest.raises(Refusal, match="note_needed"):
        batch_decisions.reject(
            batch.batch_no, operator=shop.m02, fingerprint=batch.fingerprint, note=" ", at=shop.at
        )
    back = batch_decisions.reject(
        batch.batch_no, operator=shop.m02, fingerprint=batch.fingerprint, note="少了二号店", at=shop.at
    )
    assert back.state == "draft"


def test_nothing_starts_that_was_not_approved(shop: Shop) -> None:
    shop.sell("S-1")
    batch = tried(shop, recall(shop))
    with pytest.raises(Conflict, match="batch_state"):
        batch_decisions.steer(batch.batch_no, "start", operator=shop.m02, at=shop.at)
    assert batch_runs.running() == []
    assert batch_runs.turn(batch.batch_no, at=shop.at) == 0


def test_a_batch_opens_ordinary_refunds_with_its_approval_on_each(shop: Shop) -> None:
    wide(shop, approval_fen={"cashier": 1_000, "manager": 200_000, "manager_finance": 2_000_000})
    shop.sell("S-1", channel="alipay")
    batch = started(shop, recall(shop))
    run(shop, batch)
    refund = decisions.get(Refund.objects.get().refund_no)
    assert (refund.state, refund.total, refund.decided_by) == ("approved", 3998, "m02")
    [yes] = Approval.objects.all()
    assert (yes.operator.code, yes.role, yes.fingerprint) == ("m02", "manager", refund.fingerprint)
    assert yes.note == batch.batch_no
    [leg] = refund.legs.all()
    assert (leg.state, leg.background) == ("ready", True)
    assert Payment.objects.get().promised == 3998
    told = AuditRecord.objects.get(act="refund.approve")
    assert (told.by, told.facts["batch"], told.facts["roles"]) == ("m02", batch.batch_no, ["manager"])


def test_one_refused_item_stops_nobody_else(shop: Shop) -> None:
    for n in range(4):
        shop.sell(f"S-{n}")
    batch = approved(shop, tried(shop, recall(shop)))
    shop.refund("S-1")  # the customer was at the counter before us
    shop.refund("S-2", lines={1: 1})
    batch_decisions.steer(batch.batch_no, "start", operator=shop.m02, at=shop.at)
    run(shop, batch)
    assert counts(batch) == {"refused": 2, "customer": 2}
    codes = dict(batch.items.filter(state="refused").values_list("sale_no", "code"))
    assert codes == {"S-1": "over_refund", "S-2": "over_refund"}
    batch.refresh_from_db()
    assert batch.state == "done"


def test_what_would_go_another_way_than_approved_is_not_opened(shop: Shop) -> None:
    """The same fen, but the window closed in between: a transfer instead of a refund is another decision."""
    shop.sell("S-1", channel="alipay")
    shop.sell("S-2", channel="alipay")
    batch = approved(shop, tried(shop, recall(shop)))
    Payment.objects.filter(sale__sale_no="S-1").update(paid_at=shop.at - timedelta(days=400))
    batch_decisions.steer(batch.batch_no, "start", operator=shop.m02, at=shop.at)
    run(shop, batch)
    assert dict(batch.items.values_list("sale_no", "code")) == {"S-1": "batch_item_changed", "S-2": ""}
    assert [r.sale.sale_no for r in Refund.objects.select_related("sale")] == ["S-2"]
    assert Payment.objects.get(sale__sale_no="S-1").promised == 0


def test_a_denied_item_stays_denied(shop: Shop) -> None:
    sale = shop.sell("S-1")
    shop.sell("S-2")
    sale.receipt_lost = True
    sale.save()
    batch = started(shop, recall(shop))
    run(shop, batch)
    assert counts(batch) == {"denied": 1, "customer": 1}
    [denied] = batch.items.filter(state="denied")
    assert [reason["code"] for reason in denied.reasons] == ["receipt_was_lost"]
    assert Refund.objects.count() == 1


def test_a_refund_that_asks_for_more_than_the_batch_has_waits_for_people(shop: Shop) -> None:
    shop.sell("S-1", channel="alipay")
    batch = approved(shop, tried(shop, recall(shop)))
    wide(shop, approval_fen={"cashier": 1_000, "manager": 2_000, "manager_finance": 2_000_000})
    batch_decisions.steer(batch.batch_no, "start", operator=shop.m02, at=shop.at)
    run(shop, batch)
    refund = Refund.objects.get()
    assert (refund.state, refund.needed) == ("awaiting", ["manager", "finance"])
    assert counts(batch) == {"awaiting": 1}
    assert Leg.objects.count() == 0


def test_cash_waits_for_the_customer_and_does_not_hold_the_batch(shop: Shop) -> None:
    shop.sell("S-1")
    batch = started(shop, recall(shop))
    assert batch.items.get().by_hand
    run(shop, batch)
    batch.refresh_from_db()
    assert (batch.state, counts(batch)) == ("done", {"customer": 1})
    assert Leg.objects.get().state == "accepted"


def test_paused_opens_nothing_and_resumed_goes_on(shop: Shop) -> None:
    for n in range(6):
        shop.sell(f"S-{n}")
    batch = started(shop, recall(shop))
    assert batch_runs.turn(batch.batch_no, at=shop.at, most=2) == 2
    batch_decisions.steer(batch.batch_no, "pause", operator=shop.f01, at=shop.at)
    assert batch_runs.turn(batch.batch_no, at=shop.at, most=2) == 0
    assert Refund.objects.count() == 2
    batch_decisions.steer(batch.batch_no, "resume", operator=shop.m01, at=shop.at)
    run(shop, batch, most=2)
    assert counts(batch) == {"customer": 6}


def test_cancelling_leaves_what_is_open_and_drops_the_rest(shop: Shop) -> None:
    for n in range(3):
        shop.sell(f"S-{n}")
    batch = started(shop, recall(shop))
    batch_runs.turn(batch.batch_no, at=shop.at, most=1)
    batch_decisions.steer(batch.batch_no, "cancel", operator=shop.m01, note="误报", at=shop.at)
    assert batch_runs.turn(batch.batch_no, at=shop.at) == 0
    assert counts(batch) == {"dropped": 2, "customer": 1}
    assert Message.objects.get(event="batch.done").facts["state"] == "cancelled"


def test_a_crash_in_the_middle_of_a_portion_leaves_nothing_of_it(shop: Shop, monkeypatch: Any) -> None:
    for n in range(3):
        shop.sell(f"S-{n}", channel="alipay")
    batch = started(shop, recall(shop))

    def power_cut(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sudapos.books.batch_runs._approve", power_cut)
        with pytest.raises(KeyboardInterrupt):
            batch_runs.turn(batch.batch_no, at=shop.at)
    assert (Refund.objects.count(), counts(batch)) == (0, {"ready": 3})
    run(shop, batch)
    assert (Refund.objects.count(), counts(batch)) == (3, {"moving": 3})


def test_a_refund_that_was_opened_but_not_noted_is_found_again(shop: Shop) -> None:
    """Second belt: the key is made of the numbers of batch and item."""
    shop.sell("S-1", channel="alipay")
    batch = started(shop, recall(shop))
    run(shop, batch)
    refund = Refund.objects.get()
    BatchItem.objects.update(state="ready", refund=None)
    batch_runs.turn(batch.batch_no, at=shop.at)
    assert Refund.objects.get().pk == refund.pk
    assert batch.items.get().refund_id == refund.pk
    assert Payment.objects.get().promised == 3998


def test_an_account_is_given_no_more_than_its_pace(shop: Shop) -> None:
    wide(shop, batch_per_minute={"alipay": 60, "demo-wechatpay": 20})
    for n in range(30):
        shop.sell(f"S-A{n}", channel="alipay")
        shop.sell(f"S-W{n}", channel="wechatpay")
    batch = started(shop, recall(shop), "m02", "f01")
    batch_runs.turn(batch.batch_no, at=shop.at)

    def opened(channel: str) -> int:
        return Leg.objects.filter(channel=channel).count()

    assert (opened("alipay"), opened("wechatpay")) == (6, 20)  # six in six seconds; twenty in a minute
    batch_runs.turn(batch.batch_no, at=shop.later(seconds=5))
    assert (opened("alipay"), opened("wechatpay")) == (6, 20)
    batch_runs.turn(batch.batch_no, at=shop.later(seconds=2))
    assert (opened("alipay"), opened("wechatpay")) == (12, 20)
    batch_runs.turn(batch.batch_no, at=shop.later(seconds=54))
    assert (opened("alipay"), opened("wechatpay")) == (18, 30)


def test_a_channel_that_does_not_answer_is_not_given_more(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(batch_runs, "MOST_WAITING", 5)
    for n in range(12):
        shop.sell(f"S-{n}", channel="alipay")
    batch = started(shop, recall(shop), "m02")
    for _ in range(3):
        batch_runs.turn(batch.batch_no, at=shop.later(seconds=7))
    assert Leg.objects.count() == 5
    Leg.objects.update(state="settled")
    batch_runs.turn(batch.batch_no, at=shop.later(seconds=7))
    assert Leg.objects.count() == 10


def test_the_counter_is_served_before_a_batch_and_keeps_seats_of_its_own(shop: Shop) -> None:
    for n in range(6):
        shop.sell(f"S-{n}", channel="alipay")
    run(shop, started(shop, recall(shop), "m02"))
    here = shop.refund(shop.sell("S-HERE", channel="alipay"), lines={1: 1})
    late = shop.later(minutes=1)
    first = moves.claim(3, at=late, background=2)
    assert first[0].number == here.legs.get().leg_no
    assert len(first) == 3
    assert (
        moves.claim(3, at=late, background=0) == []
    )  # four of the batch wait, and no seat of theirs is free
    assert len(moves.claim(9, at=late)) == 4


def test_a_portion_costs_the_same_whatever_its_size(shop: Shop) -> None:
    wide(
        shop,
        batch_per_minute={"alipay": 100_000},
        approval_fen={"cashier": 1_000, "manager": 200_000, "manager_finance": 2_000_000},
    )
    for n in range(45):
        shop.sell(f"S-{n}", channel="alipay")
    batch = started(shop, recall(shop), "m02")
    costs = []
    for most in (5, 40):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert batch_runs.turn(batch.batch_no, at=shop.later(seconds=7), most=most) == most
        costs.append(len(seen))
    assert costs[0] == costs[1]
    assert Refund.objects.filter(state="approved").count() == 45


def test_signs_that_only_count_are_closed_with_the_batch(shop: Shop) -> None:
    wide(
        shop,
        batch_per_minute={"alipay": 100_000},
        approval_fen={"cashier": 4_000, "manager": 200_000, "manager_finance": 2_000_000},
    )
    for n in range(6):
        shop.sell(f"S-{n}", channel="alipay")
    batch = started(shop, recall(shop), "m02")
    run(shop, batch)
    told = Alert.objects.filter(rule="FR06")
    assert told.count() > 0
    assert {(row.closed_by, row.reason) for row in told} == {("system", batch.batch_no)}


def test_a_manager_of_one_store_gathers_her_own_store_only(shop: Shop) -> None:
    shop.sell("S-1")
    shop.sell("S-2", store="S02")
    own = shops.Store.objects.get(code="S02")
    staff.hire("m03", "店长三", ["manager"], at=shop.at, password=None, store_id=own.pk)
    batch = recall(shop, by="m03")
    assert [item.sale_no for item in batch.items.all()] == ["S-2"]
    staff.hire(
        "m04",
        "店长四",
        ["manager"],
        at=shop.at,
        password=None,
        store_id=shops.Store.objects.get(code="S01").pk,
    )
    with pytest.raises(Forbidden, match="other_store"):
        batches.get(batch.batch_no, operator=staff.get("m04"))
    assert batches.find(operator=staff.get("m04")) == []


def test_one_sale_stands_once_in_a_batch(shop: Shop) -> None:
    twice = [Ask(sale_no="S-1", amount=100), Ask(sale_no="S-1", amount=100)]
    with pytest.raises(Refusal, match="sale_twice"):
        batches.draft(Draft(kind="file", title="x", asks=twice), operator=shop.m01, at=shop.at)


def test_a_yes_is_never_edited(shop: Shop) -> None:
    shop.sell("S-1")
    batch = approved(shop, tried(shop, recall(shop)))
    with pytest.raises(DatabaseError), transaction.atomic():
        batch.approvals.update(role="owner")


def test_an_error_that_nobody_thought_of_stops_the_batch_and_not_the_worker(
    shop: Shop, monkeypatch: Any
) -> None:
    from sudapos.ops.batching import Rounds

    shop.sell("S-1")
    batch = started(shop, recall(shop))

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("sudapos.books.batch_runs._run", broken)
        assert Rounds().turn(at=shop.at) == 0
    batch.refresh_from_db()
    assert batch.state == "paused"
    assert AuditRecord.objects.get(act="batch.stopped").facts == {"error": "ZeroDivisionError"}

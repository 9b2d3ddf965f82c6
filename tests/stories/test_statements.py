"""Statements come in, are matched, and what differs is found once and explained by people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from sudapos.books import ledger, shops, statements
from sudapos.books.findings import Finding
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import demo_statements, reconciling

from .conftest import Afternoon


def today(afternoon: Afternoon) -> date:
    return afternoon.shop.at.astimezone(SHANGHAI).date()


def load(
    afternoon: Afternoon,
    channel: str,
    folder: Path,
    *,
    day: date | None = None,
    change: tuple[str, str] = ("", ""),
    without: str = "",
):
    """The channel's own file of the day, as a person downloads it; `change` edits its text on the way."""
    account = afternoon.names.get(channel, afternoon.terminal)
    on = day or today(afternoon)
    content = afternoon.sandbox.statement(channel, f"{on}", account=account)
    if change[0]:
        assert change[0].encode() in content
        content = content.replace(*(part.encode() for part in change))
    if without:
        assert without.encode() in content
        content = b"".join(row for row in content.splitlines(keepends=True) if without.encode() not in row)
    path = folder / f"{channel}-{on}-{len(list(folder.iterdir()))}.txt"
    path.write_bytes(content)
    rows = shops.accounts([f"demo-{channel}"])
    demo_statements.put({f"demo-{channel}": channel}, by="test", at=afternoon.shop.at)
    return reconciling.load(
        rows[f"demo-{channel}"], path, day=on, origin="upload", by="f01", at=afternoon.shop.at
    )


@pytest.mark.parametrize("channel", ["wechatpay", "alipay", "unionpay", "allinpay", "lakala", "card"])
def test_a_quiet_day_matches_to_the_fen(afternoon: Afternoon, channel: str, tmp_path: Path) -> None:
    if channel != "card":
        afternoon.fresh(channel)
    sale = afternoon.sell(channel, f"ST-{channel}-1")
    afternoon.shop.refund(sale, lines={1: 1})
    afternoon.work_until_quiet()
    loaded = load(afternoon, channel, tmp_path)
    assert loaded.status == "new"
    ours = {
        name: told
        for name, told in loaded.statement.result["sums"].items()
        if name in ("matched", "other_day")
    }
    assert sum(told["count"] for told in ours.values()) == 2, loaded.statement.result
    assert [f.kind for f in Finding.objects.filter(number__contains="ST")] == []
    fee = {b.account: b.amount for b in ledger.balances()}["5603"]
    assert fee == loaded.statement.fee_charged - loaded.statement.fee_returned > 0


def kinds() -> list[tuple[str, int]]:
    return [(f.kind, f.difference) for f in Finding.objects.order_by("id")]


def portal_refund(
    afternoon: Afternoon, channel: str, order_no: str, amount: int, number: str, ref: str = ""
) -> None:
    """Money given back in the channel's own portal: spoken to the channel by somebody who is not us."""
    import asyncio

    from sudapos import channels
    from sudapos.core.outcome import Order, Route, Verb

    row = shops.accounts([f"demo-{channel}"])[f"demo-{channel}"]
    [sold] = afternoon.sandbox.ledger(order_no=order_no, kind="sale", account=afternoon.names[channel])

    async def go() -> object:
        connector = channels.open_account(channel, row.config)
        try:
            return await connector.refund(
                Order(
                    number=number,
                    verb=Verb.REFUND,
                    route=Route.REFUND,
                    channel=channel,
                    account=row.name,
                    amount=amount,
                    paid_amount=sold["amount"],
                    out_trade_no=order_no,
                    channel_ref=ref,
                    paid_at=afternoon.shop.at,
                    reason="portal",
                )
            )
        finally:
            await connector.aclose()

    said = asyncio.run(go())
    assert type(said).__name__ in ("Settled", "Accepted"), said
    afternoon.sandbox.settle()


def test_the_same_file_twice_changes_nothing_and_another_one_is_shown_as_changed(
    afternoon: Afternoon, tmp_path: Path
) -> None:
    afternoon.fresh("lakala")
    afternoon.sell("lakala", "ST-TWICE-1")
    first = load(afternoon, "lakala", tmp_path)
    again = load(afternoon, "lakala", tmp_path)
    assert (first.status, again.status) == ("new", "same")
    assert first.statement.pk == again.statement.pk
    changed = load(afternoon, "lakala", tmp_path, change=("STTWICE1P1", "STTWICE9P1"))
    assert (changed.status, changed.statement.version, changed.statement.changes) == (
        "changed",
        2,
        {"added": 1, "gone": 1},
    )
    assert statements.Statement.objects.filter(current=True).get().pk == changed.statement.pk


def test_a_refund_of_the_portal_is_found_once_and_holds_its_money(
    afternoon: Afternoon, tmp_path: Path
) -> None:
    from sudapos.books import explanations, requests
    from sudapos.books.sales import Payment

    afternoon.fresh("alipay")
    sale = afternoon.sell("alipay", "ST-PORTAL-1")
    [paid] = sale.payments.all()
    portal_refund(afternoon, "alipay", paid.out_trade_no, 5000, "PORTAL1")
    [found] = load(afternoon, "alipay", tmp_path).opened
    assert load(afternoon, "alipay", tmp_path).opened == []
    assert (found.kind, found.difference, found.held, found.store) == ("external_refund", -5000, 5000, "S01")
    assert Payment.objects.get(sale=sale).promised == 5000
    [opened] = requests.open([afternoon.shop.ask(sale, everything=True)], at=afternoon.shop.at)
    assert opened.refusal is not None and opened.refusal.code == "over_refund"

    explanations.suspend(
        found.finding_no, "后台退款，待门店确认", operator=afternoon.shop.f01, at=afternoon.shop.at
    )
    clearing = {b.account: b.amount for b in ledger.balances()}
    assert clearing["1221.09"] == 5000
    ended = explanations.close(
        found.finding_no,
        cause="portal_refund",
        text="店长在支付宝后台退的",
        operator=afternoon.shop.f01,
        at=afternoon.shop.at,
    )
    balances = {b.account: b.amount for b in ledger.balances()}
    assert (ended.state, balances["1221.09"]) == ("closed", 0)
    assert [step.act for step in ended.steps.all()] == ["opened", "suspended", "closed"]
    entry = ended.steps.last().entry
    assert [(n.side, n.account, n.amount) for n in entry.lines.all()] == [
        ("贷", "5001", -4425),
        ("贷", "2221.01", -575),
        ("贷", "1221.09", 5000),
    ]


def test_a_card_refund_in_doubt_is_settled_by_the_statement(afternoon: Afternoon, tmp_path: Path) -> None:
    refund = afternoon.shop.refund(afternoon.sell("card", "ST-CARD-9"), lines={1: 1})
    afternoon.fault("card", "refund", "hang_after")
    afternoon.work_until_quiet(hours=0.05)
    assert afternoon.leg(refund).state == "in_doubt"
    loaded = load(afternoon, "card", tmp_path, day=today(afternoon))
    leg = afternoon.leg(refund)
    assert leg.state == "settled", loaded.statement.result
    assert leg.attempts.last().code == "statement"
    assert loaded.opened == []


def test_a_payment_that_no_sale_knows_ends_by_two_people(afternoon: Afternoon, tmp_path: Path) -> None:
    from sudapos.books import explanations
    from sudapos.core.refusal import Forbidden, Invalid, Refusal

    afternoon.fresh("lakala")
    order = {"channel": "lakala", "account": afternoon.names["lakala"], "order_no": "STRAY1", "amount": 3000}
    afternoon.sandbox.control("POST", "orders", order)
    [found] = load(afternoon, "lakala", tmp_path).opened
    assert (found.kind, found.difference) == ("unknown_payment", 3000)
    shop = afternoon.shop
    with pytest.raises(Refusal, match="suspend_first"):
        explanations.close(found.finding_no, cause="taken_in", text="查不到", operator=shop.f01, at=shop.at)
    with pytest.raises(Invalid):
        explanations.close(
            found.finding_no, cause="written_off", text="查不到", operator=shop.f01, at=shop.at
        )
    explanations.suspend(found.finding_no, operator=shop.f01, at=shop.at)
    with pytest.raises(Forbidden, match="maker_is_checker"):
        explanations.close(found.finding_no, cause="taken_in", text="查不到", operator=shop.f01, at=shop.at)
    with pytest.raises(Forbidden):
        explanations.close(found.finding_no, cause="taken_in", text="查不到", operator=shop.m01, at=shop.at)
    explanations.close(found.finding_no, cause="taken_in", text="查不到", operator=shop.f02, at=shop.at)
    balances = {b.account: b.amount for b in ledger.balances()}
    assert (balances["2241.09"], balances["5301"]) == (0, -3000)


def test_what_was_missing_is_explained_by_a_later_statement(afternoon: Afternoon, tmp_path: Path) -> None:
    from sudapos.books import explanations, findings

    afternoon.fresh("lakala")
    afternoon.sell("lakala", "ST-LATE-1")
    assert load(afternoon, "lakala", tmp_path, without="STLATE1P1").opened == []
    tomorrow = load(afternoon, "lakala", tmp_path, day=today(afternoon) + timedelta(days=1))
    [missing] = tomorrow.opened
    assert (missing.kind, missing.difference, missing.day) == ("missing_payment", -5997, today(afternoon))
    explanations.suspend(missing.finding_no, operator=afternoon.shop.f01, at=afternoon.shop.at)
    load(afternoon, "lakala", tmp_path)  # the channel corrects its file
    after = findings.get(missing.finding_no)
    assert (after.state, after.cause) == ("closed", "found_later")
    balances = {b.account: b.amount for b in ledger.balances()}
    assert balances["1221.09"] == 0


def test_a_changed_amount_a_repeated_refund_and_a_broken_row_are_told_apart(
    afternoon: Afternoon, tmp_path: Path
) -> None:
    afternoon.fresh("lakala")
    sale = afternoon.sell("lakala", "ST-ODD-1")
    refund = afternoon.shop.refund(sale, lines={1: 1})
    afternoon.sell("lakala", "ST-ODD-2")
    afternoon.work_until_quiet()
    content = afternoon.sandbox.statement(
        "lakala", f"{today(afternoon)}", account=afternoon.names["lakala"]
    ).decode("utf-8-sig")
    rows = content.splitlines()
    back = next(row for row in rows if afternoon.leg(refund).leg_no in row)
    second = next(row for row in rows if "STODD2P1" in row)
    text = "\r\n".join([*rows, back, "退款,坏行"]).replace(second, second.replace("5997", "5900"))
    path = tmp_path / "odd.csv"
    path.write_text(text + "\r\n", "utf-8-sig")
    demo_statements.put({"demo-lakala": "lakala"}, by="test", at=afternoon.shop.at)
    account = shops.accounts(["demo-lakala"])["demo-lakala"]
    opened = reconciling.load(
        account, path, day=today(afternoon), origin="upload", by="f01", at=afternoon.shop.at
    ).opened
    assert sorted((f.kind, f.difference) for f in opened) == [
        ("amount_differs", -97),
        ("paid_twice", -1999),
        ("unreadable_rows", 0),
    ]


def test_a_file_of_another_merchant_is_refused(afternoon: Afternoon, tmp_path: Path) -> None:
    from sudapos.core.refusal import Invalid

    afternoon.fresh("wechatpay")
    number = afternoon.sandbox.config(afternoon.names["wechatpay"])["mchid"]
    afternoon.sell("wechatpay", "ST-OTHER-1")
    with pytest.raises(Invalid, match="statement_of_other_account"):
        load(afternoon, "wechatpay", tmp_path, change=(number, "1" + number[1:][::-1]))
    assert kinds() == []


def test_a_closed_month_takes_no_entry_any_more(afternoon: Afternoon) -> None:
    from django.db import DatabaseError, transaction

    from sudapos.books import days
    from sudapos.core import journal
    from sudapos.core.refusal import Refusal

    shop = afternoon.shop
    shop.at = datetime(2027, 1, 5, 12, tzinfo=SHANGHAI)
    sold = shop.sell("ST-MONTH-1", sold_at=datetime(2026, 12, 30, 12, tzinfo=SHANGHAI))
    with pytest.raises(Refusal, match="days_open"):
        days.close_month(date(2026, 12, 1), operator=shop.f01, today=date(2027, 1, 5), at=shop.at)
    days.put(sold.business_date, missing=[], report={}, by="f01", at=shop.at)
    days.close_month(date(2026, 12, 1), operator=shop.f01, today=date(2027, 1, 5), at=shop.at)
    [late] = ledger.post(
        [ledger.Posted(journal.draft("J22", "LATE-1", amount=100), date(2026, 12, 31), "S01")], at=shop.at
    )
    assert (late.business_date, late.memo[-13:]) == (date(2027, 1, 1), "业务日2026-12-31")
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        ledger.Entry.objects.create(
            recipe="J22",
            business_no="X",
            business_date=date(2026, 12, 31),
            store="",
            memo="",
            posted_at=shop.at,
        )


def bank(folder: Path, *rows: str) -> Path:
    path = folder / f"bank-{len(list(folder.iterdir()))}.csv"
    head = "账户明细查询,,,\r\n记账日期,对方户名,贷方发生额,借方发生额,流水号\r\n"
    path.write_text(head + "".join(f"{row}\r\n" for row in rows), "gb18030")
    return path


def test_the_banks_payout_closes_the_day_three_ways(afternoon: Afternoon, tmp_path: Path) -> None:
    from sudapos.books import licences
    from sudapos.ops import settling

    shop = afternoon.shop
    afternoon.fresh("lakala")
    refund = shop.refund(afternoon.sell("lakala", "ST-BANK-1"), lines={1: 1})
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled"
    loaded = load(afternoon, "lakala", tmp_path)
    licences.put(
        "demo-lakala",
        licences.CardDraft(legal_name="拉卡拉支付股份有限公司"),
        operator=shop.admin,
        at=shop.at,
    )
    net = loaded.statement.sums["sale"]["net"] + loaded.statement.sums["refund"]["net"]
    day = today(afternoon) + timedelta(days=1)
    file = bank(
        tmp_path,
        f"{day},拉卡拉支付股份有限公司,{net / 100:.2f},,LKL0001",
        f"{day},某某公司,88.00,,OTHER1",
        f"{day},房东,,5000.00,RENT",
    )
    settled, _ = settling.load(file, by="f01", at=shop.at)
    assert [(row.amount, row.days) for row in settled.booked] == [(net, [f"{today(afternoon)}"])]
    assert (settled.foreign, settled.opened) == (1, [])
    balances = {b.account: b.amount for b in ledger.balances()}
    assert (balances["1122.06"], balances["1002"]) == (0, net)
    again, _ = settling.load(file, by="f01", at=shop.at)
    assert (again.booked, again.known) == ([], 1)


def test_a_payout_of_another_payer_or_amount_is_a_finding(afternoon: Afternoon, tmp_path: Path) -> None:
    from sudapos.books import licences
    from sudapos.ops import settling

    shop = afternoon.shop
    afternoon.fresh("lakala")
    afternoon.sell("lakala", "ST-BANK-2")
    net = load(afternoon, "lakala", tmp_path).statement.sums["sale"]["net"]
    licences.put(
        "demo-lakala",
        licences.CardDraft(legal_name="拉卡拉支付股份有限公司"),
        operator=shop.admin,
        at=shop.at,
    )
    day = today(afternoon) + timedelta(days=1)
    short, _ = settling.load(bank(tmp_path, f"{day},拉卡拉支付股份有限公司,10.00,,A1"), by="f01", at=shop.at)
    assert [(f.kind, f.ours["amount"], f.theirs["amount"]) for f in short.opened] == [
        ("settlement_differs", net, 1000)
    ]
    odd, _ = settling.load(bank(tmp_path, f"{day},张三,{net / 100:.2f},,A2"), by="f01", at=shop.at)
    assert [(f.kind, f.ours["payer"], f.theirs["payer"]) for f in odd.opened] == [
        ("payer_differs", "拉卡拉支付股份有限公司", "张三")
    ]

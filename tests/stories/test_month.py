"""A month over all channels, closed day by day: every account explained to the fen, every planted difference found once."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from sudapos.books import days, explanations, ledger, legs, remedies, statements
from sudapos.books.findings import Finding
from sudapos.books.intake import LineDraft
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from sudapos.core.calendar import SHANGHAI
from sudapos.core.recipes import SMALL_ENTERPRISE
from sudapos.ops import closing, contracts, demo_statements, fetching, homes, verifying

from .conftest import Afternoon
from .test_statements import portal_refund

LENGTH = 30
BY_HAND = ("card", "chinaums", "lakala", "shengpay", "shouqianba")
"""Channels whose list a person downloads and drops into the folder."""


@dataclass
class Month:
    """A shop for a month; each day sells over every channel, gives something back, and is ended on the next morning."""

    afternoon: Afternoon
    sold: dict[tuple[str, int], Sale] = field(default_factory=dict)
    edits: dict[tuple[str, int], Any] = field(default_factory=dict)
    opened: list[tuple[int, str]] = field(default_factory=list)
    first: date = date.min

    @property
    def shop(self) -> Any:
        return self.afternoon.shop

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def go_to(self, number: int, hour: int) -> None:
        """Both clocks walk together: the sandbox's money time and ours."""
        wanted = datetime.combine(self.day(number), time(hour), SHANGHAI)
        ahead = (wanted - self._now()).total_seconds()
        assert ahead >= 0, "time does not run backwards"
        self.afternoon.sandbox.advance(ahead)
        self.shop.at = self._now()

    def _now(self) -> datetime:
        told = self.afternoon.sandbox.control("POST", "advance", {"seconds": 0})
        return datetime.fromisoformat(told["now"])

    def sell(self, number: int) -> None:
        for place, channel in enumerate((*contracts.CONNECTED, "cash")):
            price = 1000 + 137 * number + 11 * place
            line = LineDraft(
                line_no=1, sku="6901", name="红枣酸奶", milli=2000, unit_price=price, unit="件", vat_bp=1300
            )
            name = f"M{number:02d}-{channel}"
            self.sold[channel, number] = self.afternoon.sell(channel, name, lines=(line,), till="T1")

    def give_back(self, number: int) -> list[Refund]:
        """Half of yesterday's sale, over every channel in turn."""
        made = []
        for place, channel in enumerate((*contracts.CONNECTED, "cash")):
            if (number + place) % 2 == 0 and (channel, number - 1) in self.sold:
                made.append(self.shop.refund(self.sold[channel, number - 1], lines={1: 1}))
        return made

    def hand_over(self) -> None:
        for leg in legs.Leg.objects.filter(route="cash", state="accepted").select_related("refund"):
            remedies.confirm(leg.leg_no, operator=self.shop.c01, at=self.shop.at)

    def drop_files(self, number: int) -> None:
        """The lists of the day before, as somebody downloads them, with whatever happens to files on the way."""
        for channel in BY_HAND:
            account = self.afternoon.names[channel]
            content = self.afternoon.sandbox.statement(channel, f"{self.day(number)}", account=account)
            if (channel, number) in self.edits:
                content = edited(content, self.edits[channel, number])
            folder = homes.inbox() / f"demo-{channel}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{channel}-{self.day(number):%Y%m%d}.csv").write_bytes(content)

    def end(self, number: int) -> None:
        told = closing.close(self.day(number), by="f01", at=self.shop.at)
        assert told.missing == [], (number, told.missing)
        assert told.day.state == days.CLOSED
        self.opened += [(number, row.kind) for row in told.opened]


def edited(content: bytes, edit: Any) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    changed = edit(rows[1:])
    assert changed != rows[1:], "nothing to change on this day"
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([rows[0], *changed])
    return out.getvalue().encode("utf-8-sig")


def without(kind: str) -> Any:
    return lambda rows: [row for row in rows if row[0] != kind]


def doubled(kind: str) -> Any:
    return lambda rows: [*rows, *(row for row in rows if row[0] == kind)]


def dearer(fen: int) -> Any:
    return lambda rows: [
        [*row[:5], str(int(row[5]) + fen), *row[6:]] if row[0] == "消费" else row for row in rows
    ]


@pytest.fixture
def month(afternoon: Afternoon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    monkeypatch.setattr(fetching, "STILL_SECONDS", 0)
    for channel in contracts.CONNECTED:
        afternoon.fresh(channel)
    demo_statements.put(
        {f"demo-{channel}": channel for channel in contracts.CONNECTED}, by="test", at=afternoon.shop.at
    )
    run = Month(afternoon)
    run.first = run._now().astimezone(SHANGHAI).date() + timedelta(days=1)
    yield run


def balances() -> dict[str, int]:
    return {each.account: each.amount for each in ledger.balances()}


PLANTED = [
    (3, "external_refund"),
    (6, "missing_payment"),
    (7, "amount_differs"),
    (9, "unknown_payment"),
    (13, "missing_refund"),
    (16, "paid_twice"),
    (17, "external_refund"),
]
"""(the day whose end shows it, kind): what is missing is only missing when the next day's list is there, too."""


def test_a_month_is_closed_day_by_day_and_every_fen_is_explained(month: Month) -> None:
    story = month.afternoon
    month.edits = {
        ("lakala", 5): without("消费"),
        ("shengpay", 7): dearer(100),
        ("shouqianba", 12): without("退款"),
        ("lakala", 16): doubled("退款"),
    }
    for number in range(LENGTH):
        month.go_to(number, 11)
        if number:
            month.drop_files(number - 1)
            month.end(number - 1)
        month.go_to(number, 12)
        month.sell(number)
        if number == 11:
            story.fault("card", "refund", "hang_after")
        if number == 19:
            story.sandbox.fault("wechatpay", "refund", "insufficient_balance", times=1)
        month.give_back(number)
        story.work_until_quiet(hours=6)
        month.hand_over()
        if number == 3:
            [paid] = month.sold["alipay", 3].payments.all()
            portal_refund(story, "alipay", paid.out_trade_no, 500, "PORTALA")
        if number == 17:
            [paid] = month.sold["unionpay", 17].payments.all()
            portal_refund(story, "unionpay", paid.out_trade_no, 700, "PORTALU17", paid.channel_ref)
        if number == 9:
            stray = {
                "channel": "chinaums",
                "account": story.names["chinaums"],
                "order_no": "STRAY9",
                "amount": 4321,
            }
            story.sandbox.control("POST", "orders", stray)
        story.sandbox.clear_faults()
    month.go_to(LENGTH, 11)
    month.drop_files(LENGTH - 1)
    month.end(LENGTH - 1)

    assert month.opened == PLANTED
    assert [f.state for f in Finding.objects.all()] == ["open"] * len(PLANTED)
    assert legs.Leg.objects.exclude(state="settled").count() == 0  # the card's doubt was ended by its list
    explain_all(month)
    assert [broken for _, broken in verifying.run() if broken] == []
    compare_with_statements()
    compare_with_the_other_side(month)
    compare_cash()
    owed = balances().get(SMALL_ENTERPRISE.codes["owed"][0], 0)
    assert (owed, balances()["1221.09"], balances()["2241.09"]) == (0, 0, 0)
    lock_the_month(month)


CAUSES = {
    "external_refund": "portal_refund",
    "missing_payment": "written_off",
    "amount_differs": "taken_in",
    "unknown_payment": "given_back",
    "missing_refund": "taken_in",
    "paid_twice": "money_returned",
}


def explain_all(month: Month) -> None:
    """Finance puts each in suspense, a second person ends it; what the channel makes good comes back by itself."""
    for row in Finding.objects.order_by("id"):
        explanations.suspend(row.finding_no, operator=month.shop.f01, at=month.shop.at)
        explanations.close(
            row.finding_no, cause=CAUSES[row.kind], text="查明", operator=month.shop.f02, at=month.shop.at
        )


def clearing(channel: str) -> int:
    return balances().get(SMALL_ENTERPRISE.codes[SMALL_ENTERPRISE.channels[channel]][0], 0)


def compare_with_statements() -> None:
    """What each channel owes us by the journal is what its statements add up to, less what it made good beside them."""
    for channel in contracts.CONNECTED:
        theirs = sum(
            of["net"]
            for row in statements.Statement.objects.filter(account__channel=channel, current=True)
            for of in row.sums.values()
        )
        beside = sum(
            line.amount if line.side == "借" else -line.amount
            for step in closed_steps(channel)
            for line in step.entry.lines.all()
            if line.account.startswith("1122.")
        )
        assert clearing(channel) - beside == theirs, channel


def closed_steps(channel: str) -> list[Any]:
    rows = Finding.objects.filter(account__channel=channel).prefetch_related("steps__entry__lines")
    return [step for row in rows for step in row.steps.all() if step.act == "closed" and step.entry]


def compare_with_the_other_side(month: Month) -> None:
    """The sandbox kept its own books; only what was planted in its portals is not in ours."""
    for channel in contracts.CONNECTED:
        account = month.afternoon.names[channel]
        rows = [row for row in month.afternoon.sandbox.ledger(channel=channel) if row["account"] == account]
        taken = sum(row["amount"] for row in rows if row["kind"] == "sale")
        given = sum(row["amount"] * row["times_paid"] for row in rows if row["kind"] != "sale")
        ours = sum(Payment.objects.filter(channel=channel).values_list("amount", flat=True))
        back = sum(legs.Leg.objects.filter(channel=channel, route="refund").values_list("amount", flat=True))
        strange = {"chinaums": (4321, 0), "alipay": (0, 500), "unionpay": (0, 700)}.get(channel, (0, 0))
        assert (taken - strange[0], given - strange[1]) == (ours, back), channel


def compare_cash() -> None:
    sold = sum(Payment.objects.filter(channel="cash").values_list("amount", flat=True))
    back = sum(legs.Leg.objects.filter(route="cash", state="settled").values_list("amount", flat=True))
    assert balances()["1001"] == sold - back > 0


def lock_the_month(month: Month) -> None:
    last = month.day(LENGTH - 1)
    full = (
        month.first
        if month.first.day == 1
        else (month.first.replace(day=1) + timedelta(days=32)).replace(day=1)
    )
    if (full + timedelta(days=32)).replace(day=1) > month.day(LENGTH):
        full = full - timedelta(days=1)  # the calendar month that our thirty days finish
    counted = Counter(days.Day.objects.filter(state=days.CLOSED).values_list("day__month", flat=True))
    assert sum(counted.values()) == LENGTH and last in {row.day for row in days.Day.objects.all()}
    period = days.close_month(full, operator=month.shop.f01, today=month.day(LENGTH + 31), at=month.shop.at)
    assert sum(period.report["balances"].values()) == 0

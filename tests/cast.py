"""Who plays in the tests: a shop with cashiers, managers, finance and an auditor, and shorthands for what they do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sudapos.books import decisions, intake, requests, shops, staff
from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft, SaleDraft
from sudapos.books.refunds import Refund
from sudapos.books.requests import RefundRequest, RequestLine
from sudapos.books.sales import Sale
from sudapos.books.staff import Operator
from sudapos.core import calendar

PASSWORD = "pass-word-1"
PEOPLE = {
    "c01": ("王小明", ["cashier"]),
    "c02": ("李雷", ["cashier"]),
    "m01": ("韩梅梅", ["manager"]),
    "m02": ("欧阳静", ["manager"]),
    "f01": ("赵会计", ["finance"]),
    "f02": ("周出纳", ["finance"]),
    "a01": ("钱审计", ["auditor"]),
    "admin": ("孙管理", ["admin"]),
}


def yuan(amount: int | float) -> int:
    """Fen from whole yuan or jiao in a test's text."""
    return round(amount * 100)


@dataclass
class Shop:
    """One shop at one moment; `at` moves only when a test moves it."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def found(cls) -> Shop:
        shop = cls()
        shops.found("速达示范商店", phone="0571-88886666", at=shop.at)
        store = shops.Store.objects.create(code="S01", name="一号店", address="浙江省杭州市文三路 1 号")
        other = shops.Store.objects.create(code="S02", name="二号店")
        for where, code in ((store, "T1"), (store, "T2"), (other, "T1")):
            shops.Till.objects.create(store=where, code=code)
        for code, (name, roles) in PEOPLE.items():
            staff.hire(code, name, roles, at=shop.at, password=PASSWORD)
        for channel in ("wechatpay", "alipay"):
            shops.put_account(f"demo-{channel}", channel, {}, at=shop.at)
        return shop

    def __getattr__(self, code: str) -> Operator:
        if code not in PEOPLE:
            raise AttributeError(code)
        return staff.get(code)

    def later(self, **delta: float) -> datetime:
        self.at += timedelta(**delta)
        return self.at

    def draft(self, sale_no: str | None = None, **changes: Any) -> SaleDraft:
        """A sale of two yoghurts and a loaf for 59.97 in cash, with whatever a test wants different."""
        number = sale_no or f"S01-T1-{next(self._numbers):04d}"
        channel = changes.pop("channel", "cash")
        lines = changes.pop(
            "lines",
            (
                LineDraft(
                    line_no=1,
                    sku="6901",
                    name="红枣酸奶",
                    milli=2000,
                    unit_price=1999,
                    unit="件",
                    vat_bp=1300,
                ),
                LineDraft(
                    line_no=2,
                    sku="6902",
                    name="全麦面包",
                    milli=1000,
                    unit_price=1999,
                    unit="件",
                    vat_bp=1300,
                ),
            ),
        )
        charges: tuple[ChargeDraft, ...] = tuple(changes.pop("charges", ()))
        total = sum(n.unit_price * n.milli // 1000 - n.discount for n in lines) + sum(
            c.amount for c in charges
        )
        total -= changes.get("order_discount", 0) + changes.get("rounding_off", 0)
        payments = changes.pop("payments", None) or (self.payment(number, channel, total),)
        return SaleDraft(
            sale_no=number,
            store=changes.pop("store", "S01"),
            till=changes.pop("till", "T1"),
            operator="c01",
            sold_at=changes.pop("sold_at", self._a_while_ago()),
            lines=tuple(lines),
            charges=charges,
            payments=tuple(payments),
            **changes,
        )

    def _a_while_ago(self) -> datetime:
        """Ten minutes ago, but still today: a run just after the cut-over would find its sales in yesterday's books."""
        return max(self.at - timedelta(minutes=10), calendar.day_began(self.at))

    def payment(self, sale_no: str, channel: str, amount: int, payment_no: str = "P1") -> PaymentDraft:
        wallet = channel in ("wechatpay", "alipay")
        return PaymentDraft(
            payment_no=payment_no,
            channel=channel,
            amount=amount,
            account=f"demo-{channel}" if wallet else "",
            out_trade_no=f"{sale_no}{payment_no}".replace("-", "") if wallet else "",
        )

    def sell(self, sale_no: str | None = None, **changes: Any) -> Sale:
        draft = self.draft(sale_no, **changes)
        [taken] = intake.ingest([draft], by="test", at=self.at)
        assert taken.status == "created", taken
        return Sale.objects.get(sale_no=draft.sale_no)

    def ask(self, sale: Sale | str, **changes: Any) -> RefundRequest:
        lines = changes.pop("lines", ())
        if isinstance(lines, dict):
            lines = tuple(RequestLine(line_no=no, milli=n * 1000) for no, n in lines.items())
        return RefundRequest(
            sale_no=sale if isinstance(sale, str) else sale.sale_no,
            operator=changes.pop("operator", "c01"),
            store=changes.pop("store", "S01"),
            till=changes.pop("till", "T1"),
            reason=changes.pop("reason", "quality"),
            lines=lines,
            key=changes.pop("key", f"key-{next(self._numbers)}"),
            **changes,
        )

    def refund(self, sale: Sale | str, **changes: Any) -> Refund:
        """Open a refund that must be taken; everything when nothing else is said."""
        if not {"lines", "amount", "everything", "charges"} & set(changes):
            changes["everything"] = True
        [opened] = requests.open([self.ask(sale, **changes)], at=self.at)
        assert opened.refusal is None, opened.refusal
        assert opened.refund is not None
        return decisions.get(opened.refund.refund_no)

"""Slips to print in tests: one of each kind, as rich as the trade allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sudapos.core.calendar import SHANGHAI
from sudapos.printing.slip import (
    Charge,
    Copy,
    Deduction,
    Kind,
    Line,
    Merchant,
    Person,
    Sale,
    Tender,
    VoucherSlip,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


MERCHANT = Merchant(
    name="杭州速达生活超市有限公司",
    store="一号店",
    address="浙江省杭州市西湖区文三路 88 号",
    phone="0571-88001234",
    merchant_no_tail="****4401",
)
SALE = Sale(no="S01-T1-20261122-0001", sold_at=at("2026-11-22 11:48:05"), paid=5997)
WECHAT = Tender(
    channel="wechatpay",
    amount=3650,
    state="accepted",
    account_hint="招商银行信用卡 0403",
    arrives_by=date(2026, 11, 25),
    channel_order_no="S01-T1-20261122-0001-1",
    channel_trade_no="4200002345202611221234567890",
    leg_no="R20261122000001L1",
    channel_refund_no="50302511222026112200000123456",
)
REFUND = VoucherSlip(
    kind=Kind.REFUND,
    merchant=MERCHANT,
    refund_no="R20261122000001",
    created_at=at("2026-11-22 12:03:11"),
    decided_at=at("2026-11-22 12:05:40"),
    operator=Person(code="c01", name="王*"),
    approvers=(Person(code="m01", name="欧阳*"),),
    till="T1",
    shift="S01-T1-1122-1",
    sale=SALE,
    lines=(
        Line(name="红枣酸奶", quantity="×1", amount=1999),
        Line(name="有机特级初榨橄榄油礼盒装 500ml×2（冷榨）", quantity="×1", amount=1251, discount=120),
        Line(name="散装红富士苹果", quantity="1.236 kg", amount=600),
    ),
    charges=(Charge(name="包装费", amount=100),),
    deductions=(Deduction(kind="gift", name="帆布袋", amount=300),),
    total=3650 + 300,
    tenders=(
        WECHAT,
        Tender(
            channel="cash", route="cash", amount=300, state="settled", settled_at=at("2026-11-22 12:06:02")
        ),
    ),
    reason="quality",
    invoice_state="blue_issued",
    code="7QK4-M2XD",
    url="https://refund.example.cn/s/3fK9aZ",
)
CASH = replace(
    REFUND,
    kind=Kind.CASH,
    lines=REFUND.lines[:1],
    charges=(),
    deductions=(),
    total=1999,
    tenders=(
        Tender(
            channel="cash",
            route="cash",
            amount=1999,
            paid_amount=2000,
            state="settled",
            settled_at=at("2026-11-22 12:06:02"),
            drawer_no="D1",
        ),
    ),
    invoice_state="",
    receipt_lost=True,
    notes=("客户电话 13800138000",),
)
CARD = replace(
    REFUND,
    kind=Kind.CARD_REFUND,
    lines=REFUND.lines[:1],
    charges=(),
    deductions=(),
    total=1999,
    tenders=(
        Tender(
            channel="card",
            amount=1999,
            state="accepted",
            account_hint="622202*********1234",
            arrives_by=date(2026, 12, 1),
            issuer="工商银行",
            acquirer="银联商务",
            merchant_no="898330154110001",
            terminal_no="10000012",
            batch_no="000123",
            trace_no="000456",
            reference_no="112212345678",
            auth_code="A1B2C3",
            original_date=date(2026, 11, 22),
            original_trace_no="000400",
            original_reference_no="112211223344",
        ),
    ),
)
VOID = replace(CARD, kind=Kind.CARD_VOID, tenders=(replace(CARD.tenders[0], route="void", state="settled"),))
STORED = replace(
    CASH,
    kind=Kind.STORED_VALUE,
    receipt_lost=False,
    notes=(),
    tenders=(
        Tender(
            channel="stored_value",
            amount=1999,
            state="settled",
            account_hint="8800****0012",
            settled_at=at("2026-11-22 12:06:02"),
            balance_principal=10000,
            balance_bonus=550,
        ),
    ),
)
EVERY = {"refund": REFUND, "cash": CASH, "card": CARD, "void": VOID, "stored": STORED}

ORIGINAL = Copy(copy_no=1, printed_at=at("2026-11-22 12:06:10"), operator=Person(code="c01", name="王*"))
REPRINT = Copy(
    copy_no=3,
    printed_at=at("2026-11-23 09:15:30"),
    operator=Person(code="m01", name="欧阳*"),
    reason="顾客遗失",
)

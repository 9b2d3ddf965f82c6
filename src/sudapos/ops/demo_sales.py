"""A week of sales, the same every time but for its dates: honest ones, and every awkward one we can think of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft, SaleDraft
from sudapos.core.calendar import SHANGHAI

from . import drafts

SEED = 20261122
PER_DAY = 11
DAYS = 7
VAT = 1300
GOODS = (
    ("6901028075831", "红枣酸奶", "食品", "件", 1999),
    ("6902083880781", "全麦面包", "食品", "件", 1280),
    ("6921168509256", "矿泉水 550ml", "饮料", "瓶", 200),
    ("6954767410388", "可乐 330ml", "饮料", "罐", 350),
    ("6923450657430", "薯片 75g", "零食", "袋", 890),
    ("6922255451427", "抽纸 3 包", "日用", "提", 1590),
    ("6903148042441", "洗发水 400ml", "日用", "瓶", 3990),
    ("6920459905012", "绿茶 500ml", "饮料", "瓶", 450),
    ("6907992500133", "纯牛奶 250ml", "食品", "盒", 330),
    ("6934665082559", "雨伞", "日用", "把", 4900),
)
CHANNELS = ("cash", "wechatpay", "wechatpay", "alipay")
ACQUIRERS = ("unionpay", "chinaums", "lakala", "allinpay", "shengpay", "shouqianba", "card")
"""Each took one payment today: a part of it is refunded, the whole of it voided where the channel has a void."""
OPENS, CLOSES = time(9, 30), time(20, 30)


@dataclass(frozen=True, slots=True)
class Sold:
    """One sale; `story` names those that something happens to, `order_state` is how the wallet's order stands."""

    draft: SaleDraft
    story: str = ""
    order_state: str = "paid"


def week(*, ending: datetime) -> list[Sold]:
    """Seven days up to and including today, and three old sales, oldest first. The last one is a while ago."""
    now = ending.astimezone(SHANGHAI)
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    chance = random.Random(SEED)
    sold = list(_old(now))
    for day in days[:-1]:
        hours = _hours(day, PER_DAY + 8, chance)
        awkward = list(_awkward(days.index(day)))
        plain = [_plain(chance) for _ in range(PER_DAY)]
        sold += _numbered(day, hours, [*plain, *awkward])
    today = [_plain(chance) for _ in range(PER_DAY // 2)]
    today += [_Basket((_goods(1, n), _goods(2, n + 3)), (channel,)) for n, channel in enumerate(ACQUIRERS)]
    sold += _numbered(days[-1], _recent(now, len(today)), today)
    return sold


@dataclass(frozen=True, slots=True)
class _Basket:
    """A sale before it has a number and an hour."""

    lines: tuple[LineDraft, ...]
    channels: tuple[str, ...] = ("cash",)
    story: str = ""
    order_state: str = "paid"
    charges: tuple[ChargeDraft, ...] = ()
    order_discount: int = 0
    rounding_off: int = 0
    cash_part: int = 0
    phone: str = ""


def _line(number: int, name: str, price: int, *, pieces: int = 1, sku: str = "", **more: object) -> LineDraft:
    values: dict[str, object] = {
        "line_no": number, "name": name, "unit_price": price, "milli": pieces * 1000, "sku": sku, "unit": "件",
        "vat_bp": VAT,
    }  # fmt: skip
    return LineDraft(**(values | more))  # type: ignore[arg-type]


def _goods(number: int, which: int, *, pieces: int = 1, discount: int = 0) -> LineDraft:
    sku, name, category, unit, price = GOODS[which % len(GOODS)]
    return _line(number, name, price, pieces=pieces, sku=sku, category=category, unit=unit, discount=discount)


def _plain(chance: random.Random) -> _Basket:
    kinds = chance.sample(range(len(GOODS)), chance.randint(1, 4))
    lines = tuple(_goods(n, kind, pieces=chance.randint(1, 3)) for n, kind in enumerate(kinds, 1))
    return _Basket(lines, (chance.choice(CHANNELS),), phone=chance.choice(("", "", "13800138000")))


def _awkward(day: int) -> Iterator[_Basket]:
    """What the n-th day brings besides."""
    yield from (_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY, _SATURDAY)[day]


_TEA = (
    _line(1, "龙井茶（壶）", 8800, unit="壶", category="茶座", vat_bp=600),
    _line(2, "桂花糕", 2600, pieces=2, unit="份", category="茶座", vat_bp=600),
)
_WEIGHED = (
    _line(1, "红富士苹果", 1298, sku="20001", unit="kg", milli=1236, vat_bp=900, category="生鲜"),
    _line(2, "五花肉", 4560, sku="20002", unit="kg", milli=785, vat_bp=900, category="生鲜"),
)
_MONDAY = (
    _Basket(_WEIGHED, ("wechatpay",)),
    _Basket((_goods(1, 6, discount=500), _goods(2, 5, pieces=2)), ("alipay",)),
    _Basket((_goods(1, 0, pieces=3), _goods(2, 6), _goods(3, 9)), ("wechatpay",), order_discount=2000),
)
_TUESDAY = (
    _Basket(
        _TEA,
        ("wechatpay",),
        charges=(
            ChargeDraft(kind="service", name="服务费 10%", amount=1400, rate_bp=1000, follows_lines=True),
            ChargeDraft(kind="cover", name="茶位费", amount=1000),
        ),
    ),
    _Basket((_goods(1, 1, pieces=2), _goods(2, 4)), ("cash",), rounding_off=3, story="cash_refunded"),
    _Basket(
        (
            _line(1, "临期牛奶（特价不退）", 500, sku="6907992500140", category="食品", returnable=False),
            _goods(2, 1),
        ),
        ("alipay",),
    ),
)
_WEDNESDAY = (
    _Basket((_goods(1, 9), _goods(2, 6)), ("cash", "wechatpay"), cash_part=3000),
    _Basket(
        (
            _line(1, "电饭煲", 29900, sku="6933940300128", category="家电", serial="DFB26110042"),
            _line(2, "量杯（赠品）", 0, sku="6933940300999", category="家电", gift_of=1, marked_value=1500),
        ),
        ("alipay",),
    ),
    _Basket((_goods(1, 0, pieces=2), _line(2, "购物袋（免费）", 0, sku="00001")), ("wechatpay",)),
)
_THURSDAY = (
    _Basket(
        (
            _line(1, "蓝牙耳机", 12900, sku="6941487200111", category="数码", serial="BT26110777"),
            _goods(2, 2),
        ),
        ("alipay",),
        story="lost_answer",
    ),
    _Basket((_goods(1, 6), _goods(2, 5)), ("cash",), story="cash_waiting"),
    _Basket((_goods(1, 9),), ("alipay",), story="trade_finished", order_state="finished"),
)
_FRIDAY = (
    _Basket(
        (
            _line(1, "平板电脑", 129900, sku="6941487299001", category="数码", serial="PAD2611A0815"),
            _goods(2, 2),
        ),
        ("wechatpay",),
        story="too_much_for_a_cashier",
        phone="13900139000",
    ),
    _Basket((_goods(1, 6), _goods(2, 4)), ("wechatpay",), story="bounced"),
    _Basket((_goods(1, 9), _goods(2, 0, pieces=2)), ("cash", "alipay"), cash_part=2500, order_discount=500),
)
_SATURDAY = (
    _Basket((_goods(1, 0, pieces=2), _goods(2, 1)), ("wechatpay",), story="wechat_refunded"),
    _Basket((_goods(1, 6), _goods(2, 3, pieces=6)), ("alipay",), story="alipay_refunded"),
    _Basket(_WEIGHED, ("cash",), rounding_off=4),
)


def _old(now: datetime) -> Iterator[Sold]:
    """Beyond a channel's window, beyond the shop's own, and one just inside."""
    for back, channel in ((400, "wechatpay"), (200, "cash"), (360, "alipay")):
        day = now.date() - timedelta(days=back)
        basket = _Basket((_goods(1, 9), _goods(2, 6)), (channel,))
        yield from _numbered(day, [datetime.combine(day, time(15, 12), SHANGHAI)], [basket])


def _hours(day: date, most: int, chance: random.Random) -> list[datetime]:
    """Enough moments between opening and closing, in order."""
    start, end = (datetime.combine(day, hour, SHANGHAI) for hour in (OPENS, CLOSES))
    seconds = sorted(chance.sample(range(int((end - start).total_seconds())), most))
    return [start + timedelta(seconds=second) for second in seconds]


def _recent(now: datetime, count: int) -> list[datetime]:
    """Moments of today that are over; early in the morning they lie close together."""
    midnight = datetime.combine(now.date(), time(), SHANGHAI)
    first = max(midnight, now - timedelta(hours=6))
    step = max(now - timedelta(minutes=5) - first, timedelta(seconds=count)) / count
    return [min(first + step * n, now) for n in range(count)]


def _numbered(day: date, hours: list[datetime], baskets: list[_Basket]) -> Iterator[Sold]:
    for number, (at, basket) in enumerate(zip(hours, baskets, strict=False), 1):
        till = "T1" if number % 3 else "T2"
        sale_no = f"S01-{till}-{day:%Y%m%d}-{number:04d}"
        yield Sold(_draft(sale_no, till, at, basket), basket.story, basket.order_state)


def _draft(sale_no: str, till: str, at: datetime, basket: _Basket) -> SaleDraft:
    bare = SaleDraft(
        sale_no=sale_no,
        store="S01",
        till=till,
        operator="c01" if till == "T1" else "c02",
        sold_at=at.replace(microsecond=0),
        lines=basket.lines,
        payments=(),
        charges=basket.charges,
        order_discount=basket.order_discount,
        rounding_off=basket.rounding_off,
        phone=basket.phone,
    )
    total = drafts.total(bare)
    parts = [basket.cash_part, total - basket.cash_part] if len(basket.channels) > 1 else [total]
    payments = tuple(
        _payment(sale_no, n, channel, amount)
        for n, (channel, amount) in enumerate(zip(basket.channels, parts, strict=True), 1)
    )
    return replace(bare, payments=payments)


def _payment(sale_no: str, number: int, channel: str, amount: int) -> PaymentDraft:
    wallet = channel != "cash"
    return PaymentDraft(
        payment_no=f"P{number}",
        channel=channel,
        amount=amount,
        account=f"demo-{channel}" if wallet else "",
        out_trade_no=sale_no.replace("-", "") + ("" if number == 1 else f"P{number}") if wallet else "",
    )

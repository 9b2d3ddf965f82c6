"""Where the money goes: one block for each payment that is given back on (domain §7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sudapos.core import money

from . import words
from .rows import Pair, Row, Rule, Text
from .slip import Tender

NUMBERS = (
    "issuer",
    "acquirer",
    "merchant_no",
    "terminal_no",
    "batch_no",
    "trace_no",
    "reference_no",
    "auth_code",
    "original_date",
    "original_trace_no",
    "original_reference_no",
    "channel_order_no",
    "channel_trade_no",
    "leg_no",
    "channel_refund_no",
    "drawer_no",
)
"""Printed in this order, each only when it is known."""
MOVING = ("ready", "sending", "accepted")


def rows(tenders: Sequence[Tender], lang: str) -> Iterator[Row]:
    """Every tender; once, below the last that is on its way, that accepted is not arrived."""
    last_on_its_way = next(filter(_on_its_way, reversed(tenders)), None)
    for number, tender in enumerate(tenders):
        if number:
            yield Rule()
        yield from _one(tender, lang)
        if tender is last_on_its_way:
            yield Text(words.sentence("not_arrived", lang), small=True)


def by_hand(tender: Tender) -> bool:
    """Notes and coins over the counter."""
    return tender.route == "cash" or tender.channel == "cash"


def needs_drawer(tender: Tender) -> bool:
    """Cash approved or handed over; a cash leg that failed or was dropped opens nothing (escpos §4)."""
    return by_hand(tender) and tender.state in ("accepted", "settled")


def _on_its_way(tender: Tender) -> bool:
    return not by_hand(tender) and tender.state in (*MOVING, "in_doubt")


def _one(tender: Tender, lang: str) -> Iterator[Row]:
    yield Pair(_way(tender, lang), f"¥{money.show(tender.amount)}", strong=True)
    if tender.route in ("exchange", "set_off"):
        return  # nothing moves: there is no account, no number and no day to tell
    yield from _what_came(tender, lang)
    if tender.account_hint:
        yield Pair(words.label(_account_label(tender), lang), tender.account_hint)
    yield from _numbers(tender, lang)
    yield from _balance(tender, lang)
    yield from _state(tender, lang)


def _way(tender: Tender, lang: str) -> str:
    route = words.pick(words.ROUTES, tender.route, lang)
    if tender.channel == "cash" == tender.route:
        return route
    return words.channel(tender.channel, lang) + ("·" if lang == "zh" else ", ") + route


def _account_label(tender: Tender) -> str:
    if tender.channel == "card":
        return "card"
    return "stored_card" if tender.channel == "stored_value" else "account"


def _what_came(tender: Tender, lang: str) -> Iterator[Row]:
    """What was asked for against what came: a coupon at the wallet, the odd fen at the drawer."""
    came = tender.paid_amount
    if came is None or (came == tender.amount and not by_hand(tender)):
        return
    asked, paid = ("cash_due", "cash_paid") if by_hand(tender) else ("requested", _paid_word(tender))
    yield Pair(words.label(asked, lang), f"¥{money.show(tender.amount)}")
    yield Pair(words.label(paid, lang), f"¥{money.show(came)}")
    if by_hand(tender):
        yield Pair(words.label("odd_fen", lang), f"¥{money.show(came - tender.amount)}")


def _paid_word(tender: Tender) -> str:
    """Before the channel has said so it is what we expect."""
    return "really_paid" if tender.state == "settled" else "will_be_paid"


def _numbers(tender: Tender, lang: str) -> Iterator[Row]:
    for code in NUMBERS:
        value = getattr(tender, code)
        if value:
            shown = words.day(value) if code == "original_date" else value
            yield Pair(words.label(code, lang), shown)


def _balance(tender: Tender, lang: str) -> Iterator[Row]:
    parts = (tender.balance_principal, tender.balance_bonus)
    if parts == (None, None):
        return
    yield Pair(words.label("balance", lang), f"¥{money.show(sum(part or 0 for part in parts))}")
    for code, part in zip(("balance_principal", "balance_bonus"), parts, strict=True):
        if part is not None:
            yield Pair(words.label(code, lang), f"¥{money.show(part)}")


def _state(tender: Tender, lang: str) -> Iterator[Row]:
    if by_hand(tender) and tender.state in (*MOVING, "settled"):
        yield from _over_the_counter(tender, lang)
        return
    yield Pair(words.label("state", lang), words.pick(words.STATES, tender.state, lang))
    if tender.state == "settled" and tender.settled_at:
        yield Pair(words.label("settled_at", lang), words.moment(tender.settled_at))
    elif tender.state in MOVING and tender.arrives_by:
        yield Pair(words.label("arrives_by", lang), words.day(tender.arrives_by))
    elif tender.state in ("in_doubt", "failed", "bounced"):
        yield Text(
            words.sentence(tender.state, lang, channel=words.channel(tender.channel, lang)), small=True
        )


def _over_the_counter(tender: Tender, lang: str) -> Iterator[Row]:
    if tender.state != "settled":
        yield Text(words.sentence("pay_by_hand", lang), strong=True)
        return
    yield Pair(words.label("state", lang), words.sentence("paid_by_hand", lang), strong=True)
    if tender.settled_at:
        yield Pair(words.label("settled_at", lang), words.moment(tender.settled_at))

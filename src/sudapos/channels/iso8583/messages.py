"""The fields of each message of a terminal (iso8583 §4, §5, §9). Card data only where a card was presented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sudapos.channels.signing import iso8583 as seals
from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Order

from .config import SIGN_ON_CODES, Config
from .memory import Place

SALE, VOID, REFUND = "sale", "void", "refund"
TYPES = {SALE: "22", VOID: "23", REFUND: "25"}
"""Field 60.1."""
PROCESSING = {SALE: "000000", VOID: "200000", REFUND: "200000"}
"""Field 3."""
IN_REVERSAL = ("3", "4", "11", "22", "25", "38", "41", "42", "49", "60", "61")
"""Fields that a reversal takes over (iso8583 §4.1). It is kept until it is answered, so the card's number stays out: the
host knows the transaction by batch and trace."""
WITHOUT_CARD = "012"
"""Field 22: typed, no PIN."""


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A card as it was presented for one sale; goes into that message and nowhere else."""

    pan: str
    expiry: str
    """YYMM."""
    track_2: str = ""
    pin: str = ""


def base(config: Config, mti: str, trace_no: str) -> dict[str, str]:
    """What stands in every message."""
    return {
        "h": config.tpdu + config.header,
        "t": mti,
        "11": trace_no,
        "41": config.terminal_no,
        "42": config.merchant_no,
    }


def sign_on(config: Config, trace_no: str, batch_no: str) -> dict[str, str]:
    return base(config, "0800", trace_no) | {
        "60": f"00{batch_no}{SIGN_ON_CODES[config.key_kind]}",
        "63": f"{config.operator:<3}",
    }


def sale(config: Config, place: Place, card: Card, keys: seals.WorkingKeys) -> dict[str, str]:
    told = _money(config, "0200", place) | {"2": card.pan, "14": card.expiry}
    told["22"] = f"{'02' if card.track_2 else '01'}{1 if card.pin else 2}"
    if card.track_2:
        told["35"] = card.track_2
    if card.pin:
        block = seals.des(keys.pin, seals.pin_block(card.pin, card.pan))
        told |= {"26": "12", "52": block.hex().upper(), "53": _security(config, "2")}
    return told


def void(config: Config, place: Place, order: Order) -> dict[str, str]:
    """消费撤销: the sale by batch and trace, its reference number and authorisation (iso8583 §5)."""
    extra = order.extra
    told = _money(config, "0200", place) | {
        "22": WITHOUT_CARD,
        "37": reference(order),
        "61": f"{extra.get('batch_no', ''):0>6}{extra.get('trace_no', ''):0>6}",
    }
    if extra.get("auth_code"):
        told["38"] = f"{extra['auth_code']:<6}"
    return told


def refund(config: Config, place: Place, order: Order) -> dict[str, str]:
    """退货 is 0220: the sale by reference number and date; batch and trace are zeros where nobody knows them."""
    extra = order.extra
    return _money(config, "0220", place) | {
        "22": WITHOUT_CARD,
        "37": reference(order),
        "61": f"{extra.get('batch_no', ''):0>6}{extra.get('trace_no', ''):0>6}{order.paid_at.astimezone(SHANGHAI):%m%d}",
        "63": "CUP",
    }


def reference(order: Order) -> str:
    """The retrieval reference number of the sale, 12 characters; empty where nobody knows it."""
    return order.extra.get("reference_no") or order.channel_ref


def reversal_of(told: Mapping[str, str]) -> dict[str, str]:
    """What is owed if no answer to this message comes; a void's reversal names the void itself (iso8583 §5)."""
    kept = {name: told[name] for name in IN_REVERSAL if name in told}
    if "61" in kept:
        kept["61"] = told["60"][2:8] + told["11"]
    return kept | {"h": told["h"], "t": "0400"}


def settlement(config: Config, trace_no: str, batch_no: str, places: Sequence[Place]) -> dict[str, str]:
    """批结算: sums and counts of both directions, domestic and foreign (iso8583 §9)."""
    out = [place.amount for place in places if place.kind == SALE]
    back = [place.amount for place in places if place.kind != SALE]
    domestic = f"{sum(out):012d}{len(out):03d}{sum(back):012d}{len(back):03d}0"
    return base(config, "0500", trace_no) | {
        "48": domestic + "0" * 31,
        "49": "156",
        "60": f"00{batch_no}201",
        "63": f"{config.operator:<3}",
    }


def upload(config: Config, place: Place) -> dict[str, str]:
    """批上送 of one transaction after a settlement that did not balance."""
    told = base(config, "0320", place.trace_no) | {
        "3": PROCESSING[place.kind],
        "4": f"{place.amount:012d}",
        "49": "156",
        "60": f"{TYPES[place.kind]}{place.batch_no}201",
    }
    return told | ({"37": place.reference_no} if place.reference_no else {})


def upload_end(config: Config, trace_no: str, batch_no: str, count: int) -> dict[str, str]:
    return base(config, "0320", trace_no) | {"48": f"{count:04d}", "60": f"00{batch_no}202"}


def _money(config: Config, mti: str, place: Place) -> dict[str, str]:
    return base(config, mti, place.trace_no) | {
        "3": PROCESSING[place.kind],
        "4": f"{place.amount:012d}",
        "25": "00",
        "49": "156",
        "53": _security(config, "0"),
        "60": f"{TYPES[place.kind]}{place.batch_no}000000",
    }


def _security(config: Config, pin: str) -> str:
    return f"{pin}{'6' if config.key_kind == '3des' else '0'}".ljust(16, "0")

"""The settlement zip of a clearing day: a fixed-width ZM file and an empty ZME file, both GBK (unionpay §13)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sudapos.sandbox import clock, ledger

WIDTHS = (
    *(
        3,
        11,
        11,
        6,
        10,
        19,
        12,
        4,
        2,
        21,
        2,
        32,
        2,
        6,
        10,
        13,
        13,
        4,
        15,
        2,
        2,
        6,
        2,
        4,
        32,
        1,
        21,
        15,
        1,
        15,
        32,
    ),
    *(13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98),
)
"""Bytes of each of the 42 fields; one space stands between two."""
FEE_BP = 60
"""Hundredths of a per cent."""
TYPES = {"sale": "01", "refund": "04", "void": "31"}


@dataclass(frozen=True, slots=True)
class Given:
    """A refund or void beside the payment that it gives back, and its own query number."""

    refund: ledger.Refund
    order: ledger.Order
    query_id: str


def clearing_day(at: float) -> date:
    """The day from 23:00 to 23:00 that this hour belongs to (unionpay §7)."""
    return (clock.beijing(at) + timedelta(hours=1)).date()


def packed(mer_id: str, day: date, orders: Sequence[ledger.Order], given: Sequence[Given]) -> bytes:
    """The zip; the same day gives the same bytes."""
    records = [_record(_sold(order, mer_id)) for order in orders] + [
        _record(_back(one, mer_id)) for one in given
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, lines in (("ZM", records), ("ZME", [])):
            entry = zipfile.ZipInfo(
                f"INN{day:%y%m%d}88{kind}_{mer_id}", (day.year, day.month, day.day, 23, 0, 0)
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, b"".join(line + b"\r\n" for line in lines))
    return buffer.getvalue()


def _record(fields: Mapping[int, str]) -> bytes:
    """607 bytes: fields counted from 1, padded with spaces on the right."""
    return b" ".join(
        fields.get(place, "").encode("gb18030")[:width].ljust(width) for place, width in enumerate(WIDTHS, 1)
    )


def _sold(order: ledger.Order, mer_id: str) -> dict[int, str]:
    fee = (order.amount * FEE_BP + 5_000) // 10_000
    return _row(order, mer_id, "sale", order.paid_at, order.amount) | {
        10: order.channel_ref,
        12: order.order_no,
        16: f"D{fee:012d}",
        17: f"C{order.amount - fee:012d}",
        33: f"C{order.amount - fee:012d}",
    }


def _back(one: Given, mer_id: str) -> dict[int, str]:
    """The fee comes back with the money."""
    refund = one.refund
    fee = (refund.amount * FEE_BP + 5_000) // 10_000
    return _row(one.order, mer_id, refund.kind, refund.success_at or refund.accepted_at, refund.amount) | {
        10: one.query_id,
        12: refund.refund_no,
        14: one.order.channel_ref[14:20],
        15: f"{clock.beijing(one.order.paid_at):%m%d%H%M%S}",
        16: f"C{fee:012d}",
        17: f"D{refund.amount - fee:012d}",
        27: one.order.channel_ref,
        33: f"D{refund.amount - fee:012d}",
        41: one.order.order_no,
    }


def _row(order: ledger.Order, mer_id: str, kind: str, at: float, amount: int) -> dict[int, str]:
    return {
        1: {"sale": "S22", "void": "S23"}.get(kind, "S30"),
        2: "88022900",
        3: "00049993",
        4: order.channel_ref[14:20],
        5: f"{clock.beijing(at):%m%d%H%M%S}",
        6: order.payer or "622848******2576",
        7: f"{amount:012d}",
        8: "5411",
        9: "07",
        11: "01",
        13: "01",
        18: "0001",
        20: TYPES[kind],
        21: "00" if kind != "sale" else "01",
        22: "000201",
        28: mer_id,
        32: "0" * 13,
        36: "0" * 13,
        37: "0" * 13,
        38: "0" * 12,
        40: "7",
    }

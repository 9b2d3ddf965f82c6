"""The X and Z report of a shift on paper: the same rows for HTML, PDF, PNG and ESC/POS as any voucher (domain §8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sudapos.core import money
from sudapos.core.drawers import LINES
from sudapos.core.wording import drawers as wording

from . import columns, compose, page, picture, roll, sheet, words
from .roll import Device
from .rows import Item, Mark, Pair, Row, Rule, Sign, Text, Title, Total
from .slip import Copy

Slip = Mapping[str, Any]
_LABELS: Mapping[str, tuple[str, str]] = {
    "X": ("班次中间报表 X", "SHIFT REPORT X"),
    "Z": ("班次结算报表 Z", "SHIFT REPORT Z"),
    "number": ("报表号", "Report no."),
    "shift_no": ("班次", "Shift"),
    "till": ("收银机", "Till"),
    "operator": ("当班", "On duty"),
    "business_date": ("营业日", "Business date"),
    "opened_at": ("接班时间", "Opened"),
    "at": ("报表时间", "Report at"),
    "drawer": ("钱箱", "DRAWER"),
    "balance": ("现在账面", "In the drawer now"),
    "count": ("清点", "COUNT"),
    "expected": ("应有", "Expected"),
    "counted": ("实点", "Counted"),
    "right": ("相符", "Right"),
    "short": ("短款", "Short"),
    "over": ("长款", "Over"),
    "reason": ("原因", "Reason"),
    "false_notes": ("其中假币(不计入)", "Counterfeit (not counted)"),
    "sales": ("收款", "TAKEN"),
    "refunds": ("退款", "GIVEN BACK"),
    "kicks": ("无销售开箱", "Opened without a sale"),
    "open": ("交接清单", "STILL OPEN"),
    "open_refunds": ("未办完退款", "Refunds not done"),
    "open_cash": ("等付现金", "Waiting for cash"),
    "open_vouchers": ("未打印凭证", "Vouchers not printed"),
    "blind": ("清点前不显示现金", "No cash is shown before it is counted"),
    "from": ("交班人", "Handed over"),
    "to": ("接班人", "Taken over"),
}


def _label(code: str, lang: str) -> str:
    return words.pick(_LABELS, code, lang)


def rows(slip: Slip, copy: Copy, *, lang: str) -> tuple[Row, ...]:
    """The whole paper from top to foot. Raises ValueError for a language that we do not write."""
    if lang not in words.LANGUAGES:
        raise ValueError(f"no words in {lang!r}")
    blocks = (
        _head(slip, copy, lang),
        _drawer(slip, lang),
        _count(slip, lang),
        _turnover(slip, lang),
        _foot(slip, copy, lang),
    )
    return tuple(row for block in blocks for row in block)


def _head(slip: Slip, copy: Copy, lang: str) -> Iterator[Row]:
    if copy.is_reprint:
        yield Mark(words.REPRINT)
        yield Text(words.sentence("reprint", lang, n=copy.reprint_no), centred=True, small=True)
    yield Text(slip["merchant"], centred=True, strong=True)
    yield Text(slip["store"], centred=True)
    yield Title(_label(slip["kind"], lang))
    yield Rule()
    person = slip["operator"]
    yield Pair(_label("number", lang), f"{slip['kind']}{slip['number']:04d}")
    yield Pair(_label("shift_no", lang), slip["shift_no"])
    yield Pair(_label("till", lang), slip["till"])
    yield Pair(_label("operator", lang), f"{person['code']} {person['name']}".strip())
    yield Pair(_label("business_date", lang), slip["business_date"])
    for name in ("opened_at", "at"):
        yield Pair(_label(name, lang), words.moment(datetime.fromisoformat(slip[name])))


def _drawer(slip: Slip, lang: str) -> Iterator[Row]:
    yield Rule()
    if "lines" not in slip:
        yield Text(_label("blind", lang), centred=True, small=True)
        return
    yield Text(_label("drawer", lang), strong=True)
    told = {"opening": slip["opening"], **{name: slip["lines"][name] for name in LINES}}
    for name, amount in told.items():
        if amount or name in ("opening", "sales", "refunds"):
            yield Pair(words.pick(wording.LINES, name, lang), _fen(amount))
    yield Rule(heavy=True)
    yield Total(_label("balance", lang), f"¥{_fen(slip['balance'])}")
    yield Rule(heavy=True)


def _count(slip: Slip, lang: str) -> Iterator[Row]:
    if "counted" not in slip:
        return
    yield Text(_label("count", lang), strong=True)
    for note, pieces in sorted(slip["notes"].items(), key=lambda pair: -int(pair[0])):
        yield Item(f"¥{money.show(int(note))}", f"×{pieces}", money.show(int(note) * pieces))
    yield Pair(_label("expected", lang), _fen(slip["expected"]))
    yield Pair(_label("counted", lang), _fen(slip["counted"]), strong=True)
    off = slip["counted"] - slip["expected"]
    kind = "right" if not off else "over" if off > 0 else "short"
    yield Pair(_label(kind, lang), _fen(abs(off)) if off else "0.00", strong=True)
    if slip["false_notes"]:
        yield Pair(_label("false_notes", lang), _fen(slip["false_notes"]))
    if slip["reason"]:
        yield Pair(_label("reason", lang), slip["reason"])


def _turnover(slip: Slip, lang: str) -> Iterator[Row]:
    for name in ("sales", "refunds"):
        lines = [line for line in slip[name] if line["channel"] != "cash" or "lines" in slip]
        if lines:
            yield Rule()
            yield Text(_label(name, lang), strong=True)
        for line in lines:
            yield Item(words.channel(line["channel"], lang), f"×{line['count']}", money.show(line["amount"]))
    yield Rule()
    yield Pair(_label("kicks", lang), f"{slip['kicks']}")


def _foot(slip: Slip, copy: Copy, lang: str) -> Iterator[Row]:
    left = slip["left_over"]
    if any(left.values()):
        yield Rule()
        yield Text(_label("open", lang), strong=True)
        for name in ("refunds", "cash", "vouchers"):
            if numbers := left[name]:
                yield Pair(_label(f"open_{name}", lang), " ".join(numbers))
    if slip["kind"] == "Z":
        yield Sign(_label("from", lang))
        yield Sign(_label("to", lang))
    if copy.printed_at is not None:
        yield Rule()
        printed = f"{words.label('printed_at', lang)} {words.moment(copy.printed_at)}"
        yield Text(printed, centred=True, small=True)


def _fen(amount: int) -> str:
    return money.show(amount)


def title(slip: Slip, lang: str) -> str:
    return f"{_label(slip['kind'], lang)} {slip['shift_no']}"


def html(slip: Slip, copy: Copy, *, lang: str = "zh", width_mm: int = 80, font_url: str = "") -> str:
    """A document of its own."""
    mark = words.REPRINT if copy.is_reprint else ""
    made = rows(slip, copy, lang=lang)
    return page.html(
        made, width_mm=width_mm, lang=lang, title=title(slip, lang), font_url=font_url, watermark=mark
    )


def pdf(slip: Slip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> bytes:
    """Real text on a page as long as the report."""
    made = compose.compose(rows(slip, copy, lang=lang), width_mm)
    mark = words.REPRINT if copy.is_reprint else ""
    return sheet.pdf(
        made, width_mm=width_mm, title=title(slip, lang), author=slip["merchant"], lang=lang, watermark=mark
    )


def png(slip: Slip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> bytes:
    return picture.png(compose.compose(rows(slip, copy, lang=lang), width_mm))


def escpos(
    slip: Slip, copy: Copy, *, lang: str = "zh", width_mm: int = 80, device: Device | None = None
) -> bytes:
    """A print job; a report never opens the drawer."""
    made = rows(slip, copy, lang=lang)
    return roll.escpos(made, width_mm=width_mm, mode="auto", device=device or Device(), kick=False)


def text(slip: Slip, copy: Copy, *, lang: str = "zh", width_mm: int = 80) -> str:
    """What a character printer prints, as plain lines."""
    return columns.plain_text(rows(slip, copy, lang=lang), width_mm)


def pulse(device: Device | None = None) -> bytes:
    """ESC p: the drawer opens and nothing is printed (escpos §4)."""
    pin = (device or Device()).drawer_pin
    return b"\x1b@\x1bp" + bytes([0 if pin == 2 else 1, 50, 50])

"""UnionPay's settlement zip: ZM rows of 607 bytes, ZME rows of 339, cut by bytes, text in GBK (unionpay §13)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sudapos.core.calendar import SHANGHAI
from sudapos.ops.rows import BadCell, Problem, UnreadableFile

from .shape import Row, fen

ZM = (
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
ZME = (3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135)
"""Widths in bytes; one space stands between two fields."""
LARGEST = 512 << 20
"""Bytes of one file in the zip."""
TYPES = {"01": "sale", "04": "refund", "31": "void"}
ERRORS = "ZME_"


def read(path: Path, day: date) -> Iterator[Row | Problem]:
    """Rows of the normal and of the error file of one clearing day. Raises UnreadableFile.

    `day` is the clearing date of the request: rows of the evening before belong to it, and rows carry no year.
    """
    for name, content in _files(path):
        widths = ZME if name[11:15] == ERRORS else ZM
        for line, record in enumerate(content.split(b"\n"), 1):
            record = record.rstrip(b"\r")
            if record.strip():
                yield _record(line, record, widths, day)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files that hold rows; the printable summary RD… is left alone."""
    if not zipfile.is_zipfile(path):
        yield path.name, path.read_bytes()
        return
    found = False
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.filename.startswith("INN"):
                    continue
                if entry.file_size > LARGEST or entry.flag_bits & 0x1:
                    raise UnreadableFile("zip_not_readable", file=path.name)
                found = True
                yield entry.filename, archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise UnreadableFile("zip_not_readable", file=path.name) from error
    if not found:
        raise UnreadableFile("zip_without_bill", file=path.name)


def cut(record: bytes, widths: Sequence[int]) -> list[bytes]:
    """The fields of one record, without the blanks around them. Raises BadCell for another length."""
    whole = sum(widths) + len(widths) - 1
    if len(record) != whole:
        raise BadCell("record_length", found=len(record), expected=whole)
    fields, at = [], 0
    for width in widths:
        fields.append(record[at : at + width].strip())
        at += width + 1
    return fields


def _record(line: int, record: bytes, widths: Sequence[int], day: date) -> Row | Problem:
    try:
        fields = [field.decode("gb18030") for field in cut(record, widths)]
        return _error_row(line, fields, day) if widths is ZME else _row(line, fields, day)
    except UnicodeDecodeError:
        return Problem(line, "text_broken", {})
    except BadCell as bad:
        return Problem(line, bad.code, bad.facts)


def _row(line: int, fields: Sequence[str], day: date) -> Row:
    """Fields counted from 1 in the sheet: 5 hour, 7 amount, 10 queryId, 12 orderId, 16 fee, 17 net, 20 kind, 27 original."""
    kind = TYPES.get(fields[19], "other")
    back = kind in ("refund", "void")
    net, fee = _signed("结算金额", fields[16]), _signed("商户手续费", fields[15])
    return Row(
        line=line,
        kind=kind,
        amount=fen("交易金额", fields[6], in_yuan=False),
        order_no="" if back else fields[11],
        channel_ref=fields[26] if back else fields[9],
        refund_no=fields[11] if back else "",
        refund_ref=fields[9] if back else "",
        fee=-fee,
        net=net,
        state=fields[0],
        happened_at=_hour(fields[4], day),
        account=fields[27],
        said={"traceNo": fields[3], "card": fields[5], "txnType": fields[19], "reqReserved": fields[34]},
    )


def _error_row(line: int, fields: Sequence[str], day: date) -> Row:
    """差错 rows have no order number: they are joined by trace number and hour, or shown to a person."""
    return Row(
        line=line,
        kind="other",
        amount=fen("交易金额", fields[6], in_yuan=False),
        fee=-_signed("手续费", fields[14]),
        net=_signed("结算金额", fields[15]),
        state=fields[0],
        happened_at=_hour(fields[4], day),
        account=fields[16],
        said={
            "traceNo": fields[3],
            "card": fields[5],
            "origTraceNo": fields[10],
            "origTime": fields[11],
            "reason": fields[12],
        },
    )


def _signed(name: str, text: str) -> int:
    """C is credit to the merchant, D debit; blank is none. Both letters may stand anywhere (unionpay §13.3)."""
    letter, digits = text[:1], text[1:]
    if not text.strip("0 "):
        return 0
    if letter not in ("C", "D"):
        raise BadCell("amount_sign", field=name, text=text[:20])
    amount = fen(name, digits, in_yuan=False)
    return amount if letter == "C" else -amount


def _hour(text: str, day: date) -> datetime:
    """MMDDhhmmss in the year that brings it closest to the clearing day."""
    for year in (day.year, day.year - 1, day.year + 1):
        try:
            at = datetime.strptime(f"{year}{text}", "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
        if abs(at.date() - day) <= timedelta(days=180):
            return at
    raise BadCell("time_invalid", field="交易传输时间", text=text[:20])

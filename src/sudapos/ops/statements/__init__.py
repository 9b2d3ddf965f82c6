"""Statements of channels, read into one shape; every bad row with its line and reason, the good ones none the less."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sudapos.core.refusal import Invalid
from sudapos.ops import sources

from . import alipay, mapped, shape, unionpay, wechatpay
from .mapped import Mapped
from .shape import Row, Statement, Total

__all__ = ["FORMATS", "Mapped", "Row", "Statement", "Total", "mapped", "read"]

FORMATS = ("wechatpay", "alipay", "unionpay", "mapped")


def read(path: Path, *, format: str, day: date | None = None, mapping: Mapped | None = None) -> Statement:
    """A statement file: plain, gzip or zip, UTF-8 with or without BOM, or GBK.

    `day` is the clearing day (needed for unionpay), `mapping` says the columns (needed for mapped).
    Raises UnreadableFile for a file that is not what it was said to be, Invalid for what is missing, OSError.
    """
    match format:
        case "wechatpay":
            return shape.gathered(format, wechatpay.read(sources.find(path)))
        case "alipay":
            return shape.gathered(format, alipay.read(sources.find(path, not_named="汇总")))
        case "unionpay":
            if day is None:
                raise Invalid("statement_day_missing")
            return shape.gathered(format, unionpay.read(path, day))
        case "mapped":
            if mapping is None:
                raise Invalid("statement_mapping_missing")
            return shape.gathered(format, mapped.read(sources.find(path), mapping))
    raise Invalid("statement_format_unknown", format=format)

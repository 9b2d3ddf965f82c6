"""Whole fen: parsed, shown, split without losing one, and written out in 大写."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

MOST = 9_999_999_999
"""Fen; 99 999 999.99 yuan is the largest amount that may be typed (domain §5.1)."""
_YUAN = re.compile(r"\d{1,8}(\.\d{1,2})?")


class BadAmount(ValueError):
    """Not an amount of yuan with at most two decimals."""


def yuan(text: str | int | Decimal) -> int:
    """Fen from yuan: "19.99" → 1999. Raises BadAmount for signs, exponents, a third decimal, full-width digits."""
    plain = str(text)
    if isinstance(text, bool) or not plain.isascii() or not _YUAN.fullmatch(plain):
        raise BadAmount(plain)
    return int(Decimal(plain) * 100)


def show(fen: int) -> str:
    """Yuan with two decimals, no currency sign: 1999 → "19.99", -5 → "-0.05"."""
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), 100)
    return f"{sign}{whole}.{part:02d}"


def round_half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction that is not negative; halves go up."""
    return (2 * numerator + denominator) // (2 * denominator)


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Split fen by weights so that the parts add up: largest remainder, then larger weight, then order (domain §5.2)."""
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("share() splits amounts and weights that are not negative")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("nothing to share over")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), -weights[i], i))
    for index in by_rest[: total - sum(parts)]:
        parts[index] += 1
    return parts


def cumulative(total: int, n: int, k: int) -> int:
    """What the first `k` of `n` equal units are worth together; the first ones carry the odd fen (domain §5.3)."""
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n} units")
    return k * (total // n) + min(k, total % n)


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "兆")


def in_words(fen: int) -> str:
    """The amount in formal Chinese numerals 大写, as it stands on vouchers (domain §7.1)."""
    if fen < 0:
        return "负" + in_words(-fen)
    whole, part = divmod(fen, 100)
    jiao, odd = divmod(part, 10)
    text = f"{_whole_in_words(whole)}元" if whole else ""
    if not part:
        return f"{text or '零元'}整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return text + (f"{_DIGITS[odd]}分" if odd else "整")


def _whole_in_words(number: int) -> str:
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group:
            # a gap is read as one 零: 100 0003 → 壹佰万零叁
            if text and (group < 1000 or groups[index + 1] == 0):
                text += "零"
            text += _group_in_words(group) + _GROUPS[index]
    return text


def _group_in_words(group: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text

"""What a name, a card or a phone looks like to whoever need not know it (domain §7.3)."""

from __future__ import annotations

import re
import unicodedata

_COMPOUND = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "令狐",
        "第五",
        "呼延",
        "百里",
        "东郭",
        "西门",
        "南门",
    ]
)
_SEPARATORS = r"[\s\-–—·.]?"
_BEFORE, _AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_ID = re.compile(_BEFORE + r"(?:\d" + _SEPARATORS + r"){17}[\dXx]" + _AFTER)
_MOBILE = re.compile(
    _BEFORE
    + r"(?:\+?86"
    + _SEPARATORS
    + r")?1"
    + _SEPARATORS
    + r"[3-9](?:"
    + _SEPARATORS
    + r"\d){9}"
    + _AFTER
)
_CARD = re.compile(_BEFORE + r"\d(?:" + _SEPARATORS + r"\d){12,18}" + _AFTER)


def name(full: str) -> str:
    """张三 → 张*, 欧阳修 → 欧阳*, Jane → J***; a single character stays hidden."""
    full = full.strip()
    if not full:
        return ""
    if full[0].isascii():
        return full[0] + "***"
    if len(full) == 1:
        return "*"
    kept = 2 if len(full) > 2 and full[:2] in _COMPOUND else 1
    return full[:kept] + "*" * (len(full) - kept)


def mobile(number: str) -> str:
    """13800138000 → 138****8000; anything shorter shows at most its last two digits."""
    digits = "".join(c for c in _half_width(number) if c.isdigit())
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) == 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return _short(digits, 2) if len(digits) < 7 else f"{digits[:-6]}****{digits[-2:]}"


def card(number: str) -> str:
    """First six and last four, the length kept (domain R-19, R-20)."""
    plain = re.sub(r"[\s\-]", "", _half_width(number))
    if len(plain) < 13:
        return _short(plain, 4 if len(plain) > 8 else 2)
    return plain[:6] + "*" * (len(plain) - 10) + plain[-4:]


def id_number(number: str) -> str:
    """First and last character only."""
    plain = number.strip()
    return plain[0] + "*" * (len(plain) - 2) + plain[-1] if len(plain) > 2 else "*" * len(plain)


def wallet(account: str) -> str:
    """A wallet's account: mail by its first three letters, a phone as a phone, an openid by its last four."""
    if "@" in account:
        local, _, domain = account.partition("@")
        return f"{local[:3] if len(local) > 3 else local[:1]}***@{domain}"
    digits = "".join(c for c in _half_width(account) if c.isdigit())
    if digits == account and len(digits) == 11:
        return mobile(account)
    return _short(account, 4)


def looks_like_card(text: str) -> bool:
    """Thirteen or more bare digits: a card number that must never get in (INV-10)."""
    plain = re.sub(r"[\s\-]", "", _half_width(text))
    return plain.isdigit() and len(plain) >= 13


def scan(text: str) -> str:
    """Free text with phone, identity and card numbers masked, separators and full-width digits included."""
    plain = _half_width(text)
    for pattern, mask in ((_ID, _mask_id), (_MOBILE, _mask_mobile), (_CARD, _mask_card)):
        plain = pattern.sub(mask, plain)
    return plain if plain != _half_width(text) else text


def _mask_id(found: re.Match[str]) -> str:
    return id_number(re.sub(_SEPARATORS.rstrip("?"), "", found.group()))


def _mask_mobile(found: re.Match[str]) -> str:
    return mobile(found.group())


def _mask_card(found: re.Match[str]) -> str:
    return card(re.sub(_SEPARATORS.rstrip("?"), "", found.group()))


def _half_width(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", c) if c.isdigit() or c in "－＠＋" else c for c in text)


def _short(text: str, kept: int) -> str:
    """The tail only, and never more than half of it."""
    kept = min(kept, len(text) // 2)
    return "***" + text[len(text) - kept :] if kept else "*" * len(text)

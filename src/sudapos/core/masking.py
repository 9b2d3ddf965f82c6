"""What a name, a card or a phone looks like to whoever need not know it (domain §7.3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

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
_GAP = r"(?:[\s\-–—·_\u200b-\u200d\u2060\ufeff]{1,3}|\.(?=\d{3}))"
"""What people type between groups of digits; a point only before three more, so that 19.99 stays an amount."""
_MAYBE = _GAP + "?"
_BEFORE, _AFTER = r"(?<![\d*])", r"(?![\d*])"
_STATE_CODE = r"(?:\+86|0086|86)" + _MAYBE
_ID = re.compile(_BEFORE + r"\d(?:" + _MAYBE + r"\d){16}" + _MAYBE + r"[\dXx]" + _AFTER)
_PHONE_PARTS = (r"1[3-9]\d", r"\d{4}", r"\d{4}")
_BARE_PHONE = re.compile(rf"{_BEFORE}(?:{_STATE_CODE})?1[3-9]\d{{9}}{_AFTER}")
_PHONE = re.compile(rf"(?<!\d[\s\-]){_BEFORE}(?:{_STATE_CODE})?{_MAYBE.join(_PHONE_PARTS)}{_AFTER}")
_ODD_PHONE = re.compile(rf"{_BEFORE}(?:{_STATE_CODE})?1{_MAYBE}[3-9](?:{_MAYBE}\d){{9}}{_AFTER}")
_LONG = re.compile(_BEFORE + r"\d{13,19}" + _AFTER)
_GROUPS = re.compile(_BEFORE + r"\d{1,19}(?:" + _GAP + r"\d{1,19})+" + _AFTER)
_DAY = r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}"
_DATES = re.compile(rf"((?<!\d)(?<!\d[-. ]){_DAY}(?:\s?[-–—~至]\s?{_DAY})?(?!\d)(?![-.]\d))")
_PLACE = re.compile(
    r"(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区|特别行政区))?(?:[^\W\d区县路街道巷弄号村镇乡a-zA-Z]{1,8}?(?:市|自治州|地区|盟))?"
)
_WIDE = frozenset("－＋＠．＿ＸｘＩＤｉｄ")
_SHORTEST_CARD, _SHORTEST_PHONE = 13, 7


def name(full: str) -> str:
    """张三 → 张*, 欧阳修 → 欧阳*, Jane → J***; a single character stays hidden."""
    letters = _letters(full.strip())
    if len(letters) <= 1:
        return "*" * len(letters)
    if "LATIN" in unicodedata.name(letters[0][0], ""):
        return letters[0] + "***"
    kept = 2 if len(letters) > 2 and "".join(letters[:2]) in _COMPOUND else 1
    return "".join(letters[:kept]) + "*" * (len(letters) - kept)


def mobile(number: str) -> str:
    """13800138000 → 138****8000; a number with an area code as a landline; a short one by at most two digits."""
    digits = _digits(number)
    if len(digits) > 11:
        digits = re.sub(r"^(?:00)?86", "", digits)
    if digits.startswith("0"):
        return landline(digits)
    if len(digits) == 11:
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) < _SHORTEST_PHONE:
        return _short(digits, 2)
    return f"{digits[: min(3, len(digits) - 6)]}****{digits[-2:]}"


def landline(number: str) -> str:
    """010-8888 3456 → 010****56: the area code and the last two."""
    digits = _digits(number)
    area = 3 if re.match(r"01|02", digits) else 4
    if not digits.startswith("0") or len(digits) < area + 6:
        return _short(digits, 2)
    return f"{digits[:area]}****{digits[-2:]}"


def card(number: str) -> str:
    """First six and last four, the length kept (domain R-19, R-20)."""
    plain = re.sub(r"[^\d*]", "", _half_width(number))
    if len(plain) < _SHORTEST_CARD:
        return _short(plain, 4 if len(plain) > 8 else 2)
    return plain[:6] + "*" * (len(plain) - 10) + plain[-4:]


def id_number(number: str) -> str:
    """First and last character only."""
    plain = number.strip()
    return plain[0] + "*" * (len(plain) - 2) + plain[-1] if len(plain) > 2 else "*" * len(plain)


def passport(number: str) -> str:
    """Passports and other papers: E12345689 → E******89."""
    plain = number.strip()
    return plain[0] + "*" * (len(plain) - 3) + plain[-2:] if len(plain) > 5 else _short(plain, 1)


def wallet(account: str) -> str:
    """A wallet's account: mail by its first three letters, a phone as a phone, an openid by its last four."""
    plain = _half_width(account).strip()
    if "@" in plain:
        local, _, domain = plain.rpartition("@")
        kept = 3 if len(local) > 3 else min(1, len(local) // 2)
        return f"{local[:kept]}***@{domain}"
    if re.fullmatch(r"[+\d\s\-]+", plain) and len(_digits(plain)) in (11, 13):
        return mobile(plain)
    return _short(plain, 4)


def address(full: str) -> str:
    """浙江省杭州市西湖区… → 浙江省杭州市****: province and city, where they are written as such."""
    found = _PLACE.match(full.strip())
    return (found.group() if found else "") + "****" if full.strip() else ""


def plate(number: str) -> str:
    """浙A12348 → 浙A***8."""
    plain = number.strip()
    return f"{plain[:2]}***{plain[-1]}" if len(plain) > 5 else "*" * len(plain)


def looks_like_card(text: str) -> bool:
    """Thirteen or more digits in a row, separators aside: a card number that must never get in (INV-10)."""
    plain = re.sub(r"[\s\-–—·._\u200b-\u200d\u2060\ufeff]", "", _half_width(text))
    return re.search(r"\d{13}", plain) is not None


def scan(text: str) -> str:
    """Free text with phone, identity and card numbers masked, separators and full-width digits included.

    Dates, amounts and numbers that are part of a longer code (S01-T1-20261122-0001) stay.
    """
    plain = _half_width(text)
    # every other piece is a date
    pieces = [piece if index % 2 else _masked(piece) for index, piece in enumerate(_DATES.split(plain))]
    shown = "".join(pieces)
    return shown if shown != plain else text


def _masked(text: str) -> str:
    """Whole numbers before grouped ones: 退 6222021234567890 100 has one card and one amount."""
    for pattern, mask in (
        (_BARE_PHONE, _mask_phone),
        (_PHONE, _mask_phone),
        (_LONG, _mask_long),
        (_ID, _mask_id),
        (_GROUPS, _mask_groups),
        (_ODD_PHONE, _mask_phone),
    ):
        text = pattern.sub(mask, text)
    return text


def _mask_phone(found: re.Match[str]) -> str:
    return mobile(found.group())


def _mask_long(found: re.Match[str]) -> str:
    digits = found.group()
    if _in_a_code(found) and not (_dated(digits) or _checks(digits)):
        return digits
    if len(digits) == 17 and re.match(r"[Xx](?![\d*])", found.string[found.end() :]):
        return digits  # an identity number, masked next
    return id_number(digits) if len(digits) == 18 or _dated(digits) else card(digits)


def _mask_id(found: re.Match[str]) -> str:
    plain = re.sub(r"[^\dXx]", "", found.group())
    return id_number(plain) if _dated(plain) or plain[-1] in "Xx" else found.group()


def _mask_groups(found: re.Match[str]) -> str:
    digits = _digits(found.group())
    if len(digits) < _SHORTEST_CARD or (_in_a_code(found) and not _checks(digits)):
        return found.group()
    return card(digits)


def _in_a_code(found: re.Match[str]) -> bool:
    """Glued to Latin letters, as in T1-20261122-0001."""
    return re.search(r"[A-Za-z][-_]?$", found.string[: found.start()]) is not None


def _dated(number: str) -> bool:
    """Whether an identity number of 18 or 15 characters has a day of birth in its place."""
    born = {18: number[8:14], 15: number[6:12]}.get(len(number), "")
    month, day = born[2:4], born[4:6]
    return "01" <= month <= "12" and "01" <= day <= "31" and "11" <= number[:2] <= "82"


def _checks(digits: str) -> bool:
    """Whether a number starts and ends as the numbers on cards do (Luhn)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return digits[0] in "3456" and total % 10 == 0


def _digits(text: str) -> str:
    return "".join(c for c in _half_width(text) if c.isdigit())


def _half_width(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", c) if c.isdigit() or c in _WIDE else c for c in text)


def _letters(text: str) -> list[str]:
    """Characters as a reader counts them: accents, skin tones and joined emoji belong to the one before."""
    return list(_clusters(text))


def _clusters(text: str) -> Iterator[str]:
    letter = ""
    for c in text:
        joins = unicodedata.category(c) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= c <= "\U0001f3ff"
        if letter and not joins and not letter.endswith("\u200d"):
            yield letter
            letter = ""
        letter += c
    if letter:
        yield letter


def _short(text: str, kept: int) -> str:
    """The tail only, and never more than half of it."""
    kept = min(kept, len(text) // 2)
    return "***" + text[len(text) - kept :] if kept else "*" * len(text)

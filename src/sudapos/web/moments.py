"""Times and days as people say them: 今天 12:01, 11-21 周六."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

WEEKDAYS: tuple[Promise, ...] = (
    later("周一"),
    later("周二"),
    later("周三"),
    later("周四"),
    later("周五"),
    later("周六"),
    later("周日"),
)


def now() -> datetime:
    """The edge of the web room: every view asks here, and hands the answer on."""
    return timezone.now()


def today() -> date:
    return timezone.localdate(now())


def start_of(day: date) -> datetime:
    """Midnight at which `day` begins in the shop."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def day(value: date) -> str:
    """今天, 昨天, 明天, 11-21 周六; the year only when it is another one."""
    gap = (value - today()).days
    named = {0: _("今天"), -1: _("昨天"), 1: _("明天")}.get(gap)
    if named:
        return named
    if value.year != today().year:
        return value.isoformat()
    return f"{value:%m-%d} {WEEKDAYS[value.weekday()]}"


def when(value: datetime) -> str:
    """A moment: 今天 12:01."""
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}"


def clock(value: datetime) -> str:
    """The time of day alone."""
    return f"{timezone.localtime(value):%H:%M}"


def age(value: datetime) -> str:
    """How long something has waited, roughly: 3 分钟, 2 小时, 4 天."""
    waited = max(now() - value, timedelta())
    minutes = int(waited.total_seconds() // 60)
    if minutes < 1:
        return _("刚刚")
    if minutes < 60:
        return _("%(n)d 分钟") % {"n": minutes}
    if minutes < 24 * 60:
        return _("%(n)d 小时") % {"n": minutes // 60}
    return _("%(n)d 天") % {"n": minutes // (24 * 60)}

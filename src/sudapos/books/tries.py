"""Wrong passwords, PINs and codes, counted by django-axes per person and place: nobody locks a colleague out from elsewhere.

Beside that, one place has a cap of its own, whoever it names: a list of stolen names is tried in vain.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Sum
from django.http import HttpRequest

from sudapos.core.refusal import Refusal

TRIES = 5
COOL_OFF = timedelta(minutes=10)
PLACE_TRIES = 50


def check(code: str, *, origin: str, at: datetime) -> None:
    """Raises Refusal too_many_tries while this person rests here, too_many_tries_here while the place does."""
    from axes.handlers.proxy import AxesProxyHandler

    minutes = int(COOL_OFF.total_seconds() // 60)
    if not AxesProxyHandler.is_allowed(_asked(origin, at), _named(code)):
        raise Refusal("too_many_tries", operator=code, minutes=minutes)
    if _of_place(origin, at) >= PLACE_TRIES:
        raise Refusal("too_many_tries_here", minutes=minutes)


def failed(code: str, *, origin: str, at: datetime) -> None:
    """One more wrong try."""
    from axes.handlers.proxy import AxesProxyHandler

    AxesProxyHandler.user_login_failed(sender=__name__, credentials=_named(code), request=_asked(origin, at))


def worked(code: str, *, origin: str) -> None:
    """She is who she says: what was typed wrong here before is forgotten."""
    from axes.handlers.proxy import AxesProxyHandler

    AxesProxyHandler.reset_attempts(username=code, ip_address=origin or None)


def forget(code: str) -> None:
    """An administrator lifts the lock of this person, everywhere."""
    from axes.handlers.proxy import AxesProxyHandler

    AxesProxyHandler.reset_attempts(username=code)


def locked(*, at: datetime) -> dict[str, int]:
    """Person's code → wrong tries, for everybody who rests somewhere."""
    from axes.models import AccessAttempt

    rows = AccessAttempt.objects.filter(attempt_time__gte=at - COOL_OFF, failures_since_start__gte=TRIES)
    return {row.username: row.failures_since_start for row in rows if row.username}


def _of_place(origin: str, at: datetime) -> int:
    from axes.models import AccessAttempt

    rows = AccessAttempt.objects.filter(ip_address=origin or None, attempt_time__gte=at - COOL_OFF)
    return int(rows.aggregate(sum=Sum("failures_since_start"))["sum"] or 0)


def _named(code: str) -> dict[str, str]:
    return {"code": code}


def _asked(origin: str, at: datetime) -> HttpRequest:
    """The place as django-axes reads it; neither browser nor form of the real request is kept with a failure."""
    request = HttpRequest()
    told = {
        "attempt_time": at,
        "ip_address": origin or None,
        "user_agent": "",
        "path_info": "",
        "http_accept": "",
        "locked_out": False,
        "failures_since_start": None,
        "credentials": None,
        "updated": True,
    }
    for name, value in told.items():
        setattr(request, f"axes_{name}", value)
    return request

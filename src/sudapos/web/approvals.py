"""The second pair of eyes: cards for a manager's phone, the reason first, two buttons at the thumb."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import decisions
from sudapos.books.refunds import Refund
from sudapos.core.authority import Act
from sudapos.core.refusal import Forbidden, Refusal

from . import errors, frame, moments, reasons, words
from .reasons import Why

LOOK_BACK = timedelta(days=30)
TOO_FAST = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Card:
    """One refund that waits for this person."""

    refund: Refund
    whys: list[Why]
    to: str
    count: int
    total: int


@frame.page(Act.APPROVE, Act.APPROVE_HIGH)
@require_safe
def cards(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(request: HttpRequest, refusal: Refusal | None = None, refund_no: str = "") -> HttpResponse:
    waiting = decisions.waiting_for(frame.operator_of(request))
    lately = _lately(refund.operator_id for refund in waiting)
    told: dict[str, Any] = {
        "cards": [_card(refund, lately) for refund in waiting],
        "done": request.GET.get("done", ""),
    }
    if refusal is None:
        return render(request, "pages/approvals.html", told)
    told |= {"said": errors.say(refusal), "said_of": refund_no, "note": request.POST.get("note", "")}
    told["said_here"] = any(card.refund.refund_no == refund_no for card in told["cards"])
    return render(request, "pages/approvals.html", told, status=refusal.http_status)


def _card(refund: Refund, lately: dict[int, tuple[int, int]]) -> Card:
    count, total = lately.get(refund.operator_id, (0, 0))
    return Card(
        refund=refund,
        whys=[why for why in reasons.listed(refund.verdict) if why.weight],
        to=words.destination(words.lands(part["route"], part["channel"]) for part in refund.plan),
        count=count,
        total=total,
    )


def _lately(operator_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(refunds, fen) of each maker's last 30 days, in one statement."""
    rows = Refund.objects.filter(operator_id__in=set(operator_ids), created_at__gte=moments.now() - LOOK_BACK)
    sums = rows.order_by().values("operator_id").annotate(count=Count("id"), total=Sum("total"))
    return {row["operator_id"]: (row["count"], row["total"]) for row in sums}


def _take_a_breath(request: HttpRequest, refund: Refund) -> None:
    """Made and approved at one till within seconds is one pair of eyes, unless she signed in meanwhile (FR13). Raises Forbidden approved_too_fast."""
    seat = frame.seat_of(request)
    same = bool(refund.till) and (seat.store, seat.till) == (refund.store.code, refund.till)
    came = frame.operator_of(request).last_login
    signed_in_since = came is not None and came >= refund.created_at
    if same and not signed_in_since and moments.now() - refund.created_at < TOO_FAST:
        raise Forbidden("approved_too_fast", refund_no=refund.refund_no)


@frame.page(Act.APPROVE, Act.APPROVE_HIGH)
@require_POST
def decide(request: HttpRequest, refund_no: str, act: str) -> HttpResponseBase:
    """Approve or reject what the page showed: the fingerprint says what that was."""
    verb = decisions.approve if act == "approve" else decisions.reject
    try:
        refund = decisions.get(refund_no)
        frame.keep_to_store(request, refund.store)
        if act == "approve":
            _take_a_breath(request, refund)
        verb(
            refund_no,
            operator=frame.operator_of(request),
            note=request.POST.get("note", "").strip(),
            at=moments.now(),
            fingerprint=request.POST.get("fingerprint", ""),
        )
    except Refusal as refusal:
        return _show(request, refusal, refund_no)
    if request.POST.get("back") == "refund":
        return redirect("refunds-one", refund_no)
    return redirect(f"{reverse('approvals')}?done={refund_no}")

"""The audit log: who did what to which refund, by refund, person and day, and whether the chain holds."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_safe

from sudapos.books import audit
from sudapos.books.audit import AuditRecord, Seal
from sudapos.books.shops import Store
from sudapos.core.authority import Act

from . import days, frame, words

PAGE = 60


@frame.page(Act.SEE_AUDIT)
@require_safe
def log(request: HttpRequest) -> HttpResponseBase:
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "by", "day", "store", "act")}
    own = frame.own_store(frame.operator_of(request))
    rows = _rows(asked, own)
    before = days.number(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    last = Seal.objects.order_by("-last_id").first()
    told: dict[str, Any] = {
        "rows": [(row, words.act(row.act), _facts(row)) for row in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "asked": asked,
        "is_filtered": any(asked.values()),
        "seal": last,
        "head": f"{last.last_id}:{last.head}" if last else "",
        "acts": words.acts(),
        "stores": [] if own else list(Store.objects.order_by("code")),
        "unsealed": AuditRecord.objects.filter(pk__gt=last.last_id if last else 0).count(),
        "checked": request.GET.get("check") == "1",
    }
    if told["checked"]:
        told["known"] = request.GET.get("known", "").strip()
        told["broken"] = audit.verify(known=audit.read_head(told["known"]) if told["known"] else None)
        told["broken_word"] = _BREAKS[told["broken"].kind] if told["broken"] else ""
    return render(request, "pages/audit.html", told)


def _rows(asked: dict[str, str], store: str) -> QuerySet[AuditRecord]:
    rows = AuditRecord.objects.order_by("-pk")
    if asked["q"]:
        rows = rows.filter(Q(subject_no=asked["q"]) | Q(subject_no__endswith=asked["q"]))
    if asked["by"]:
        rows = rows.filter(by=asked["by"])
    if asked["act"]:
        rows = rows.filter(act=asked["act"])
    if asked["store"]:
        rows = rows.filter(store=asked["store"])
    since, until = days.start(asked["day"]), days.end(asked["day"])
    if since and until:
        rows = rows.filter(at__gte=since, at__lt=until)
    return rows.filter(store=store) if store else rows


def _facts(row: AuditRecord) -> str:
    """Small print: what was written beside the act, one fact after the other."""
    kept = {
        name: value
        for name, value in row.facts.items()
        if value not in ("", [], None) and name not in _DIGESTS
    }
    return " · ".join(
        f"{words.word(words.FACTS, name)} {_plain(name, value)}" for name, value in kept.items()
    )


_BREAKS = {
    "altered": later("有记录被改动。"),
    "missing": later("有记录被删除。"),
    "inserted": later("有记录被插入。"),
    "seal": later("封条被改动。"),
    "head": later("抄下的链头不在链上。"),
}
_DIGESTS = ("digest", "fingerprint", "state", "event", "decision")
"""What nobody reads, and what the act itself says already."""
_MONEY = ("total", "amount")


def _plain(name: str, value: object) -> str:
    if name in _MONEY and isinstance(value, int):
        return words.yuan(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

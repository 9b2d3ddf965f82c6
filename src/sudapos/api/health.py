"""Alive, ready, and what Prometheus wants to know."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.registry import Collector

from sudapos.books import staff
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.core.lifecycle import LegState, RefundState

from . import problems
from .keys import now

LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return problems.busy(request, error)
    if missing:
        return problems.answer(request, "not_set_up", 503)
    return JsonResponse({"ready": True})


class _Books(Collector):
    """Read when somebody asks: counts that would drift if we kept them."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        refunds = GaugeMetricFamily("sudapos_refunds", "Refunds by state", labels=["state"])
        counted = dict(Refund.objects.order_by("state").values_list("state").annotate(n=Count("id")))
        for state in RefundState:
            refunds.add_metric([state], counted.get(state, 0))
        yield refunds
        legs = GaugeMetricFamily("sudapos_legs", "Legs by state and channel", labels=["state", "channel"])
        for row in (
            Leg.objects.values("state", "channel").annotate(n=Count("id")).order_by("state", "channel")
        ):
            legs.add_metric([row["state"], row["channel"]], row["n"])
        yield legs
        doubt = Leg.objects.filter(state=LegState.IN_DOUBT).count()
        yield GaugeMetricFamily("sudapos_legs_in_doubt", "Legs without an answer that counts", value=doubt)
        waiting = Leg.objects.filter(state=LegState.READY, due_at__lte=now()).aggregate(first=Min("due_at"))[
            "first"
        ]
        age = (now() - waiting).total_seconds() if waiting else 0.0
        yield GaugeMetricFamily(
            "sudapos_oldest_due_leg_seconds", "How long the oldest due leg waits", value=age
        )


_BOOKS = CollectorRegistry(auto_describe=False)
_BOOKS.register(_Books())


def metrics(request: HttpRequest) -> HttpResponse:
    """For a key, or for callers on this machine."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and staff.find_key(secret.strip(), at=now())
    if not known and not _is_local(request):
        return problems.stranger(request)
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(_BOOKS), content_type=CONTENT_TYPE_LATEST)


def _is_local(request: HttpRequest) -> bool:
    """Nobody between: a proxy on this machine speaks for callers from elsewhere."""
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not any(
        name in request.headers for name in FORWARDED
    )

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
from sudapos.core.lifecycle import LegState

from . import problems
from .keys import now

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return problems.answer(request, "server_busy", 503)
    if missing:
        return JsonResponse({"ready": False, "migrations_missing": len(missing)}, status=503)
    return JsonResponse({"ready": True})


class _Books(Collector):
    """Read when somebody asks: counts that would drift if we kept them."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        refunds = GaugeMetricFamily("sudapos_refunds", "Refunds by state", labels=["state"])
        for row in Refund.objects.values("state").annotate(n=Count("id")).order_by("state"):
            refunds.add_metric([row["state"]], row["n"])
        yield refunds
        legs = GaugeMetricFamily("sudapos_legs", "Legs by state and channel", labels=["state", "channel"])
        for row in (
            Leg.objects.values("state", "channel").annotate(n=Count("id")).order_by("state", "channel")
        ):
            legs.add_metric([row["state"], row["channel"]], row["n"])
        yield legs
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
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    local = request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers
    if not local and not (secret and staff.find_key(secret, at=now())):
        return problems.answer(request, "key_invalid", 401)
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(_BOOKS), content_type=CONTENT_TYPE_LATEST)

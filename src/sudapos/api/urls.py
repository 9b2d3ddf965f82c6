"""The machine's addresses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from sudapos import __version__

from . import (
    accounts,
    alerts,
    audits,
    balances,
    batches,
    cards,
    cases,
    charts,
    compensations,
    corrections,
    customers,
    deposits,
    drawers,
    exchanges,
    fee_backs,
    goods,
    hand_back_papers,
    hand_backs,
    health,
    invoices,
    journal,
    legs,
    lost,
    notices,
    operators,
    overdue,
    payees,
    people,
    policies,
    problems,
    recipients,
    reference,
    refunds,
    reissues,
    reports,
    sales,
    shift_papers,
    statements,
    vouchers,
)
from .bodies import Utf8Parser
from .keys import Bearer

api = reference.Described(
    title="速达退款 API",
    version=__version__,
    description="Amounts are whole fen, times ISO 8601 with offset. 金额以分为整数，时间为带时区的 ISO 8601。",
    auth=Bearer(),
    parser=Utf8Parser(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api-1",
)
problems.install(api)
for router in (
    sales.router,
    vouchers.router,
    refunds.router,
    legs.router,
    overdue.router,
    reissues.router,
    journal.router,
    charts.router,
    balances.router,
    audits.router,
    accounts.router,
    people.router,
    operators.router,
    statements.router,
    alerts.router,
    compensations.router,
    corrections.router,
    lost.router,
    payees.router,
    drawers.router,
    shift_papers.router,
    policies.router,
    cases.router,
    customers.router,
    goods.router,
    exchanges.router,
    fee_backs.router,
    recipients.router,
    invoices.router,
    batches.router,
    cards.router,
    hand_back_papers.router,
    hand_backs.router,
    deposits.router,
    reports.router,
):
    api.add_router("", router)


@csrf_exempt
def unknown(request: HttpRequest, *rest: str | None) -> HttpResponse:
    """No such path."""
    return problems.answer(request, "path_unknown", 404)


urlpatterns = [
    path("api/v1/docs", reference.view),
    path("api/v1/", api.urls),
    re_path(r"^api(/.*)?$", unknown),
    path("notices/<str:secret>/<str:leg_no>", notices.notice),
    path("notices/<str:secret>", notices.notice),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]

"""The frame around every page: who is here, where, what may be done, and what is said when it may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as later

from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.refusal import Forbidden, Refusal

from . import errors, language, moments, queues

SEAT = "seat"
"""Where in the session the till stands: {"store", "store_name", "till"}."""

NAV_AT_ONCE = 7
"""Places beside each other at the top; the others stand behind one word."""
NAV_NARROW = 4
"""So many stay beside each other where words are long and the screen is narrow."""

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Seat:
    """The store and till at which this person signed in; empty for people without one."""

    store: str = ""
    store_name: str = ""
    till: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    name: str
    word: Promise
    icon: str
    acts: tuple[Act, ...]


PLACES = (
    Place("desk", later("待办"), "inbox", (Act.LOOK_UP, Act.SEE_AUDIT)),
    Place("counter", later("退款"), "return", (Act.MAKE_REFUND,)),
    Place("approvals", later("审批"), "stamp", (Act.APPROVE, Act.APPROVE_HIGH)),
    Place("refunds", later("退款单"), "list", (Act.LOOK_UP,)),
    Place("till", later("收银"), "till", (Act.SELL,)),
    Place("drawers", later("钱箱"), "cash", (Act.WORK_DRAWER, Act.SEE_DRAWERS)),
    Place("cards", later("储值卡"), "cash", (Act.SELL, Act.MAKE_PREPAID_REFUND, Act.APPROVE_PREPAID_REFUND)),
    Place("deposits", later("押金"), "cash", (Act.SELL, Act.MAKE_REFUND)),
    Place("goods", later("退货区"), "return", (Act.MAKE_REFUND,)),
    Place("finance", later("财务"), "inbox", (Act.CLOSE_FINDING,)),
    Place("corrections", later("更正单"), "retry", (Act.APPROVE, Act.SETTLE_BY_HAND)),
    Place("compensations", later("赔偿单"), "flag", (Act.APPROVE, Act.APPROVE_HIGH, Act.MAKE_TRANSFER)),
    Place("batches", later("批量退款"), "box", (Act.SEE_STUCK, Act.APPROVE)),
    Place("journal", later("账簿"), "book", (Act.SEE_JOURNAL,)),
    Place("reports", later("报表"), "list", (Act.SEE_REPORTS,)),
    Place("statements", later("对账"), "tick", (Act.SEE_STATEMENTS,)),
    Place("cases", later("客诉"), "person", (Act.LOOK_UP,)),
    Place("invoices", later("红字发票"), "list", (Act.SEE_INVOICES,)),
    Place("alerts", later("提醒"), "alert", (Act.SEE_ALERTS,)),
    Place("policy", later("退款政策"), "list", (Act.SEE_POLICY,)),
    Place("people", later("人员"), "person", (Act.SEE_PEOPLE,)),
    Place("accounts", later("收单账户"), "flag", (Act.SEE_SETTINGS,)),
    Place("recipients", later("通知"), "send", (Act.CHANGE_SETTINGS,)),
    Place("privacy", later("个人信息"), "person", (Act.CHANGE_SETTINGS,)),
    Place("payees", later("本人账户"), "person", (Act.LOOK_UP, Act.CHANGE_PEOPLE)),
    Place("audit", later("审计"), "shield", (Act.SEE_AUDIT,)),
)
"""The order of the navigation; each shows to whoever may do one of its acts."""


def operator_of(request: HttpRequest) -> Operator:
    """The person signed in; pages are only reached by one."""
    user = request.user
    assert isinstance(user, Operator)
    return user


def seat_of(request: HttpRequest) -> Seat:
    kept = request.session.get(SEAT) or {}
    return Seat(**kept)


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment and not for a page."""
    return request.headers.get("HX-Request") == "true"


def page(*acts: Act) -> Callable[[View[P]], View[P]]:
    """A page for people who may do one of `acts` (anyone signed in without acts); refusals become pages too."""

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            try:
                refuse_nul(request)
                if acts and not any(operator_of(request).may(act) for act in acts):
                    raise Forbidden("may_not", operator=operator_of(request).code, act=acts[0])
                response = view(request, *args, **kwargs)
            except Refusal as refusal:
                return errors.refused(request, refusal)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return cast("View[P]", inner)

    return wrap


def refuse_nul(request: HttpRequest) -> None:
    """PostgreSQL keeps no NUL in a text; nobody types one by accident. Raises Refusal bad_request."""
    typed = [request.path, *_values(request.GET), *_values(request.POST)]
    if any("\x00" in text for text in typed):
        raise Refusal("bad_request")


def _values(typed: QueryDict) -> list[str]:
    return [text for _name, texts in typed.lists() for text in texts if isinstance(text, str)]


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if not is_part(request):
        from . import kept  # it is a page itself, and pages stand on this module

        kept.keep(request)
    back = request.get_full_path() if request.method == "GET" and not is_part(request) else "/"
    address = f"{reverse('sign-in')}?{urlencode({'next': back})}" if back != "/" else reverse("sign-in")
    if is_part(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def keep_to_store(request: HttpRequest, store: Store) -> None:
    """Raise Forbidden when this person belongs to another store."""
    own = operator_of(request).store_id
    if own is not None and own != store.pk:
        raise Forbidden("other_store", store=store.name, operator=operator_of(request).code)


def own_store(operator: Operator) -> str:
    """The code of the one store that this person sees; empty for all."""
    return operator.store.code if operator.store_id is not None and operator.store else ""


def _place(name: str) -> str:
    first = name.partition("-")[0]
    others = {"machines": "people", "reviews": "people"}
    return {"findings": "statements", "days": "statements", "overdue": "finance", **others}.get(first, first)


def context(request: HttpRequest) -> dict[str, Any]:
    """What the frame of a page shows; fragments need none of it."""
    lang = language.current()
    told: dict[str, Any] = {
        "lang": lang,
        "html_lang": "en" if lang == "en" else "zh-CN",
        "now": moments.now(),
    }
    user = getattr(request, "user", None)
    if not isinstance(user, Operator) or is_part(request):
        return told
    match = request.resolver_match
    nav = [place for place in PLACES if any(user.may(act) for act in place.acts)]
    at_once = len(nav) if len(nav) <= NAV_AT_ONCE else NAV_AT_ONCE - 1
    return told | {
        "operator": user,
        "seat": seat_of(request),
        "waiting": queues.count_to_approve(user),
        "nav": nav,
        "nav_first": nav[:at_once],
        "nav_wide": nav[NAV_NARROW:at_once] if len(nav) > at_once else [],
        "nav_wide_names": [place.name for place in nav[NAV_NARROW:at_once]],
        "nav_rest": nav[at_once:],
        "nav_rest_names": [place.name for place in nav[at_once:]],
        "place": _place(match.url_name or "") if match else "",
    }

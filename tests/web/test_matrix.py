"""Role × page × store: every address of the desk with the acts that open it; an address without a row fails.

The letters stand for the roles that get in, as in domain §8.2: C cashier, S customer service, M manager, F finance,
U auditor, A admin, O owner. What is shown inside a page is its own test's business; here it is the door alone.
"""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import reverse

from sudapos.books import staff
from sudapos.books.shops import Store
from sudapos.core import authority
from sudapos.web.urls import urlpatterns
from tests.cast import PASSWORD, Shop

from .conftest import Person, said, text

ALL = "CSMFUAO"
ROLES = dict(zip(ALL, authority.ROLES, strict=True))
OPEN = {"sign-in", "sign-in-second", "sign-in-pin", "sign-out", "kept", "customer", None}
"""Before anybody is somebody, for somebody else than staff, or no page at all."""

NO, SALE, LEG = {"refund_no": "R1"}, {"sale_no": "S1"}, {"refund_no": "R1", "leg_no": "L1"}
# name: (who gets in, method, what stands in the address)
PAGES: dict[str, tuple[str, str, dict[str, object]]] = {
    "desk": (ALL, "get", {}),
    "help": (ALL, "get", {}),
    "me": (ALL, "get", {}),
    "me-password": (ALL, "get", {}),
    "me-factor": (ALL, "get", {}),
    "me-passkey": (ALL, "post", {}),
    "me-act": (ALL, "post", {"what": "others"}),
    "counter": ("CSM", "get", {}),
    "counter-sale": ("CSM", "get", SALE),
    "counter-preview": ("CSM", "post", SALE),
    "lost": ("SM", "get", {}),
    "refunds": ("CSMFUO", "get", {}),
    "refunds-one": ("CSMFUO", "get", NO),
    "refunds-live": ("CSMFUO", "get", NO),
    "refunds-voucher": ("CSMFUO", "get", NO),
    "refunds-withdraw": ("CSM", "post", NO),
    "refunds-on-the-spot": ("CSM", "post", NO),
    "refunds-leg": ("CSMFUO", "post", LEG | {"act": "ask"}),
    "refunds-customer": ("CSMF", "post", NO | {"act": "revoke"}),
    "refunds-wish": ("CSM", "post", NO | {"which": "forget"}),
    "refunds-reissue": ("MF", "post", LEG | {"act": "portal"}),
    "finance": ("SMFUO", "get", {}),
    "reports": ("MFUO", "get", {}),
    "reports-day": ("MFUO", "get", {}),
    "reports-one": ("MFUO", "get", {"code": "none"}),
    "exchange": ("CSMFUO", "get", {"exchange_no": "X1"}),
    "exchange-ask": ("CSM", "get", SALE),
    "exchange-preview": ("CSM", "post", SALE),
    "exchange-finish": ("CSM", "post", {"exchange_no": "X1"}),
    "sale-paper": ("CSMFUO", "get", SALE),
    "corrections": ("CSMFUO", "get", {}),
    "corrections-one": ("CSMFUO", "get", {"correction_no": "K1"}),
    "corrections-collect": ("CMF", "post", {"correction_no": "K1"}),
    "corrections-give-up": ("F", "post", {"correction_no": "K1"}),
    "corrections-ask": ("CSM", "get", NO),
    "compensations": ("CSMFUO", "get", {}),
    "compensations-ask": ("CSM", "get", {"sale_no": "S1"}),
    "compensations-one": ("CSMFUO", "get", {"number": "P1"}),
    "compensations-receipt": ("CSMFUO", "get", {"number": "P1"}),
    "deposits": ("CSMFUO", "get", {}),
    "deposits-receipt": ("CSMFUO", "get", {"number": "D1"}),
    "deposits-count": ("CM", "get", {"number": "D1"}),
    "deposits-one": ("CSMFUO", "get", {"number": "D1"}),
    "deposits-file": ("CSMFUO", "get", {"number": "D1", "digest": "0" * 64}),
    "cards": ("CSMFUO", "get", {}),
    "cards-one": ("CSMFUO", "get", {"card_ref": "C1"}),
    "cards-top-up": ("CM", "post", {"card_ref": "C1"}),
    "cards-hand-back-ask": ("S", "post", {"card_ref": "C1"}),
    "cards-paper": ("CSMFUO", "get", {"number": "H1"}),
    "cards-hand-back": ("CSMFUO", "get", {"number": "H1"}),
    "goods": ("CSM", "get", {}),
    "goods-label": ("CSMFUO", "get", {"number": 1}),
    "goods-judge": ("CSM", "post", {"number": 1}),
    "invoices": ("SMFUO", "get", {}),
    "invoices-one": ("SMFUO", "get", {"task_no": "I1"}),
    "invoices-step": ("F", "post", {"task_no": "I1", "which": "request"}),
    "recipients": ("A", "get", {}),
    "recipients-new": ("A", "get", {}),
    "recipients-one": ("A", "get", {"number": 1}),
    "recipients-try": ("A", "post", {"number": 1}),
    "recipients-again": ("A", "post", {"number": 1}),
    "payees": (ALL, "get", {}),
    "payees-remove": ("MA", "post", {"number": 1}),
    "cases": ("CSMFUO", "get", {}),
    "cases-one": ("CSMFUO", "get", {"case_no": "C1"}),
    "cases-act": ("CSMFUO", "post", {"case_no": "C1", "which": "note"}),
    "cases-file": ("CSMFUO", "get", {"case_no": "C1", "digest": "0" * 64}),
    "cases-open": ("CSMFUO", "post", NO),
    "batches": ("SMFUO", "get", {}),
    "batches-new": ("M", "get", {}),
    "batches-one": ("SMFUO", "get", {"batch_no": "B1"}),
    "batches-live": ("SMFUO", "get", {"batch_no": "B1"}),
    "batches-report": ("SMFUO", "get", {"batch_no": "B1"}),
    "batches-act": ("MFO", "post", {"batch_no": "B1", "act": "check"}),
    "overdue": ("SMFUO", "get", {}),
    "overdue-close": ("F", "post", {"number": 1}),
    "approvals": ("MFO", "get", {}),
    "approvals-decide": ("MFO", "post", NO | {"act": "approve"}),
    "till": ("CM", "get", {}),
    "till-done": ("CM", "get", SALE),
    "drawers": ("CMFUO", "get", {}),
    "drawers-sum": ("CM", "get", {}),
    "drawers-open": ("CM", "post", {}),
    "drawers-move": ("CM", "post", {}),
    "drawers-explain": ("MF", "post", {"count_no": "N1"}),
    "drawers-shift": ("CMFUO", "get", {"shift_no": "Z1"}),
    "drawers-work": ("CM", "post", {"shift_no": "Z1", "act": "count"}),
    "drawers-paper": ("CMFUO", "get", {"shift_no": "Z1", "kind": "X", "number": "1"}),
    "alerts": ("MFUO", "get", {}),
    "alerts-close": ("U", "post", {"number": 1}),
    "statements": ("MFUO", "get", {}),
    "statements-one": ("MFUO", "get", {"statement_id": 1}),
    "statements-load": ("F", "post", {}),
    "statements-fetch": ("F", "post", {}),
    "statements-bank": ("F", "post", {}),
    "findings": ("MFUO", "get", {}),
    "findings-one": ("MFUO", "get", {"finding_no": "D1"}),
    "findings-act": ("F", "post", {"finding_no": "D1", "act": "note"}),
    "days": ("MFUO", "get", {}),
    "days-one": ("MFUO", "get", {"day": "2026-11-24"}),
    "days-end": ("F", "post", {"day": "2026-11-24"}),
    "days-lock": ("F", "post", {}),
    "journal": ("FUO", "get", {}),
    "journal-trial": ("FUO", "get", {}),
    "journal-account": ("FUO", "get", {"code": "1001"}),
    "journal-cash": ("FUO", "get", {}),
    "journal-vat": ("FUO", "get", {}),
    "journal-owed": ("FUO", "get", {}),
    "journal-chart": ("FUO", "get", {}),
    "journal-exports": ("FUO", "get", {}),
    "journal-columns": ("FUO", "get", {}),
    "audit": ("MFUAO", "get", {}),
    "reviews": ("UO", "get", {}),
    "person": ("SMFU", "get", SALE),
    "privacy": ("A", "get", {}),
    "policy": ("MFUAO", "get", {}),
    "policy-one": ("MFUAO", "get", {"number": "1"}),
    "policy-export": ("MFUAO", "get", {"number": "1"}),
    "policy-new": ("MF", "get", {}),
    "policy-import": ("MF", "post", {}),
    "policy-decide": ("FAO", "post", {"number": "1", "act": "approve"}),
    "people": ("MUAO", "get", {}),
    "people-one": ("MUAO", "get", {"code": "c01"}),
    "people-new": ("MA", "get", {}),
    "people-act": ("MA", "post", {"code": "c01", "kind": "change"}),
    "people-decide": ("MAO", "post", {"number": "1", "act": "approve"}),
    "machines": ("MUAO", "get", {}),
    "machines-revoke": ("MUAO", "post", {"number": 1}),
    "accounts": ("MFUAO", "get", {}),
    "accounts-one": ("MFUAO", "get", {"name": "demo-alipay"}),
    "accounts-check": ("MFUAO", "post", {"name": "none"}),
    "accounts-new": ("A", "get", {"channel": "alipay"}),
    "accounts-keep": ("A", "post", {}),
    "accounts-licence": ("A", "post", {"name": "demo-alipay"}),
}


def test_every_address_has_its_row() -> None:
    """Whoever adds a page says here who may open it."""
    names = {getattr(pattern, "name", None) for pattern in urlpatterns}
    assert names - OPEN == set(PAGES)


def ask(browser: Person, name: str) -> HttpResponse:
    _who, method, given = PAGES[name]
    return getattr(browser, method)(reverse(name, kwargs=given))


def may_not(response: HttpResponse) -> bool:
    return response.status_code == 403 and said(response) == "may_not"


@pytest.mark.parametrize("letter", ALL)
def test_each_role_opens_what_the_matrix_gives_and_nothing_else(shop: Shop, letter: str) -> None:
    staff.hire("who", "某人", [ROLES[letter]], at=shop.at, password=PASSWORD)
    wrong = []
    for name, (who, _method, _given) in PAGES.items():
        browser = Person()
        assert browser.sign_in("who").status_code == 302
        if may_not(ask(browser, name)) is (letter in who):
            wrong.append(name)
    assert wrong == []


def test_a_stranger_is_led_to_the_door_from_everywhere(shop: Shop) -> None:
    for name in PAGES:
        response = ask(Person(), name)
        assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/sign-in/")


OF_A_STORE = {
    "counter-sale": "CSM",
    "counter-preview": "CSM",
    "till-done": "CM",
    "person": "SM",
    "refunds-one": "CSMFU",
    "refunds-live": "CSM",
    "refunds-voucher": "CSM",
    "refunds-withdraw": "CSM",
    "refunds-on-the-spot": "CSM",
    "refunds-leg": "CSM",
    "refunds-customer": "CSM",
    "approvals-decide": "MFO",
}
"""Pages about one thing of one store, and the roles for which it is tried."""


@pytest.mark.parametrize("name", OF_A_STORE)
def test_what_belongs_to_another_store_stays_shut(shop: Shop, name: str) -> None:
    own, other = (Store.objects.get(code=code) for code in ("S01", "S02"))
    sale = shop.sell(store="S02", till="T1")
    refund = shop.refund(sale, store="S02", till="T1", reason="goodwill")
    given = {"sale_no": sale.sale_no, "refund_no": refund.refund_no}
    _who, method, names = PAGES[name]
    address = reverse(name, kwargs={key: given.get(key, value) for key, value in names.items()})
    for letter in OF_A_STORE[name]:
        staff.hire(f"x{letter}", "别店", [ROLES[letter]], at=shop.at, password=PASSWORD, store_id=own.pk)
        staff.hire(f"y{letter}", "本店", [ROLES[letter]], at=shop.at, password=PASSWORD, store_id=other.pk)
        stranger, colleague = Person(), Person()
        stranger.sign_in(f"x{letter}")
        colleague.sign_in(f"y{letter}")
        response = getattr(stranger, method)(address)
        assert (response.status_code, said(response)) == (403, "other_store"), letter
        assert refund.refund_no not in text(response) and sale.sale_no not in text(response)
        mine = getattr(colleague, method)(address)
        assert mine.status_code != 403 or said(mine) != "other_store", letter


def test_lists_show_ones_own_store_only(shop: Shop) -> None:
    own = Store.objects.get(code="S01")
    here = shop.refund(shop.sell("S-HERE"), reason="goodwill")
    there = shop.refund(shop.sell("S-THERE", store="S02", till="T1"), store="S02", reason="goodwill")
    staff.hire("x01", "本店店长", ["manager"], at=shop.at, password=PASSWORD, store_id=own.pk)
    browser = Person()
    browser.sign_in("x01", seat="")
    for address in ("/", "/refunds/", "/approvals/"):
        page = browser.get(address).content.decode()
        assert here.refund_no in page or "S-HERE" in page, address
        assert there.refund_no not in page and "S-THERE" not in page, address

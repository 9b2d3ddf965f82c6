"""Role × act × store for every address of the API; one without a row fails.

A row says: the acts that a key must carry, the roles of the operator whom the body names, and what a key of one store
meets. The letters are those of domain §8.2, written by hand: C cashier, S customer service, M manager, F finance,
U auditor, A admin, O owner; - where no person is named and the key alone decides. The person of a row is nobody's maker: what a maker may do with
her own refund is `withdraw`'s and `corrections`' own test.
Store: T one thing of a store · L a list that is narrowed · B a body that says its store · E the same everywhere ·
W the whole shop's, shut for a key of one store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse

from sudapos.api.urls import api as described
from sudapos.books import (
    compensations,
    corrections,
    decisions,
    overdue,
    payers,
    remedies,
    retention,
    reviews,
    shops,
    staff,
    top_ups,
)
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.shops import Store
from sudapos.core import authority
from tests.cast import Shop

from .conftest import Caller, ask, problem
from .test_reissues import bounced

LETTERS = dict(zip("CSMFUAO", authority.ROLES, strict=True))
TABLE = """
GET  /accounts                                   see_settings                   -       W
GET  /accounts/{name}                            see_settings                   -       W
PUT  /accounts/{name}                            change_settings                A       W
POST /accounts/{name}/check                      see_settings                   MFUAO   W
PUT  /accounts/{name}/licence                    change_settings                A       W
GET  /alerts                                     see_alerts                     -       L
POST /alerts/{number}/close                      close_alert                    U       T
GET  /audit                                      see_audit                      -       L
GET  /audit/export                               see_audit                      -       W
GET  /audit/heads                                see_audit                      -       W
GET  /audit/verify                               see_audit                      -       W
GET  /batches                                    look_up                        -       L
POST /batches                                    make_refund                    M       B
POST /batches/file                               make_refund                    M       W
GET  /batches/{batch_no}                         look_up                        -       T
GET  /batches/{batch_no}/items                   look_up                        -       T
GET  /batches/{batch_no}/report                  look_up                        -       T
POST /batches/{batch_no}/check                   make_refund                    M       T
POST /batches/{batch_no}/drop                    make_refund                    M       T
POST /batches/{batch_no}/approve                 approve|approve_high           MFO     T
POST /batches/{batch_no}/reject                  approve|approve_high           MFO     T
POST /batches/{batch_no}/start                   approve|approve_high           MFO     T
POST /batches/{batch_no}/pause                   approve|approve_high           MFO     T
POST /batches/{batch_no}/resume                  approve|approve_high           MFO     T
POST /batches/{batch_no}/cancel                  approve|approve_high           MFO     T
GET  /cards                                      look_up                        -       L
POST /cards                                      sell                           CM      B
GET  /cards/{card_ref}                           look_up                        -       T
POST /cards/{card_ref}/top-ups                   sell                           CM      T
POST /cards/{card_ref}/points                    sell                           CM      T
POST /cards/{card_ref}/hand-backs                make_prepaid_refund            S       T
POST /cards/{card_ref}/hand-backs/preview        make_prepaid_refund            -       T
GET  /hand-backs                                 look_up                        -       L
GET  /hand-backs/{number}                        look_up                        -       T
GET  /hand-backs/{number}/voucher                look_up                        -       T
POST /hand-backs/{number}/voucher/prints         look_up                        -       T
POST /hand-backs/{number}/pay                    approve_prepaid_refund         MF      T
POST /hand-backs/{number}/reject                 approve_prepaid_refund         MF      T
GET  /deposits                                   look_up                        -       L
POST /deposits                                   sell                           CM      B
GET  /deposits/{deposit_no}                      look_up                        -       T
GET  /deposits/{deposit_no}/files/{digest}       look_up                        CSMFUO  T
POST /deposits/{deposit_no}/give-back            make_refund                    CSM     T
GET  /deposits/{deposit_no}/receipt             look_up                        -       T
POST /deposits/{deposit_no}/count               make_refund&sell               CM      T
POST /deposits/{deposit_no}/count/preview       make_refund                    CSM     T
POST /deposits/{deposit_no}/give-back/preview    make_refund                    CSM     T
GET  /cases                                      look_up                        -       L
GET  /cases/{case_no}                            look_up                        -       T
POST /cases/{case_no}/notes                      make_refund                    CSMF    T
POST /cases/{case_no}/take                       make_refund                    CSMF    T
POST /cases/{case_no}/close                      make_refund                    CSMF    T
POST /cases/{case_no}/files                      make_refund                    CSMF    T
GET  /cases/{case_no}/files/{digest}             look_up                        CSMFUO  T
POST /refunds/{refund_no}/cases                  make_refund                    CSMF    T
POST /sales/{sale_no}/compensations             make_refund                    CSM     T
POST /sales/{sale_no}/compensations/preview     make_refund                    CSM     T
GET  /compensations                             look_up                        -       L
GET  /compensations/{number}                    look_up                        -       T
GET  /compensations/{number}/receipt            look_up                        -       T
POST /compensations/{number}/approve            approve                        MFO     T
POST /compensations/{number}/reject             approve                        MFO     T
POST /compensations/{number}/withdraw           make_refund                    MFO     T
POST /compensations/{number}/pay                make_transfer                  F       T
GET  /corrections                                look_up                        -       L
POST /refunds/{refund_no}/corrections            make_refund                    M       T
GET  /refunds/{refund_no}/corrections/outlook    make_refund                    M       T
GET  /corrections/{correction_no}                look_up                        -       T
POST /corrections/{correction_no}/collect        pay_cash                       CM      T
POST /corrections/{correction_no}/give-up        settle_by_hand                 F       T
GET  /counts                                     see_drawers                    -       L
POST /counts/{count_no}/explain                  approve_drawer                 MF      T
GET  /drawers                                    see_drawers                    -       L
GET  /shifts                                     see_drawers                    -       L
POST /shifts                                     work_drawer                    CM      B
GET  /shifts/{shift_no}                          see_drawers                    -       T
GET  /shifts/{shift_no}/report                   see_drawers                    -       T
POST /shifts/{shift_no}/counts                   work_drawer                    CM      T
POST /shifts/{shift_no}/close                    work_drawer                    CM      T
POST /shifts/{shift_no}/hand-over                work_drawer                    CM      T
POST /shifts/{shift_no}/x                        work_drawer                    CM      T
POST /shifts/{shift_no}/kicks                    work_drawer                    CM      T
POST /cash-moves                                 work_drawer                    CM      B
GET  /days                                       see_statements                 -       W
GET  /days/{day}                                 see_statements                 -       W
POST /days/{day}/close                           load_statement                 F       W
GET  /periods                                    see_journal                    -       W
POST /periods/{month}/close                      close_period                   F       W
GET  /deliveries                                 see_settings                   -       W
POST /deliveries/{number}/again                  change_settings                A       W
GET  /recipients                                 see_settings                   -       W
POST /recipients                                 change_settings                A       W
PUT  /recipients/{number}                        change_settings                A       W
POST /recipients/{number}/try                    change_settings                A       W
GET  /finance/desk                               see_stuck                      SMFUO   E
POST /exchanges                                  make_refund&sell               CM      B
POST /exchanges/preview                          make_refund                    CSM     B
GET  /exchanges/{exchange_no}                    look_up                        -       T
POST /exchanges/{exchange_no}/finish             make_refund&sell               CM      T
GET  /statements                                 see_statements                 -       W
POST /statements                                 load_statement                 -       W
GET  /statements/{statement_id}                  see_statements                 -       W
POST /statements/fetch                           load_statement                 -       W
POST /settlements                                load_statement                 -       W
GET  /findings                                   see_statements                 -       W
GET  /findings/{finding_no}                      see_statements                 -       W
POST /findings/{finding_no}/take                 close_finding                  F       W
POST /findings/{finding_no}/note                 close_finding                  F       W
POST /findings/{finding_no}/suspend              close_finding                  F       W
POST /findings/{finding_no}/close                close_finding                  F       W
GET  /goods                                      look_up                        -       L
POST /goods/{number}/judge                       make_refund                    CSM     T
GET  /invoices                                   see_invoices                   -       L
GET  /invoices/{task_no}                         see_invoices                   -       T
POST /invoices/{task_no}/request                 work_invoices                  F       T
POST /invoices/{task_no}/ask-buyer               work_invoices                  F       T
POST /invoices/{task_no}/issue                   work_invoices                  F       T
POST /invoices/{task_no}/give-up                 work_invoices                  F       T
GET  /journal                                    see_journal                    -       W
GET  /journal/accounts/{account}                 see_journal                    -       L
GET  /journal/balances                           see_journal                    -       W
GET  /journal/batches                            see_journal                    -       W
GET  /journal/cash                               see_journal                    -       L
GET  /journal/chart                              see_journal                    -       W
PUT  /journal/chart                              export_journal                 F       W
GET  /journal/owed                               see_journal                    -       L
GET  /journal/profiles                           see_journal                    -       W
PUT  /journal/profiles/{name}                    export_journal                 F       W
GET  /journal/trial                              see_journal                    -       L
GET  /journal/vat                                see_journal                    -       L
POST /legs/{leg_no}/ask                          look_up                        CSMFUO  T
POST /legs/{leg_no}/by-transfer                  approve_transfer               MF      T
POST /legs/{leg_no}/close-alarm                  settle_by_hand                 F       T
POST /legs/{leg_no}/confirm                      pay_cash                       CM      T
POST /legs/{leg_no}/drop                         drop_leg                       MF      T
POST /legs/{leg_no}/leave                        pay_cash                       CM      T
POST /legs/{leg_no}/reissue                      make_transfer                  F       T
POST /legs/{leg_no}/reissue/portal               make_transfer                  F       T
POST /legs/{leg_no}/reissue/propose              approve_transfer               MF      T
POST /legs/{leg_no}/retry                        retry_leg                      F       T
POST /legs/{leg_no}/set-off                      settle_by_hand                 F       T
POST /legs/{leg_no}/send                         retry_leg                      F       T
POST /lost-receipts                              make_refund_without_receipt    SM      B
GET  /operators                                  see_people                     -       L
POST /operators                                  propose_people|change_people   MA      B
GET  /operators/changes                          see_people                     -       L
POST /operators/changes/{number}/approve         approve_people                 AO      W
POST /operators/changes/{number}/reject          approve_people                 AO      W
POST /operators/{code}/change                    propose_people|change_people   MA      T
POST /operators/{code}/factor                    propose_people|change_people   MA      T
POST /operators/{code}/leave                     propose_people|change_people   MA      T
POST /operators/{code}/password                  propose_people|change_people   MA      T
POST /operators/{code}/return                    propose_people|change_people   MA      T
POST /operators/{code}/unlock                    propose_people|change_people   MA      T
GET  /reviews                                    see_audit                      -       L
POST /reviews/{number}/close                     see_audit                      UO      T
GET  /overdue                                    see_stuck                      -       L
POST /overdue/{number}/close                     settle_by_hand                 F       T
GET  /payees                                     propose_people                 -       L
POST /payees                                     look_up                        CSMFUAO B
POST /payees/{number}/remove                     propose_people                 MA      T
POST /people/copy                                change_settings                A       W
POST /people/correct                             change_settings                A       W
POST /people/erase                               change_settings                A       W
POST /purge                                      change_settings                A       W
GET  /policies                                   see_policy                     -       E
POST /policies                                   propose_policy                 MF      W
POST /policies/preview                           propose_policy                 -       W
GET  /policies/{number}                          see_policy                     -       E
POST /policies/{number}/approve                  approve_policy|apply_policy    FAO     W
POST /policies/{number}/reject                   approve_policy|apply_policy    FAO     W
GET  /refunds                                    look_up                        -       L
POST /refunds                                    make_refund                    CSM     B
POST /refunds/batch                              make_refund                    -       B
POST /refunds/preview                            make_refund                    CSM     B
GET  /refunds/{refund_no}                        look_up                        -       T
POST /refunds/{refund_no}/approve                approve                        MFO     T
POST /refunds/{refund_no}/reject                 approve                        MFO     T
POST /refunds/{refund_no}/withdraw               make_refund                    M       T
POST /refunds/{refund_no}/customer-message       make_refund                    CSM     T
POST /refunds/{refund_no}/customer-message/forget  make_refund                  CSM     T
GET  /refunds/{refund_no}/customer-page          look_up                        -       T
POST /refunds/{refund_no}/customer-page/renew    reprint                        CSMF    T
POST /refunds/{refund_no}/customer-page/revoke   reprint                        CSMF    T
GET  /refunds/{refund_no}/channel-fees           see_statements                 -       T
GET  /refunds/{refund_no}/timeline               look_up                        -       T
GET  /refunds/{refund_no}/voucher                look_up                        -       T
POST /refunds/{refund_no}/voucher/prints         look_up                        CSMFUO  T
GET  /reports                                    see_reports                    -       E
GET  /reports/{code}                             see_reports                    -       L
GET  /sales                                      look_up                        -       L
POST /sales                                      sell                           -       B
GET  /sales/{sale_no}                            look_up                        -       T
POST /sales/{sale_no}/hold                       change_settings                A       T
POST /sales/{sale_no}/release                    change_settings                A       T
POST /sales/{sale_no}/unmask                     unmask                         SMFU    T
"""
ROWS = {
    f"{method} {path}": (acts, "" if who == "-" else who, store)
    for method, path, acts, who, store in (line.split() for line in TABLE.strip().splitlines())
}
NAMED = [name for name, (_acts, who, _store) in ROWS.items() if who]
"""Where a person is named."""


def test_every_address_has_its_row() -> None:
    """Whoever adds an address says here which key, which person and which store may use it."""
    paths = described.get_openapi_schema()["paths"]
    there = {f"{method.upper()} {path.removeprefix('/api/v1')}" for path in paths for method in paths[path]}
    assert there == set(ROWS)


CARD = "6225880000000123"
LINE = {"line_no": 1, "name": "红枣酸奶", "quantity": "1", "unit_price": 1999}
SALE = {"sale_no": "S-NEW", "store": "S01", "sold_at": "2026-11-20T10:00:00+08:00", "lines": [LINE]}
PAID = {"payments": [{"payment_no": "P1", "channel": "cash", "amount": 1999}]}
SWAP = ask("S-1", given={"sale_no": "S-X", "lines": [{**LINE, "unit_price": 1999}]})
PERSON = {"code": "c88", "name": "新来的", "roles": ["cashier"], "store": "S01"}
TERMS = {"cause": "MERCHANT", "rescinded_on": "2026-11-20"}
HAND_BACK = {**TERMS, "payout": "transfer", "person": "李小兰", "id_number": "110101199003078515"}
DEPOSIT = {
    "deposit_no": "D-NEW",
    "store": "S01",
    "type": "DEPOSIT_YAJIN",
    "amount": 100,
    "purpose": "x",
    "payment": {"channel": "cash"},
}
COUNTED = {"till": "T1", "given": {"sale_no": "S-CNT", "lines": [LINE]}}
RECIPIENT = {"name": "r", "kind": "webhook", "address": "https://till.example/h", "events": ["leg.settled"]}
BODIES: dict[str, dict[str, Any]] = {
    "PUT /accounts/{name}": {"channel": "alipay", "config": {}},
    "POST /accounts/{name}/check": {},
    "PUT /accounts/{name}/licence": {"legal_name": "某某支付"},
    "POST /batches": {"title": "召回", "kind": "recall", "items": [{"sale_no": "S-1"}]},
    "POST /batches/{batch_no}/check": {},
    "POST /batches/{batch_no}/drop": {"items": [1]},
    "POST /batches/{batch_no}/approve": {"fingerprint": "x"},
    "POST /batches/{batch_no}/reject": {"fingerprint": "x", "note": "x"},
    "POST /cards": {"number": "600000000077", "store": "S01", "holder": "李小兰"},
    "POST /cards/{card_ref}/top-ups": {"paid": 100, "channel": "transfer"},
    "POST /cards/{card_ref}/points": {"points": 10},
    "POST /cards/{card_ref}/hand-backs": {**HAND_BACK, "payee": "李小兰", "account": "6222000000000001"},
    "POST /cards/{card_ref}/hand-backs/preview": TERMS,
    "POST /deposits": DEPOSIT,
    "POST /deposits/{deposit_no}/give-back": {"till": "T1"},
    "POST /deposits/{deposit_no}/count": COUNTED,
    "POST /deposits/{deposit_no}/count/preview": COUNTED,
    "POST /deposits/{deposit_no}/give-back/preview": {"till": "T1"},
    "POST /cases/{case_no}/notes": {"text": "x"},
    "POST /cases/{case_no}/take": {},
    "POST /cases/{case_no}/close": {"text": "x"},
    "POST /refunds/{refund_no}/cases": {"text": "x"},
    "POST /refunds/{refund_no}/corrections": {"amount": 100, "why": "x"},
    "POST /sales/{sale_no}/compensations": {"kind": "agreed", "amount": 100, "why": "x", "evidence": "y"},
    "POST /sales/{sale_no}/compensations/preview": {"kind": "agreed", "amount": 100, "why": "x"},
    "POST /compensations/{number}/approve": {},
    "POST /compensations/{number}/reject": {"note": "x"},
    "POST /compensations/{number}/withdraw": {"note": "x"},
    "POST /compensations/{number}/pay": {"channel": "transfer", "person": "李小兰", "reference": "B-1"},
    "POST /corrections/{correction_no}/collect": {"channel": "cash", "till": "T1"},
    "POST /counts/{count_no}/explain": {"how": "cashier", "note": "x"},
    "POST /shifts": {"store": "S01", "till": "T2", "sum": 0},
    "POST /shifts/{shift_no}/counts": {"sum": 100},
    "POST /shifts/{shift_no}/close": {"reason": "x"},
    "POST /shifts/{shift_no}/hand-over": {"to": "c02"},
    "POST /shifts/{shift_no}/x": {},
    "POST /shifts/{shift_no}/kicks": {"reason": "x"},
    "POST /cash-moves": {"kind": "from_bank", "store": "S01", "amount": 100},
    "POST /days/{day}/close": {"fetch": False},
    "POST /periods/{month}/close": {},
    "POST /deliveries/{number}/again": {},
    "POST /recipients": RECIPIENT,
    "PUT /recipients/{number}": RECIPIENT,
    "POST /recipients/{number}/try": {},
    "POST /exchanges": SWAP,
    "POST /exchanges/preview": SWAP,
    "POST /exchanges/{exchange_no}/finish": {},
    "POST /statements": {"account": "demo-alipay"},
    "POST /statements/fetch": {"account": "demo-alipay", "date": "2026-11-01"},
    "POST /findings/{finding_no}/close": {"cause": "given_back", "note": "x"},
    "POST /goods/{number}/judge": {"result": "claim", "note": "x"},
    "POST /invoices/{task_no}/request": {},
    "POST /invoices/{task_no}/ask-buyer": {"form_no": "F1"},
    "POST /invoices/{task_no}/issue": {"red_no": "26332000000087654321"},
    "PUT /journal/chart": {"items": []},
    "PUT /journal/profiles/{name}": {"title": "x", "base": "generic_csv", "columns": []},
    "POST /legs/{leg_no}/ask": {},
    "POST /legs/{leg_no}/confirm": {},
    "POST /legs/{leg_no}/leave": {},
    "POST /legs/{leg_no}/send": {},
    "POST /legs/{leg_no}/set-off": {},
    "POST /legs/{leg_no}/reissue": {"card_number": CARD, "holder": "王小丽"},
    "POST /legs/{leg_no}/reissue/portal": {"reference": "M1"},
    "POST /legs/{leg_no}/reissue/propose": {
        "kind": "customer_card",
        "bank": "CMB",
        "card_number": CARD,
        "evidence": "x",
    },
    "POST /lost-receipts": {},
    "POST /operators": PERSON,
    "POST /operators/{code}/change": {"name": "王大明", "roles": ["cashier"], "store": "S01"},
    "POST /overdue/{number}/close": {"how": "agreed", "note": "x"},
    "POST /payees": {"kind": "phone", "number": "13800000001"},
    "POST /payees/{number}/remove": {},
    "POST /people/copy": {"phone": "13800000002"},
    "POST /people/correct": {"phone": "13800000002", "new_name": "x"},
    "POST /people/erase": {"phone": "13800000002"},
    "POST /purge": {"dry_run": True},
    "POST /policies": {"content": {}},
    "POST /policies/preview": {"content": {}},
    "POST /refunds": ask("S-1"),
    "POST /refunds/preview": ask("S-1"),
    "POST /refunds/batch": {"items": [{**ask("S-1"), "idempotency_key": "b-1"}]},
    "POST /refunds/{refund_no}/customer-message": {"to": "13800000003"},
    "POST /refunds/{refund_no}/customer-message/forget": {"to": ""},
    "POST /refunds/{refund_no}/voucher/prints": {"reason": ""},
    "POST /hand-backs/{number}/voucher/prints": {"reason": ""},
    "POST /sales": {**SALE, **PAID},
    "POST /sales/{sale_no}/hold": {"reason": "x"},
    "POST /sales/{sale_no}/release": {"reason": ""},
    "POST /sales/{sale_no}/unmask": {"reason": "x"},
}
FORMS = {
    "POST /batches/file",
    "POST /cases/{case_no}/files",
    "POST /statements",
    "POST /statements/fetch",
    "POST /settlements",
}

TOLD = {"POST /refunds": "refund.refused"}
"""Where the no itself is written down, and nothing else."""


class World:
    """A shop where there is one of everything, in store S01; each request of a test leaves it as it was."""

    def __init__(self, shop: Shop, api: Caller) -> None:
        self.shop, self.api = shop, api
        self.own, self.other = (Store.objects.get(code=code) for code in ("S01", "S02"))
        self.keys: dict[tuple[tuple[str, ...], str], str] = {}
        leg_no = bounced(shop)
        shop.sell("S-1", channel="alipay", invoice_no="26332000000012345678", phone="13800000002")
        waits = shop.refund(shop.sell("S-2", lines=(_thing(3_000_000),), channel="alipay"))
        cash = shop.refund(shop.sell("S-3", invoice_no="26332000000012345679"), goods="inspect")
        if cash.state == "awaiting":
            decisions.approve(cash.refund_no, operator=shop.m02, at=shop.at)
        self.cash_leg = cash.legs.get().leg_no
        left = shop.refund(shop.sell("S-4", lines=(_thing(500),)))
        overdue.leave(left.legs.get().leg_no, operator=shop.c01, at=shop.at)
        paid = shop.refund(shop.sell("S-5", lines=(_thing(900),)))
        remedies.confirm(paid.legs.get().leg_no, operator=shop.c01, at=shop.at)
        card = top_ups.open_card("600000000001", store="S01", holder="李小兰", operator=shop.c01, at=shop.at)
        wrong = corrections.open(
            paid.refund_no, amount=100, why="多退", operator=shop.m01, at=shop.at, key="K-1"
        )
        beyond, owed = (
            compensations.ask(
                sale_no,
                compensations.Wish(kind="agreed", amount=100, why="x", evidence="y"),
                key=f"P-{sale_no}",
                operator=shop.m02,
                at=shop.at,
            )[0]
            for sale_no in ("S-3", "S-5")
        )
        compensations.approve(owed.number, operator=shop.m01, at=shop.at)
        staff.hire("c55", "王小二", ["cashier"], at=shop.at, password=None, store_id=self.own.pk)
        staff.hire("m55", "李二", ["manager"], at=shop.at, password=None, store_id=self.own.pk)
        mine = payers.register(staff.get("c55"), "phone", "13800000009", at=shop.at)
        for letter, role in LETTERS.items():
            staff.hire(f"w{letter}", "某人", [role], at=shop.at, password=None)
            staff.hire(f"x{letter}", "别店", [role], at=shop.at, password=None, store_id=self.other.pk)
        self.numbers: dict[str, object] = {
            "refunds": waits.refund_no,
            "refunds/corrections": paid.refund_no,
            "refunds/voucher": paid.refund_no,
            "sales": "S-1",
            "sales/release": "S-5",
            "legs": self.cash_leg,
            "legs/reissue": leg_no,
            "legs/retry": leg_no,
            "legs/close-alarm": leg_no,
            "legs/send": leg_no,
            "legs/set-off": leg_no,
            "cards": card.card_ref,
            "corrections": wrong.correction_no,
            "compensations": beyond.number,
            "compensations/pay": owed.number,
            "payees": mine.pk,
            "operators": "c55",
            "accounts": "demo-alipay",
            "policies": self._made("/policies", {"operator": "m01", "content": self._policy()})["number"],
            "days": "2026-11-01",
            "periods": "2026-10",
            "journal/accounts": "1001",
            "journal/profiles": "ours",
            "reports": "none",
            "statements": 1,
            "findings": self._finding(),
        }
        retention.hold("S-5", reason="x", operator=shop.admin, at=shop.at)
        self._open_more(cash.refund_no)
        self.whole = self.fingerprint()

    def _made(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        answer = self.api.post(path, body, **headers)
        assert answer.status_code in (200, 201), (path, answer.content.decode())
        told: dict[str, Any] = answer.json()
        return told

    def _policy(self) -> dict[str, Any]:
        content: dict[str, Any] = self.api.get("/policies/1").json()["content"]
        content["approval_fen"]["cashier"] -= 100
        return content

    def _finding(self) -> str:
        from sudapos.books import findings

        row = findings.Finding.objects.create(
            finding_no="D1",
            kind="unknown_payment",
            account=shops.accounts(["demo-alipay"])["demo-alipay"],
            day=self.shop.at.date(),
            difference=100,
            owner="f01",
            due_on=self.shop.at.date(),
            opened_at=self.shop.at,
        )
        return row.finding_no

    def _open_more(self, refund_no: str) -> None:
        """What is quickest made by the API itself."""
        case = self._made(f"/refunds/{refund_no}/cases", {"operator": "c01", "text": "没收到"})["case_no"]
        bill = SimpleUploadedFile("bill.txt", b"4200002811")
        file = self.api.upload(f"/cases/{case}/files", {"operator": "m01", "file": bill}).json()
        self._made("/cash-moves", {"operator": "m01", "kind": "from_bank", "store": "S01", "amount": 300_000},
                   **{"Idempotency-Key": "m-1"})  # fmt: skip
        opening = {"operator": "c01", "store": "S01", "till": "T1", "sum": 50_000, "float": 50_000}
        shift = self._made("/shifts", {**opening, "approver": "m01"})["shift_no"]
        count = self._made(f"/shifts/{shift}/counts", {"operator": "c01", "sum": 40_000})["count_no"]
        batch = self._made("/batches", BODIES["POST /batches"] | {"operator": "m55"})["batch_no"]
        change = self._made("/operators", PERSON | {"operator": "m01", "code": "c77"})["id"]
        recipient = self._made("/recipients", RECIPIENT | {"operator": "admin"})["id"]
        alone = reviews.Draft(subject="refund", subject_no=refund_no, by="admin", facts={}, store="S01")
        reviews.open(alone, at=self.shop.at)
        card = self.numbers["cards"]
        self._made(f"/cards/{card}/top-ups", {"operator": "c01", "paid": 5000, "channel": "transfer"},
                   **{"Idempotency-Key": "t-1"})  # fmt: skip
        back = self._made(f"/cards/{card}/hand-backs",
                          BODIES["POST /cards/{card_ref}/hand-backs"] | {"operator": "wS"},
                          **{"Idempotency-Key": "h-1"})["number"]  # fmt: skip
        swapped = ask("S-6", lines=[], everything=True, expected_total=30_000,
                      given={"sale_no": "S-7", "lines": [{**LINE, "unit_price": 30_000}]})  # fmt: skip
        self.shop.sell("S-6", lines=(_thing(30_000),), channel="alipay")
        exchange = self._made("/exchanges", swapped, **{"Idempotency-Key": "x-1"})["exchange_no"]
        deposit = self._made("/deposits", DEPOSIT | {"operator": "c01", "deposit_no": "D-1"})["deposit_no"]
        self.numbers |= {
            "deposits": deposit,
            "cases": case,
            "digest": file["digest"],
            "shifts": shift,
            "counts": count,
            "batches": batch,
            "operators/changes": change,
            "recipients": recipient,
            "deliveries": 1,
            "hand-backs": back,
            "exchanges": exchange,
        }
        for number in range(10, 13):
            self.shop.refund(self.shop.sell(f"S-{number}", lines=(_thing(700),)))
        for name in ("goods", "overdue", "reviews", "alerts", "invoices"):
            listed = self.api.get(f"/{name}").json()["items"]
            assert listed, name
            self.numbers[name] = listed[0].get("id") or listed[0]["task_no"]

    def path(self, name: str) -> str:
        """The address with numbers of things that there are."""
        method, path = name.split()
        parts = [part for part in path.split("/")[1:] if not part.startswith("{")]
        number = self.numbers.get("/".join(parts[:2]), self.numbers.get(parts[0], "1"))
        first = path.replace("{digest}", str(self.numbers["digest"]))
        return first if "{" not in first else f"{first.split('{')[0]}{number}{first.split('}', 1)[1]}"

    def key(self, acts: Iterable[str], store: Store | None = None) -> Caller:
        """A caller whose key carries these acts and no others, made once."""
        of = tuple(sorted(acts)), store.code if store else ""
        if of not in self.keys:
            name = f"key-{len(self.keys)}"
            own = store.pk if store else None
            _, self.keys[of] = staff.create_key(name, acts=of[0], at=self.shop.at, store_id=own)
        return Caller(self.keys[of])

    def call(self, caller: Caller, name: str, who: str = "") -> HttpResponse:
        method, path = name.split()[0].lower(), self.path(name)
        named = {"operator": who or "m01"}
        if name in FORMS:
            told = named | BODIES.get(name, {})
            return caller.upload(path, {**told, "file": SimpleUploadedFile("a.csv", b"sale_no\nS-1\n")})
        if method == "get":
            return caller.get(f"{path}?operator={named['operator']}" if ROWS[name][1] else path)
        body = BODIES.get(name, {"note": "x"})
        if ROWS[name][1]:
            body = body | named
        return caller.call(method, path, body, **{"Idempotency-Key": f"k-{who}"})

    def fingerprint(self) -> dict[str, str]:
        """What stands in every table that the books keep, but when a key was used."""
        tables = sorted(m._meta.db_table for m in apps.get_app_config("books").get_models())
        tables.remove("books_apikey")
        sums = [f"(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t)" for name in tables]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(sums)}")
            return dict(zip(tables, cursor.fetchone(), strict=True))

    def touched(self) -> list[str]:
        """Tables that are not as they were."""
        return [name for name, found in self.fingerprint().items() if found != self.whole[name]]


def _thing(price: int) -> LineDraft:
    return LineDraft(line_no=1, name="保温杯", milli=1000, unit_price=price, vat_bp=1300)


def _said(answer: HttpResponse) -> str:
    return str(answer.content.decode()[:200])


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of what happens inside stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def role_refused(answer: HttpResponse, who: str) -> bool:
    if answer.status_code != 403:
        return False
    status, code = problem(answer)
    return code == "may_not" and who in json.dumps(answer.json(), ensure_ascii=False)


@pytest.fixture
def world(shop: Shop, api: Caller, settings: Any, tmp_path: Any) -> World:
    settings.HOME = tmp_path
    return World(shop, api)


def test_each_role_does_what_the_sheet_gives_and_nothing_else(world: World) -> None:
    wrong = []
    for name in NAMED:
        for letter in LETTERS:
            with undone():
                answer = world.call(world.api, name, f"w{letter}")
                refused = role_refused(answer, f"w{letter}")
                touched = world.touched() if refused else []
                if name in TOLD and touched == ["books_auditrecord"]:
                    touched = [] if AuditRecord.objects.latest("id").act == TOLD[name] else touched
                if refused is (letter in ROWS[name][1]) or answer.status_code >= 500 or touched:
                    wrong.append((name, letter, answer.status_code, touched, _said(answer)))
    assert not wrong, "\n".join(map(str, wrong))


def code_of(answer: HttpResponse) -> str:
    return problem(answer)[1] if answer.status_code >= 400 else ""


def ways_in(acts: str) -> list[set[str]]:
    """Each set of acts that opens an address."""
    return [{one} for one in acts.split("|")] if "|" in acts else [set(acts.split("&"))]


def ways_out(acts: str) -> list[set[str]]:
    """Acts to leave out so that it stays shut."""
    return [set(acts.split("|"))] if "|" in acts else [{one} for one in acts.split("&")]


def test_a_key_opens_what_its_acts_open_and_nothing_else(world: World) -> None:
    wrong = []
    for name, (acts, who, _store) in ROWS.items():
        person = f"w{who[:1]}" if who else ""
        for needed in ways_in(acts):
            key = world.key(needed)
            with undone():
                if code_of(answer := world.call(key, name, person)) == "may_not":
                    wrong.append((name, "needs more than", needed, _said(answer)))
        for missing in ways_out(acts):
            key = world.key(set(authority.ALL_ACTS) - missing)
            with undone():
                answer = world.call(key, name, person)
                if code_of(answer) != "may_not" or "key-" not in _said(answer) or world.touched():
                    wrong.append((name, "opens without", missing, _said(answer)))
    assert not wrong, "\n".join(map(str, wrong))


OF_NO_STORE = {"POST /lost-receipts", "POST /payees", "POST /batches", "POST /operators"}
"""Here the person's own store narrows what she finds or makes; nothing of another one is named."""


OTHERS = {"POST /payees/{number}/remove": "may_not"}


def test_a_person_of_another_store_does_nothing_here(world: World) -> None:
    wrong = []
    for name in NAMED:
        _acts, who, store = ROWS[name]
        for letter in who if store in "TB" and name not in OF_NO_STORE else "":
            with undone():
                answer = world.call(world.api, name, f"x{letter}")
                recorded = ["books_auditrecord"] if name in TOLD else []
                if code_of(answer) != OTHERS.get(name, "other_store") or world.touched() not in (
                    [],
                    recorded,
                ):
                    wrong.append((name, letter, answer.status_code, world.touched(), _said(answer)))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_key_of_another_store_finds_and_does_nothing_here(world: World) -> None:
    expected = {"T": {"other_store"}, "W": {"key_of_one_store"}, "B": {"other_store"}, "L": {""}, "E": {""}}
    far, wrong = world.key(["*"], world.other), []
    for name, (_acts, who, store) in ROWS.items():
        with undone():
            answer = world.call(far, name, f"w{who[:1]}" if who else "")
            codes = expected[store] | ({"report_unknown"} if name == "GET /reports/{code}" else set())
            if name in OF_NO_STORE and store == "B":
                codes = codes | {""}
            if code_of(answer) not in codes or (store != "E" and answer.status_code < 400 and leaks(answer)):
                wrong.append((name, answer.status_code, _said(answer)))
            if answer.status_code >= 400 and world.touched():
                wrong.append((name, "wrote", world.touched()))
    assert not wrong, "\n".join(map(str, wrong))


def leaks(answer: HttpResponse) -> bool:
    """Whether anything of store S01 is told."""
    return any(each in answer.content.decode() for each in ('"S01"', "S-1", "S-2", '"c55"'))


def test_a_key_of_this_store_does_what_is_this_stores_and_lists_it(world: World) -> None:
    near, wrong = world.key(["*"], world.own), []
    for name, (_acts, who, store) in ROWS.items():
        with undone():
            code = code_of(world.call(near, name, f"w{who[:1]}" if who else ""))
            if (code in ("other_store", "key_of_one_store")) is not (store == "W"):
                wrong.append((name, code))
    for listed in ("refunds", "operators", "sales", "cases", "payees", "reviews", "batches", "alerts"):
        shown = near.get(f"/{listed}?state=all" if listed in ("cases", "reviews") else f"/{listed}")
        if not shown.json()["items"]:
            wrong.append((listed, "is empty"))
        if code_of(near.get(f"/{listed}?store=S02")) != "other_store":
            wrong.append((listed, "shows another store"))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    "told",
    [
        {"operator": "xC"},
        {"store": "S02"},
        {"sale_no": "S-FAR"},
        {"items": [{**ask("S-1"), "idempotency_key": "b"}, {**ask("S-FAR"), "idempotency_key": "c"}]},
    ],
)
def test_a_key_of_one_store_is_not_talked_into_another_by_its_body(
    world: World, told: dict[str, Any]
) -> None:
    world.shop.sell("S-FAR", store="S02", till="T1")
    near = world.key(["*"], world.own)
    before = world.fingerprint()
    path = "/refunds/batch" if "items" in told else "/refunds/preview"
    assert problem(near.post(path, told if "items" in told else ask("S-1") | told)) == (403, "other_store")
    assert world.fingerprint() == before
    assert near.post("/refunds/preview", ask("S-1")).status_code == 200


def test_a_hire_for_all_stores_is_not_a_key_of_one_stores(world: World) -> None:
    near = world.key(["*"], world.own)
    answer = near.post("/operators", PERSON | {"operator": "wA", "store": ""})
    assert problem(answer) == (403, "key_of_one_store")
    assert near.post("/operators", PERSON | {"operator": "wA"}).status_code == 201

"""People over the API: opened with a reason, copied, corrected, erased, held and purged; audit heads and export."""

from __future__ import annotations

import json

from sudapos.books import audit, staff
from sudapos.core.authority import Act
from tests.cast import Shop

from .conftest import Caller

PHONE = "13812345678"


def test_a_sale_shows_masks_and_opens_with_a_reason(shop: Shop, api: Caller) -> None:
    sale = shop.sell("S-1", phone=PHONE, name="李小龙")
    assert api.get(f"/sales/{sale.sale_no}").json()["customer"] == {"phone": "138****5678", "name": "李**"}
    refused = api.post("/sales/S-1/unmask", {"operator": "c01", "reason": "联系"})
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not")
    empty = api.post("/sales/S-1/unmask", {"operator": "m01"})
    assert empty.json()["code"] == "reason_needed"
    told = api.post("/sales/S-1/unmask", {"operator": "m01", "reason": "联系"}).json()
    assert (told["phone"], told["name"]) == (PHONE, "李小龙") and told["until"]
    assert api.post("/sales/NO/unmask", {"operator": "m01", "reason": "联系"}).status_code == 404


def test_a_key_without_the_act_opens_nobody(shop: Shop, api: Caller) -> None:
    shop.sell("S-1", phone=PHONE)
    _, secret = staff.create_key("narrow", acts=[Act.LOOK_UP], at=shop.at)
    told = Caller(secret).post("/sales/S-1/unmask", {"operator": "m01", "reason": "联系"})
    assert told.status_code == 403


def test_a_persons_rights(shop: Shop, api: Caller) -> None:
    shop.sell("S-1", phone=PHONE, name="李小龙")
    busy = shop.sell("S-2", phone=PHONE)
    shop.refund(busy)
    person = {"operator": "admin", "phone": PHONE}
    copy = api.post("/people/copy", person).json()
    assert [row["sale_no"] for row in copy["sales"]] == ["S-1", "S-2"]
    corrected = api.post("/people/correct", {**person, "new_name": "李大龙"}).json()
    assert corrected == {"corrected": 2}
    erased = api.post("/people/erase", person).json()
    assert erased == {"erased": 1, "kept": [{"sale_no": "S-2", "reason": "erasure_refund_open"}]}
    assert api.post("/people/copy", {**person, "phone": "13700000000"}).status_code == 404
    assert api.post("/people/erase", {**person, "operator": "m01"}).status_code == 403


def test_a_hold_stands_against_the_purge(shop: Shop, api: Caller) -> None:
    shop.sell("S-1", phone=PHONE, sold_at=shop.at.replace(year=shop.at.year - 3))
    held = api.post("/sales/S-1/hold", {"operator": "admin", "reason": "法院调取"}).json()
    assert held["reason"] == "法院调取"
    count = {"operator": "admin", "dry_run": True}
    assert api.post("/purge", count).json() == {"contacts": 0, "words": 0, "held": 1, "done": False}
    api.post("/sales/S-1/release", {"operator": "admin"})
    assert api.post("/purge", count).json()["contacts"] == 1
    assert api.post("/purge", {"operator": "admin", "dry_run": False}).json()["contacts"] == 1
    assert api.get("/sales/S-1").json()["customer"] == {"phone": None, "name": None}
    assert api.post("/purge", {"operator": "c01", "dry_run": True}).status_code == 403


def test_heads_and_export_of_the_chain(shop: Shop, api: Caller) -> None:
    shop.refund(shop.sell("S-1"))
    audit.seal(at=shop.at)
    [head] = api.get("/audit/heads").json()["items"]
    known = f"{head['last_id']}:{head['head']}"
    assert api.get(f"/audit/verify?known={known}").json()["holds"]
    wrong = api.get(f"/audit/verify?known={head['last_id']}:{'0' * 64}").json()
    assert wrong["break"]["kind"] == "head"
    assert api.get("/audit/verify?known=x").json()["code"] == "head_malformed"
    answer = api.get("/audit/export")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert json.loads(lines[-1])["seal"]["head"] == head["head"]
    assert len(lines) == audit.AuditRecord.objects.count() + 1

"""People over the API: the operator's own rights decide; the one-time password is answered once."""

from __future__ import annotations

from sudapos.books import staff
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from tests.cast import PASSWORD, Shop

from .conftest import Caller, problem

NEW = {"code": "c09", "name": "新来的", "roles": ["cashier"], "store": "S01", "operator": "m01"}


def test_a_proposal_is_decided_once_and_answers_the_password_once(shop: Shop, api: Caller) -> None:
    asked = api.post("/operators", NEW)
    assert (asked.status_code, asked.json()["state"], asked.json()["one_time_password"]) == (
        201,
        "proposed",
        None,
    )
    number = asked.json()["id"]
    assert [row["id"] for row in api.get("/operators/changes").json()["items"]] == [number]
    address = f"/operators/changes/{number}"
    assert problem(api.post(f"{address}/approve", {"operator": "m01"})) == (403, "may_not")
    done = api.post(f"{address}/approve", {"operator": "admin", "note": "同意"}).json()
    assert Operator.objects.get(code="c09").check_password(done["one_time_password"])
    assert problem(api.post(f"{address}/reject", {"operator": "admin", "note": "不"})) == (
        409,
        "change_decided",
    )
    [row] = [each for each in api.get("/operators").json()["items"] if each["code"] == "c09"]
    assert (row["roles"], row["store"], row["must_change_password"]) == (["cashier"], "S01", True)
    assert done["one_time_password"] not in api.get("/operators/changes?state=all").content.decode()


def test_each_act_on_a_person_keeps_the_rules(shop: Shop, api: Caller) -> None:
    staff.hire("admin2", "李管理", ["admin"], at=shop.at, password=PASSWORD)
    by = {"operator": "admin"}
    assert api.post("/operators/c01/leave", by).status_code == 200
    assert problem(api.post("/operators/c01/leave", by)) == (409, "person_left")
    assert api.post("/operators/c01/return", by).status_code == 201
    assert problem(api.post("/operators/c01/password", by)) == (409, "person_left")
    assert api.post("/operators/c02/password", by).json()["one_time_password"]
    assert api.post("/operators/c02/unlock", by).status_code == 200
    assert api.post("/operators/m01/factor", by).status_code == 201
    assert problem(api.post("/operators/admin/leave", by)) == (403, "own_person")
    assert problem(api.post("/operators/nobody/leave", by)) == (404, "colleague_not_found")
    same = {"operator": "admin", "name": "欧阳静", "roles": ["manager"]}
    assert problem(api.post("/operators/m02/change", same)) == (422, "person_unchanged")
    clash = {**same, "roles": ["manager", "auditor"]}
    assert problem(api.post("/operators/m02/change", clash)) == (422, "roles_conflict")
    english = Caller(api.secret, lang="en").post("/operators/m02/change", clash).json()
    assert english["detail"] == "One person must not hold these roles together: auditor×manager"


def test_reviews_wait_for_owner_or_auditor(shop: Shop, api: Caller) -> None:
    api.post("/operators", NEW | {"operator": "admin"})
    [row] = api.get("/reviews").json()["items"]
    address = f"/reviews/{row['id']}/close"
    assert problem(api.post(address, {"operator": "admin", "note": "看过"})) == (403, "may_not")
    closed = api.post(address, {"operator": "a01", "note": "与合同相符"}).json()
    assert (closed["closed_by"], closed["note"]) == ("a01", "与合同相符")
    assert api.get("/reviews").json()["items"] == []


def test_a_key_without_the_acts_changes_nobody(shop: Shop) -> None:
    _, secret = staff.create_key("narrow", acts=[Act.LOOK_UP], at=shop.at)
    narrow = Caller(secret)
    assert problem(narrow.get("/operators")) == (403, "may_not")
    assert problem(narrow.post("/operators", NEW)) == (403, "may_not")
    assert problem(narrow.post("/operators/changes/1/approve", {"operator": "admin"})) == (403, "may_not")
    assert problem(narrow.get("/reviews")) == (403, "may_not")

"""People change by two: proposed by one, put into force by another; the sole administrator is never locked out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from sudapos.books import people, reviews, staff, visits
from sudapos.books.audit import AuditRecord
from sudapos.books.people import PersonChange, Wanted
from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal
from tests.cast import PASSWORD, Shop

CASHIER = Wanted(name="新来的", roles=("cashier",), store="S01")


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught, transaction.atomic():
        act()
    return caught.value.code


def second_admin(shop: Shop) -> Operator:
    return staff.hire("admin2", "李管理", ["admin"], at=shop.at, password=PASSWORD)


def propose(shop: Shop, by: str, kind: str, code: str, wanted: Wanted | None = None) -> people.Done:
    return people.propose(kind, code, operator=staff.get(by), wanted=wanted, at=shop.at)


def test_a_second_administrator_puts_a_new_person_into_force(shop: Shop) -> None:
    second_admin(shop)
    asked = propose(shop, "admin", "hire", "c09", CASHIER)
    assert (asked.row.state, asked.password) == ("proposed", "")
    assert not Operator.objects.filter(code="c09").exists()
    done = people.approve(asked.row.pk, operator=staff.get("admin2"), at=shop.at)
    person = staff.get("c09")
    assert person.check_password(done.password) and person.must_change
    assert (person.roles, person.store.code) == (["cashier"], "S01")
    records = AuditRecord.objects.filter(subject_no="c09").order_by("id")
    assert [(r.act, r.by) for r in records] == [("person.proposed", "admin"), ("person.hire", "admin2")]
    assert done.password not in str([r.facts for r in records])
    assert reviews.listed() == []


def test_the_sole_administrator_acts_at_once_and_is_looked_at_afterwards(shop: Shop) -> None:
    done = propose(shop, "admin", "hire", "c09", CASHIER)
    assert (done.row.state, done.row.alone) == ("in_force", True) and done.password
    [waiting] = reviews.listed()
    assert (waiting.by, waiting.subject_no) == ("admin", str(done.row.pk))
    close = lambda code, note: reviews.close(  # noqa: E731
        waiting.pk, operator=staff.get(code), note=note, at=shop.at
    )
    assert refused(lambda: close("admin", "看过")) == "may_not"
    assert refused(lambda: close("a01", " ")) == "input_invalid"
    assert close("a01", "与合同相符").closed_by == "a01"
    assert refused(lambda: close("a01", "再看")) == "review_closed"


def test_a_manager_proposes_her_own_cashiers_and_nobody_else(shop: Shop) -> None:
    other = Store.objects.get(code="S02")
    staff.hire("m09", "二店长", ["manager"], at=shop.at, password=PASSWORD, store_id=other.pk)
    assert propose(shop, "m01", "hire", "c09", CASHIER).row.state == "proposed"
    for by, kind, code, wanted in (
        ("m01", "hire", "m08", Wanted(name="店长", roles=("manager",))),
        ("m01", "change", "f01", Wanted(name="赵会计", roles=("cashier",))),
        ("m01", "password", "c02", None),
        ("m09", "hire", "c08", CASHIER),
        ("m09", "hire", "c08", Wanted(name="各店", roles=("cashier",))),
    ):
        assert refused(lambda: propose(shop, by, kind, code, wanted)) == "not_own_cashier", (by, kind)  # noqa: B023
    assert refused(lambda: propose(shop, "c01", "hire", "c08", CASHIER)) == "may_not"
    assert refused(lambda: propose(shop, "f01", "hire", "c08", CASHIER)) == "may_not"
    mine = Wanted(name="二店收银", roles=("cashier",), store="S02")
    assert propose(shop, "m09", "hire", "c08", mine).row.state == "proposed"


def test_the_maker_never_agrees_and_nobody_decides_about_herself(shop: Shop) -> None:
    second_admin(shop)
    number = propose(
        shop, "admin", "change", "m01", Wanted(name="韩梅梅", roles=("manager", "finance"))
    ).row.pk
    assert refused(lambda: people.approve(number, operator=staff.get("admin"), at=shop.at)) == (
        "change_maker_is_checker"
    )
    assert refused(lambda: people.approve(number, operator=staff.get("f01"), at=shop.at)) == "may_not"
    assert refused(lambda: propose(shop, "admin", "leave", "admin")) == "own_person"
    about = propose(shop, "admin2", "change", "m02", Wanted(name="欧阳静", roles=("cs",))).row.pk
    Operator.objects.filter(code="m02").update(roles=["owner"])
    assert refused(lambda: people.approve(about, operator=staff.get("m02"), at=shop.at)) == "own_person"
    assert refused(lambda: people.approve(about, operator=staff.get("admin"), at=shop.at)) == "person_altered"


def test_two_people_decide_at_once_and_the_second_is_told(shop: Shop) -> None:
    second_admin(shop)
    number = propose(shop, "m01", "hire", "c09", CASHIER).row.pk
    people.approve(number, operator=staff.get("admin"), at=shop.at)
    late = lambda: people.reject(number, operator=staff.get("admin2"), note="不要", at=shop.at)  # noqa: E731
    assert refused(late) == "change_decided"
    assert refused(lambda: people.approve(number, operator=staff.get("admin2"), at=shop.at)) == (
        "change_decided"
    )
    assert Operator.objects.filter(code="c09").count() == 1


def test_a_proposal_is_turned_down_with_a_note_or_taken_back(shop: Shop) -> None:
    number = propose(shop, "m01", "hire", "c09", CASHIER).row.pk
    assert refused(lambda: people.reject(number, operator=staff.get("admin"), note="", at=shop.at)) == (
        "input_invalid"
    )
    assert refused(lambda: propose(shop, "m02", "hire", "c09", CASHIER)) == "change_open"
    row = people.reject(number, operator=staff.get("m01"), note="撤回", at=shop.at)
    assert row.state == "withdrawn"
    again = propose(shop, "m02", "hire", "c09", CASHIER).row
    assert (
        people.reject(again.pk, operator=staff.get("admin"), note="编制已满", at=shop.at).state == "rejected"
    )


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (("cashier", "finance"), "roles_conflict"),
        (("admin", "manager"), "roles_conflict"),
        (("auditor", "cs"), "roles_conflict"),
        (("burglar",), "unknown_role"),
        ((), "input_invalid"),
    ],
)
def test_roles_that_must_not_meet_are_refused(shop: Shop, roles: tuple[str, ...], code: str) -> None:
    wanted = Wanted(name="某人", roles=roles)
    assert refused(lambda: propose(shop, "admin", "change", "c01", wanted)) == code
    assert refused(lambda: propose(shop, "admin", "hire", "x01", wanted)) == code


def test_the_last_administrator_stays(shop: Shop) -> None:
    """Two administrators stop each other at the same time: the lock lets one through, the other finds herself the last."""
    second_admin(shop)
    maker = staff.get("admin2")
    Operator.objects.filter(code="admin2").update(is_active=False)  # gone, while her page was still open
    stop = lambda: people.propose("leave", "admin", operator=maker, at=shop.at)  # noqa: E731
    assert refused(stop) == "last_admin"
    other = Wanted(name="孙管理", roles=("cs",))
    change = lambda: people.propose("change", "admin", operator=maker, wanted=other, at=shop.at)  # noqa: E731
    assert refused(change) == "last_admin"


def test_whoever_leaves_or_changes_is_signed_out_everywhere(shop: Shop) -> None:
    def come(code: str) -> visits.Visit:
        return visits.begin(staff.get(code), how="password", origin="1.2.3.4", browser="", at=shop.at)

    here, there, other = come("c01"), come("c01"), come("c02")
    propose(shop, "admin", "leave", "c01")
    assert [v.why for v in visits.Visit.objects.order_by("id")] == ["leave", "leave", ""]
    assert not Operator.objects.get(code="c01").is_active
    propose(shop, "admin", "change", "c02", Wanted(name="李雷", roles=("cs",)))
    other.refresh_from_db()
    assert (other.why, here.pk < there.pk) == ("change", True)


def test_a_reset_password_works_once_and_the_old_one_is_gone(shop: Shop) -> None:
    second_admin(shop)
    done = propose(shop, "admin", "password", "c01")
    row = Operator.objects.get(code="c01")
    assert done.row.state == "in_force" and row.check_password(done.password) and row.must_change
    assert not row.check_password(PASSWORD)
    assert len(done.password) == 14 and done.password != propose(shop, "admin", "password", "c01").password


def test_a_second_factor_is_reset_by_two_people(shop: Shop) -> None:
    second_admin(shop)
    asked = propose(shop, "admin", "factor", "m01")
    assert asked.row.state == "proposed"


def test_what_was_asked_is_never_edited_nor_deleted(shop: Shop) -> None:
    row = propose(shop, "m01", "hire", "c09", CASHIER).row
    for act in (
        lambda: PersonChange.objects.filter(pk=row.pk).update(content={"roles": ["owner"]}),
        lambda: PersonChange.objects.filter(pk=row.pk).delete(),
        lambda: PersonChange.objects.filter(pk=row.pk).update(
            state="in_force", decided_by="m01", decided_at=shop.at
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    people.reject(row.pk, operator=staff.get("admin"), note="不要", at=shop.at)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonChange.objects.filter(pk=row.pk).update(state="proposed", decided_at=None, decided_by="")

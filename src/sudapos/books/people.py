"""Who works here, as it changes: proposed by one, put into force by another; what takes rights away is done at once.

Domain §8.2 "Users and roles": a manager proposes her own cashiers; an administrator makes, a second administrator or
the owner approves. Where nobody else could approve, an administrator's change takes effect and waits for a review.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.models import F, Q, QuerySet

from sudapos.core import masking
from sudapos.core.authority import Act, Role
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound

from . import audit, factors, reviews, shops, staff, tries, visits
from .shops import Store
from .staff import Operator

KINDS = ("hire", "change", "leave", "return", "password", "factor", "unlock")
AT_ONCE = frozenset({"leave", "password", "unlock"})
"""These take something away from the person, or give a stranger nothing: an administrator does them alone.

A new second factor is none of them: whoever could reset password and factor alone could become anybody.
"""
BY_MANAGERS = frozenset({"hire", "change", "leave", "return"})
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
RESERVED = frozenset({"new", "changes", "tills", "cli", "demo", "worker"})
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class PersonChange(models.Model):
    """One change to one person, as it was asked for; decided once. What was asked is never edited, the row never deleted."""

    kind = models.CharField(max_length=10)
    person = models.CharField(max_length=32)
    content = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="proposed")
    alone = models.BooleanField(default=False)
    """Put into force by its maker: nobody else could have."""
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=32)
    made_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person"], name="one_open_change_per_person", condition=Q(state="proposed")
            ),
            models.CheckConstraint(
                condition=Q(decided_by="")
                | ~Q(decided_by=F("made_by"))
                | Q(alone=True)
                | Q(kind__in=["leave", "password", "unlock"]),
                name="person_maker_never_checker",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="person_proposed_is_open",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person should be; `store` is a code, empty for every store."""

    name: str
    roles: tuple[str, ...]
    store: str = ""

    @property
    def plain(self) -> dict[str, Any]:
        return {"name": self.name, "roles": list(self.roles), "store": self.store}


@dataclass(frozen=True, slots=True)
class Done:
    """The change, and the one-time password where one was made: it is shown once and kept nowhere."""

    row: PersonChange
    password: str = ""


def of(operator: Operator) -> dict[str, Any]:
    """A person as a change compares her."""
    store = operator.store.code if operator.store_id and operator.store else ""
    return {
        "name": operator.name,
        "roles": sorted(operator.roles),
        "store": store,
        "active": operator.is_active,
    }


def seen_by(operator: Operator) -> QuerySet[Operator]:
    """Everybody; a person of one store sees the people of her store, and those of all. Raises Forbidden."""
    staff.require(operator, Act.SEE_PEOPLE)
    rows = Operator.objects.select_related("store").order_by("-is_active", "code")
    if operator.store_id is not None:
        rows = rows.filter(Q(store_id=operator.store_id) | Q(store_id=None))
    return rows


def get(code: str, *, operator: Operator) -> Operator:
    """One person, active or not. Raises NotFound, Forbidden."""
    row = seen_by(operator).filter(code=code).first()
    if row is None:
        raise NotFound("colleague_not_found", operator=code)
    return row


def changes(*, person: str = "", state: str = "", store: str = "", limit: int = 100) -> list[PersonChange]:
    """Newest first; with `store` those of people who belong to it, or shall."""
    rows = PersonChange.objects.all()
    if person:
        rows = rows.filter(person=person)
    if state:
        rows = rows.filter(state=state)
    if store:
        rows = rows.filter(Q(content__store=store) | Q(before__store=store))
    return list(rows[:limit])


@transaction.atomic
def propose(
    kind: str, code: str, *, operator: Operator, wanted: Wanted | None = None, note: str = "", at: datetime
) -> Done:
    """Ask for a change; where a second person is needed nothing happens until she agrees.

    Raises Forbidden may_not, own_person, not_own_cashier or last_admin; Invalid with each wrong field, unknown_role,
    roles_conflict or person_unchanged; NotFound; Conflict change_open.
    """
    if kind not in KINDS:
        raise Invalid("input_invalid", errors=[FieldError(("kind",), "out_of_range")])
    _lock()
    makes = operator.may(Act.CHANGE_PEOPLE)
    if not makes:
        staff.require(operator, Act.PROPOSE_PEOPLE)
    before = _before(kind, code, operator)
    content = _content(kind, code, wanted, before)
    if not makes:
        _require_own_cashier(kind, operator, before, content)
    if PersonChange.objects.filter(person=code, state="proposed").exists():
        raise Conflict("change_open", operator=code)
    row = PersonChange(
        kind=kind,
        person=code,
        content=content,
        before=before,
        note=_note(note),
        made_by=operator.code,
        made_at=at,
    )
    if makes and kind in AT_ONCE:
        return _enforce(row, operator, at)
    if makes and not approvers(but=(operator.code, code)).exists():
        row.alone = True
        return _enforce(row, operator, at)
    row.save(force_insert=True)
    _tell("person.proposed", row, operator, at)
    return Done(row)


def approvers(*, but: tuple[str, ...]) -> QuerySet[Operator]:
    """The active people who may put a change into force."""
    rows = Operator.objects.filter(is_active=True, roles__overlap=[Role.ADMIN, Role.OWNER])
    return rows.exclude(code__in=but)


@transaction.atomic
def approve(number: int, *, operator: Operator, note: str = "", at: datetime) -> Done:
    """Put a proposal into force. Raises Forbidden, NotFound, Conflict change_decided or person_altered."""
    row = _decidable(number, operator)
    now = _row(row.person)
    if row.kind == "hire" and now is not None:
        raise Conflict("person_exists", operator=row.person)
    if row.kind != "hire" and (now is None or of(now) != row.before):
        raise Conflict("person_altered", operator=row.person)
    return _enforce(row, operator, at, note=note)


@transaction.atomic
def reject(number: int, *, operator: Operator, note: str, at: datetime) -> PersonChange:
    """Turn a proposal down, with a note. Raises Forbidden, NotFound, Invalid note, Conflict change_decided."""
    row = _decidable(number, operator, own=True)
    if not note.strip():
        raise Invalid("input_invalid", errors=[FieldError(("note",), "missing")])
    row.state, row.decided_by, row.decided_at = "rejected", operator.code, at
    row.decision_note = _note(note)
    if row.made_by == operator.code:
        row.state, row.alone = "withdrawn", True
    row.save()
    _tell(f"person.{row.state}", row, operator, at)
    return row


def _decidable(number: int, operator: Operator, *, own: bool = False) -> PersonChange:
    """The proposal, locked; its maker may take it back, never agree to it, and nobody decides about herself."""
    _lock()
    row = PersonChange.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NotFound("change_not_found", number=number)
    mine = own and row.made_by == operator.code
    if not mine:
        staff.require(operator, Act.APPROVE_PEOPLE)
    if row.state != "proposed":
        raise Conflict("change_decided", number=number, by=row.decided_by)
    if row.made_by == operator.code and not own:
        raise Forbidden("change_maker_is_checker", operator=operator.code, number=number)
    if row.person == operator.code:
        raise Forbidden("own_person", operator=operator.code)
    return row


def _lock() -> None:
    """One change of people at a time; the merchant's row stands for them all."""
    shops.Merchant.objects.select_for_update().filter(id=1).first()


def _row(code: str) -> Operator | None:
    return Operator.objects.select_related("store").filter(code=code).first()


def _before(kind: str, code: str, operator: Operator) -> dict[str, Any]:
    if code == operator.code:
        raise Forbidden("own_person", operator=code)
    found = _row(code)
    if kind == "hire":
        if not CODE.fullmatch(code) or code in RESERVED:
            raise Invalid("input_invalid", errors=[FieldError(("code",), "bad_code")])
        if found is not None:
            raise Conflict("person_exists", operator=code)
        return {}
    if found is None:
        raise NotFound("colleague_not_found", operator=code)
    staff.require_store(operator, found.store_id or operator.store_id or 0, "")
    if (kind == "return") is found.is_active and kind != "unlock":
        raise Conflict("person_active" if found.is_active else "person_left", operator=code)
    return of(found)


def _content(kind: str, code: str, wanted: Wanted | None, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the person will be, looked through."""
    if kind not in ("hire", "change"):
        if kind == "leave":
            _keep_an_admin(code, before, ())
        return {}
    if wanted is None or not wanted.name.strip():
        raise Invalid("input_invalid", errors=[FieldError(("name",), "missing")])
    if not wanted.roles:
        raise Invalid("input_invalid", errors=[FieldError(("roles",), "missing")])
    staff.check_roles(wanted.roles)
    if wanted.store and not Store.objects.filter(code=wanted.store).exists():
        raise Invalid("input_invalid", errors=[FieldError(("store",), "store_not_found")])
    told = {
        "name": masking.scan(wanted.name.strip())[:64],
        "roles": sorted(set(wanted.roles)),
        "store": wanted.store,
    }
    if told == {key: before.get(key) for key in told}:
        raise Invalid("person_unchanged", operator=code)
    if before:
        _keep_an_admin(code, before, wanted.roles)
    return told


def _keep_an_admin(code: str, before: Mapping[str, Any], after: tuple[str, ...]) -> None:
    """Without an administrator nobody could ever change anything again."""
    if Role.ADMIN not in before["roles"] or Role.ADMIN in after:
        return
    if not Operator.objects.filter(is_active=True, roles__contains=[Role.ADMIN]).exclude(code=code).exists():
        raise Forbidden("last_admin", operator=code)


def _require_own_cashier(
    kind: str, operator: Operator, before: Mapping[str, Any], content: Mapping[str, Any]
) -> None:
    """A manager proposes cashiers of her own store and nobody else (domain §8.2)."""
    own = operator.store.code if operator.store_id and operator.store else ""
    for each in (before, content):
        wrong = bool(each) and (each["roles"] != [Role.CASHIER] or (own and each["store"] != own))
        if wrong or kind not in BY_MANAGERS:
            raise Forbidden("not_own_cashier", operator=operator.code)


def _enforce(row: PersonChange, operator: Operator, at: datetime, *, note: str = "") -> Done:
    row.state, row.decided_by, row.decided_at = "in_force", operator.code, at
    row.decision_note = _note(note)
    row.save()
    password = _apply(row, at)
    if row.alone:
        facts = {"kind": row.kind, "person": row.person, **row.content}
        draft = reviews.Draft(subject="person", subject_no=str(row.pk), by=operator.code, facts=facts)
        reviews.open(draft, at=at)
    _tell(f"person.{row.kind}", row, operator, at)
    return Done(row, password)


def _apply(row: PersonChange, at: datetime) -> str:
    """Do it; answers the one-time password where one is made."""
    if row.kind == "hire":
        store = Store.objects.filter(code=row.content["store"]).first() if row.content["store"] else None
        return _hired(row, store.pk if store else None, at)
    person = Operator.objects.select_for_update().get(code=row.person)
    if row.kind == "unlock":
        tries.forget(person.code)
        return ""
    visits.end_all(person, why=row.kind, at=at)
    password = ""
    if row.kind == "change":
        person.name, person.roles = row.content["name"], row.content["roles"]
        person.store = (
            Store.objects.filter(code=row.content["store"]).first() if row.content["store"] else None
        )
    elif row.kind in ("leave", "return"):
        person.is_active = row.kind == "return"
    elif row.kind == "factor":
        factors.reset(person)
    if row.kind in ("password", "return"):
        password = one_time()
        person.password, person.must_change, person.pin = make_password(password), True, ""
        tries.forget(person.code)
    person.save()
    return password


def _hired(row: PersonChange, store_id: int | None, at: datetime) -> str:
    password = one_time()
    staff.hire(
        row.person,
        row.content["name"],
        row.content["roles"],
        at=at,
        password=password,
        store_id=store_id,
        must_change=True,
    )
    return password


def one_time() -> str:
    """Sixty bits in letters and digits that nobody misreads."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def _note(text: str) -> str:
    return masking.scan(text.strip())[:200]


def _tell(act: str, row: PersonChange, operator: Operator, at: datetime) -> None:
    facts = {
        "change": row.pk,
        **row.content,
        "before": row.before,
        "alone": row.alone,
        "note": row.decision_note or row.note,
    }
    record = audit.Act(act=act, subject="operator", subject_no=row.person, by=operator.code, facts=facts)
    audit.write([record], at=at)

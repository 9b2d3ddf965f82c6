"""The shop's policy as people change it: proposed by one, activated or rejected by another, weighed by both dates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from sudapos.core import masking, mixing
from sudapos.core.authority import Act, Role
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from sudapos.core.rules import Rules

from . import audit, shops, staff, versions
from .sales import Sale
from .staff import Operator
from .versions import PolicyVersion

NOTE_LENGTH = 200
LENGTH = 40_000
"""Characters of one version; a shop with a thousand categories stays far below."""
FILE_MARK = "sudapos_policy"
UNSTORABLE = re.compile(r"\\u0000|[\ud800-\udfff]")
"""As it stands in JSON: what PostgreSQL cannot keep."""
TECHNICAL = frozenset(
    {
        "money_unit",
        "timezone",
        "business_day_cutover",
        "poll_seconds",
        "min_seconds_between_refunds_same_order",
        "clock_drift_block_seconds",
        "unmask_seconds",
        "acquirer_check_max_age_days",
        "retention_years",
    }
)
"""Entries that are not about money: finance alone does not activate them (domain §8.2: A money policies)."""


def get(number: int) -> PolicyVersion:
    """One version. Raises NotFound policy_not_found."""
    row = PolicyVersion.objects.filter(number=number).first()
    if row is None:
        raise NotFound("policy_not_found", number=number)
    return row


def listed() -> list[PolicyVersion]:
    """Every version, newest first."""
    return list(PolicyVersion.objects.order_by("-number"))


def current() -> PolicyVersion:
    """The version in force. Raises NotFound before set-up."""
    row = PolicyVersion.objects.filter(state="active").first()
    if row is None:
        raise NotFound("merchant_not_set_up")
    return row


def exported(row: PolicyVersion) -> dict[str, Any]:
    """A version as a file, for another installation or for a draft made by hand."""
    return {FILE_MARK: 1, "number": row.number, "note": row.note, "content": row.content}


def imported(text: bytes | str) -> dict[str, Any]:
    """The content of such a file; what it says is checked when it is proposed. Raises Invalid policy_file_wrong."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("policy_file_wrong") from None
    content = given.get("content") if isinstance(given, dict) and FILE_MARK in given else None
    if not isinstance(content, dict):
        raise Invalid("policy_file_wrong")
    return content


def read(content: Mapping[str, Any]) -> Rules:
    """Rules from what came in; the version's number is ours to give.

    Raises Invalid rules_invalid with each wrong field, policy_file_wrong for what cannot be kept.
    """
    given = {key: value for key, value in content.items() if key != "version"}
    rules = Rules.from_mapping(given)
    kept = json.dumps(rules.to_mapping(), ensure_ascii=False)
    if len(kept) > LENGTH or UNSTORABLE.search(kept):
        raise Invalid("policy_file_wrong")
    return rules


@transaction.atomic
def propose(
    content: Mapping[str, Any], *, operator: Operator, note: str, base: int | None = None, at: datetime
) -> PolicyVersion:
    """Write a new version down; nothing changes until a second person activates it.

    `base` is the version that its maker saw. Raises Forbidden, Invalid rules_invalid with each wrong field, Invalid
    policy_unchanged, Conflict policy_stale.
    """
    staff.require(operator, Act.PROPOSE_POLICY)
    wanted = read(content)
    _lock()
    active = current()
    if base is not None and base != active.number:
        raise Conflict("policy_stale", number=base, active=active.number)
    before = shops.rules_of(shops.merchant())
    changed = differences(before, wanted)
    if not changed:
        raise Invalid("policy_unchanged", number=active.number)
    number = 1 + (PolicyVersion.objects.aggregate(most=Max("number"))["most"] or 0)
    row = PolicyVersion.objects.create(
        number=number,
        content=wanted.to_mapping() | {"version": number},
        base=active.number,
        state="proposed",
        note=_note(note),
        made_by=operator.code,
        made_at=at,
    )
    _tell("policy.proposed", row, operator, at, changed=[path for path, _, _ in changed])
    return row


@transaction.atomic
def activate(number: int, *, operator: Operator, note: str = "", at: datetime) -> PolicyVersion:
    """Put a proposed version into force, now. Raises Forbidden, NotFound, Conflict policy_decided or policy_stale."""
    row, active = _decidable(number, operator)
    if row.base != active.number:
        raise Conflict("policy_stale", number=row.number, active=active.number)
    merchant = shops.merchant()
    changed = differences(shops.rules_of(merchant), row.rules)
    _require_reach(operator, row, [path for path, _, _ in changed])
    active.state = "retired"
    active.save(update_fields=["state"])
    row.state, row.active_from = "active", at
    _decide(row, operator, note, at)
    merchant.rules = row.content
    merchant.save(update_fields=["rules"])
    _tell("policy.activated", row, operator, at, changed=[path for path, _, _ in changed])
    return row


@transaction.atomic
def reject(number: int, *, operator: Operator, note: str, at: datetime) -> PolicyVersion:
    """Turn a proposal down, with a note. Raises Forbidden, NotFound, Invalid note_needed, Conflict policy_decided."""
    row, _ = _decidable(number, operator)
    if not note.strip():
        raise Invalid("input_invalid", errors=[FieldError(("note",), "missing")])
    row.state = "rejected"
    _decide(row, operator, note, at)
    _tell("policy.rejected", row, operator, at)
    return row


def _decidable(number: int, operator: Operator) -> tuple[PolicyVersion, PolicyVersion]:
    """The proposal and the version in force, locked. The maker never decides on her own (INV-07)."""
    if not operator.may(Act.APPLY_POLICY):
        staff.require(operator, Act.APPROVE_POLICY)
    _lock()
    row = get(number)
    if row.state != "proposed":
        raise Conflict("policy_decided", number=number, by=row.decided_by)
    if row.made_by == operator.code:
        raise Forbidden("policy_maker_is_checker", operator=operator.code, number=number)
    return row, current()


def _require_reach(operator: Operator, row: PolicyVersion, changed: list[str]) -> None:
    whole = operator.may(Act.APPLY_POLICY) or Role.OWNER in operator.roles
    if not whole and any(path.partition(".")[0] in TECHNICAL for path in changed):
        raise Forbidden("policy_beyond_money", operator=operator.code, number=row.number)


def _lock() -> None:
    """One person at a time; the merchant's row stands for the whole policy."""
    shops.Merchant.objects.select_for_update().filter(id=1).first()


def _decide(row: PolicyVersion, operator: Operator, note: str, at: datetime) -> None:
    row.decided_by, row.decision_note, row.decided_at = operator.code, _note(note), at
    row.save(update_fields=["state", "active_from", "decided_by", "decision_note", "decided_at"])


def _note(text: str) -> str:
    return masking.scan(text.strip())[:NOTE_LENGTH]


def _tell(act: str, row: PolicyVersion, operator: Operator, at: datetime, **facts: Any) -> None:
    told = {"note": row.decision_note or row.note, "base": row.base, **facts}
    record = audit.Act(act=act, subject="policy", subject_no=str(row.number), by=operator.code, facts=told)
    audit.write([record], at=at)


Difference = tuple[str, Any, Any]
"""(path such as `approval_fen.cashier`, before, after); None where one side has no such entry."""


def differences(before: Rules, after: Rules) -> list[Difference]:
    """What `after` says otherwise, entry by entry; the version's own number is no difference."""
    old, new = flat(before), flat(after)
    paths = [*new, *(path for path in old if path not in new)]
    return [(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)]


def flat(rules: Rules) -> dict[str, Any]:
    """Every entry by its path."""
    found: dict[str, Any] = {}
    for name, value in rules.to_mapping().items():
        if name == "version":
            continue
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """The rules that decide on refunds of one sale, and the two versions that they come from."""

    rules: Rules
    of_sale: int
    now: int

    @property
    def plain(self) -> dict[str, int]:
        return {"sale": self.of_sale, "now": self.now}


@dataclass(slots=True)
class Terms:
    """Which rules decide on which sale, at one moment; one statement whatever the number of sales."""

    now: Rules
    history: versions.History
    is_stopped: bool = False
    """The books come from a backup: nothing is asked for until they were held against the channels."""
    _mixed: dict[int, Rules] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Terms:
        merchant = shops.merchant()
        return cls(
            shops.rules_of(merchant), versions.History.read(), is_stopped=merchant.restored_at is not None
        )

    def require_open(self) -> None:
        """Raise Refusal shop_restored while the books stand on a backup (F30)."""
        if self.is_stopped:
            raise Refusal("shop_restored")

    def of(self, sale: Sale) -> Spoken:
        """The promise of the day of the sale with the limits of now."""
        active = self.history.now
        row = self.history.of_day(sale.sold_at, cutover=self.now.business_day_cutover)
        if active is None or row is None or row.number == active.number:
            number = active.number if active else self.now.version
            return Spoken(self.now, number, number)
        if row.number not in self._mixed:
            self._mixed[row.number] = mixing.mix(of_sale=self.history.rules(row), now=self.now)
        return Spoken(self._mixed[row.number], row.number, active.number)

"""The licence card of an account: who settles to us, and by what right. Checked by people, kept with its history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models, transaction

from sudapos.core import calendar, licence
from sudapos.core.authority import Act
from sudapos.core.licence import Card
from sudapos.core.refusal import FieldError, Invalid, NotFound
from sudapos.core.rules import Reason, Rules

from . import audit, shops, staff
from .shops import Account
from .staff import Operator


class LicenceCard(models.Model):
    """One account's institution as last written down; the audit log keeps every version."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="licence")
    legal_name = models.CharField(max_length=120)
    licence_no = models.CharField(max_length=40, blank=True, default="")
    business_type = models.CharField(max_length=60, blank=True, default="")
    region = models.CharField(max_length=60, blank=True, default="")
    valid_to = models.DateField(null=True)
    checked_at = models.DateField(null=True)
    checked_by = models.CharField(max_length=32, blank=True, default="")
    evidence_ref = models.CharField(max_length=200, blank=True, default="")
    payer = models.CharField(max_length=120, blank=True, default="")
    """Who paid the last settlement, by the bank's receipt or a statement."""
    changed_at = models.DateTimeField()

    def card(self) -> Card:
        """As core wants to see it."""
        return Card(
            legal_name=self.legal_name,
            licence_no=self.licence_no,
            business_type=self.business_type,
            region=self.region,
            valid_to=self.valid_to,
            checked_at=self.checked_at,
        )


TEXTS = ("legal_name", "licence_no", "business_type", "region", "evidence_ref", "payer")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDraft:
    """What a person writes down; `checked` says that she looked it up today."""

    legal_name: str
    licence_no: str = ""
    business_type: str = ""
    region: str = ""
    valid_to: date | None = None
    evidence_ref: str = ""
    payer: str = ""
    checked: bool = False


@transaction.atomic
def put(account_name: str, draft: CardDraft, *, operator: Operator, at: datetime) -> LicenceCard:
    """Write the card, or a new version of it. Raises Forbidden, NotFound account_not_found, Invalid."""
    staff.require(operator, Act.CHANGE_SETTINGS)
    account = shops.accounts([account_name]).get(account_name)
    if account is None:
        raise NotFound("account_not_found", name=account_name, account=account_name)
    _check(draft)
    today = calendar.business_date(at, cutover="00:00")
    row = LicenceCard.objects.select_for_update().filter(account=account).first()
    row = row or LicenceCard(account=account)
    before = {name: getattr(row, name) for name in TEXTS}
    for name in TEXTS:
        setattr(row, name, getattr(draft, name).strip())
    row.valid_to, row.changed_at = draft.valid_to, at
    if draft.checked:
        row.checked_at, row.checked_by = today, operator.code
    row.save()
    facts = {name: getattr(row, name) for name in TEXTS} | {
        "valid_to": row.valid_to.isoformat() if row.valid_to else "",
        "checked": draft.checked,
        "before": {name: value for name, value in before.items() if value != getattr(row, name)},
    }
    act = audit.Act(
        act="licence.put", subject="account", subject_no=account_name, by=operator.code, facts=facts
    )
    audit.write([act], at=at)
    return row


def _check(draft: CardDraft) -> None:
    errors = []
    if not draft.legal_name.strip():
        errors.append(FieldError(("legal_name",), "missing"))
    for name in TEXTS:
        room = getattr(LicenceCard._meta.get_field(name), "max_length", 0)
        if len(getattr(draft, name).strip()) > room:
            errors.append(FieldError((name,), "too_long"))
    if errors:
        raise Invalid("input_invalid", errors=errors)


def cards(accounts: Iterable[Account]) -> dict[int, LicenceCard]:
    """By the account's id."""
    return {row.account_id: row for row in LicenceCard.objects.filter(account__in=list(accounts))}


def warnings(account: Account, row: LicenceCard | None, rules: Rules, *, at: datetime) -> tuple[Reason, ...]:
    """What is wrong with an account's licence today; an account that people work by hand needs none."""
    today = calendar.business_date(at, cutover="00:00")
    card = row.card() if row else None
    other = licence.payer_differs(card, row.payer if row else "")
    return (*((other,) if other else ()), *licence.warnings(card, rules, today=today))

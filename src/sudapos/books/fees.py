"""Channel fees as the statement says them, booked once per account and day (domain §4.2.5)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from sudapos.core import journal
from sudapos.core.journal import Draft

from . import ledger
from .shops import Account
from .statements import Statement


@transaction.atomic
def book(statement: Statement, *, at: datetime) -> list[Draft]:
    """Book what the current version of a day says about fees, less what earlier versions booked. Answers the entries."""
    Account.objects.select_for_update().get(pk=statement.account_id)
    statement.refresh_from_db(fields=["fee_charged", "fee_returned"])
    others = Statement.objects.filter(account=statement.account, day=statement.day).exclude(pk=statement.pk)
    before = others.aggregate(charged=Sum("fee_charged"), returned=Sum("fee_returned"))
    charged = _said(statement, "fee_charged") - (before["charged"] or 0)
    returned = _said(statement, "fee_returned") - (before["returned"] or 0)
    channel, number = statement.account.channel, f"{statement.account.name} {statement.day:%Y%m%d}"
    drafts = []
    if fee := charged - statement.fee_charged:
        drafts.append(journal.draft("J03f", number, channel=channel, fee=fee))
    if fee := returned - statement.fee_returned:
        drafts.append(journal.draft("J05c", number, channel=channel, fee=fee))
    if drafts:
        ledger.post([ledger.Posted(draft, statement.day, "") for draft in drafts], at=at)
        statement.fee_charged, statement.fee_returned = charged, returned
        statement.save(update_fields=["fee_charged", "fee_returned"])
    return drafts


def _said(statement: Statement, name: str) -> int:
    return sum(int(of.get(name, 0)) for of in statement.sums.values())

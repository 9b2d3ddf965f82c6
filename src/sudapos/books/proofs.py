"""The files that prove what is kept of a deposit: handed out to whoever may see it, each time written down (R-09)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound

from . import attachments, audit, deposits, staff
from .attachments import Shown
from .staff import Operator


@transaction.atomic
def file(number: str, digest: str, *, operator: Operator, at: datetime) -> Shown:
    """One file of a deposit, opened for one person; every opening is an audit record. Raises NotFound, Forbidden."""
    row = deposits.get(number)
    staff.require(operator, Act.LOOK_UP)
    staff.require_store(operator, row.sale.store_id, row.sale.store.code)
    ending = next((each for each in row.endings.all() if digest and each.file_digest == digest), None)
    if ending is None:
        raise NotFound("file_lost", digest=digest[:12])
    shown = attachments.shown(ending.file_name, digest)
    act = audit.Act(
        act="deposit.file_opened",
        subject="deposit",
        subject_no=number,
        by=operator.code,
        store=row.sale.store.code,
        facts={"name": shown.name, "digest": digest[:16]},
    )
    audit.write([act], at=at)
    return shown

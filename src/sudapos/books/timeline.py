"""Everything that happened to one refund, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .audit import AuditRecord
from .legs import Attempt, Move
from .refunds import Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One step: `kind` is act, move or attempt; `code` its own word, e.g. refund.opened, settle, refund:settled."""

    at: datetime
    kind: str
    code: str
    by: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def of(refund: Refund) -> list[Item]:
    """Acts of people, moves of legs and calls to channels; three statements."""
    acts = [
        Item(at=row.at, kind="act", code=row.act, by=row.by, facts=row.facts)
        for row in AuditRecord.objects.filter(subject="refund", subject_no=refund.refund_no).order_by("id")
        if not row.act.startswith("leg.") or row.act == "leg.late_answer"
    ]
    moves = [
        Item(
            at=row.at,
            kind="move",
            code=row.event,
            by=row.by,
            facts={
                "leg_no": row.leg.leg_no,
                "before": row.before,
                "after": row.after,
                "channel": row.leg.channel,
                "amount": row.leg.amount,
                "code": row.code,
            },
        )
        for row in Move.objects.filter(leg__refund=refund).select_related("leg").order_by("id")
    ]
    attempts = [
        Item(
            at=row.started_at,
            kind="attempt",
            code=f"{row.verb}:{row.outcome or 'under_way'}",
            by="worker",
            facts={
                "leg_no": row.leg_no,
                "ended_at": row.ended_at and row.ended_at.isoformat(),
                "code": row.code,
                "message": row.message,
            },
        )
        for row in Attempt.objects.filter(leg__refund=refund).order_by("id")
    ]
    # a stable sort: what happened in one commit keeps acts, then moves, then calls
    return sorted([*acts, *moves, *attempts], key=lambda item: item.at)

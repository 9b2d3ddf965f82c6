"""Where the items of a batch stand: one word each, counted and summed by the database. Amounts in fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from sudapos.core.batches import OUTCOMES, REASON_OF, Kind, Part

from . import outbox
from .batches import BatchItem, RefundBatch
from .refunds import Refund
from .remainders import LIVE_STATES

WRONG = REASON_OF[Kind.PRICE]

STANDS = """
SELECT i.id, i.total, CASE
    WHEN i.state <> 'opened' THEN i.state
    WHEN r.state = 'awaiting' THEN 'awaiting'
    WHEN r.state <> 'approved' OR bool_and(l.state = 'dropped') THEN 'closed'
    WHEN bool_or(l.state IN ('failed', 'bounced', 'in_doubt') OR l.alarm <> '') THEN 'attention'
    WHEN bool_and(l.state IN ('settled', 'dropped')) THEN 'done'
    WHEN bool_and(l.state IN ('settled', 'dropped') OR l.state = 'accepted' AND l.route IN ('cash', 'transfer')) THEN 'customer'
    ELSE 'moving' END AS outcome
FROM books_batchitem i LEFT JOIN books_refund r ON r.id = i.refund_id LEFT JOIN books_leg l ON l.refund_id = r.id
WHERE i.batch_id = %s GROUP BY i.id, r.id
"""
"""Where each item stands: the batch's own word, or what became of its refund's money."""


def outcomes(batch: RefundBatch) -> dict[str, Part]:
    """Items and fen by where they stand, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT outcome, count(*), sum(total)::bigint FROM ({STANDS}) s GROUP BY 1", [batch.pk]
        )
        found = {name: Part(count, int(total)) for name, count, total in cursor.fetchall()}
    return {name: found[name] for name in OUTCOMES if name in found}


def stands(
    batch: RefundBatch, *, outcome: str = "", after: int = 0, limit: int = 50
) -> list[tuple[BatchItem, str]]:
    """Items in their order, each with where it stands; `after` is an item's number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.id, s.outcome FROM ({STANDS}) s JOIN books_batchitem b ON b.id = s.id"
            " WHERE b.item_no > %s AND (%s = '' OR s.outcome = %s) ORDER BY b.item_no LIMIT %s",
            [batch.pk, after, outcome, outcome, limit],
        )
        told = dict(cursor.fetchall())
    rows = (
        BatchItem.objects.filter(pk__in=told)
        .select_related("refund")
        .prefetch_related("refund__legs")
        .order_by("item_no")
    )
    return [(row, told[row.pk]) for row in rows]


def channels(batch: RefundBatch) -> dict[tuple[str, str], Part]:
    """Legs and fen of the live items by channel and route, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leg->>0, leg->>1, count(*), sum((leg->>2)::bigint)::bigint FROM books_batchitem i,"
            " jsonb_array_elements(i.legs) leg WHERE i.batch_id = %s AND i.state IN ('ready', 'opened') GROUP BY 1, 2 ORDER BY 1, 2",
            [batch.pk],
        )
        return {
            (channel, route): Part(count, int(total)) for channel, route, count, total in cursor.fetchall()
        }


def compensated(sale_nos: Iterable[str], *, but: Sequence[int] = ()) -> set[str]:
    """Sales whose wrong charge was given back already, or is being, by other refunds than `but`: nobody gets a difference twice."""
    rows = Refund.objects.filter(sale__sale_no__in=list(sale_nos), state__in=LIVE_STATES, reason=WRONG)
    return set(rows.exclude(pk__in=but).values_list("sale__sale_no", flat=True))


def paid_before(items: Iterable[BatchItem], *, but: Sequence[int] = ()) -> set[str]:
    """As `compensated`, of those items that give a difference back, whatever kind of batch asks for it."""
    asking = (item.sale_no for item in items if item.amount is not None and item.reason == WRONG)
    return compensated(asking, but=but)


def tell_end(batch: RefundBatch, *, at: datetime) -> None:
    """The world hears what came of it."""
    told = {name: list(part) for name, part in outcomes(batch).items()}
    facts = {"state": str(batch.state), "count": batch.count, "total": batch.total, "outcomes": told}
    store = batch.store.code if batch.store else ""
    outbox.write(
        [
            outbox.Draft(
                event="batch.done", subject="batch", subject_no=batch.batch_no, store=store, facts=facts
            )
        ],
        at=at,
    )

"""Cash in whole jiao: what refunds of a payment handed over above what they owed, for the next one to even out (domain §5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection

from sudapos.core.lifecycle import RefundState

_SURPLUS = """
SELECT payment_id, sum(rounding)::bigint FROM (
    SELECT (step->>'payment_id')::bigint AS payment_id, (step->>'rounding')::bigint AS rounding
    FROM books_refund r CROSS JOIN jsonb_array_elements(r.plan) step
    WHERE r.sale_id = ANY(%(sales)s) AND r.state = ANY(%(live)s) AND (step->>'rounding')::bigint <> 0
    UNION ALL
    SELECT l.payment_id, -l.rounding FROM books_leg l JOIN books_refund r ON r.id = l.refund_id
    WHERE r.sale_id = ANY(%(sales)s) AND l.state = 'dropped' AND l.rounding <> 0
) each GROUP BY payment_id
"""


def surplus(sale_ids: Iterable[int]) -> dict[int, int]:
    """Payment → fen above what was owed, over all refunds that stand or wait; payments with nothing are left out."""
    live = [RefundState.AWAITING, RefundState.APPROVED]
    with connection.cursor() as cursor:
        cursor.execute(_SURPLUS, {"sales": list(sale_ids), "live": [str(state) for state in live]})
        return dict(cursor.fetchall())


def owed(step: Mapping[str, Any]) -> int:
    """Fen of the refund's total that a step of its plan stands for."""
    return int(step["amount"]) - int(step.get("rounding", 0))


def handed_over_before(plan: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """What the plan owes without handing anything over: an earlier rounding has paid it already."""
    return (owed(step) for step in plan if not step["amount"])

"""Whether the books hold together: the chain, the trial balance, promises, legs and corrections against entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from sudapos.books import audit, ledger
from sudapos.core import money
from sudapos.core.recipes import SMALL_ENTERPRISE

CHECKS = ("chain", "trial_balance", "promises", "entries", "corrections", "compensations")


@dataclass(frozen=True, slots=True)
class Finding:
    """The first place where a check fails: what should stand there and what does."""

    check: str
    place: str
    expected: str
    found: str


PROMISES = """
SELECT s.sale_no || ' ' || p.payment_no, coalesce(l.held, 0) + coalesce(a.reserved, 0) + coalesce(f.held, 0), p.promised
FROM books_payment p
JOIN books_sale s ON s.id = p.sale_id
LEFT JOIN (SELECT payment_id, sum(amount) AS held FROM books_leg WHERE state <> 'dropped' GROUP BY payment_id) l
  ON l.payment_id = p.id
LEFT JOIN (SELECT (step->>'payment_id')::bigint AS payment_id, sum((step->>'amount')::bigint) AS reserved
           FROM books_refund r, jsonb_array_elements(r.plan) step WHERE r.state = 'awaiting' GROUP BY 1) a
  ON a.payment_id = p.id
LEFT JOIN (SELECT payment_id, sum(held) AS held FROM books_finding WHERE held > 0 GROUP BY 1) f ON f.payment_id = p.id
WHERE p.promised <> coalesce(l.held, 0) + coalesce(a.reserved, 0) + coalesce(f.held, 0)
ORDER BY p.id LIMIT 1
"""
"""A payment's counter is what its legs hold, what refunds that still wait have reserved, and what went back without us (INV-05)."""

OWED = """
SELECT r.refund_no, coalesce(l.owed, 0), coalesce(e.owed, 0)
FROM books_refund r
LEFT JOIN (SELECT refund_id, sum(amount - rounding) AS owed FROM books_leg
           WHERE state NOT IN ('settled', 'dropped') GROUP BY refund_id) l ON l.refund_id = r.id
LEFT JOIN (SELECT entry.business_no, sum(CASE WHEN line.side = '贷' THEN line.amount ELSE -line.amount END) AS owed
           FROM books_line line JOIN books_entry entry ON entry.id = line.entry_id
           WHERE line.account = %s GROUP BY entry.business_no) e ON e.business_no = r.refund_no
WHERE coalesce(l.owed, 0) <> coalesce(e.owed, 0)
ORDER BY r.id LIMIT 1
"""
"""What the journal says a customer is owed for a refund is what its legs have not yet paid (INV-09)."""

CLAIMED = """
SELECT r.refund_no, coalesce(c.claimed, 0), coalesce(e.claimed, 0)
FROM books_refund r
LEFT JOIN (SELECT refund_id, sum(amount - set_off) AS claimed FROM books_correction
           WHERE state = 'open' GROUP BY refund_id) c ON c.refund_id = r.id
LEFT JOIN (SELECT entry.business_no, sum(CASE WHEN line.side = '借' THEN line.amount ELSE -line.amount END) AS claimed
           FROM books_line line JOIN books_entry entry ON entry.id = line.entry_id
           WHERE line.account = %s GROUP BY entry.business_no) e ON e.business_no = r.refund_no
WHERE coalesce(c.claimed, 0) <> coalesce(e.claimed, 0)
ORDER BY r.id LIMIT 1
"""
"""What the journal says customers owe for wrong refunds is what their corrections still ask for (domain F23)."""


COMPENSATIONS = """
SELECT c.number, CASE WHEN c.state = 'approved' THEN c.amount ELSE 0 END, coalesce(e.owed, 0)
FROM books_compensation c
LEFT JOIN (SELECT entry.business_no, sum(CASE WHEN line.side = '贷' THEN line.amount ELSE -line.amount END) AS owed
           FROM books_line line JOIN books_entry entry ON entry.id = line.entry_id
           WHERE line.account = %s GROUP BY entry.business_no) e ON e.business_no = c.number
WHERE coalesce(e.owed, 0) <> CASE WHEN c.state = 'approved' THEN c.amount ELSE 0 END
ORDER BY c.id LIMIT 1
"""
"""What the journal says is owed beyond prices is what was agreed to and is not paid yet (R-24)."""


def run() -> Iterator[tuple[str, Finding | None]]:
    """Each check of CHECKS in turn with its first break, None where it holds."""
    found: dict[str, Callable[[], Finding | None]] = {
        "chain": _chain,
        "trial_balance": _trial_balance,
        "promises": lambda: _first("promises", PROMISES, []),
        "entries": lambda: _first("entries", OWED, [SMALL_ENTERPRISE.codes["owed"][0]]),
        "corrections": lambda: _first("corrections", CLAIMED, [SMALL_ENTERPRISE.codes["correction"][0]]),
        "compensations": lambda: _first(
            "compensations", COMPENSATIONS, [SMALL_ENTERPRISE.codes["compensation"][0]]
        ),
    }
    for check in CHECKS:
        yield check, found[check]()


def _chain() -> Finding | None:
    broken = audit.verify()
    if broken is None:
        return None
    return Finding("chain", f"{broken.first_id}–{broken.last_id}", "sealed", broken.kind)


def _trial_balance() -> Finding | None:
    off = ledger.trial_balance_off()
    return Finding("trial_balance", "", money.show(0), money.show(off)) if off else None


def _first(check: str, query: str, values: list[str]) -> Finding | None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return Finding(check, row[0], money.show(int(row[1])), money.show(int(row[2]))) if row else None

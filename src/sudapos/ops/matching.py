"""Ours against theirs, as sets, on DuckDB: matched, amount differs, state differs, other day, only ours, only theirs.

Two csv files go in, with the columns of OURS and THEIRS; a side is `in` for payments and `out` for money back. Rows are joined by
number, then by the channel's number, then by the payment's number and the amount where a refund has none of its own, and at last by
amount and time for rows of theirs without any number, where there is exactly one candidate on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

OURS = {
    "side": "VARCHAR",
    "id": "BIGINT",
    "number": "VARCHAR",
    "ref": "VARCHAR",
    "order_no": "VARCHAR",
    "order_ref": "VARCHAR",
    "payment": "BIGINT",
    "amount": "BIGINT",
    "done": "TINYINT",
    "expected": "BOOLEAN",
    "moment": "BIGINT",
    "day": "DATE",
}
"""`done`: 1 paid, 0 under way, -1 given up. `expected`: that it is on no statement is a difference. `moment` in epoch seconds."""
THEIRS = {
    "side": "VARCHAR",
    "id": "BIGINT",
    "number": "VARCHAR",
    "ref": "VARCHAR",
    "order_no": "VARCHAR",
    "order_ref": "VARCHAR",
    "amount": "BIGINT",
    "done": "TINYINT",
    "moment": "BIGINT",
    "day": "DATE",
}
CLASSES = (
    "matched",
    "other_day",
    "amount_differs",
    "state_differs",
    "only_ours",
    "only_theirs",
    "twice",
    "void_pair",
)
SAME_MOMENT = 1800
"""Seconds between the two clocks of rows that are joined by amount and time (domain §9)."""
MEMORY = "1200MB"

_CLASS = """CASE
    WHEN o.amount <> t.amount THEN 'amount_differs'
    WHEN o.done <> t.done AND NOT (o.done = 1 AND t.done = 0) THEN 'state_differs'
    WHEN o.day <> t.day THEN 'other_day'
    ELSE 'matched' END"""
"""A channel may list a refund while it is under way and never again (WeChat Pay: its state is not updated later)."""

_ALONE = ("number", "ref", "order_no", "order_ref", "done", "moment")
_ROW = ", ".join(
    f"{name} := CASE WHEN t.id IS NULL THEN o.{name} WHEN o.id IS NULL THEN t.{name} END" for name in _ALONE
)
BY_NUMBER = f"""
CREATE TEMP TABLE grouped AS
SELECT class, day, count(*) AS count, sum(our_amount)::BIGINT AS ours, sum(their_amount)::BIGINT AS theirs,
    count(*) FILTER (joins) AS pairs, count(*) FILTER (class = 'only_ours') AS alone,
    list(line) FILTER (class <> 'matched') AS lines
FROM (
    SELECT CASE WHEN t.id IS NULL THEN 'only_ours' WHEN o.id IS NULL THEN 'only_theirs' ELSE {_CLASS} END AS class,
        coalesce(t.day, o.day) AS day, o.amount AS our_amount, t.amount AS their_amount, o.id IS NOT NULL AND t.id IS NOT NULL AS joins,
        struct_pack(side := coalesce(o.side, t.side), ours := o.id, theirs := t.id, our_amount := o.amount,
            their_amount := t.amount, our_day := o.day, their_day := t.day, expected := o.expected, payment := o.payment,
            our_number := o.number, {_ROW}) AS line
    FROM o FULL JOIN t ON o.side = t.side AND o.number = t.number
) GROUP BY class, day
"""
"""One pass over both files: plainly matched rows are only counted, the others are kept whole."""
REST = "CREATE TEMP TABLE joined AS SELECT class, unnest(lines, recursive := true) FROM grouped WHERE class <> 'matched'"


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of the result that a person may have to look at. Amounts in fen; ids of the side that has no row are None."""

    kind: str
    side: str
    ours: int | None
    theirs: int | None
    our_amount: int | None
    their_amount: int | None
    our_number: str = ""
    again: bool = False
    """Another row of theirs carries the same number (class `twice`)."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Class → how many rows and fen of ours and theirs; and every row that is not plainly matched."""

    sums: Mapping[str, Mapping[str, int]]
    differences: Sequence[Pair]


def match(
    ours: Path,
    theirs: Path,
    *,
    count: int | None = None,
    day: date | None = None,
    threads: int = 2,
    memory: str = MEMORY,
) -> Matched:
    """Match two files; `count` is the number of rows of ours, where the writer knows it; the sums are of `day` alone.

    Deterministic. Keeps below `memory` and spills beside the files.
    """
    with duckdb.connect(":memory:") as db:
        db.execute(f"SET threads = {int(threads)}")
        db.execute(f"SET memory_limit = '{memory}'")
        db.execute("SET temp_directory = ?", [str(ours.parent)])
        db.execute("SET preserve_insertion_order = false")
        _views(db, ours, theirs)
        db.execute(BY_NUMBER)
        db.execute(REST)
        _twice(db, count)
        _leftovers(db)
        return Matched(_sums(db, day), _differences(db))


def _views(db: duckdb.DuckDBPyConnection, ours: Path, theirs: Path) -> None:
    for name, path, columns in (("o", ours, OURS), ("t", theirs, THEIRS)):
        typed = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
        quoted = str(path).replace("'", "''")
        db.execute(
            f"CREATE TEMP VIEW {name} AS SELECT * FROM read_csv('{quoted}', header = true, auto_detect = false,"
            f" delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
        )


def _twice(db: duckdb.DuckDBPyConnection, count: int | None) -> None:
    """Rows of theirs that carry the number of another one: more pairs than rows of ours is how they show."""
    pairs, alone = db.execute(
        "SELECT coalesce(sum(pairs), 0), coalesce(sum(alone), 0) FROM grouped"
    ).fetchall()[0]
    if count is None:
        count = db.execute("SELECT count(*) FROM o").fetchall()[0][0]
    if pairs <= count - alone:
        db.execute(
            "CREATE TEMP TABLE twice (side VARCHAR, ours BIGINT, theirs BIGINT, our_amount BIGINT, their_amount BIGINT,"
            " our_number VARCHAR)"
        )
        return
    db.execute(
        "CREATE TEMP TABLE twice AS SELECT o.side, o.id AS ours, t.id AS theirs, o.amount AS our_amount,"
        " t.amount AS their_amount, o.number AS our_number FROM o JOIN t ON o.side = t.side AND o.number = t.number"
        " QUALIFY row_number() OVER (PARTITION BY o.side, o.id, o.number ORDER BY t.day, t.id) > 1"
    )


def _leftovers(db: duckdb.DuckDBPyConnection) -> None:
    """What the number did not join is little; each further way looks only at what is still alone."""
    shown = ", ".join(_ALONE)
    db.execute(
        f"CREATE TEMP TABLE lo AS SELECT side, ours AS id, our_amount AS amount, our_day AS day, payment, {shown}"
        " FROM joined WHERE class = 'only_ours'"
    )
    db.execute(
        f"CREATE TEMP TABLE lt AS SELECT side, theirs AS id, their_amount AS amount, their_day AS day, {shown}"
        " FROM joined WHERE class = 'only_theirs'"
    )
    same_order = "(o.order_no = t.order_no OR o.order_ref = t.order_ref)"
    nameless = "t.number IS NULL AND t.ref IS NULL"
    ways = (
        "o.ref = t.ref",
        f"t.number IS NULL AND {same_order} AND o.amount = t.amount",
        f"{nameless} AND t.order_no IS NULL AND t.order_ref IS NULL AND o.amount = t.amount"
        f" AND abs(o.moment - t.moment) <= {SAME_MOMENT}",
    )
    for way in ways:
        _join_alone(db, way)
    _void_pairs(db)


def _join_alone(db: duckdb.DuckDBPyConnection, way: str) -> None:
    """Join leftovers where there is one candidate on both sides; what has several stays alone, for a person."""
    db.execute(
        "CREATE OR REPLACE TEMP TABLE pairs AS"
        " SELECT o.side, o.id AS ours, o.number AS our_number, t.id AS theirs,"
        f" o.amount AS our_amount, t.amount AS their_amount, {_CLASS} AS class, o.day AS our_day, t.day AS their_day"
        f" FROM lo o JOIN lt t ON o.side = t.side AND {way}"
        " QUALIFY count(*) OVER (PARTITION BY o.side, o.id) = 1 AND count(*) OVER (PARTITION BY t.id) = 1"
    )
    db.execute(
        "DELETE FROM joined USING pairs p WHERE (joined.class = 'only_ours' AND joined.side = p.side"
        " AND joined.ours = p.ours) OR (joined.class = 'only_theirs' AND joined.theirs = p.theirs)"
    )
    db.execute(
        "INSERT INTO joined BY NAME SELECT side, ours, theirs, our_amount, their_amount, class, our_day, their_day,"
        " true AS expected, our_number FROM pairs"
    )
    db.execute("DELETE FROM lo USING pairs p WHERE lo.side = p.side AND lo.id = p.ours")
    db.execute("DELETE FROM lt USING pairs p WHERE lt.id = p.theirs")


def _void_pairs(db: duckdb.DuckDBPyConnection) -> None:
    """A payment undone before clearing need not be on any statement, and neither its void (domain §1.1)."""
    db.execute(
        "CREATE OR REPLACE TEMP TABLE undone AS SELECT i.id AS sale, v.id AS void FROM lo i JOIN lo v"
        " ON i.side = 'in' AND v.side = 'out' AND i.payment = v.payment AND i.amount = v.amount AND v.done = 1"
    )
    db.execute(
        "UPDATE joined SET class = 'void_pair' FROM undone u WHERE joined.class = 'only_ours' AND"
        " ((joined.side = 'in' AND joined.ours = u.sale) OR (joined.side = 'out' AND joined.ours = u.void))"
    )


def _sums(db: duckdb.DuckDBPyConnection, day: date | None) -> dict[str, dict[str, int]]:
    rows = db.execute(
        "SELECT class, sum(count)::BIGINT, sum(ours)::BIGINT, sum(theirs)::BIGINT FROM ("
        " SELECT class, day, count, ours, theirs FROM grouped WHERE class = 'matched' UNION ALL"
        " SELECT class, coalesce(their_day, our_day), 1, our_amount, their_amount FROM joined"
        " WHERE class <> 'only_ours' OR expected"
        ") every(class, day, count, ours, theirs) WHERE $day IS NULL OR day = $day GROUP BY class ORDER BY class",
        {"day": day},
    ).fetchall()
    return {name: {"count": int(n), "ours": int(a or 0), "theirs": int(b or 0)} for name, n, a, b in rows}


def _differences(db: duckdb.DuckDBPyConnection) -> list[Pair]:
    told: list[tuple[Any, ...]] = db.execute(
        "SELECT class, side, ours, theirs, our_amount, their_amount, coalesce(our_number, ''), false FROM joined"
        " WHERE class NOT IN ('void_pair', 'matched') AND (class <> 'only_ours' OR expected)"
        " UNION ALL SELECT 'twice', side, ours, theirs, our_amount, their_amount, coalesce(our_number, ''), true FROM twice"
        " ORDER BY 1, 2, 3, 4"
    ).fetchall()
    return [Pair(*row) for row in told]

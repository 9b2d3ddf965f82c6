"""A million of ours against a million of theirs, beside a bare DuckDB join of the same two files in the same run."""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from sudapos.ops import matching

ROWS = 1_000_000
ROUNDS = 5


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """Two files of a busy day; of ten thousand rows each some are missing, changed, or of another day."""
    ours, theirs = folder / "ours.csv", folder / "theirs.csv"
    with duckdb.connect(":memory:") as db:
        db.execute(
            f"CREATE TABLE whole AS SELECT i, CASE WHEN i % 20 = 0 THEN 'out' ELSE 'in' END AS side,"
            " printf('S01T1%012d', i) AS number, printf('42000028112026%014d', hash(i) % 100000000000000) AS ref,"
            " 100 + (hash(i) % 50000)::BIGINT AS amount, 1795449600 + i % 86400 AS moment"
            f" FROM range({rows}) r(i)"
        )
        db.execute(
            "COPY (SELECT side, i AS id, number, ref, '' AS order_no, '' AS order_ref, i AS payment, amount, 1 AS done,"
            " true AS expected, moment, DATE '2026-11-23' AS day FROM whole WHERE i % 10000 <> 1)"
            f" TO '{ours}' (HEADER)"
        )
        db.execute(
            "COPY (SELECT side, i AS id, number, ref, '' AS order_no, '' AS order_ref,"
            " amount + (i % 10000 = 2)::INT AS amount, 1 AS done, moment,"
            " DATE '2026-11-23' + (i % 10000 = 3)::INT AS day FROM whole WHERE i % 10000 <> 4 ORDER BY hash(i))"
            f" TO '{theirs}' (HEADER)"
        )
    return ours, theirs


def bare(ours: Path, theirs: Path) -> object:
    """The least that a join of these files can be: the same columns read, joined by number, and kept."""
    with duckdb.connect(":memory:") as db:
        db.execute("SET threads = 2")
        db.execute("SET preserve_insertion_order = false")
        for name, path, columns in (("o", ours, matching.OURS), ("t", theirs, matching.THEIRS)):
            typed = ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items())
            db.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_csv('{path}', header = true, auto_detect = false,"
                f" delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{typed}}})"
            )
        db.execute(
            "CREATE TEMP TABLE joined AS SELECT o.id, t.id AS line, o.amount, t.amount AS theirs, o.day, t.day AS their_day"
            " FROM o FULL JOIN t ON o.side = t.side AND o.number = t.number"
        )
        return db.execute("SELECT count(*) FROM joined").fetchone()


def run(rows: int = ROWS) -> str:
    """One row of the table: medians in seconds, and the median of the ratios round by round."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = write(Path(folder), rows)
        alone, whole = [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            bare(ours, theirs)
            alone.append(time.perf_counter() - began)
            began = time.perf_counter()
            found = matching.match(ours, theirs, count=rows - rows // 10_000)
            whole.append(time.perf_counter() - began)
    counts = {name: told["count"] for name, told in found.sums.items()}
    ratio = statistics.median(a / b for a, b in zip(whole, alone, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"| matching {rows:,} × {rows:,} | {statistics.median(whole):.2f} s | {statistics.median(alone):.2f} s | {ratio:.2f} × |"
        f" peak {peak:,.0f} MiB | {counts} |"
    )


if __name__ == "__main__":
    print(run())

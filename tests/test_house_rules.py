"""The rules of the house, enforced: who imports whom, how long things may get, words that we do not use."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "sudapos"
FILES = sorted(p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts)

LONGEST_FILE = 400
LONGEST_FUNCTION = 50

ROOMS = {
    "core": set(),
    "channels": {"core"},
    "books": {"core"},
    "printing": {"core"},
    "sandbox": set(),
    "ops": {"core", "books", "channels", "sandbox", "printing"},
    "api": {"core", "books", "printing", "ops"},
    "web": {"core", "books", "printing", "ops"},
}
"""Outside → in, never the other way. The sandbox shares nothing but `channels.signing` and the ISO 8583 field table."""
EXCEPTIONS = {("sandbox", "channels.signing"), ("sandbox", "channels.iso8583")}
OUTER_DOORS = {"cli", "settings", "urls", "wsgi", "commands"}

BOOKS_ORDER = [
    "bulk",
    "workdays",
    "sealing",
    "staff",
    "reprints",
    "versions",
    "shops",
    "audit",
    "recipients",
    "outbox",
    "reviews",
    "visits",
    "factors",
    "tries",
    "people",
    "authenticators",
    "devices",
    "doors",
    "keyring",
    "licences",
    "terminals",
    "approvals",
    "alerts",
    "ledger",
    "chart",
    "trial",
    "vat_bonus",
    "vat",
    "exports",
    "layouts",
    "sales",
    "policies",
    "drafts",
    "contacts",
    "payers",
    "cards",
    "points",
    "coupons",
    "top_ups",
    "sale_checks",
    "intake",
    "lookup",
    "lost",
    "roundings",
    "legs",
    "fundings",
    "refunds",
    "drawers",
    "cashmoves",
    "counts",
    "shifts",
    "invoices",
    "promises",
    "coupon_returns",
    "changes",
    "shortages",
    "moves",
    "overdue",
    "card_backs",
    "points_back",
    "hand_back_signs",
    "hand_back_slips",
    "hand_back_wish",
    "hand_backs",
    "hand_back_prints",
    "reissues",
    "goods",
    "answers",
    "remainders",
    "keeping",
    "alone",
    "decisions",
    "rehearsals",
    "watch",
    "suspicions",
    "promised",
    "obstacles",
    "places",
    "weighing",
    "dry_runs",
    "requests",
    "batches",
    "batch_stands",
    "batch_decisions",
    "gathering",
    "batch_runs",
    "exchanges",
    "remedies",
    "wishes",
    "corrections",
    "set_offs",
    "attachments",
    "laid_by",
    "compensations",
    "deposits",
    "proofs",
    "endings",
    "counting",
    "retention",
    "timeline",
    "links",
    "cases",
    "vouchers",
    "statements",
    "restores",
    "fees",
    "pairing",
    "findings",
    "coupon_differences",
    "explanations",
    "sightings",
    "fee_backs",
    "settlements",
    "days",
    "deliveries",
    "waiting",
    "reports",
    "models",
    "apps",
]
"""Inside books a file imports only from its left."""

STANDARD_ONLY = {"core"}
REFUSED_WORDS = {"process", "handle", "manager", "service", "helper", "utils", "data", "info"}
"""As whole names of modules and functions: each has a better word (architecture §4)."""


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Dotted names below `sudapos` (or of other packages) that a file imports, with their line."""
    package = path.relative_to(SOURCE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                yield f"{whole}.{name.name}", node.lineno


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_rooms_import_only_inwards() -> None:
    wrong = []
    for path in FILES:
        here = room(path)
        if here not in ROOMS:
            continue
        for name, line in imports(path):
            parts = name.split(".")
            if parts[0] != "sudapos" or len(parts) < 2 or parts[1] == here or parts[1] == "__version__":
                continue
            there = parts[1]
            allowed = there in ROOMS[here] or (here, ".".join(parts[1:3])) in EXCEPTIONS
            if there not in ROOMS and there in {"settings"}:
                allowed = here in {"ops", "web", "api"}
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert wrong == []


def test_the_sandbox_shares_the_field_table_and_no_terminal() -> None:
    shared = {
        name.split(".")[3]
        for path in FILES
        if room(path) == "sandbox"
        for name, _ in imports(path)
        if name.startswith("sudapos.channels.iso8583")
    }
    assert shared == {"fields"}


def test_the_core_uses_the_standard_library_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in FILES
        if room(path) in STANDARD_ONLY
        for name, line in imports(path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "sudapos"}
    ]
    assert wrong == []


def test_inside_books_a_file_imports_only_from_its_left() -> None:
    place = {name: index for index, name in enumerate(BOOKS_ORDER)}
    wrong = []
    for path in sorted((SOURCE / "books").glob("*.py")):
        if path.stem == "__init__":
            continue
        assert path.stem in place, f"{path.stem} has no place in BOOKS_ORDER"
        for name, line in imports(path):
            parts = name.split(".")
            there = parts[2] if parts[:2] == ["sudapos", "books"] and len(parts) > 2 else ""
            if there in place and place[there] >= place[path.stem]:
                wrong.append(f"{path.name}:{line} imports {there}")
    assert wrong == []


ONE_ROW = {"get", "first", "get_or_create"}


def test_a_lock_over_several_rows_names_its_order() -> None:
    """Two commits that lock the same rows in different orders would wait for each other."""
    wrong = []
    for path in sorted((SOURCE / "books").glob("*.py")):
        for part in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(part, ast.FunctionDef):
                called = {n.attr for n in ast.walk(part) if isinstance(n, ast.Attribute)}
                if "select_for_update" in called and not called & {"order_by", *ONE_ROW}:
                    wrong.append(f"{path.name}: {part.name}")
    assert wrong == []


def test_the_core_has_no_clock() -> None:
    calls = re.compile(r"\b(datetime\.now|date\.today|time\.time|utcnow)\(")
    wrong = [
        str(p.relative_to(ROOT)) for p in FILES if room(p) == "core" and calls.search(p.read_text("utf-8"))
    ]
    assert wrong == []


def test_no_file_is_longer_than_a_sitting() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in FILES if (n := p.read_text("utf-8").count("\n")) > LONGEST_FILE
    }
    assert long == {}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{f.lineno} {f.name} {f.end_lineno - f.lineno + 1}"
        for path in FILES
        for f in functions(path)
        if f.end_lineno is not None and f.end_lineno - f.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_modules_and_functions_do_not_carry_refused_words() -> None:
    names = [(p, p.stem) for p in FILES] + [(p, f.name) for p in FILES for f in functions(p)]
    wrong = [f"{p.relative_to(ROOT)} {name}" for p, name in names if name.strip("_") in REFUSED_WORDS]
    assert wrong == []


@pytest.mark.parametrize(
    "pattern",
    [r"except\s*:", r"except Exception:\s*pass", r"\bTODO\b", r"\bFIXME\b", r"raise NotImplementedError"],
)
def test_nothing_is_swallowed_or_left_for_later(pattern: str) -> None:
    wrong = [str(p.relative_to(ROOT)) for p in FILES if re.search(pattern, p.read_text("utf-8"))]
    assert wrong == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in FILES
        if p.name not in {"__init__.py", "apps.py"} and not ast.get_docstring(ast.parse(p.read_text("utf-8")))
    ]
    assert silent == []


def test_the_lifecycle_table_is_read_in_one_place() -> None:
    """A state is set by `Changes.move` alone; elsewhere nobody writes `.state =` on a leg."""
    setters = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in FILES
        if room(p) in {"books", "ops", "api", "web"}
        for n, line in enumerate(p.read_text("utf-8").splitlines(), 1)
        if re.search(r"\bleg\.state\s*=[^=]", line)
    ]
    assert [s.rsplit(":", 1)[0] for s in setters] == ["src/sudapos/books/changes.py"]

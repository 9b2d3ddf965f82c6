"""The whole shop in one folder: the database, the files and the keys, with a manifest that says what must be there.

The folder holds the keys that open every sealed column: whoever has it has the shop. It is made beside its place and
moved there in one step, so that a folder with a manifest is always whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from sudapos import __version__
from sudapos.core.refusal import Refusal

from . import database, pgtools

MANIFEST, DUMP, HOME = "manifest.json", "database.dump", "home"
FORMAT = 1
KEPT = ("secret_key", "keyring", "sudapos.toml", "files", "statements", "inbox")
"""What of SUDAPOS_HOME belongs to the shop; the rest is logs, the server's own files and what a start makes anew."""
COUNTED = ("sale", "payment", "refund", "leg", "attempt", "move", "entry", "line", "auditrecord", "operator")
Tell = Callable[[str, int], None]
"""Told of each step by its key, with its share of the work in percent."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    version: str
    taken_at: str
    postgresql: int
    merchant: str
    tags: list[str]
    head: str
    """`number:digest` of the audit chain, to be compared with one that was written down elsewhere."""
    keys_elsewhere: bool
    counts: dict[str, int]
    migrations: list[str]
    files: dict[str, str] = field(default_factory=dict)
    """Place in the folder → SHA-256."""


def make(folder: Path, *, by: str, at: datetime, tell: Tell) -> Manifest:
    """Take a backup; Django must be ready. Raises Refusal backup_place_taken, pg_tools_missing, pg_tool_failed."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal("backup_place_taken", path=folder)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        manifest = _fill(part, by=by, at=at, tell=tell)
        (part / MANIFEST).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n")
        _sync(part)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return manifest


def _fill(part: Path, *, by: str, at: datetime, tell: Tell) -> Manifest:
    from sudapos.books import audit, restores

    url = database.ensure()
    version = pgtools.server_version(url)
    dump = pgtools.find("pg_dump", version)
    restores.made({"version": __version__}, by=by, at=at)
    audit.seal(at=at)
    head = next(iter(audit.heads()))
    tell("backup_database", 5)
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        told = _told(connection)
        words = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={row[0]}")
        pgtools.run(dump, *words, f"--file={part / DUMP}", url=url)
    tell("backup_files", 70)
    _copy(part / HOME)
    tell("backup_sums", 85)
    return Manifest(
        format=FORMAT,
        version=__version__,
        taken_at=at.isoformat(),
        postgresql=version,
        head=f"{head.last_id}:{head.head}",
        keys_elsewhere=bool(os.environ.get("SUDAPOS_KEYRING")),
        files={name: digest(part / name) for name in _names(part)},
        **told,
    )


def _told(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Counts and names as the snapshot has them."""
    counts = {}
    for table in COUNTED:
        [[count]] = connection.execute(f"SELECT count(*) FROM books_{table}").fetchall()
        counts[table] = int(count)
    merchant: tuple[str, str, dict[str, list[str]]] | None = connection.execute(
        "SELECT name, tag, restored FROM books_merchant"
    ).fetchone()
    done = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    name, tag, restored = merchant or ("", "", {})
    tags = [*restored.get("tags", []), tag]
    return {"counts": counts, "merchant": name, "tags": tags, "migrations": [each for (each,) in done]}


def _copy(target: Path) -> None:
    target.mkdir(mode=0o700)
    for name in KEPT:
        place = database.home() / name
        if place.is_dir():
            shutil.copytree(place, target / name, symlinks=True)
        elif place.is_file():
            shutil.copy2(place, target / name)


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield str(path.relative_to(folder))


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Make sure that it is on the disk and not only promised."""
    for path in [*folder.rglob("*"), folder] if folder.name.endswith(".part") else [folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read(folder: Path) -> Manifest:
    """The manifest, with every file there and as it was. Raises Refusal backup_unreadable, backup_newer."""
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest = Manifest(**told)
    except FileNotFoundError:
        raise Refusal("backup_unreadable", path=folder, why=MANIFEST) from None
    except (ValueError, TypeError) as error:
        raise Refusal("backup_unreadable", path=folder, why=str(error).splitlines()[0][:120]) from None
    if manifest.format > FORMAT:
        raise Refusal("backup_newer", version=manifest.version)
    for name, wanted in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise Refusal("backup_unreadable", path=folder, why=name)
        if digest(path) != wanted:
            raise Refusal("backup_unreadable", path=folder, why=f"{name} ≠ SHA-256 {wanted[:12]}…")
    if DUMP not in manifest.files or set(_names(folder)) != set(manifest.files):
        raise Refusal("backup_unreadable", path=folder, why=DUMP)
    return manifest

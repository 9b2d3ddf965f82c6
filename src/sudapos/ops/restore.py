"""A shop from its backup: all of the database in one transaction, then files and keys, then the shop stays stopped (F30)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from sudapos.core.refusal import Refusal

from . import backup, database, handles, migrating, pgtools
from .backup import HOME, Manifest, Tell

if TYPE_CHECKING:
    from .verifying import Finding

EMPTY = "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;"


@dataclass(frozen=True, slots=True)
class Done:
    """What came back, and the first break of each check that does not hold."""

    manifest: Manifest
    broken: list[Finding]


def check(folder: Path) -> Manifest:
    """The backup, looked through and not newer than this program. Raises Refusal."""
    manifest = backup.read(folder)
    known = {f"{path.parent.parent.name}.{path.stem}" for path in migrating.PACKAGE.glob("*/migrations/*.py")}
    if any(name.startswith("books.") and name not in known for name in manifest.migrations):
        raise Refusal("backup_newer", version=manifest.version)
    return manifest


def shop_here() -> str:
    """The name of the shop that is in the database; empty where there is none. Starts our own server."""
    if database.is_own():
        handles.forget_dead(database.home() / "postgresql")
    with psycopg.connect(database.ensure(), connect_timeout=10) as connection:
        found = connection.execute("SELECT to_regclass('public.books_merchant')").fetchone()
        if found is None or found[0] is None:
            return ""
        row = connection.execute("SELECT name FROM books_merchant").fetchone()
        return str(row[0]) if row else ""


def take_in(folder: Path, manifest: Manifest, *, replace: bool, by: str, at: datetime, tell: Tell) -> Done:
    """Put the backup in the place of whatever is there, and stop the shop. `manifest` comes from `check`.

    Raises Refusal shop_not_empty, database_in_use, pg_tools_missing, pg_tool_failed. Until the database has taken
    everything in nothing is changed; files and keys follow.
    """
    here = shop_here()
    if here and not replace:
        raise Refusal("shop_not_empty", name=here)
    url = database.ensure()
    _refuse_users(url)
    tell("restore_database", 10)
    _load(folder / backup.DUMP, url)
    tell("restore_files", 60)
    _put_files(folder / HOME)
    tell("restore_migrations", 70)
    (database.home() / "migrated.json").unlink(missing_ok=True)
    migrating.open_books(migrate=True)
    tell("restore_verify", 85)
    return Done(manifest, _stop(manifest, by=by, at=at))


def _stop(manifest: Manifest, *, by: str, at: datetime) -> list[Finding]:
    from django.contrib.sessions.models import Session
    from django.db import connection

    from sudapos.books import audit, restores

    from . import verifying

    connection.close()  # what an older connection knew of the tables is over
    Session.objects.all().delete()
    broken = [found for _, found in verifying.run() if found is not None]
    known = audit.verify(known=audit.read_head(manifest.head))
    if known is not None and not any(each.check == "chain" for each in broken):
        broken.append(verifying.Finding("chain", manifest.head, "sealed", known.kind))
    about = {"taken_at": manifest.taken_at, "head": manifest.head, "tags": manifest.tags[:-1]}
    restores.begin(about, by=by, at=at)
    return broken


def _refuse_users(url: str) -> None:
    """Raise Refusal database_in_use when another program of ours has it open."""
    from django.apps import apps
    from django.db import connections

    if apps.ready:
        connections.close_all()
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    if row and row[0]:
        raise Refusal("database_in_use", count=row[0])


def _load(dump: Path, url: str) -> None:
    """Old tables out and new ones in, in one transaction."""
    version = pgtools.server_version(url)
    taken, psql = pgtools.find("pg_restore", version), pgtools.find("psql", version)
    database.home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.home()) as room:
        script = Path(room) / "books.sql"
        pgtools.run(taken, "--no-owner", "--no-privileges", f"--file={script}", str(dump), url=url)
        words = (
            "--no-psqlrc",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
        )
        pgtools.run(psql, *words, f"--command={EMPTY}", f"--file={script}", url=url)


def _put_files(source: Path) -> None:
    """Each thing takes its place in one step; what was there is kept beside it as `….before-restore`."""
    home = database.home()
    for path in sorted(source.iterdir()) if source.is_dir() else []:
        place, fresh = home / path.name, home / f".{path.name}.part"
        old = home / f"{path.name}.before-restore"
        if path.is_dir():
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(path, fresh, symlinks=True)
        else:
            shutil.copy2(path, fresh)
            if path.name in ("secret_key", "keyring"):
                fresh.chmod(0o600)
        if place.exists():
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
            place.rename(old)
        fresh.rename(place)

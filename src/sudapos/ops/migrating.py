"""The tables as this version of the program needs them: known at a glance, made when they are missing."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from sudapos.core.refusal import Refusal

from . import database, handles

PACKAGE = Path(__file__).resolve().parent.parent
LOCK = 0x5D0A_9005
"""Advisory lock: two programs that start together migrate one after the other."""


def open_books(*, migrate: bool = False) -> str:
    """The database's address, with Django ready and every table there; with `migrate` what is missing is made.

    Raises Refusal not_set_up, and psycopg.OperationalError where no database answers.
    """
    if database.is_own():
        handles.forget_dead(database.home() / "postgresql")
    url = database.ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sudapos.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    if migrate:
        ensure(url)
    else:
        check(url)
    return url


def ensure(url: str) -> bool:
    """Apply what is missing; answers whether there was anything. Quick when nothing is."""
    if is_current(url):
        return False
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    _note(url)
    return True


def check(url: str) -> None:
    """Raise Refusal not_set_up unless every migration is applied."""
    if not is_current(url):
        if pending():
            raise Refusal("not_set_up")
        _note(url)


def pending() -> list[str]:
    """Migrations that the database has not seen, as Django counts them."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def is_current(url: str) -> bool:
    """Whether these very migrations were applied to this database, by a note and one query. Needs no Django.

    Raises psycopg.OperationalError.
    """
    note = _noted().get(_key(url))
    return note is not None and note == [_digest(), _applied(url)]


def _applied(url: str) -> int:
    import psycopg

    with psycopg.connect(url, connect_timeout=10) as connection:
        found = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        if found is None or found[0] is None:
            return 0
        row = connection.execute("SELECT count(*) FROM django_migrations").fetchone()
        return int(row[0]) if row else 0


def _digest() -> str:
    from django import VERSION

    files = [PACKAGE / "settings.py", *sorted(PACKAGE.glob("*/migrations/*.py"))]
    digest = hashlib.sha256(repr(VERSION).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _path() -> Path:
    return database.home() / "migrated.json"


def _noted() -> dict[str, list[object]]:
    try:
        noted: dict[str, list[object]] = json.loads(_path().read_text())
        return noted
    except (FileNotFoundError, ValueError):
        return {}


def _note(url: str) -> None:
    _path().parent.mkdir(parents=True, exist_ok=True)
    _path().write_text(json.dumps(_noted() | {_key(url): [_digest(), _applied(url)]}))

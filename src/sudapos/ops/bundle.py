"""What the support desk needs to know about an installation, in one zip: versions, states, recent logs; no secret, no person.

Everything passes one sieve on its way in: configured secrets are replaced wherever they stand, numbers of people masked.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sudapos.core import masking

from . import database, logs, migrating

LINES_AT_MOST = 2_000
"""Of each log, the newest."""
LOGS_AT_MOST = 12
TAIL = 2 * 1024 * 1024
"""Bytes read from the end of a log."""
SHORTEST_SECRET = 6
ROWS_AT_MOST = 1_000
HIDDEN = "•••"
PERSONAL = frozenset({"Contact", "Link", "Wish"})
"""Sealed tables with a row per customer: nothing of them is ever logged, and numbers are masked anyway."""
LIBRARIES = ("sudapos", "django", "psycopg", "cryptography", "httpx", "duckdb", "granian", "apprise")
SECRET_NAMES = re.compile(r"SECRET|KEY|PASSWORD|TOKEN", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
LANDLINE = re.compile(r"(?<![\d-])0\d{2,3}[- ]\d{7,8}(?!\d)")


@dataclass
class Sieve:
    """What no text may hold when it leaves."""

    secrets: set[str] = field(default_factory=set)

    def learn(self, value: object) -> None:
        """Every text inside a configured value; short ones are words of the language and stay."""
        if isinstance(value, dict):
            for inner in value.values():
                self.learn(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                self.learn(inner)
        elif isinstance(value, str) and len(value) >= SHORTEST_SECRET:
            # a key in several lines may be quoted one line at a time, or with its line ends escaped
            self.secrets |= {value, *(line for line in value.split("\n") if len(line) >= SHORTEST_SECRET)}

    def clean(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        text = LANDLINE.sub(lambda found: masking.landline(found[0]), MAIL.sub(HIDDEN, text))
        return "\n".join(masking.scan(line) for line in text.split("\n"))


def write(path: Path, *, checkup: Callable[[], str], at: datetime) -> list[str]:
    """Make the zip; the names in it. Works, with less in it, where no database answers. Raises OSError."""
    sieve, parts = Sieve(), {}
    told = {"about.json": _about, "migrations.json": _migrations, "counts.json": _counts}
    _learn_settings(sieve)
    parts["doctor.txt"] = checkup()  # opens the books, or says why they do not open
    reachable = _safely(lambda: _learn_books(sieve)) is None
    for name, tell in told.items():
        parts[name] = _json(_safely(tell) if reachable or tell is _about else {"database": "unreachable"})
    lines = dict(_logs(database.home() / logs.FOLDER))
    parts |= lines
    parts["errors.json"] = _json(_errors(lines))
    parts["README.txt"] = f"sudapos support bundle, {at.isoformat(timespec='seconds')}\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        sheet = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(sheet, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sorted(parts.items()):
                archive.writestr(name, sieve.clean(text))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return sorted(parts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def _safely(tell: Callable[[], Any]) -> Any:
    """A part that cannot be told says why by the error's name: its text may quote anything."""
    try:
        return tell()
    except Exception as error:
        return {"not_told": type(error).__name__}


def _learn_settings(sieve: Sieve) -> None:
    for name, value in os.environ.items():
        if name.startswith("SUDAPOS_") and SECRET_NAMES.search(name):
            sieve.learn(value.split(","))
        if name == "SUDAPOS_CUSTOMER_MAIL":
            sieve.learn([value, urlsplit(value).password or ""])
        if name == "DATABASE_URL":
            password = urlsplit(value).password or ""
            sieve.learn([password, unquote(password)])
    for name in ("secret_key", "keyring"):
        path = database.home() / name
        if path.exists():
            sieve.learn(path.read_text("utf-8").split())


def _learn_books(sieve: Sieve) -> None:
    """Whatever is kept sealed, and the secret parts of addresses."""
    from django.apps import apps
    from django.conf import settings

    from sudapos.books import sealing, shops

    sieve.learn([settings.SECRET_KEY, *sealing.ring.keys()])
    sieve.learn(list(shops.Account.objects.values_list("notice_secret", flat=True)))
    for model in apps.get_app_config("books").get_models():
        names = [f.name for f in model._meta.concrete_fields if isinstance(f, sealing.Sealed)]
        if not names or model.__name__ in PERSONAL:
            continue
        for row in model._base_manager.order_by("-pk")[:ROWS_AT_MOST]:
            sieve.learn([getattr(row, name) for name in names])


def _about() -> dict[str, Any]:
    return {
        "versions": {name: version(name) for name in LIBRARIES},
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "own_database": database.is_own(),
    }


def _migrations() -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    with connection.cursor() as cursor:
        cursor.execute("SELECT version(), pg_database_size(current_database())")
        server, size = cursor.fetchone()
    done = MigrationRecorder.Migration.objects.filter(app="books").order_by("id")
    return {
        "server": server,
        "bytes": size,
        "pending": list(migrating.pending()),
        "applied": [f"{row.name} {row.applied:%Y-%m-%d %H:%M}" for row in done],
    }


def _counts() -> dict[str, Any]:
    """Rows of every table, by state where they have one."""
    from django.apps import apps
    from django.db.models import Count

    told: dict[str, Any] = {}
    for model in apps.get_app_config("books").get_models():
        rows = model._base_manager.all()
        if any(each.name == "state" for each in model._meta.concrete_fields):
            told[model.__name__] = dict(rows.order_by("state").values_list("state").annotate(n=Count("pk")))
        else:
            told[model.__name__] = rows.count()
    return told


def _logs(folder: Path) -> Iterator[tuple[str, str]]:
    found = [path for path in folder.glob("*") if path.suffix in (".jsonl", ".log") and path.is_file()]
    for path in sorted(found, key=lambda path: path.stat().st_mtime)[-LOGS_AT_MOST:]:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read(TAIL).decode("utf-8", "replace").split("\n")
        yield f"logs/{path.name}", "\n".join(lines[-LINES_AT_MOST:])


def _errors(files: dict[str, str]) -> dict[str, Any]:
    """What the logs call an error or a warning: how often, and the last of them."""
    counted: Counter[str] = Counter()
    last: list[Any] = []
    for name, text in files.items():
        for line in text.split("\n") if name.endswith(".jsonl") else ():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and event.get("level") in ("warning", "error", "critical"):
                counted[f"{event.get('level')} {event.get('event')}"] += 1
                last.append(event)
    last.sort(key=lambda event: str(event.get("at")))
    return {"counted": dict(counted.most_common(50)), "last": last[-100:]}

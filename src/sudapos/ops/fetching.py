"""Statements that a channel hands out by itself, and files that people drop into a folder."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import structlog

from sudapos import channels
from sudapos.books.shops import Account
from sudapos.channels.base import StatementFile, StatementMissing
from sudapos.core.refusal import Refusal
from sudapos.ops.rows import UnreadableFile

from . import homes, reasons, reconciling, terminals
from .reconciling import Loaded

log = structlog.get_logger("sudapos.statements")

FETCHED = frozenset({"wechatpay", "alipay", "unionpay", "allinpay"})
"""Channels that hand their file out over the wire; the others' is downloaded by a person."""
STILL_SECONDS = 2
"""A file that was written to a moment ago may not be whole yet."""


@dataclass(frozen=True, slots=True)
class Got:
    """What a channel answered: the statement that was loaded, or why there is none (not_ready, bad_signature, …)."""

    loaded: Loaded | None = None
    why: str = ""


def fetch(account: Account, day: date, *, by: str, at: datetime) -> Got:
    """Ask the channel for one day's file, and load it. A day without trade is a statement without rows."""
    if account.channel not in FETCHED:
        return Got(why="no_statement")
    try:
        file = asyncio.run(_asked(account, day, at))
    except StatementMissing as missing:
        if missing.code == "no_trade":
            return Got(reconciling.load_empty(account, day, origin="fetch", by=by, at=at))
        return Got(why=missing.code)
    except Refusal as refusal:
        return Got(why=refusal.code)
    with tempfile.TemporaryDirectory(prefix="sudapos-statement-") as folder:
        path = Path(folder) / Path(file.name).name
        path.write_bytes(file.content)
        try:
            return Got(reconciling.load(account, path, day=day, origin="fetch", by=by, at=at))
        except UnreadableFile as bad:
            return Got(why=bad.code)
        except Refusal as refusal:
            return Got(why=refusal.code)


async def _asked(account: Account, day: date, at: datetime) -> StatementFile:
    kept = terminals.memory_of(account.channel, account.name, run=terminals.in_thread, now=lambda: at)
    connector = channels.open_account(account.channel, account.config, memory=kept)
    try:
        return await connector.statement(day)
    finally:
        await connector.aclose()


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of a dropped file."""

    path: Path
    loaded: Loaded | None = None
    why: str = ""


def empty_inbox(accounts: dict[str, Account], *, at: datetime) -> Iterator[Dropped]:
    """Load every file that lies in an account's folder; it moves to `loaded` or, with a note that says why, to `refused`."""
    for name, account in sorted(accounts.items()):
        folder = homes.inbox() / homes.folder_of(name)
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith(".") and _is_still(path):
                yield _take(account, path, at)


def _is_still(path: Path) -> bool:
    return datetime.now(UTC).timestamp() - path.stat().st_mtime >= STILL_SECONDS


def _take(account: Account, path: Path, at: datetime) -> Dropped:
    try:
        loaded = reconciling.load(account, path, day=day_in(path.name), origin="folder", by="folder", at=at)
    except (UnreadableFile, Refusal) as bad:
        facts = dict(bad.facts)
        said = [reasons.say(bad.code, lang, facts) for lang in ("zh", "en")]
        moved = _move(path, "refused")
        moved.with_name(f"{moved.name}.why.txt").write_text("\n".join(said) + "\n", "utf-8")
        log.warning("statement_refused", account=account.name, file=path.name, code=bad.code)
        return Dropped(moved, why=bad.code)
    return Dropped(_move(path, "loaded"), loaded)


def _move(path: Path, where: str) -> Path:
    """Beside what lies there already, never over it."""
    folder = path.parent / where
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    count = 1
    while target.exists():
        count += 1
        target = folder / f"{path.stem}-{count}{path.suffix}"
    os.replace(path, target)
    return target


def day_in(name: str) -> date | None:
    """The day that a file's name tells: 2026-11-23 or 20261123; None where it tells none or several."""
    digits = "".join(character if character.isdigit() else " " for character in name.replace("-", "")).split()
    days = set()
    for word in digits:
        if len(word) == 8:
            try:
                days.add(date(int(word[:4]), int(word[4:6]), int(word[6:])))
            except ValueError:
                continue
    return days.pop() if len(days) == 1 else None

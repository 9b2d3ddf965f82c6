"""What the programs say about themselves: JSON lines in a file per program and day, words for whoever watches.

One number follows a refund through all of them: its own. The desk writes the acts on it, the worker what it asked and
heard under its legs' numbers, which begin with it, and the sandbox what reached the channel's side (R-21).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from sudapos.core import masking
from sudapos.core.calendar import SHANGHAI

DEFAULT = "WARNING"
LEAST_DAYS = 180
"""The network-security law asks for six months (R-21); a lower setting is raised to this."""
FOLDER = "logs"
OURS = "sudapos"


def keep_days() -> int:
    """Days for which files are kept: SUDAPOS_LOG_DAYS, never below LEAST_DAYS."""
    text = os.environ.get("SUDAPOS_LOG_DAYS", "")
    return max(int(text) if text.isascii() and text.isdigit() else LEAST_DAYS, LEAST_DAYS)


class Daily:
    """A file per day, `program-2026-11-24.jsonl`; on a new day the oldest go. Lines of several processes do not mix."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder, self._program = folder, program
        self._day: date | None = None
        self._file = -1
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Append one line. A full disk or a folder that is gone stops no program."""
        with self._lock:
            try:
                self._turn(datetime.now(SHANGHAI).date())
                os.write(self._file, line.encode(errors="replace") + b"\n")
            except OSError:
                self._day = None

    def _turn(self, today: date) -> None:
        if today == self._day:
            return
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{self._program}-{today:%Y-%m-%d}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._day = today
        for old in self._folder.glob("*-????-??-??.jsonl"):
            if old.stem[-10:] < f"{today - timedelta(days=keep_days()):%Y-%m-%d}":
                old.unlink(missing_ok=True)


def masked(event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Every text of an event scanned: no phone, identity or card number enters a log."""
    return {name: masking.scan(value) if isinstance(value, str) else value for name, value in event.items()}


class _Sink(logging.Handler):
    """Standard records of our own rooms become lines of the same file."""

    def __init__(self, file: Daily) -> None:
        super().__init__()
        self._out = file

    def emit(self, record: logging.LogRecord) -> None:
        event = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **structlog.contextvars.get_contextvars(),
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[0]:
            event["error"] = record.exc_info[0].__name__
        self._out.write(_line(event))


def _line(event: MutableMapping[str, Any]) -> str:
    return json.dumps(masked(event), ensure_ascii=False, default=str)


class _Both:
    """The last processor: the file hears everything from INFO on, the terminal what SUDAPOS_LOG_LEVEL asks for."""

    def __init__(self, file: Daily, level: int) -> None:
        self._file, self._level = file, level
        self._words = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else None

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        told = masked(event)
        line = json.dumps({"logger": "sudapos.worker", **told}, ensure_ascii=False, default=str)
        self._file.write(line)
        if logging.getLevelNamesMapping().get(method.upper(), logging.ERROR) < self._level:
            raise structlog.DropEvent
        return str(self._words(logger, method, told)) if self._words else line


def configure(program: str) -> None:
    """Set up both kinds of logging for one program: web, worker, sandbox, cli. Called where it starts."""
    from . import database

    named = os.environ.get("SUDAPOS_LOG_LEVEL", DEFAULT).upper()
    level = logging.getLevelNamesMapping().get(named, logging.WARNING)
    file = Daily(database.home() / FOLDER, program)
    ours = logging.getLogger(OURS)
    for old in [handler for handler in ours.handlers if isinstance(handler, _Sink)]:
        ours.removeHandler(old)
    ours.addHandler(_Sink(file))
    ours.setLevel(min(level, logging.INFO))
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.INFO)),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="at"),
            structlog.processors.format_exc_info,
            _Both(file, level),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

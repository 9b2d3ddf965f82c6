"""What every command stands on: the settings file, the books opened, and errors told in one sentence."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NoReturn

import click

from .wording import TEXTS, language, say

FAILED, USED_WRONGLY = 1, 2


class Failure(click.ClickException):
    """The work failed for a reason that is told in one sentence."""

    exit_code = FAILED

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


class Misuse(Failure):
    exit_code = USED_WRONGLY


def fail(key: str, **facts: object) -> NoReturn:
    """End with a sentence and a next step, exit 1."""
    raise Failure(say(key, **facts))


def now() -> datetime:
    return datetime.now(UTC)


def open_books(*, migrate: bool = False) -> str:
    """The database's address once Django may be used; the tables are there, or made with `migrate`."""
    from sudapos.ops import logs, migrating

    address = migrating.open_books(migrate=migrate)
    logs.configure("cli")
    return address


@contextmanager
def guarded() -> Iterator[None]:
    """Expected errors become a sentence and exit 1; a bug is written down and told without its traceback."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, SystemExit):
        raise
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        _let_go_of_stdout()
        raise SystemExit(FAILED) from None
    except Exception as error:
        if os.environ.get("SUDAPOS_DEBUG") == "1":
            raise
        raise (_told(error) or _bug(error)) from None


def _let_go_of_stdout() -> None:
    """Whoever read us has left; a last flush must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(error: Exception) -> Failure | None:
    for known in (_refusal, _settings, _database, _system):
        told = known(error)
        if told is not None:
            return told
    return None


def _refusal(error: Exception) -> Failure | None:
    from sudapos.core.refusal import Refusal

    if not isinstance(error, Refusal):
        return None
    facts = {**_KNOWN.get(error.code, dict)(), **error.facts}
    if error.code in TEXTS:
        return Failure(say(error.code, **facts))
    from sudapos.core import sentences

    sentence = sentences.say(error.code, language(), **facts)
    fields = "; ".join(f"{'.'.join(map(str, e.loc))}: {e.message or e.code}" for e in error.errors)
    return Failure(" ".join(part for part in (sentence.text, fields, sentence.hint) if part))


def _acts() -> dict[str, str]:
    from sudapos.core import authority

    return {"known": ", ".join(authority.ALL_ACTS)}


def _channels() -> dict[str, str]:
    from sudapos import channels

    return {"known": ", ".join(channels.REGISTRY)}


_KNOWN: dict[str, Callable[[], dict[str, str]]] = {"unknown_act": _acts, "channel_not_connected": _channels}
"""What a sentence adds by itself: the words that would have been right."""


def _settings(error: Exception) -> Failure | None:
    from sudapos.ops import toml

    if not isinstance(error, toml.BadSettings):
        return None
    if error.key:
        return Failure(
            say("settings_bad_key", file=error.path, key=error.key, known=", ".join(toml.SETTINGS))
        )
    return Failure(say("settings_broken", file=error.path, why=error.why))


def _database(error: Exception) -> Failure | None:
    """By name, so that a command which needs no database does not load its driver to fail."""
    names = {kind.__module__.split(".")[0] + "." + kind.__name__ for kind in type(error).__mro__}
    if names & {"psycopg.OperationalError", "django.OperationalError"}:
        why = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        return Failure(say("database_unreachable", why=why))
    if "django.ProgrammingError" in names and "does not exist" in str(error):
        return Failure(say("not_set_up"))
    return None


def _system(error: Exception) -> Failure | None:
    if not isinstance(error, OSError):
        return None
    if error.errno == errno.ENOENT and error.filename:
        return Failure(say("file_missing", file=error.filename))
    return Failure(say("file_trouble", file=error.filename or "", why=error.strerror or str(error)))


def _bug(error: Exception) -> Failure:
    from sudapos.ops import database

    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    file = database.home() / "logs" / "error.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as log:
            log.write(
                f"{now().isoformat()} {' '.join(sys.argv)}\n{''.join(traceback.format_exception(error))}\n"
            )
    except OSError:
        return Failure(what)
    return Failure(say("bug", what=what, file=file))

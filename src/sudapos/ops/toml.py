"""The file sudapos.toml: settings for those who prefer a file to the environment. The environment wins."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from . import database

NAME = "sudapos.toml"
SETTINGS = {
    "home": "SUDAPOS_HOME",
    "database_url": "DATABASE_URL",
    "secret_key": "SUDAPOS_SECRET_KEY",
    "public_url": "SUDAPOS_PUBLIC_URL",
    "hosts": "SUDAPOS_HOSTS",
    "origins": "SUDAPOS_ORIGINS",
    "customer_mail": "SUDAPOS_CUSTOMER_MAIL",
    "sms_url": "SUDAPOS_SMS_URL",
    "sms_token": "SUDAPOS_SMS_TOKEN",
    "log_level": "SUDAPOS_LOG_LEVEL",
    "log_days": "SUDAPOS_LOG_DAYS",
    "debug": "SUDAPOS_DEBUG",
    "second_factor": "SUDAPOS_SECOND_FACTOR",
    "idle_minutes": "SUDAPOS_IDLE_MINUTES",
}
"""Key in the file → name in the environment."""
SECRETS = frozenset({"SUDAPOS_SECRET_KEY", "SUDAPOS_CUSTOMER_MAIL", "SUDAPOS_SMS_TOKEN"})


class BadSettings(Exception):
    """The file is there and cannot be used: `why` in words of the parser, `key` where one key is at fault."""

    def __init__(self, path: Path, *, key: str = "", why: str = "") -> None:
        super().__init__(str(path))
        self.path, self.key, self.why = path, key, why


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one setting comes from: `environment`, `default` or the file's path."""

    name: str
    value: str
    place: str


_from_file: dict[str, Path] = {}


def load() -> None:
    """Put what the file says into the environment, where that says nothing. Raises BadSettings."""
    path = _found()
    if path is None:
        return
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(path, why=str(error)) from None
    for key, value in said.items():
        if key not in SETTINGS or not isinstance(value, str | bool | list):
            raise BadSettings(path, key=key)
        name = SETTINGS[key]
        if name not in os.environ:
            os.environ[name] = _plain(value)
            _from_file[name] = path


def origins() -> list[Origin]:
    """Every setting, its value (secrets hidden) and its place, in the order of SETTINGS."""
    return [Origin(name, _shown(name), _place(name)) for name in SETTINGS.values()]


def _found() -> Path | None:
    named = os.environ.get("SUDAPOS_CONFIG")
    if named:
        return Path(named)
    return next((p for p in (Path(NAME), database.home() / NAME) if p.is_file()), None)


def _plain(value: str | bool | list[object]) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else ",".join(str(one) for one in value)


def _place(name: str) -> str:
    if name in _from_file:
        return str(_from_file[name])
    return "environment" if name in os.environ else "default"


def _shown(name: str) -> str:
    value = os.environ.get(name, "")
    if name in SECRETS and value:
        return "••••"
    if name == "DATABASE_URL" and "@" in value:
        head, _, tail = value.rpartition("@")
        scheme, slashes, user = head.partition("://")
        return f"{scheme}{slashes}{user.partition(':')[0]}@{tail}"
    return str(database.home()) if name == "SUDAPOS_HOME" else value

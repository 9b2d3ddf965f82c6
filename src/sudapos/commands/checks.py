"""`sudapos verify` and `sudapos doctor`."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime

import click

from . import frame
from .wording import say

OLDEST_DATABASE = 15
SHORTEST_SECRET = 32
CLOCK_SLACK_SECONDS = 5


@click.command(help=say("verify"))
def verify() -> None:
    frame.open_books()
    from sudapos.ops import verifying

    whole = True
    for check, found in verifying.run():
        named = say(f"check_{check}")
        if found is None:
            click.echo(say("check_holds", check=named))
        else:
            whole = False
            facts = {"place": found.place, "expected": found.expected, "found": found.found}
            click.echo(say("check_broken", check=named, **facts))
    if not whole:
        raise SystemExit(frame.FAILED)


class Wrong(Exception):
    """One thing that is wrong with the installation, as a sentence."""


@click.command(help=say("doctor"))
def doctor() -> None:
    from sudapos.ops import toml

    origins = toml.origins()  # before the database is started, which sets an address of its own
    fine = all([_examined("doctor_home", _home), _examined("doctor_secret", _secret)])
    reachable = _examined("doctor_database", _database)
    fine = reachable and fine
    if reachable:
        rest = (
            ("migrations", _migrations),
            ("shop", _shop),
            ("restored", _restored),
            ("people", _people),
            ("accounts", _accounts),
            ("clock", _clock),
        )
        for name, check in rest:
            fine = _examined(f"doctor_{name}", check) and fine
    fine = _examined("doctor_fonts", _fonts) and fine
    click.echo(say("doctor_settings"))
    for origin in origins:
        place = say(f"place_{origin.place}") if origin.place in ("environment", "default") else origin.place
        click.echo(f"  {origin.name} = {origin.value or '-'}  ({place})")
    if not fine:
        raise SystemExit(frame.FAILED)


def _examined(name: str, check: Callable[[], str]) -> bool:
    from sudapos.core.refusal import Refusal

    try:
        found = check()
    except Wrong as wrong:
        click.echo(f"✗ {say(name)}: {wrong}")
        return False
    except (OSError, RuntimeError, ValueError, Refusal) as error:
        click.echo(f"✗ {say(name)}: {error}")
        return False
    click.echo(f"✓ {say(name)}: {found}")
    return True


def _home() -> str:
    from sudapos.ops import database

    home = database.home()
    probe = home / f".doctor-{os.getpid()}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError:
        raise Wrong(say("doctor_home_bad", path=home)) from None
    return str(home)


def _secret() -> str:
    from sudapos.ops import database

    named = os.environ.get("SUDAPOS_SECRET_KEY", "")
    path = database.home() / "secret_key"
    if named or not path.exists():
        if named and len(named) < SHORTEST_SECRET:
            raise Wrong(say("doctor_secret_short"))
        return "SUDAPOS_SECRET_KEY" if named else str(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Wrong(say("doctor_secret_open", path=path))
    return str(path)


def _database() -> str:
    import psycopg

    from sudapos.ops import database

    try:
        with psycopg.connect(database.ensure(), connect_timeout=5) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Wrong(say("database_unreachable", why=str(error).strip().splitlines()[-1])) from None
    if version < OLDEST_DATABASE:
        raise Wrong(say("doctor_database_old", version=version))
    return f"PostgreSQL {version}"


def _migrations() -> str:
    from sudapos.core.refusal import Refusal
    from sudapos.ops import migrating

    try:
        frame.open_books()
    except Refusal:
        missing = migrating.pending()
        raise Wrong(say("doctor_migrations_pending", count=len(missing), first=missing[0])) from None
    return say("doctor_current")


def _shop() -> str:
    from django.db import ProgrammingError

    from sudapos.books import shops

    try:
        row = shops.Merchant.objects.first()
    except ProgrammingError:
        row = None
    if row is None:
        raise Wrong(say("doctor_shop_none"))
    return row.name


def _restored() -> str:
    from django.db import ProgrammingError

    from sudapos.books import restores, shops

    try:
        row = shops.Merchant.objects.first()
    except ProgrammingError:
        row = None
    if row is None or row.restored_at is None:
        return say("doctor_restored_no")
    left = restores.left()
    raise Wrong(say("doctor_restored_yes", legs=left.legs, statements=len(left.statements)))


def _people() -> str:
    """Real people behind real doors: no demo's passwords, no second factor that is merely offered."""
    from django.conf import settings
    from django.db import ProgrammingError

    from sudapos.books import staff
    from sudapos.ops import database

    if (database.home() / "demo.json").exists():
        return say("doctor_people_demo")
    try:
        is_demo = staff.ApiKey.objects.filter(name="demo", revoked_at=None).exists()
        waiting = staff.Operator.objects.filter(is_active=True, must_change=True).count()
    except ProgrammingError:
        return "-"
    if is_demo:
        raise Wrong(say("doctor_people_of_demo"))
    if settings.SECOND_FACTOR != "required":
        raise Wrong(say("doctor_factor_offered", value=settings.SECOND_FACTOR))
    return say("doctor_people_fine", waiting=waiting)


def _accounts() -> str:
    from django.db import ProgrammingError

    from sudapos.books import shops
    from sudapos.core.refusal import Refusal
    from sudapos.ops import contracts

    try:
        rows = list(shops.Account.objects.order_by("name"))
    except ProgrammingError:
        return "-"
    for row in rows:
        try:
            contracts.try_open(row.channel, row.config)
        except Refusal as refusal:
            why = ", ".join(".".join(map(str, e.loc)) for e in refusal.errors) or refusal.code
            raise Wrong(say("doctor_account_bad", name=row.name, why=why)) from None
    return ", ".join(row.name for row in rows) or "-"


def _clock() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_SLACK_SECONDS:
        raise Wrong(say("doctor_clock_off", seconds=round(apart)))
    return theirs.isoformat(timespec="seconds")


def _fonts() -> str:
    from sudapos.printing import typeface

    try:
        typeface.for_picture(24)
    except OSError:
        raise Wrong(say("doctor_fonts_none", path=typeface.FILE)) from None
    return typeface.FILE.name

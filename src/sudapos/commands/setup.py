"""`sudapos init` and `sudapos apikey`."""

from __future__ import annotations

import os
import sys

import click

from . import frame
from .wording import say

BY = "cli"


@click.command(help=say("init"))
@click.option("--merchant", required=True, help=say("opt_merchant"))
@click.option("--store", default="S01", show_default=True, help=say("opt_store"))
@click.option("--admin", default="admin", show_default=True, help=say("opt_admin"))
def init(merchant: str, store: str, admin: str) -> None:
    frame.open_books(migrate=True)
    from django.db import transaction

    from sudapos.books import audit, shops, staff

    if shops.Merchant.objects.exists():
        frame.fail("merchant_exists")
    password = _password()
    at = frame.now()
    with transaction.atomic():
        shops.found(merchant, at=at)
        shops.Store.objects.create(code=store, name=store)
        staff.hire(admin, admin, ["admin"], at=at, password=password)
        audit.write(
            [
                audit.Act(
                    act="shop.founded",
                    subject="merchant",
                    subject_no="1",
                    by=BY,
                    facts={"store": store, "admin": admin},
                )
            ],
            at=at,
        )
    click.echo(say("initialised", merchant=merchant, store=store, admin=admin))


def _password() -> str:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    password = os.environ.get("SUDAPOS_ADMIN_PASSWORD", "")
    if not password:
        if not sys.stdin.isatty():
            raise frame.Misuse(say("password_needed"))
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        validate_password(password)
    except ValidationError as weak:
        frame.fail("password_weak", why=" ".join(weak.messages))
    return password


@click.group(help=say("apikey"))
def apikey() -> None:
    pass


@apikey.command(name="create", help=say("apikey_create"))
@click.argument("name")
@click.option("--acts", default="*", show_default=True, help=say("opt_acts"))
@click.option("--store", default="", help=say("opt_key_store"))
def create(name: str, acts: str, store: str) -> None:
    frame.open_books()
    from sudapos.books import audit, shops, staff

    at, place = frame.now(), shops.stores([store]).get(store)
    if store and place is None:
        frame.fail("store_not_found", store=store)
    wanted = [act.strip() for act in acts.split(",") if act.strip()]
    key, secret = staff.create_key(name, acts=wanted, store_id=place.pk if place else None, at=at)
    facts = {"acts": key.acts} | ({"store": store} if store else {})
    audit.write(
        [audit.Act(act="apikey.created", subject="apikey", subject_no=name, by=BY, store=store, facts=facts)],
        at=at,
    )
    click.echo(say("key_created", name=name, acts=", ".join(key.acts)), err=True)
    click.echo(secret)


@apikey.command(name="list", help=say("apikey_list"))
def list_() -> None:
    frame.open_books()
    from sudapos.books import staff

    keys = list(staff.ApiKey.objects.select_related("store").order_by("id"))
    for key in keys:
        state = say("key_state_revoked") if key.revoked_at else say("key_state_live")
        used = key.used_at.isoformat(timespec="seconds") if key.used_at else "-"
        click.echo(
            f"{key.name}\t{state}\t{used}\t{','.join(key.acts)}\t{key.store.code if key.store else '*'}"
        )
    if not keys:
        click.echo(say("none_yet"), err=True)


@apikey.command(help=say("apikey_revoke"))
@click.argument("name")
def revoke(name: str) -> None:
    frame.open_books()
    from sudapos.books import audit, staff

    at = frame.now()
    staff.revoke_key(name, at=at)
    audit.write([audit.Act(act="apikey.revoked", subject="apikey", subject_no=name, by=BY)], at=at)
    click.echo(say("key_revoked", name=name))

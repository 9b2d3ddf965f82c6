"""Contracts with channels: what an account must be told, kept with its secrets unseen, and tried with a harmless call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from sudapos import channels
from sudapos.books import audit, shops, staff
from sudapos.books.shops import Account
from sudapos.books.staff import Operator
from sudapos.channels.base import CheckFailed, Evidence, Field
from sudapos.core import capability
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound, Refusal

from . import terminals

CONNECTED: tuple[str, ...] = tuple(name for name in channels.REGISTRY if not capability.get(name).by_hand)
"""Channels that have accounts; people work the others by hand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One key of an account as a page may show it: a secret's value never leaves the books."""

    field: Field
    value: str
    is_set: bool

    @property
    def is_long(self) -> bool:
        """Of several lines, as keys and certificates are."""
        return "PEM" in self.field.en or "\n" in self.value


def evidence(channel: str) -> Evidence:
    """What was verified of a channel, and what to ask the acquirer. Raises Refusal channel_not_connected."""
    channels.fields(channel)
    found: Evidence = channels.REGISTRY[channel].EVIDENCE
    return found


def shown(channel: str, config: Mapping[str, str]) -> list[Shown]:
    """Every key, with the values that are no secrets."""
    return [
        Shown(field, "" if field.secret else config.get(field.name, ""), bool(config.get(field.name)))
        for field in channels.fields(channel)
    ]


def put(
    name: str,
    channel: str,
    given: Mapping[str, str],
    *,
    by: str,
    operator: Operator | None = None,
    at: datetime,
) -> Account:
    """Add an account or change it; a secret that is left empty keeps its value.

    The connector is made once before anything is kept. Raises Forbidden, Conflict account_has_other_channel, Invalid
    naming each wrong key, Refusal channel_not_connected.
    """
    if operator is not None:
        staff.require(operator, Act.CHANGE_SETTINGS)
    kept = shops.accounts([name]).get(name)
    before = kept.config if kept is not None and kept.channel == channel else {}
    secret = {field.name for field in channels.fields(channel) if field.secret}
    config = {key: value.strip() for key, value in given.items() if value.strip()}
    config |= {key: before[key] for key in secret if key in before and not given.get(key, "").strip()}
    try_open(channel, config)
    with transaction.atomic():
        row = shops.put_account(name, channel, config, at=at)
        changed = sorted(key for key in {*config, *before} if config.get(key) != before.get(key))
        facts = {"channel": channel, "keys": sorted(config), "changed": changed}
        audit.write(
            [audit.Act(act="account.put", subject="account", subject_no=name, by=by, facts=facts)], at=at
        )
    return row


def check(name: str, *, by: str, operator: Operator | None = None, at: datetime) -> tuple[bool, str]:
    """A harmless signed call: whether it worked, and what it said. Raises Forbidden, NotFound account_not_found."""
    if operator is not None:
        staff.require(operator, Act.SEE_SETTINGS)
    row = shops.accounts([name]).get(name)
    if row is None:
        raise NotFound("account_not_found", name=name, account=name)
    try:
        worked, said = True, asyncio.run(_asked(row.channel, name, row.config))
    except CheckFailed as failed:
        worked, said = False, str(failed)
    except Refusal as refusal:
        worked, said = False, ", ".join(".".join(map(str, e.loc)) for e in refusal.errors) or refusal.code
    facts = {"worked": worked, "said": said[:200]}
    act = audit.Act(act="account.checked", subject="account", subject_no=name, by=by, facts=facts)
    audit.write([act], at=at)
    return worked, said


def check_in(name: str, *, by: str, at: datetime) -> None:
    """Fetch a terminal's key of the day and keep it. Raises NotFound, Refusal check_in_failed or check_in_not_offered."""
    row = shops.accounts([name]).get(name)
    if row is None:
        raise NotFound("account_not_found", name=name, account=name)
    if not hasattr(channels.REGISTRY[row.channel].CHANNEL, "check_in"):
        raise Refusal("check_in_not_offered", channel=row.channel)
    try:
        fresh = asyncio.run(_checked_in(row.channel, row.config))
    except CheckFailed as failed:
        raise Refusal("check_in_failed", account=name, said=str(failed)) from None
    with transaction.atomic():
        shops.put_account(name, row.channel, {**row.config, "terminal_key": fresh}, at=at)
        facts = {"channel": row.channel, "changed": ["terminal_key"]}
        act = audit.Act(act="account.checked_in", subject="account", subject_no=name, by=by, facts=facts)
        audit.write([act], at=at)


async def _checked_in(channel: str, config: Mapping[str, str]) -> str:
    connector = channels.open_account(channel, config)
    try:
        fresh: str = await connector.check_in()  # type: ignore[attr-defined]
        return fresh
    finally:
        await connector.aclose()


async def _asked(channel: str, name: str, config: Mapping[str, str]) -> str:
    kept = terminals.memory_of(channel, name, run=terminals.in_thread, now=lambda: datetime.now(UTC))
    connector = channels.open_account(channel, config, memory=kept)
    try:
        return await connector.check()
    finally:
        await connector.aclose()


def try_open(channel: str, config: Mapping[str, str]) -> None:
    """Refuse what no connector could be made from, before it is kept. Raises Refusal and its kin."""

    async def made() -> None:
        await channels.open_account(channel, config).aclose()

    asyncio.run(made())

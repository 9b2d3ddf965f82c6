"""Whether a notice is genuine: the one question about it that needs the channel's keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from sudapos import channels
from sudapos.books import shops
from sudapos.channels.base import NoticeRejected
from sudapos.core.refusal import Refusal

log = structlog.get_logger("sudapos.notices")


def genuine(secret: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> bool:
    """False for a notice that the channel did not sign for this account, which is then neither heeded nor acknowledged.

    True where nothing can be checked: no such account, a channel without signed notices, keys that do not load. Even a
    genuine notice settles nothing; it makes us ask sooner.
    """
    account = shops.account_of_secret(secret)
    module = channels.REGISTRY.get(account.channel) if account else None
    if account is None or not hasattr(module, "read_notice"):
        return True
    assert module is not None
    try:
        config = module.Config.from_mapping(account.config)
    except Refusal:
        return True
    try:
        module.read_notice(config, headers, body, at=at)
    except NoticeRejected as rejected:
        log.warning("notice_not_genuine", account=account.name, why=str(rejected))
        return False
    return True

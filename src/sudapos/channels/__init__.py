"""How money moves: one file per channel, four verbs, no database. Adding a channel adds a line to the registry."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import httpx

from sudapos.core.refusal import Refusal

from . import alipay, byhand, shengpay, shouqianba, unionpay, wechatpay
from .base import Channel, Field

REGISTRY: Mapping[str, ModuleType] = {
    "cash": byhand,
    "transfer": byhand,
    "wechatpay": wechatpay,
    "alipay": alipay,
    "unionpay": unionpay,
    "shengpay": shengpay,
    "shouqianba": shouqianba,
}


def open_account(
    channel: str, config: Mapping[str, str], *, client: httpx.AsyncClient | None = None
) -> Channel:
    """A connector for one account. Raises Refusal channel_not_connected, Invalid for a wrong configuration."""
    module = _module(channel)
    connector: Channel = module.CHANNEL(module.Config.from_mapping(config), client=client)
    return connector


def fields(channel: str) -> tuple[Field, ...]:
    """What an account of this channel must be told."""
    found: tuple[Field, ...] = _module(channel).FIELDS
    return found


def _module(channel: str) -> ModuleType:
    if channel not in REGISTRY:
        raise Refusal("channel_not_connected", channel=channel)
    return REGISTRY[channel]

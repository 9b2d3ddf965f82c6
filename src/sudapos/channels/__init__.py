"""How money moves: one file per channel, four verbs, no database. Adding a channel adds a line to the registry."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import httpx

from sudapos.core.refusal import Refusal

from . import alipay, allinpay, byhand, chinaums, iso8583, lakala, shengpay, shouqianba, unionpay, wechatpay
from .base import Channel, Field
from .iso8583.memory import Memory

REGISTRY: Mapping[str, ModuleType] = {
    "cash": byhand,
    "transfer": byhand,
    "wechatpay": wechatpay,
    "alipay": alipay,
    "unionpay": unionpay,
    "shengpay": shengpay,
    "shouqianba": shouqianba,
    "chinaums": chinaums,
    "lakala": lakala,
    "allinpay": allinpay,
    "card": iso8583,
}


def open_account(
    channel: str,
    config: Mapping[str, str],
    *,
    client: httpx.AsyncClient | None = None,
    memory: Memory | None = None,
) -> Channel:
    """A connector for one account; `memory` is for terminals, which keep batch, keys and trace numbers.

    Raises Refusal channel_not_connected, Invalid for a wrong configuration.
    """
    module = _module(channel)
    more = {"memory": memory} if memory is not None else {}
    connector: Channel = module.CHANNEL(module.Config.from_mapping(config), client=client, **more)
    return connector


def fields(channel: str) -> tuple[Field, ...]:
    """What an account of this channel must be told."""
    found: tuple[Field, ...] = _module(channel).FIELDS
    return found


def _module(channel: str) -> ModuleType:
    if channel not in REGISTRY:
        raise Refusal("channel_not_connected", channel=channel)
    return REGISTRY[channel]

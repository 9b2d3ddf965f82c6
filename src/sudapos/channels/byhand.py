"""Cash and bank transfer: accepted at once, settled when a person confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import httpx

from sudapos.core.outcome import Accepted, Order, Outcome

from .base import Evidence, Field, StatementFile, StatementMissing, read_config

FIELDS: tuple[Field, ...] = ()
EVIDENCE = Evidence(
    verified_zh=("由人付款并确认，没有接口",),
    verified_en=("a person pays and confirms; there is no interface",),
)


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to configure."""

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid for any key at all."""
        read_config(FIELDS, given)
        return cls()


class ByHand:
    """A person moves the money, so every question has the same answer: not yet."""

    def __init__(self, config: Config, *, client: httpx.AsyncClient | None = None) -> None:
        self.config = config

    async def refund(self, order: Order) -> Outcome:
        return Accepted()

    async def void(self, order: Order) -> Outcome:
        return Accepted()

    async def ask(self, order: Order) -> Outcome:
        return Accepted()

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        return "by hand"

    async def aclose(self) -> None:
        return None


CHANNEL = ByHand

"""What a terminal must not forget: batch, keys, trace numbers, and every message whose answer moves money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

FREE, SENT, APPROVED, DECLINED = "free", "sent", "approved", "declined"
REVERSING, REVERSED, STUCK = "reversing", "reversed", "stuck"


@dataclass(frozen=True, slots=True)
class Desk:
    """A terminal as it stands: `key_block` (hex) is what the last sign-on brought, empty before the first."""

    batch_no: str = "000000"
    key_block: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a transaction stands in a batch: its trace number is its name at the host. Amount in fen."""

    kind: str
    number: str
    """Ours: the refund number, or the number of a sale."""
    batch_no: str
    trace_no: str
    amount: int
    state: str = FREE
    reference_no: str = ""
    auth_code: str = ""
    response: str = ""
    card_masked: str = ""
    reversal: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The fields of the reversal that is owed if no answer comes; it is kept before the first byte leaves."""
    tries: int = 0


class Memory(Protocol):
    """Kept where a power cut does not reach. One per terminal."""

    async def desk(self) -> Desk: ...

    async def signed_on(self, *, batch_no: str, key_block: str) -> None:
        """The host's batch and fresh keys; both empty: sign on again before the next transaction."""
        ...

    async def trace(self) -> str:
        """The next trace number, six digits, never given twice in a batch."""
        ...

    async def place(self, number: str, *, kind: str, amount: int) -> Place:
        """The place of this number; a new one where it has none, or was declined in its last."""
        ...

    async def found(self, number: str) -> Place | None:
        """The last place of this number."""
        ...

    async def mark(self, place: Place, state: str, **facts: object) -> None:
        """Keep a state, and with it any field of the place."""
        ...

    async def owed(self) -> Sequence[Place]:
        """Places whose reversal must go out before the next transaction."""
        ...

    async def batch(self, batch_no: str) -> Sequence[Place]:
        """What was approved in a batch, in the order of trace numbers."""
        ...

"""A terminal's memory for tests: a dictionary, as good as a disk while the test runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sudapos.channels.iso8583 import memory
from sudapos.channels.iso8583.memory import Desk, Place


class Pocket:
    def __init__(self) -> None:
        self.kept = Desk()
        self.places: list[Place] = []
        self.traces = 0

    async def desk(self) -> Desk:
        return self.kept

    async def signed_on(self, *, batch_no: str, key_block: str) -> None:
        self.kept = Desk(batch_no or self.kept.batch_no, key_block)

    async def trace(self) -> str:
        self.traces += 1
        return f"{self.traces:06d}"

    async def place(self, number: str, *, kind: str, amount: int) -> Place:
        known = await self.found(number)
        if known is not None and known.state != memory.DECLINED:
            return known
        place = Place(
            kind=kind, number=number, batch_no=self.kept.batch_no, trace_no=await self.trace(), amount=amount
        )
        self.places.append(place)
        return place

    async def found(self, number: str) -> Place | None:
        return next((place for place in reversed(self.places) if place.number == number), None)

    async def mark(self, place: Place, state: str, **facts: object) -> None:
        for index, one in enumerate(self.places):
            if (one.batch_no, one.trace_no) == (place.batch_no, place.trace_no):
                self.places[index] = replace(one, state=state, **facts)  # type: ignore[arg-type]

    async def owed(self) -> Sequence[Place]:
        return [place for place in self.places if place.state == memory.REVERSING]

    async def batch(self, batch_no: str) -> Sequence[Place]:
        return [
            place for place in self.places if place.batch_no == batch_no and place.state == memory.APPROVED
        ]

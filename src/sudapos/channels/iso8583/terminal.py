"""A POS terminal at its acquirer's host: sign-on, sale, void, refund, reversal, settlement (iso8583 §4–§9)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

import httpx

from sudapos.channels import wire
from sudapos.channels.base import CheckFailed, StatementFile, StatementMissing
from sudapos.channels.signing import iso8583 as seals
from sudapos.core.outcome import Absent, Deferred, Order, Outcome, Refused, Settled, Unknown

from . import codes, fields, memory, messages
from .config import Config
from .memory import Desk, Memory, Place
from .messages import Card

Told = dict[str, str]


@dataclass(frozen=True, slots=True)
class Balance:
    """How a settlement ended: whether the host's sums were ours, and how many transactions were uploaded if not."""

    batch_no: str
    balanced: bool
    uploaded: int


class Terminal:
    """One terminal. Its transactions go out one after the other, each after the reversals that are owed."""

    def __init__(
        self, config: Config, *, client: httpx.AsyncClient | None = None, memory: Memory | None = None
    ) -> None:
        self.config = config
        self._memory = memory
        self._line = asyncio.Lock()

    async def refund(self, order: Order) -> Outcome:
        """退货. Never reversed and never repeated: without an answer it is in doubt (iso8583 §7.8)."""
        return await self._give_back(order, messages.REFUND, messages.refund)

    async def void(self, order: Order) -> Outcome:
        """消费撤销 of a whole sale in the open batch. Without an answer it is reversed."""
        return await self._give_back(order, messages.VOID, messages.void)

    async def _give_back(
        self, order: Order, kind: str, fill: Callable[[Config, Place, Order], Told]
    ) -> Outcome:
        if self._memory is None:
            return Deferred(code="account_unusable", after=300)
        if len(messages.reference(order)) != 12:
            return Refused(code="order_unknown", message="no retrieval reference number of 12 characters")
        async with self._line:
            ready = await self._ready(self._memory)
            if not isinstance(ready, _Ready):
                return ready
            place = await self._memory.place(order.number, kind=kind, amount=order.amount)
            if place.state != memory.FREE or place.amount != order.amount:
                return _known(place)
            if place.batch_no != ready.desk.batch_no:
                return Unknown(code="duplicate_number", message="placed in an earlier batch")
            return await self._transact(self._memory, ready, place, fill(self.config, place, order))

    async def sale(self, number: str, amount: int, card: Card) -> Outcome:
        """消费 under a number of ours; the place in the memory holds batch, trace and reference number after it."""
        if self._memory is None:
            return Deferred(code="account_unusable", after=300)
        async with self._line:
            ready = await self._ready(self._memory)
            if not isinstance(ready, _Ready):
                return ready
            place = await self._memory.place(number, kind=messages.SALE, amount=amount)
            if place.state != memory.FREE:
                return _known(place)
            told = messages.sale(self.config, place, card, ready.keys)
            return await self._transact(self._memory, ready, place, told)

    async def ask(self, order: Order) -> Outcome:
        """There is no question in this dialect: what we kept ourselves answers, and a void's reversal is repeated."""
        if self._memory is None:
            return Unknown(code="no_question", message="opened without the terminal's memory")
        place = await self._memory.found(order.number)
        if (
            place is not None
            and place.kind == messages.VOID
            and place.state in (memory.SENT, memory.REVERSING)
        ):
            async with self._line:
                await self._reverse(self._memory)
            place = await self._memory.found(order.number)
        if place is None or place.state == memory.FREE:
            return Absent(code="refund_unknown")
        return _known(place)

    async def statement(self, day: date) -> StatementFile:
        raise StatementMissing("no_statement")

    async def check(self) -> str:
        """Sign on: proves address, numbers and master key. Raises CheckFailed."""
        ready = await self.sign_on()
        if not isinstance(ready, Desk):
            raise CheckFailed(f"{ready.code} {ready.message}".strip())
        return f"terminal {self.config.terminal_no}, batch {ready.batch_no}"

    async def sign_on(self) -> Desk | Deferred | Unknown:
        """签到: fresh keys and the host's batch number."""
        kept = await self._memory.desk() if self._memory else Desk()
        trace = await self._memory.trace() if self._memory else "000001"
        told = await self._speak(messages.sign_on(self.config, trace, kept.batch_no), None)
        if not isinstance(told, dict):
            return told
        if told.get("39") != "00":
            return Deferred(code="sign_on_again", message=told.get("39", ""), after=300)
        block = told.get("62", "")
        try:
            seals.open_key_block(self.config.master, bytes.fromhex(block))
        except ValueError:
            return Deferred(code="SIGN_ERROR", message="key block", after=300)
        desk = Desk(told.get("60", "")[2:8] or kept.batch_no, block)
        if self._memory:
            await self._memory.signed_on(batch_no=desk.batch_no, key_block=desk.key_block)
        return desk

    async def settle(self) -> Balance | Deferred | Unknown:
        """批结算, with 批上送 where the host's sums are others; the next transaction signs on into a new batch."""
        if self._memory is None:
            return Deferred(code="account_unusable", after=300)
        async with self._line:
            ready = await self._ready(self._memory)
            if not isinstance(ready, _Ready):
                return ready
            batch_no = ready.desk.batch_no
            places = await self._memory.batch(batch_no)
            asked = messages.settlement(self.config, await self._memory.trace(), batch_no, places)
            told = await self._speak(asked, ready.keys)
            if not isinstance(told, dict):
                return told
            flag = told.get("48", "").ljust(62, "0")[30]
            if told.get("39") != "00" or flag not in "12":
                return Unknown(code="unknown_code", message=f"{told.get('39', '')} flag {flag}")
            uploaded = 0
            if flag == "2":
                for place in places:
                    sent = await self._speak(messages.upload(self.config, place), ready.keys)
                    if not isinstance(sent, dict):
                        return sent
                    uploaded += 1
                end = messages.upload_end(self.config, await self._memory.trace(), batch_no, uploaded)
                sent = await self._speak(end, ready.keys)
                if not isinstance(sent, dict):
                    return sent
            await self._memory.signed_on(batch_no=f"{int(batch_no) % 999_999 + 1:06d}", key_block="")
            return Balance(batch_no, flag == "1", uploaded)

    async def aclose(self) -> None:
        """Nothing is held open between messages."""

    async def _ready(self, kept: Memory) -> _Ready | Deferred | Unknown:
        """Signed on, and nothing owed."""
        desk = await kept.desk()
        if not desk.key_block:
            signed = await self.sign_on()
            if not isinstance(signed, Desk):
                return signed
            desk = signed
        keys = seals.open_key_block(self.config.master, bytes.fromhex(desk.key_block))
        await self._reverse(kept)
        return _Ready(desk, keys)

    async def _transact(self, kept: Memory, ready: _Ready, place: Place, asked: Told) -> Outcome:
        """Send one message that moves money, and keep what its answer means before anybody hears of it."""
        reversible = place.kind != messages.REFUND
        owed = messages.reversal_of(asked) if reversible else {}

        async def left() -> None:
            await kept.mark(place, memory.SENT, reversal=owed)

        told = await self._speak(asked, ready.keys, left=left)
        if isinstance(told, Deferred):
            return told
        if isinstance(told, Unknown):
            if reversible:
                reason = "A0" if told.code == "bad_signature" else "98"
                await kept.mark(place, memory.REVERSING, reversal=owed | {"39": reason})
                return Unknown(code="reversing", message=told.code)
            return told
        code = told.get("39", "")
        if code in codes.APPROVED:
            facts = {"reference_no": told.get("37", ""), "auth_code": told.get("38", "").strip()}
            await kept.mark(place, memory.APPROVED, response=code, reversal={}, **facts)
            return Settled(channel_refund_ref=facts["reference_no"])
        outcome = codes.error(code)
        if isinstance(outcome, Unknown):
            if reversible and code in codes.NO_ANSWER_BEHIND:
                await kept.mark(place, memory.REVERSING, response=code, reversal=owed | {"39": "98"})
                return Unknown(code="reversing", message=code)
            await kept.mark(place, memory.SENT, response=code)
            return outcome
        await kept.mark(place, memory.DECLINED, response=code, reversal={})
        if code in codes.SIGN_ON_AGAIN:
            await kept.signed_on(batch_no="", key_block="")
        if place.kind == messages.VOID and code in ("12", "25", "64"):
            return Refused(code="void_window_closed", message=code)
        return outcome

    async def _reverse(self, kept: Memory) -> None:
        """Send what is owed, each at most so often as configured; then people must look (iso8583 §7)."""
        for place in await kept.owed():
            desk = await kept.desk()
            if not desk.key_block:
                return
            keys = seals.open_key_block(self.config.master, bytes.fromhex(desk.key_block))
            told = await self._speak({"39": "98", **place.reversal}, keys)
            if isinstance(told, Deferred):
                return
            if isinstance(told, dict) and told.get("39") in codes.REVERSED:
                await kept.mark(place, memory.REVERSED, response=told["39"])
                continue
            over = place.tries + 1 >= self.config.reversal_tries
            state = memory.STUCK if over else memory.REVERSING
            response = told.get("39", "") if isinstance(told, dict) else told.code
            await kept.mark(place, state, tries=place.tries + 1, response=response)

    async def _speak(
        self,
        asked: Mapping[str, str],
        keys: seals.WorkingKeys | None,
        *,
        left: Callable[[], Awaitable[None]] | None = None,
    ) -> Told | Deferred | Unknown:
        """One message and its answer, if it is an answer to it and bears the host's MAC."""

        async def nothing() -> None: ...

        told = dict(asked)
        if keys is not None:
            told["64"] = "0" * 16
        raw = fields.encode(told)
        if keys is not None:
            raw = raw[: -fields.MAC_BYTES] + self._mac(raw, keys)
        heard = await wire.exchange(
            self.config.host,
            self.config.port,
            raw,
            left=left or nothing,
            seconds=self.config.timeout_seconds,
        )
        return self._believed(heard, told, keys) if isinstance(heard, bytes) else heard

    def _mac(self, raw: bytes, keys: seals.WorkingKeys) -> bytes:
        config = self.config
        return seals.mac(fields.sealed(raw), keys.mac, algorithm=config.mac_algorithm, raw=config.mac_raw)

    def _believed(
        self, raw: bytes, asked: Mapping[str, str], keys: seals.WorkingKeys | None
    ) -> Told | Unknown:
        try:
            told = fields.decode(raw)
        except fields.BadMessage as error:
            return Unknown(code="no_answer", message=str(error))
        if not _answers(told, asked):
            return Unknown(code="answer_for_another_refund")
        if keys is None or told.get("39") in codes.SIGN_ON_AGAIN:
            return told
        if "64" not in told or not hmac.compare_digest(raw[-fields.MAC_BYTES :], self._mac(raw, keys)):
            return Unknown(code="bad_signature")
        return told


@dataclass(frozen=True, slots=True)
class _Ready:
    desk: Desk
    keys: seals.WorkingKeys


def _answers(told: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """Whether this is the answer to that (iso8583 §4.1)."""
    if told["t"] != f"{int(asked['t']) + 10:04d}" or "39" not in told:
        return False
    same = ("11", "41") if told["39"] != "00" else ("3", "4", "11", "41", "42")
    return all(told.get(name, asked[name]) == asked[name] for name in same if name in asked)


def _known(place: Place) -> Outcome:
    """What we kept of a number says of it."""
    match place.state:
        case memory.APPROVED:
            return Settled(channel_refund_ref=place.reference_no)
        case memory.DECLINED:
            return Refused(code="declined", message=place.response)
        case memory.REVERSED:
            return Refused(code="reversed", message=place.response)
        case memory.REVERSING:
            return Unknown(code="reversing", message=place.response)
        case memory.STUCK:
            return Unknown(code="ask_the_acquirer", message=place.response)
    if place.kind == messages.REFUND:
        return Unknown(code="no_question", message=f"batch {place.batch_no} trace {place.trace_no}")
    return Unknown(code="reversing", message=place.response)

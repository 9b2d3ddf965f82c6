"""The acquirer's host for POS terminals: ISO 8583 over TCP, in the order in which a front end checks (iso8583 §8, §13)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sudapos.channels.iso8583 import fields
from sudapos.channels.signing import iso8583 as seals
from sudapos.sandbox import clock, faults, ledger, portal, world
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, Letter, World

CHANNEL = "card"
WINDOW = 30 * clock.DAY
"""The longest that front ends allow (iso8583 §8)."""
FIRST_BATCH = "000001"
PIN_KEY = bytes.fromhex("1A2B3C4D5E6F70819293A4B5C6D7E8F9")
MAC_KEY = bytes.fromhex("A1B2C3D4E5F6071829384756AFBECDDC")
"""What every sign-on brings; kept over a restart because the shop keeps them, too."""
KEYS = seals.WorkingKeys(PIN_KEY, MAC_KEY)
TYPES = {"22": "sale", "23": "void", "25": "refund"}
REACHED = {"0200": {"22", "23"}, "0220": {"25"}}

Told = dict[str, str]


class Complaint(Exception):
    """Field 39 other than 00."""


@dataclass(frozen=True, slots=True)
class Call:
    """A message of a terminal that is known."""

    at: World
    account: Account
    asked: Mapping[str, str]

    @property
    def batch_no(self) -> str:
        return self.asked.get("60", "")[2:8]

    @property
    def number(self) -> str:
        """Batch and trace: the name of a transaction at the host."""
        return self.batch_no + self.asked["11"]

    @property
    def amount(self) -> int:
        return int(self.asked["4"])


def verb_of(asked: Mapping[str, str]) -> str | None:
    """Which faults may strike this message."""
    kind = TYPES.get(asked.get("60", "")[:2], "")
    return kind if asked["t"] in REACHED and kind in ("refund", "void") else None


def answer(at: World, account: Account | None, asked: Mapping[str, str], raw: bytes) -> Told:
    """The fields of the reply; a complaint answers with its code."""
    told = {
        name: asked[name]
        for name in ("2", "3", "4", "11", "14", "25", "41", "42", "49", "60")
        if name in asked
    }
    swapped = asked["h"][:2] + asked["h"][6:10] + asked["h"][2:6] + asked["h"][10:]
    now = clock.beijing(at.clock.now())
    told |= {
        "h": swapped,
        "t": f"{int(asked['t']) + 10:04d}",
        "12": f"{now:%H%M%S}",
        "13": f"{now:%m%d}",
        "39": "00",
    }
    try:
        if account is None:
            raise Complaint("03")
        world.turn(at)
        told |= _done(Call(at, account, asked), raw)
    except Complaint as complaint:
        told["39"] = str(complaint)
    return told


def terminal_of(at: World, asked: Mapping[str, str]) -> Account | None:
    """Who speaks: a merchant may have several terminals, so the host knows one by both numbers (fields 41 and 42).

    With a known merchant and an unknown terminal, the merchant's first one, so that the answer is 97 and not 03.
    """
    merchant, terminal = asked.get("42", ""), asked.get("41", "")
    for account in at.accounts.values():
        named = (account.channel, account.number, account.config.get("terminal_no"))
        if named == (CHANNEL, merchant, terminal):
            return account
    return at.by_number(CHANNEL, merchant)


def _done(call: Call, raw: bytes) -> Told:
    if call.asked.get("41") != call.account.config["terminal_no"]:
        raise Complaint("97")
    if call.asked["t"] == "0800":
        return _sign_on(call)
    batch_no = _batch(call)
    if not _signed_on(call) or (call.batch_no != batch_no and call.asked["t"] not in ("0400", "0320")):
        raise Complaint("77")
    if call.asked["t"] in ("0200", "0220") and _seen(call, call.number):
        raise Complaint("94")
    if raw[-fields.MAC_BYTES :] != seals.mac(fields.sealed(raw), MAC_KEY) or "64" not in call.asked:
        raise Complaint("A0")
    work = _WORKS.get((call.asked["t"], call.asked.get("60", "")[:2])) or _WORKS.get((call.asked["t"], ""))
    if work is None:
        raise Complaint("12")
    return work(call)


def _sign_on(call: Call) -> Told:
    """签到: keys under the master key, and the batch that is open."""
    call.at.ledger.remember(f"card-signed:{call.account.name}", "yes")
    block = seals.key_block(bytes.fromhex(call.account.config["tmk"]), KEYS)
    return {"60": f"00{_batch(call)}{call.asked['60'][8:]}", "62": block.hex().upper()}


def _batch(call: Call) -> str:
    return call.at.ledger.setting(f"card-batch:{call.account.name}", FIRST_BATCH)


def _signed_on(call: Call) -> bool:
    return call.at.ledger.setting(f"card-signed:{call.account.name}") == "yes"


def _seen(call: Call, number: str) -> bool:
    """Whether this batch and trace were used before; from now on they were."""
    name = f"card-seen:{call.account.name}"
    seen = json.loads(call.at.ledger.setting(name, "[]"))
    if number in seen:
        return True
    call.at.ledger.remember(name, json.dumps([*seen, number]))
    return False


def _instead(call: Call, verb: str) -> None:
    drawn = call.at.faults.draw(CHANNEL, verb, faults.INSTEAD, call.account.name)
    if drawn is not None:
        raise Complaint({"rate_limited": "90"}.get(drawn.fault, "Z9"))


def reference(number: int) -> str:
    """12 characters."""
    return f"{number:012d}"


def _sale(call: Call) -> Told:
    """消费: the card's last digit decides nothing here, 51 comes where the test card says so."""
    pan = call.asked.get("2", "")
    if not 13 <= len(pan) <= 19 or "14" not in call.asked:
        raise Complaint("14")
    if pan.endswith("0051"):
        raise Complaint("51")
    book = call.at.ledger
    count = book.next_number("orders")
    extra = {"batch_no": call.batch_no, "trace_no": call.asked["11"], "auth_code": f"{count % 1_000_000:06d}"}
    order = ledger.Order(
        channel=CHANNEL,
        account=call.account.name,
        order_no=f"{call.account.number[-4:]}{call.number}",
        channel_ref=reference(count),
        amount=call.amount,
        paid_at=call.at.clock.now(),
        payer=f"{pan[:6]}******{pan[-4:]}",
        funding="card",
        extra=extra,
    )
    book.add_order(order)
    return {"37": order.channel_ref, "38": extra["auth_code"]}


def _void(call: Call) -> Told:
    """消费撤销: same batch, same day, the whole sale, before any refund."""
    _instead(call, "void")
    order = call.at.ledger.order(CHANNEL, call.account.name, channel_ref=call.asked.get("37", ""))
    named = call.asked.get("61", "")
    if (
        order is None
        or named != order.extra["batch_no"] + order.extra["trace_no"]
        or named[:6] != _batch(call)
    ):
        raise Complaint("25")
    if clock.beijing(order.paid_at).date() != clock.beijing(call.at.clock.now()).date():
        raise Complaint("25")
    if order.state != ledger.PAID or ledger.taken(call.at.ledger.refunds_of(order)):
        raise Complaint("25")
    if call.amount != order.amount:
        raise Complaint("64")
    return _given(call, order, "void")


def _refund(call: Call) -> Told:
    """退货: by reference number and date, in parts, at most 30 days later."""
    _instead(call, "refund")
    order = call.at.ledger.order(CHANNEL, call.account.name, channel_ref=call.asked.get("37", ""))
    if order is None or call.asked.get("61", "")[12:16] != f"{clock.beijing(order.paid_at):%m%d}":
        raise Complaint("25")
    earlier = call.at.ledger.refunds_of(order)
    if order.state != ledger.PAID or any(one.kind == "void" and one.holds for one in earlier):
        raise Complaint("25")
    if call.at.clock.now() - order.paid_at > WINDOW:
        raise Complaint("22")
    if call.amount > order.amount - ledger.taken(earlier):
        raise Complaint("61")
    return _given(call, order, "refund")


def _given(call: Call, order: ledger.Order, kind: str) -> Told:
    fate = call.at.faults.draw(CHANNEL, kind, faults.FATE, call.account.name)
    match fate.fault if fate else "":
        case "insufficient_balance":
            raise Complaint("51")
        case "closed_account":
            raise Complaint("62")
    own = reference(500_000_000_000 + call.at.ledger.next_number("refunds"))
    world.take(
        call.at,
        order,
        call.number,
        call.amount,
        fate,
        at_once=True,
        kind=kind,
        refund_ref=own,
        terms=call.number,
    )
    return {"37": own}


def _reverse(call: Call) -> Told:
    """冲正: the transaction of this batch and trace did not happen; one that never came is 00, too (iso8583 §7)."""
    book, name = call.at.ledger, call.account.name
    given = book.refund(CHANNEL, name, call.number)
    if given is not None:
        if given.amount != call.amount:
            raise Complaint("64")
        book.reverse(given, call.at.clock.now())
    sold = book.order(CHANNEL, name, order_no=f"{call.account.number[-4:]}{call.number}")
    if sold is not None:
        book.revoke(sold)
    _seen(call, call.number)  # what is still on its way must not arrive behind its reversal
    return {}


def _settle(call: Call) -> Told:
    """批结算: our sums beside theirs; a balanced batch is closed (iso8583 §9)."""
    out, back = _sums(call)
    ours = f"{sum(out):012d}{len(out):03d}{sum(back):012d}{len(back):03d}"
    balanced = call.asked.get("48", "")[:30] == ours
    if balanced:
        _close(call)
    return {"48": f"{ours}{1 if balanced else 2}{'0' * 30}1"}


def _sums(call: Call) -> tuple[list[int], list[int]]:
    """Amounts of this batch: sales, and what went back."""
    book, name, batch_no = call.at.ledger, call.account.name, call.batch_no
    orders = [
        one
        for one in book.orders_between(CHANNEL, name, 0, call.at.clock.now() + 1)
        if one.extra.get("batch_no") == batch_no
        and one.state == ledger.PAID
        and one.order_no.endswith(batch_no + one.extra["trace_no"])
    ]
    given = book.refunds_between(CHANNEL, name, 0, call.at.clock.now() + 1)
    return (
        [one.amount for one in orders],
        [one.amount for one in given if one.refund_no[:6] == batch_no and one.times_paid],
    )


def _upload(call: Call) -> Told:
    """批上送: taken in; the last message closes the batch."""
    if call.asked.get("60", "")[8:11] == "202":
        _close(call)
    return {}


def _close(call: Call) -> None:
    book, name = call.at.ledger, call.account.name
    book.remember(f"card-batch:{name}", f"{int(_batch(call)) % 999_999 + 1:06d}")
    book.remember(f"card-signed:{name}", "")
    book.remember(f"card-seen:{name}", "[]")


_WORKS: Mapping[tuple[str, str], Callable[[Call], Told]] = {
    ("0200", "22"): _sale,
    ("0200", "23"): _void,
    ("0220", "25"): _refund,
    ("0400", ""): _reverse,
    ("0500", ""): _settle,
    ("0320", ""): _upload,
}


def extra_of_order(account: Account, count: int, paid_at: float) -> Mapping[str, str]:
    """What a terminal's slip says of a sale that was made by other means: a trace number above those of terminals."""
    return {
        "batch_no": FIRST_BATCH,
        "trace_no": f"{900_000 + count % 100_000:06d}",
        "reference_no": reference(count),
        "auth_code": f"{count % 1_000_000:06d}",
        "card_masked": "622848******2576",
    }


def announce(at: World, refund: ledger.Refund) -> None:
    """A terminal is told nothing by itself."""


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    return Letter({}, b"", once=True)


END = End(
    channel=CHANNEL,
    routes=lambda at: (),
    number_of_order=lambda count, paid_at: reference(count),
    statement=portal.statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: True,
    pauses=(),
    extra_of_order=extra_of_order,
)

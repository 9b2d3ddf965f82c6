"""How a deposit ends: previewed, given back by a refund like any other, or kept; what is kept is proven and agreed (R-09, R-23)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from sudapos.core import calendar, compensation, journal, masking
from sudapos.core import deposits as law
from sudapos.core.authority import Act
from sudapos.core.deposits import Ending, Kind, Settled
from sudapos.core.refusal import Conflict, FieldError, Invalid, Refusal
from sudapos.core.wording import deposits as wording

from . import attachments, audit, compensations, deposits, ledger, outbox, requests, shops, staff, weighing
from .deposits import Deposit, GiveBack
from .refunds import Refund
from .requests import RefundRequest, Weighed
from .sales import Sale
from .staff import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a deposit ends. What is kept needs a reason, evidence and the customer's yes."""

    ending: str = Ending.RETURNED
    deduction: int = 0
    why: str = ""
    evidence: str = ""
    confirmed: str = ""
    confirmed_by: str = ""
    file: tuple[str, bytes] | None = None
    """Name and content."""
    receipt: str = "present"
    route: str = "original"
    store: str = ""
    till: str = ""
    expected_total: int | None = None
    pays_for: str = ""
    """Digest of the sale that it counts towards; `counting` says which."""

    @property
    def has_evidence(self) -> bool:
        return bool(self.why.strip() and (self.evidence.strip() or self.file))

    @property
    def has_consent(self) -> bool:
        return self.confirmed in law.CONFIRMED and bool(self.confirmed_by.strip())

    def digest(self) -> str:
        told = asdict(self)
        if not self.pays_for:
            del told["pays_for"]
        told["file"] = hashlib.sha256(self.file[1]).hexdigest() if self.file else ""
        return weighing.digest(told)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an ending would come to; `weighed` is None where nothing goes back."""

    deposit: Deposit
    settled: Settled
    weighed: Weighed | None
    wanted: Sequence[str]
    """What is still missing before anything may be kept: evidence, consent."""


def preview(number: str, wish: Wish, *, operator: Operator, at: datetime) -> Shown:
    """What an ending would come to, and what is still wanted for it; changes nothing. Raises Refusal and its kin."""
    row = deposits.get(number)
    require(row, operator)
    require_held(row)
    settled = settled_of(row, wish, evidence=True, confirmed=True)
    _nothing_stands(row, settled)
    proven = {"evidence": wish.has_evidence, "consent": wish.has_consent}
    wanted = [name for name, there in proven.items() if settled.kept and not there]
    if not settled.back:
        return Shown(row, settled, None, wanted)
    return Shown(row, settled, requests.preview(request_of(row, wish, settled, operator, ""), at=at), wanted)


def give_back(
    number: str, wish: Wish, *, key: str, operator: Operator, at: datetime
) -> tuple[GiveBack, bool]:
    """End a deposit under a key: by a refund, or, where all of it is kept, by an entry alone; and whether the key had done it before.

    Raises NotFound, Forbidden, Invalid, Conflict deposit_ended, Refusal deduction_needs_evidence, deduction_needs_consent,
    Conflict compensation_stands and whatever a refund is refused for. The second half of doubled 定金 is no refund: the
    ending asks for it as a compensation, which another person agrees to.
    """
    try:
        return _give_back(number, wish, key=key, operator=operator, at=at)
    except (IntegrityError, Conflict) as error:
        if isinstance(error, Conflict) and not GiveBack.objects.filter(key=key).exists():
            raise
        return _give_back(
            number, wish, key=key, operator=operator, at=at
        )  # the same key came in twice at once


def _give_back(
    number: str, wish: Wish, *, key: str, operator: Operator, at: datetime
) -> tuple[GiveBack, bool]:
    row = deposits.get(number)
    require(row, operator)
    if (seen := repeat_of(row, wish, key)) is not None:
        return seen, True
    settled = settled_of(row, wish, evidence=wish.has_evidence, confirmed=wish.has_consent)
    if not settled.back:
        return _keep(row, wish, settled, key=key, operator=operator, at=at), False
    with transaction.atomic():
        hold(row, settled)
        [opened] = requests.open([request_of(row, wish, settled, operator, key)], at=at)
        if opened.refund is not None:
            _second_half(row, wish, settled, key=key, operator=operator, at=at)
            return write(row, wish, settled, opened.refund, key=key, operator=operator, at=at), False
    assert opened.refusal is not None  # what was tried stays in the audit log
    raise opened.refusal


def repeat_of(row: Deposit, wish: Wish, key: str) -> GiveBack | None:
    """What this key did before. Raises Refusal idempotency_key_reused for another wish."""
    seen = GiveBack.objects.select_related("deposit__sale", "refund").filter(key=key).first()
    if seen is not None and (seen.deposit_id != row.pk or seen.digest != wish.digest()):
        raise Refusal("idempotency_key_reused", key=key)
    return seen


def require(row: Deposit, operator: Operator) -> None:
    """Whoever may make refunds, in her store. Raises Forbidden."""
    staff.require(operator, Act.MAKE_REFUND)
    staff.require_store(operator, row.sale.store_id, row.sale.store.code)


def settled_of(row: Deposit, wish: Wish, *, evidence: bool, confirmed: bool) -> Settled:
    try:
        ending = Ending(wish.ending)
        if (ending is Ending.APPLIED) is not bool(wish.pays_for):
            raise ValueError("what it counts towards is said apart")
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError(("ending",), "out_of_range")]) from None
    return law.settle(
        Kind(row.kind),
        row.amount,
        ending=ending,
        deduction=wish.deduction,
        price=row.price,
        evidence=evidence,
        confirmed=confirmed,
    )


def request_of(row: Deposit, wish: Wish, settled: Settled, operator: Operator, key: str) -> RefundRequest:
    told = (masking.scan(wish.evidence.strip()), wish.file[0] if wish.file else "")
    return RefundRequest(
        sale_no=row.number,
        operator=operator.code,
        store=wish.store,
        till=wish.till,
        everything=True,
        reason=law.REASON,
        note=wish.why.strip(),
        receipt=wish.receipt,
        evidence=tuple(each for each in told if each),
        route=wish.route,
        expected_total=wish.expected_total,
        keep=settled.kept,
        key=_hashed(key),
    )


def _second_half(
    row: Deposit, wish: Wish, settled: Settled, *, key: str, operator: Operator, at: datetime
) -> None:
    """The other half of doubled 定金; one that an earlier ending asked for, whose refund came to nothing, stands."""
    if not settled.compensation or compensations.standing(row.sale, compensation.Kind.EARNEST) is not None:
        return
    asked = compensations.Wish(
        kind=compensation.Kind.EARNEST,
        why=wish.why.strip() or wording.ENDINGS[wish.ending][0],
        evidence=wish.evidence,
        price=settled.compensation,
    )
    compensations.ask(row.number, asked, key=_hashed(key), operator=operator, at=at, ending=True)


def _hashed(key: str) -> str:
    return f"deposit:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def hold(row: Deposit, settled: Settled) -> None:
    """Whoever ends a deposit holds its document; what was kept whole cannot be given back any more."""
    Sale.objects.select_for_update(of=("self",)).get(pk=row.sale_id)
    require_held(deposits.get(row.number))
    _nothing_stands(row, settled)


def _nothing_stands(row: Deposit, settled: Settled) -> None:
    """Nobody says that the shop failed and ends it another way."""
    if not settled.compensation and compensations.standing(row.sale, compensation.Kind.EARNEST) is not None:
        raise Conflict("compensation_stands", sale_no=row.number)


def require_held(row: Deposit) -> None:
    """Raises Conflict deposit_ended."""
    if row.live is not None:
        raise Conflict("deposit_ended", sale_no=row.number, state=row.state)


@transaction.atomic
def _keep(
    row: Deposit, wish: Wish, settled: Settled, *, key: str, operator: Operator, at: datetime
) -> GiveBack:
    """All of it stays: no money moves, and a manager says so (J18f). Raises Conflict total_changed where she saw money go back."""
    staff.require(operator, Act.APPROVE)
    if wish.expected_total:
        raise Conflict("total_changed", expected=wish.expected_total, total=0)
    hold(row, settled)
    today = calendar.business_date(at, cutover=shops.rules_of(shops.merchant()).business_day_cutover)
    entry = journal.draft("J18f", row.number, amount=settled.kept)
    ledger.post([ledger.Posted(entry, today, row.sale.store.code, row.sale.till)], at=at)
    return write(row, wish, settled, None, key=key, operator=operator, at=at)


def write(
    row: Deposit,
    wish: Wish,
    settled: Settled,
    refund: Refund | None,
    *,
    key: str,
    operator: Operator,
    at: datetime,
) -> GiveBack:
    kept = attachments.keep(*wish.file) if wish.file else None
    made = GiveBack.objects.create(
        deposit=row,
        refund=refund,
        key=key,
        digest=wish.digest(),
        ending=wish.ending,
        kept=settled.kept,
        compensation=settled.compensation,
        why=masking.scan(wish.why.strip())[:200],
        evidence=masking.scan(wish.evidence.strip())[:200],
        confirmed=wish.confirmed if settled.kept else "",
        confirmed_by=masking.name(wish.confirmed_by.strip()) if settled.kept else "",
        file_name=kept.name if kept else "",
        file_digest=kept.digest if kept else "",
        operator=operator,
        at=at,
    )
    outbox.write([_message(made)], at=at)
    _tell(made, at)
    return made


def _message(made: GiveBack) -> outbox.Draft:
    """For machines and for whoever must hear that money stays; of a second ending too, where the first came to nothing."""
    facts: dict[str, object] = {
        "kind": made.deposit.kind,
        "ending": made.ending,
        "total": made.deposit.amount,
        "returned": made.refund.total if made.refund else 0,
        "kept": made.kept,
        "compensation": made.compensation,
    }
    if made.refund:
        facts["refund_no"] = made.refund.refund_no
    return outbox.Draft(
        event="deposit.ended",
        subject="deposit",
        subject_no=made.deposit.number,
        store=made.deposit.sale.store.code,
        facts=facts,
        again=str(made.pk),
    )


def _tell(made: GiveBack, at: datetime) -> None:
    facts: dict[str, Any] = {
        "ending": made.ending,
        "amount": made.deposit.amount,
        "kept": made.kept,
        "compensation": made.compensation,
        "confirmed": made.confirmed,
        "confirmed_by": made.confirmed_by,
        "refund_no": made.refund.refund_no if made.refund else "",
        "evidence": made.file_digest[:16],
    }
    act = audit.Act(
        act="deposit.ended",
        subject="deposit",
        subject_no=made.deposit.number,
        by=made.operator.code,
        store=made.deposit.sale.store.code,
        facts=facts,
    )
    audit.write([act], at=at)

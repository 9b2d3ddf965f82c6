"""The signs of fraud on one request: its history from the watch, read by the checks of core, said at the till where they block or hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sudapos.core import fraud
from sudapos.core.amounts import Worth
from sudapos.core.plan import PlannedLeg
from sudapos.core.rules import Reason, Rules, Weight

from . import payers
from .remainders import Remainder
from .shops import Store
from .staff import Operator
from .watch import Asked, Watch

WEIGHTS = {fraud.Action.BLOCK: Weight.DENY, fraud.Action.HOLD: Weight.REFER}


class Sent(Protocol):
    """What is looked at of a request, whoever sent it."""

    @property
    def receipt(self) -> str: ...
    @property
    def till(self) -> str: ...
    @property
    def till_time(self) -> datetime | None: ...
    @property
    def queued_at(self) -> datetime | None: ...


def asked(request: Sent, remainder: Remainder, worth: Worth, legs: Sequence[PlannedLeg]) -> Asked:
    """What the sale's rows and the request say: who paid what would go back, who set its prices, the till's clock and queue."""
    going = {leg.payment_no for leg in legs}
    payments = [tender.payment for tender in remainder.tenders if tender.payment.payment_no in going]
    payees = {remainder.sale.phone_digest}
    for payment in payments:
        payees |= {payment.payer_digest, payers.card_digest(payment.card_masked)}
    lines = [remainder.lines[part.line_no] for part in worth.lines]
    return Asked(
        total=worth.total,
        receipt=request.receipt,
        legs=tuple(legs),
        payees=frozenset(payees - {""}),
        till=request.till,
        till_time=request.till_time,
        queued_at=request.queued_at,
        overridden_by=frozenset(line.override_by for line in lines if line.override_by),
    )


def signs(
    watch: Watch, remainder: Remainder, operator: Operator, store: Store, *, asked: Asked, rules: Rules
) -> tuple[fraud.Sign, ...]:
    """Every rule that speaks about this request."""
    cash = [t.payment.paid_at for t in remainder.tenders if t.payment.source.channel == "cash"]
    history = watch.history(
        remainder.sale, operator, asked, store=store.code, paid_at=min(cash, default=None)
    )
    return tuple(fraud.signs(history, _limits(rules)))


def _limits(rules: Rules) -> Mapping[str, int]:
    """The till's clock has an entry of its own in the policy, and that one counts (domain §11.1, FR24)."""
    return {**rules.fraud, fraud.CLOCK: rules.clock_drift_block_seconds}


def said(signs: Iterable[fraud.Sign]) -> Iterator[Reason]:
    """What blocks or holds is said; what only alerts is for those who look into it, and never for the till."""
    for sign in signs:
        if sign.action in WEIGHTS:
            told = {name: value for name, value in sign.facts.items() if name not in UNSAID}
            yield Reason(WEIGHTS[sign.action], sign.number.lower(), told, ("manager",))


UNSAID = frozenset({"payee_works_as"})
"""Whose account it is stands in the alert, and is not told at the counter."""

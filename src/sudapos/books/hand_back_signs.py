"""FR22: a card that was topped up a moment ago, or by somebody else's means, and is asked back in money (domain §6.2)."""

from __future__ import annotations

from datetime import datetime

from sudapos.core import fraud
from sudapos.core.rules import Rules

from . import alerts, payers
from .cards import Lot, StoredCard
from .staff import Operator

NUMBER = "FR22"


def of(card: StoredCard, *, account: str, rules: Rules, at: datetime) -> list[fraud.Sign]:
    """The signs of one hand-back; `account` is where the money would go, empty for cash."""
    lots = list(card.lots.order_by("id"))
    if not lots:
        return []
    history = fraud.History(
        top_up_age=int((at - lots[-1].at).total_seconds()),
        other_card=any(_paid_elsewhere(lot, account) for lot in lots),
    )
    rule = fraud.BY_NUMBER[NUMBER]
    if not rule.check(history, rules.fraud):
        return []
    return [fraud.Sign(NUMBER, rule.action, {name: getattr(history, name) for name in rule.facts})]


def _paid_elsewhere(lot: Lot, account: str) -> bool:
    """Whether it is known who paid this lot, and the money would go somewhere else: to cash, too."""
    if not lot.payer_digest:
        return False
    plain = "".join(account.split())
    hers = (
        {payers.digest_of(lot.channel, plain), payers.card_digest(f"{plain[:6]}******{plain[-4:]}")}
        if plain
        else set()
    )
    return lot.payer_digest not in hers


def tell(signs: list[fraud.Sign], card: StoredCard, maker: Operator, *, at: datetime) -> None:
    """Where those who look into signs find them."""
    drafts = [
        alerts.Draft(
            rule=sign.number,
            store=card.store.code,
            operator=maker.code,
            subject="card",
            subject_no=card.card_ref,
            facts=sign.facts,
        )
        for sign in signs
    ]
    if drafts:
        alerts.open(drafts, at=at)

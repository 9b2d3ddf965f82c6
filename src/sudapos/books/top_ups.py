"""Cards are opened and topped up; each top-up is a lot with the rates of its day, booked as money that we hold (J17a)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from django.db import IntegrityError, transaction

from sudapos.core import calendar, interest, journal, masking, recipes, tenders
from sudapos.core.authority import Act
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, Refusal
from sudapos.core.tenders import Parts

from . import audit, cards, ledger, payers, shops, staff
from .cards import CardMove, Lot, StoredCard
from .drafts import phone_digest
from .staff import Operator

MOST_NAMED = 500_000
MOST_BEARER = 100_000
"""Fen that one card may hold (单用途商业预付卡管理办法 Art. 18)."""
NUMBER_LENGTH = range(4, 65)


@transaction.atomic
def open_card(
    number: str,
    *,
    store: str,
    operator: Operator,
    kind: str = "stored_value",
    holder: str = "",
    phone: str = "",
    at: datetime,
) -> StoredCard:
    """A new card, or a points account. Raises Forbidden, Invalid, Conflict card_known."""
    staff.require(operator, Act.SELL)
    plain = "".join(number.split())
    wrong = []
    if kind not in tenders.OWN:
        wrong.append(FieldError(("kind",), "out_of_range"))
    if len(plain) not in NUMBER_LENGTH:
        wrong.append(FieldError(("number",), "bad_value"))
    if len(holder) > 40:
        wrong.append(FieldError(("holder",), "too_long"))
    if len(phone) > 24:
        wrong.append(FieldError(("phone",), "too_long"))
    place = shops.stores([store]).get(store)
    if place is None:
        wrong.append(FieldError(("store",), "store_not_found"))
    if wrong or place is None:
        raise Invalid("input_invalid", errors=wrong)
    staff.require_store(operator, place.pk, place.code)
    try:
        with transaction.atomic():
            row = StoredCard.objects.create(
                kind=kind,
                number=plain,
                number_digest=cards.number_digest(plain),
                number_masked=cards.masked(plain),
                tail=plain[-4:],
                holder=holder.strip(),
                holder_masked=masking.name(holder.strip()) if holder.strip() else "",
                phone_digest=phone_digest(phone),
                phone_masked=masking.mobile(phone) if phone else "",
                store=place,
                opened_at=at,
                opened_by=operator.code,
            )
    except IntegrityError:
        raise Conflict("card_known", card=cards.masked(plain)) from None
    _tell("card.opened", row, operator, {"kind": kind, "named": row.named}, at)
    return row


@transaction.atomic
def top_up(
    card_ref: str,
    *,
    paid: int,
    bonus: int,
    channel: str,
    key: str,
    operator: Operator,
    till: str = "",
    payer: str = "",
    at: datetime,
) -> tuple[Lot, bool]:
    """Money onto a card; the lot, and whether this key had made it before.

    Raises NotFound, Forbidden, Invalid, Refusal card_over_limit or card_takes_no_money, Conflict number_reused.
    """
    staff.require(operator, Act.SELL)
    told = json.dumps([card_ref, paid, bonus, channel, till, payer])
    digest = hashlib.sha256(told.encode()).hexdigest()
    card = cards.locked([cards.get(card_ref).pk]).popitem()[1]
    seen = Lot.objects.filter(key=key).first()
    if seen is not None:
        if seen.digest != digest:
            raise Refusal("idempotency_key_reused", key=key)
        return seen, True
    _check(card, operator, paid=paid, bonus=bonus, channel=channel)
    today = calendar.business_date(at, cutover=shops.rules_of(shops.merchant()).business_day_cutover)
    rules = shops.rules_of(shops.merchant())
    rates = interest.rates_on(today, lpr=rules.lpr_one_year_bp, deposit=rules.deposit_one_year_bp)
    lot = Lot.objects.create(
        card=card,
        key=key,
        digest=digest,
        paid=paid,
        bonus=bonus,
        channel=channel,
        payer_digest=payers.digest_of(channel, payer),
        lpr_bp=rates.lpr_bp,
        deposit_bp=rates.deposit_bp,
        at=at,
        by=operator.code,
    )
    _move(card, "top_up", Parts(paid, bonus), operator, at, lot=lot)
    recipe = "J17a" if channel == "transfer" else "J17e"
    entry = journal.draft(recipe, card.card_ref, channel=channel, amount=paid)
    ledger.post([ledger.Posted(entry, today, card.store.code, till)], at=at)
    _tell("card.topped_up", card, operator, {"paid": paid, "bonus": bonus, "channel": channel}, at)
    return lot, False


def _check(card: StoredCard, operator: Operator, *, paid: int, bonus: int, channel: str) -> None:
    staff.require_store(operator, card.store_id, card.store.code)
    wrong = []
    if paid <= 0:
        wrong.append(FieldError(("paid",), "not_positive"))
    if bonus < 0:
        wrong.append(FieldError(("bonus",), "not_positive"))
    if channel not in recipes.CHANNELS or channel in tenders.OWN:
        wrong.append(FieldError(("channel",), "unknown_channel"))
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    if card.kind != "stored_value":
        raise Refusal("card_takes_no_money", card=card.number_masked)
    most = MOST_NAMED if card.named else MOST_BEARER
    after = cards.held([card.pk])[card.pk] + Parts(paid, bonus)
    if after.total > most:
        raise Refusal("card_over_limit", card=card.number_masked, total=after.total, limit=most)


@transaction.atomic
def grant_points(
    card_ref: str, points: int, *, operator: Operator, subject_no: str = "", at: datetime
) -> CardMove:
    """Points that were earned. Raises NotFound, Forbidden, Invalid, Refusal card_takes_no_points."""
    staff.require(operator, Act.SELL)
    card = cards.locked([cards.get(card_ref).pk]).popitem()[1]
    staff.require_store(operator, card.store_id, card.store.code)
    if card.kind != "points":
        raise Refusal("card_takes_no_points", card=card.number_masked)
    if points <= 0:
        raise Invalid("input_invalid", errors=[FieldError(("points",), "not_positive")])
    move = _move(card, "earn", Parts(0, points), operator, at, subject_no=subject_no)
    _tell("card.earned", card, operator, {"points": points}, at)
    return move


def _move(
    card: StoredCard,
    kind: str,
    parts: Parts,
    operator: Operator,
    at: datetime,
    *,
    lot: Lot | None = None,
    subject_no: str = "",
) -> CardMove:
    return CardMove.objects.create(
        card=card,
        kind=kind,
        principal=parts.principal,
        bonus=parts.bonus,
        lot=lot,
        subject_no=subject_no[:64] or card.card_ref,
        at=at,
        by=operator.code,
    )


def may_see(operator: Operator, card: StoredCard) -> None:
    """Raise Forbidden for a card of another store."""
    if operator.store_id is not None and operator.store_id != card.store_id:
        raise Forbidden("other_store", store=card.store.name, operator=operator.code)


def _tell(name: str, card: StoredCard, operator: Operator, facts: dict[str, object], at: datetime) -> None:
    act = audit.Act(
        act=name,
        subject="card",
        subject_no=card.card_ref,
        by=operator.code,
        store=card.store.code,
        facts=facts,
    )
    audit.write([act], at=at)

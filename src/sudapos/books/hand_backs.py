"""退卡: a card is handed back by one person, agreed and paid by another, to its holder alone (domain R-12).

The identity number and the bank account are sealed, shown masked, and forgotten when their time is over; the sums stay.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from sudapos.core import calendar, handing_back, interest, journal, masking
from sudapos.core.authority import Act
from sudapos.core.handing_back import Terms, Worth
from sudapos.core.prepaid import Cause
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal

from . import (
    audit,
    cards,
    drawers,
    hand_back_signs,
    hand_back_slips,
    hand_back_wish,
    ledger,
    outbox,
    shops,
    staff,
)
from .cards import CardMove, StoredCard
from .hand_back_wish import Wish as Wish
from .sealing import SealedText
from .staff import Operator

AWAITING, PAID, REJECTED = "awaiting", "paid", "rejected"


class HandBack(models.Model):
    """One card handed back. Its sums are fixed when it is asked for; the interest runs until it is paid."""

    number = models.CharField(max_length=24, unique=True)
    key = models.CharField(max_length=64, unique=True)
    card = models.ForeignKey(StoredCard, on_delete=models.PROTECT, related_name="hand_backs")
    state = models.CharField(max_length=8, default=AWAITING)
    cause = models.CharField(max_length=8)
    rescinded_on = models.DateField()
    history = models.BooleanField(default=True)
    experienced = models.BooleanField(default=False)
    paid = models.BigIntegerField()
    bonus = models.BigIntegerField()
    consumed_face = models.BigIntegerField()
    consumed_value = models.BigIntegerField()
    cooling_off = models.BigIntegerField()
    principal_refund = models.BigIntegerField()
    interest = models.BigIntegerField()
    rule = models.CharField(max_length=12)
    payout = models.CharField(max_length=8)
    till = models.CharField(max_length=16, blank=True, default="")
    person = SealedText(default="")
    person_masked = models.CharField(max_length=64, blank=True, default="")
    id_number = SealedText(default="")
    id_masked = models.CharField(max_length=24, blank=True, default="")
    account = SealedText(default="")
    account_masked = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    reference = models.CharField(max_length=64, blank=True, default="")
    maker = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    checker = models.ForeignKey("books.Operator", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=200, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    """Keyed digest of all that was asked, so that one key cannot mean two hand-backs."""
    held = models.JSONField(default=list)
    """Rules that hold it: who pays writes down what she looked into (FR22)."""
    shift = models.ForeignKey("books.Shift", null=True, on_delete=models.PROTECT, related_name="+")
    """The shift whose drawer paid it, where drawers are kept."""
    slip = models.JSONField(default=dict)
    """What the voucher shows, taken when it was paid."""

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=Q(state="awaiting"), name="one_open_hand_back_per_card"
            ),
            models.CheckConstraint(
                condition=Q(principal_refund__gte=0, principal_refund__lte=models.F("paid"), interest__gte=0),
                name="hand_back_is_within_what_was_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> int:
        return self.principal_refund + self.interest


def preview(card: StoredCard, wish: Wish, *, at: datetime) -> Worth:
    """What handing this card back would come to today; changes nothing. Raises Invalid, Refusal nothing_on_card."""
    today = _day(at)
    if wish.rescinded_on > today:
        raise Invalid("input_invalid", errors=[FieldError(("rescinded_on",), "in_the_future")])
    return _worth(card, wish.terms, asked_on=today, until=today)


def _worth(card: StoredCard, terms: Terms, *, asked_on: date, until: date) -> Worth:
    if card.kind != "stored_value":
        raise Refusal("card_takes_no_money", card=card.number_masked)
    rules = shops.rules_of(
        shops.merchant()
    )  # a rate that was corrected since counts, not the one that was believed
    last = card.moves.filter(kind="hand_back").order_by("-id").first()
    lots = card.lots.filter(at__gt=last.at) if last is not None else card.lots.all()
    told = [
        handing_back.Lot(
            paid=lot.paid,
            bonus=lot.bonus,
            on=_day(lot.at),
            rates=interest.rates_on(
                _day(lot.at), lpr=rules.lpr_one_year_bp, deposit=rules.deposit_one_year_bp
            ),
        )
        for lot in lots
    ]
    left = cards.held([card.pk])[card.pk].total
    return handing_back.worth(told, left, terms, asked_on=asked_on, until=until)


def newest_rates() -> tuple[str, str]:
    """The newest rows of both tables, as 2025-05-20 3.00 %: whoever pays confirms that none was published since."""
    rules = shops.rules_of(shops.merchant())
    newest = [max(table.items()) for table in (rules.lpr_one_year_bp, rules.deposit_one_year_bp)]
    lpr, deposit = (f"{day} {rate // 100}.{rate % 100:02d} %" for day, rate in newest)
    return lpr, deposit


def _day(at: datetime) -> date:
    return at.astimezone(calendar.SHANGHAI).date()


@transaction.atomic
def ask(card_ref: str, wish: Wish, *, key: str, operator: Operator, at: datetime) -> tuple[HandBack, bool]:
    """Ask for a card to be handed back; the row, and whether this key had made it before.

    Raises NotFound, Forbidden, Invalid, Refusal card_not_hers, payee_not_holder, cash_too_much, nothing_on_card,
    Conflict hand_back_open.
    """
    staff.require(operator, Act.MAKE_PREPAID_REFUND)
    card = cards.locked([cards.get(card_ref).pk]).popitem()[1]
    staff.require_store(operator, card.store_id, card.store.code)
    seen = HandBack.objects.filter(key=key).select_related("card__store").first()
    if seen is not None:
        if seen.digest and seen.digest != hand_back_wish.digest(card, wish):
            raise Refusal("idempotency_key_reused", key=key)
        return seen, True
    worth = preview(card, wish, at=at)
    handing_back.check_payee(
        holder=card.holder,
        person=wish.person,
        payee=wish.payee,
        id_number=wish.id_number,
        account=wish.account,
        payout=wish.payout,
        total=worth.total,
    )
    try:
        with transaction.atomic():
            signs = hand_back_signs.of(
                card, account=hand_back_wish.account(wish), rules=shops.rules_of(shops.merchant()), at=at
            )
            held = [sign.number for sign in signs]
            columns = _columns(card, wish, worth, operator, at)
            row = HandBack.objects.create(
                **columns, key=key, held=held, digest=hand_back_wish.digest(card, wish)
            )
    except IntegrityError:
        raise Conflict("hand_back_open", card=card.number_masked) from None
    hand_back_signs.tell(signs, card, operator, at=at)
    outbox.write([hand_back_slips.waits(row)], at=at)
    _tell("card.hand_back_asked", row, operator, {**asdict(worth), "cause": wish.cause}, at)
    return row, False


def _columns(card: StoredCard, wish: Wish, worth: Worth, operator: Operator, at: datetime) -> dict[str, Any]:
    account = hand_back_wish.account(wish)
    return {
        **asdict(worth),
        "number": _number(at),
        "card": card,
        "cause": wish.cause,
        "rescinded_on": wish.rescinded_on,
        "history": wish.history,
        "experienced": wish.experienced,
        "payout": wish.payout,
        "till": wish.till[:16],
        "person": wish.person.strip(),
        "person_masked": masking.name(wish.person.strip()),
        "id_number": wish.id_number.strip().upper(),
        "id_masked": masking.id_number(wish.id_number.strip().upper()),
        "account": account,
        "account_masked": f"****{account[-4:]}" if account else "",
        "note": masking.scan(wish.note.strip())[:200],
        "maker": operator,
        "asked_at": at,
    }


def _number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_hand_back_number')")
        [(number,)] = cursor.fetchall()
    return f"H{_day(at):%y%m%d}{number:06d}"


def get(number: str) -> HandBack:
    """Raises NotFound hand_back_not_found."""
    row = HandBack.objects.select_related("card__store", "maker", "checker").filter(number=number).first()
    if row is None:
        raise NotFound("hand_back_not_found", number=number[:24])
    return row


def waiting(store: str = "") -> list[HandBack]:
    """What waits for a second person, oldest first."""
    rows = HandBack.objects.select_related("card__store", "maker").filter(state=AWAITING).order_by("id")
    return list(rows.filter(card__store__code=store) if store else rows)


@transaction.atomic
def pay(
    number: str, *, operator: Operator, reference: str = "", note: str = "", till: str = "", at: datetime
) -> HandBack:
    """A second person agrees and the money goes: by a transfer that has a reference, or from the drawer.

    Raises NotFound, Forbidden, Conflict hand_back_decided or hand_back_stale, Refusal hand_back_held,
    transfer_reference_needed, drawer_closed or drawer_short.
    """
    row, card = _decidable(number, operator)
    today = _day(at)
    terms = Terms(
        cause=Cause(row.cause),
        rescinded_on=row.rescinded_on,
        history=row.history,
        experienced=row.experienced,
    )
    worth = _worth(card, terms, asked_on=_day(row.asked_at), until=today)
    if (worth.principal_refund, worth.consumed_face) != (row.principal_refund, row.consumed_face):
        raise Conflict("hand_back_stale", number=number)
    row.interest = worth.interest
    _may_go(row, operator, reference=reference, note=note, till=till)
    held = cards.held([card.pk])[card.pk]
    CardMove.objects.create(
        card=card,
        kind="hand_back",
        principal=-held.principal,
        bonus=-held.bonus,
        subject_no=row.number,
        at=at,
        by=operator.code,
    )
    _decide(row, PAID, operator, note, at, reference=reference)
    entry = _entry(row, held.principal)
    ledger.post([ledger.Posted(entry, _business(at), card.store.code, row.till)], at=at)
    told: dict[str, Any] = {"principal": row.principal_refund, "interest": row.interest, "payout": row.payout}
    HandBack.objects.filter(pk=row.pk).update(
        slip=hand_back_slips.of(row, at=at), shift=row.shift, till=row.till
    )
    row.refresh_from_db(fields=["slip"])
    outbox.write([hand_back_slips.told(row)], at=at)
    _tell("card.hand_back_paid", row, operator, told, at)
    return row


def _may_go(row: HandBack, operator: Operator, *, reference: str, note: str, till: str) -> None:
    """What must be there before money leaves: a reference, a word on what holds it, a drawer that has it."""
    if row.payout == "transfer" and row.total and not reference.strip():
        raise Refusal("transfer_reference_needed", leg_no=row.number)
    if row.held and not note.strip():
        raise Refusal("hand_back_held", number=row.number, rules="、".join(row.held))
    if row.payout == "cash" and row.total:
        row.till = till or row.till
        row.shift = drawers.pay_out(
            row.card.store,
            row.till,
            row.total,
            operator=operator,
            rules=shops.rules_of(shops.merchant()),
        )


def _entry(row: HandBack, principal: int) -> journal.Draft:
    """J17c where the card's books hold exactly what goes back to the bank; else the difference has a line (J17f)."""
    if row.payout == "transfer" and row.principal_refund == principal and not row.interest:
        return journal.draft("J17c", row.number, amount=principal)
    return journal.draft(
        "J17f",
        row.number,
        channel=row.payout,
        principal=principal,
        excess=max(0, row.principal_refund - principal),
        kept=max(0, principal - row.principal_refund),
        interest=row.interest,
        amount=row.total,
    )


@transaction.atomic
def reject(number: str, *, operator: Operator, note: str, at: datetime) -> HandBack:
    """A second person says no, and why. Raises NotFound, Forbidden, Refusal note_needed, Conflict hand_back_decided."""
    if not note.strip():
        raise Refusal("note_needed", refund_no=number)
    row, _ = _decidable(number, operator)
    _decide(row, REJECTED, operator, note, at)
    _tell("card.hand_back_rejected", row, operator, {"note": row.decision_note}, at)
    return row


def _decidable(number: str, operator: Operator) -> tuple[HandBack, StoredCard]:
    staff.require(operator, Act.APPROVE_PREPAID_REFUND)
    shops.require_open()
    card = cards.locked([get(number).card_id]).popitem()[1]
    row = HandBack.objects.select_for_update(of=("self",)).select_related("maker").get(number=number)
    row.card = card
    staff.require_store(operator, card.store_id, card.store.code)
    if row.state != AWAITING:
        raise Conflict("hand_back_decided", number=number)
    if row.maker_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)
    return row, card


def _decide(
    row: HandBack, state: str, operator: Operator, note: str, at: datetime, *, reference: str = ""
) -> None:
    row.reference, row.decision_note = reference.strip()[:64], masking.scan(note.strip())[:200]
    row.checker, row.decided_at = operator, at
    HandBack.objects.filter(pk=row.pk).update(
        state=state,
        interest=row.interest,
        reference=row.reference,
        decision_note=row.decision_note,
        checker=operator,
        decided_at=at,
    )
    row.refresh_from_db(fields=["state"])


def forget(before: datetime) -> int:
    """Take identity numbers, names and accounts off what was decided before a moment; how many rows."""
    rows = HandBack.objects.exclude(state=AWAITING).filter(decided_at__lt=before).exclude(id_masked="")
    count = 0
    for row in rows[:500]:
        row.person = row.id_number = row.account = ""
        row.person_masked = row.id_masked = row.account_masked = ""
        row.save(
            update_fields=["person", "id_number", "account", "person_masked", "id_masked", "account_masked"]
        )
        count += 1
    return count


def _business(at: datetime) -> date:
    return calendar.business_date(at, cutover=shops.rules_of(shops.merchant()).business_day_cutover)


def _tell(name: str, row: HandBack, operator: Operator, facts: dict[str, Any], at: datetime) -> None:
    act = audit.Act(
        act=name,
        subject="card",
        subject_no=row.card.card_ref,
        by=operator.code,
        store=row.card.store.code,
        facts={"number": row.number, **facts},
    )
    audit.write([act], at=at)

"""A refund that came back, sent by its channel to another account: proposed by one person, sent by another (domain F04).

No card number is kept: the row holds its first six and last four digits. The whole number passes through memory once,
encrypted for the channel, and the person who sends it must type one that fits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

from sudapos.core import capability, masking
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import RETURNED, Order, Verb
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal

from . import shops, staff
from .changes import Changes
from .legs import Attempt, Leg
from .moves import order_of
from .refunds import Refund
from .staff import Operator

CUSTOMER, MERCHANT = "customer_card", "merchant_card"
SETTLES_IN = timedelta(seconds=60)
"""An answer about the old state may still be under way so long after the request (wechatpay §7)."""


class Reissue(models.Model):
    """One wish to send bounced money elsewhere. `masked` is six digits, stars, four digits."""

    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, related_name="reissues")
    kind = models.CharField(max_length=16)
    bank = models.CharField(max_length=8, blank=True, default="")
    masked = models.CharField(max_length=24, blank=True, default="")
    evidence = models.CharField(max_length=200)
    proposed_by = models.CharField(max_length=32)
    proposed_at = models.DateTimeField()
    sent_by = models.CharField(max_length=32, blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    attempt = models.ForeignKey(Attempt, null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64, blank=True, default="")
    """The channel portal's own number, when it was done there."""

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["leg"], condition=Q(sent_at=None), name="one_reissue_waits_per_leg"
            ),
            models.CheckConstraint(
                condition=Q(masked="") | Q(masked__regex=r"^[0-9]{6}\*{2,9}[0-9]{4}$"),
                name="reissue_keeps_no_card_number",
            ),
        ]


def mask(number: str) -> str:
    """Six and four digits of a card's number; raises Invalid when it is none."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        raise Invalid("input_invalid", errors=[FieldError(("card_number",), "not_a_card_number")])
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def _lock(leg_no: str) -> Leg:
    refund = Refund.objects.select_for_update(no_key=True).filter(legs__leg_no=leg_no).first()
    rows = Leg.objects.select_for_update(of=("self",)).select_related(
        "payment__origin", "account", "refund__store"
    )
    leg = rows.filter(leg_no=leg_no).first()
    if refund is None or leg is None:
        raise NotFound("leg_not_found", leg_no=leg_no)
    return leg


def _may(leg: Leg, operator: Operator, act: Act) -> None:
    staff.require(operator, act)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.refund.operator_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)


def refuse_corrected(leg: Leg) -> None:
    """What bounced is not paid again whole where a part of it was never hers: that part is set off first.

    Raises Refusal correction_open, or correction_given_up where we had booked it as lost.
    """
    claims = leg.refund.corrections.filter(state__in=("open", "given_up"), set_off__lt=F("amount"))
    row = claims.order_by("id").first()
    if row is not None:
        raise Refusal(f"correction_{row.state}", correction_no=row.correction_no, amount=row.left)


@transaction.atomic
def propose(
    leg_no: str, *, kind: str, bank: str, card_number: str, evidence: str, operator: Operator, at: datetime
) -> Reissue:
    """Ask for bounced money to go to the customer's own debit card, or back to the merchant; never by the refund's maker.

    Raises NotFound, Forbidden, Invalid, Refusal evidence_needed or reissue_not_offered, Conflict illegal_move,
    reissue_under_way.
    """
    leg = _lock(leg_no)
    _may(leg, operator, Act.APPROVE_TRANSFER)
    row = capability.get(leg.channel)
    if kind not in row.reissue or not leg.channel_refund_ref:
        raise Refusal("reissue_not_offered", leg_no=leg_no, channel=leg.channel)
    if leg.state != LegState.BOUNCED or leg.error_code == RETURNED:
        raise Conflict("illegal_move", state=leg.state, act="reissue")
    if under_way(leg) or waiting(leg) is not None:
        raise Conflict("reissue_under_way", leg_no=leg_no)
    if kind == CUSTOMER:
        refuse_corrected(leg)
    if not evidence.strip():
        raise Refusal("evidence_needed", refund_no=leg.refund.refund_no)
    if kind == CUSTOMER and bank not in row.reissue_banks:
        raise Invalid("input_invalid", errors=[FieldError(("bank",), "not_offered")])
    wish = Reissue.objects.create(
        leg=leg,
        kind=kind,
        bank=bank if kind == CUSTOMER else "",
        masked=mask(card_number) if kind == CUSTOMER else "",
        evidence=masking.scan(evidence.strip())[:200],
        proposed_by=operator.code,
        proposed_at=at,
    )
    changes = Changes(at)
    changes.tell(leg, "reissue.proposed", by=operator.code, kind=kind, card=wish.masked, note=wish.evidence)
    changes.write([leg])
    return wish


def refund_no_of(leg_no: str) -> str:
    """The refund that a payment belongs to."""
    return str(Leg.objects.values_list("refund__refund_no", flat=True).get(leg_no=leg_no))


def waiting(leg: Leg) -> Reissue | None:
    """The wish that a second person has not sent yet."""
    return Reissue.objects.filter(leg=leg, sent_at=None).first()


def under_way(leg: Leg) -> bool:
    """Whether the channel may still be sending the money elsewhere: then no other way is open.

    It is over when the channel refused it, or when it said again, a while later, that the money came back.
    """
    last = Reissue.objects.filter(leg=leg).exclude(sent_at=None).select_related("attempt").first()
    if last is None or last.sent_at is None or leg.state != LegState.BOUNCED or leg.error_code == RETURNED:
        return False
    if last.attempt is not None and last.attempt.outcome in ("refused", "deferred", "bounced"):
        return False
    back = leg.attempts.filter(verb=Verb.ASK, outcome="bounced", started_at__gte=last.sent_at + SETTLES_IN)
    return not back.exists()


def _second(leg: Leg, operator: Operator) -> Reissue:
    _may(leg, operator, Act.MAKE_TRANSFER)
    wish = waiting(leg)
    if wish is None or leg.state != LegState.BOUNCED or leg.error_code == RETURNED:
        raise Conflict("illegal_move", state=leg.state, act="reissue")
    if wish.proposed_by == operator.code:
        raise Forbidden("maker_is_checker", operator=operator.code)
    if wish.kind == CUSTOMER:
        refuse_corrected(leg)
    return wish


@transaction.atomic
def begin(leg_no: str, *, card_number: str, operator: Operator, at: datetime) -> tuple[Order, Reissue]:
    """The second person's yes: the attempt is on disk before a byte leaves. The number typed must fit the proposed one.

    Raises NotFound, Forbidden, Invalid, Refusal card_differs, Conflict illegal_move.
    """
    shops.require_open()
    leg = _lock(leg_no)
    wish = _second(leg, operator)
    if wish.kind == CUSTOMER and mask(card_number) != wish.masked:
        raise Refusal("card_differs", card=wish.masked)
    leg.asked, leg.recheck, leg.due_at = leg.asked + 1, True, at + SETTLES_IN
    seq = leg.sent + leg.asked
    attempt = Attempt.objects.create(leg=leg, seq=seq, leg_no=leg.leg_no, verb=Verb.REISSUE, started_at=at)
    wish.sent_by, wish.sent_at, wish.attempt = operator.code, at, attempt
    wish.save(update_fields=["sent_by", "sent_at", "attempt"])
    changes = Changes(at)
    changes.tell(leg, "reissue.sent", by=operator.code, kind=wish.kind, card=wish.masked)
    changes.write([leg])
    return order_of(leg, attempt), wish


@transaction.atomic
def portal(leg_no: str, *, reference: str, operator: Operator, at: datetime) -> Reissue:
    """The second person did it in the channel's own portal, so that no number was typed here; the channel is asked soon.

    Raises NotFound, Forbidden, Refusal evidence_needed, Conflict illegal_move.
    """
    leg = _lock(leg_no)
    wish = _second(leg, operator)
    if not reference.strip():
        raise Refusal("evidence_needed", refund_no=leg.refund.refund_no)
    wish.sent_by, wish.sent_at, wish.reference = operator.code, at, masking.scan(reference.strip())[:64]
    wish.save(update_fields=["sent_by", "sent_at", "reference"])
    leg.recheck, leg.due_at = True, at + SETTLES_IN
    changes = Changes(at)
    changes.tell(leg, "reissue.sent", by=operator.code, kind=wish.kind, card=wish.masked, note=wish.reference)
    changes.write([leg])
    return wish

"""The customer's page of a refund: an address that nobody guesses, that ends after a while and can be taken back.

The token is random; the table keeps its digest, by which it is found, and the token itself sealed, so that a reprint
shows the same code (domain §7.2). Nothing here names a person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max

from sudapos.core import calendar, customer, masking
from sudapos.core.authority import Act
from sudapos.core.customer import Told
from sudapos.core.lifecycle import RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import NotFound, Refusal
from sudapos.core.wording import customer as words

from . import audit, decisions, shops, staff
from .legs import Leg, Move
from .refunds import Refund
from .sealing import SealedText
from .shops import Merchant
from .staff import Operator

TOKEN_BYTES = 18
"""144 bits; 24 characters in an address."""
TOKEN_LENGTH = 24


class Link(models.Model):
    """The page of one refund. Taken back, it leads nowhere; renewed, the old address leads nowhere."""

    refund = models.OneToOneField("books.Refund", on_delete=models.PROTECT, related_name="link")
    digest = models.CharField(max_length=64, unique=True)
    token = SealedText()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=32, blank=True, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One way on which the money goes back; amounts in fen."""

    told: Told
    amount: int
    channel: str
    route: str
    account: str
    """Masked, as the channel told it; empty where only the channel is known."""
    arrives_by: date | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the customer sees; there is no field for a name or a line."""

    amount: int
    told: Told
    parts: tuple[Part, ...]
    phone: str

    @property
    def is_final(self) -> bool:
        return self.told in customer.FINAL


def ensure(refund: Refund, *, at: datetime) -> Link | None:
    """The link of a refund that money goes back for; made on the first call, None for any other refund."""
    if refund.state != RefundState.APPROVED:
        return None
    if (found := of(refund)) is not None:
        return found
    token = secrets.token_urlsafe(TOKEN_BYTES)
    fresh = Link(refund=refund, digest=_digest(token), token=token, created_at=at)
    Link.objects.bulk_create(
        [fresh], ignore_conflicts=True
    )  # whoever came first has made the one that counts
    link = Link.objects.get(refund=refund)
    link.refund = refund
    return link


def path(link: Link | None) -> str:
    """Where the page stands on this installation; empty without one."""
    return f"/s/{link.token}" if link is not None and link.revoked_at is None else ""


def address(link: Link | None) -> str:
    """The whole address, as it stands in the QR code; empty where nobody outside reaches us."""
    where = path(link)
    return f"{settings.PUBLIC_URL}{where}" if where and settings.PUBLIC_URL else ""


def of(refund: Refund) -> Link | None:
    """The refund's link, read with the refund where that was asked for; None before the first `ensure`."""
    return getattr(refund, "link", None)


def look(token: str, *, at: datetime) -> Page | None:
    """What stands behind a token; None alike for unknown, ended and revoked ones. One statement for a wrong one."""
    if len(token) != TOKEN_LENGTH:
        return None
    # found by the digest's index: how long that takes says nothing about the token
    link = (
        Link.objects.filter(digest=_digest(token), revoked_at=None)
        .select_related("refund__store")
        .prefetch_related("refund__legs__payment")
        .first()
    )
    if link is None:
        return None
    page, gone = page_of(link.refund, at=at), _ends(link.refund)
    return None if page.is_final and gone is not None and at >= gone else page


def page_of(refund: Refund, *, at: datetime, merchant: Merchant | None = None) -> Page:
    """The page of a refund that was read with its legs and payments, whoever asks."""
    today = calendar.business_date(at, cutover="00:00")
    legs = [leg for leg in refund.legs.all() if not leg.replaced]
    parts = tuple(part_of(leg, today=today) for leg in legs if leg.route != Route.SET_OFF)
    return Page(
        # what reaches her: a platform's coupon goes back to its platform (domain §5.6)
        amount=refund.total - sum(leg.amount - leg.to_customer for leg in legs),
        told=customer.of_all([part.told for part in parts] or _without_legs(refund, legs)),
        parts=parts,
        phone=refund.store.phone or (merchant or shops.merchant()).phone,
    )


def _without_legs(refund: Refund, set_off: Sequence[Leg]) -> list[Told]:
    """What was approved and has no leg was handed over by an earlier rounding; what waits was only taken."""
    if set_off:
        return [Told.CLOSED]
    approved = refund.state == RefundState.APPROVED
    return [customer.of_leg("settled", Route.CASH)] if approved else []


def part_of(leg: Leg, *, today: date) -> Part:
    """One way of the money, as the customer may know it."""
    told = customer.of_leg(leg.state, leg.route)
    by = None if leg.route == Route.CASH else leg.arrives_by
    return Part(
        told=told,
        amount=leg.to_customer,
        channel=leg.channel,
        route=leg.route,
        account=_masked(leg.received_account or leg.payment.card_masked),
        arrives_by=by,
        late=customer.is_late(told, by, today=today),
    )


def _masked(account: str) -> str:
    """A channel may tell more than a page that anybody with the paper opens should show."""
    if "@" in account:
        return masking.wallet(account)
    return masking.card(account) if looks_whole(account) else masking.scan(account)


def looks_whole(account: str) -> bool:
    """Whether this is nothing but a number, long enough to be a card's or a phone's."""
    return account.isascii() and account.isdigit() and len(account) > 8


def _ends(refund: Refund) -> datetime | None:
    last = Move.objects.filter(leg__refund=refund).aggregate(last=Max("at"))["last"]
    days = shops.rules_of(shops.merchant()).customer_page_days
    return customer.ends(last or refund.decided_at, days)


@transaction.atomic
def revoke(refund_no: str, *, operator: Operator, note: str, at: datetime, renew: bool = False) -> Link:
    """Take the address back, because the voucher went astray; with `renew` a new one takes its place.

    Raises NotFound refund_not_found or no_customer_page, Forbidden, Refusal reason_needed.
    """
    refund = decisions.get(refund_no)
    staff.require(operator, Act.REPRINT)
    staff.require_store(operator, refund.store_id, refund.store.code)
    if not note.strip():
        raise Refusal("reason_needed")
    link = Link.objects.select_for_update().filter(refund=refund).first()
    if link is None:
        raise NotFound("no_customer_page", refund_no=refund_no)
    if renew:
        link.token = secrets.token_urlsafe(TOKEN_BYTES)
        link.digest, link.revoked_at, link.revoked_by = _digest(link.token), None, ""
    else:
        link.revoked_at, link.revoked_by = at, operator.code
    link.save()
    act = audit.Act(
        act="link.renewed" if renew else "link.revoked",
        subject="refund",
        subject_no=refund_no,
        by=operator.code,
        store=refund.store.code,
        facts={"note": masking.scan(note.strip())[:80]},
    )
    audit.write([act], at=at)
    return link


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def account_word(part: Part, channel: str, lang: str) -> str:
    """Where the money lands, for a sentence: 微信零钱, 622202*********1234, or only the channel's name."""
    if part.route == Route.CASH:
        return words.pick(words.PAGE, "cash", lang)
    if part.route == Route.TRANSFER:
        return words.pick(words.PAGE, "your_bank", lang)
    return part.account or channel or words.pick(words.PAGE, "your_account", lang)

"""Who a customer is, as far as one sale was told: sealed, masked on the sale, and gone when its time is over.

The sale keeps a mask and a keyed digest, so that it is found by phone without opening anything (R-18).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from sudapos.core import masking
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, NotFound, Refusal

from . import audit, shops, staff
from .drafts import phone_digest
from .sales import Sale
from .sealing import SealedText
from .staff import Operator

FIELDS = ("phone", "name")


class Contact(models.Model):
    """Phone and name of one sale's customer, where they were given. Deleted by the purge, the sale stays."""

    sale = models.OneToOneField(Sale, on_delete=models.CASCADE, related_name="contact")
    phone = SealedText(default="")
    name = SealedText(default="")


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What was opened for one person, and until when a page may show it."""

    phone: str
    name: str
    until: datetime


def keep(given: Iterable[tuple[Sale, str, str]]) -> None:
    """Write the contacts of new sales (sale, phone, name), in one statement; sales without any have no row."""
    Contact.objects.bulk_create(
        Contact(sale=sale, phone=phone.strip(), name=name.strip())
        for sale, phone, name in given
        if phone.strip() or name.strip()
    )


@transaction.atomic
def unmask(sale_no: str, *, operator: Operator, reason: str, at: datetime) -> Unmasked:
    """Open phone and name of a sale for one person, who says why; every opening is an audit record.

    Raises NotFound sale_not_found or nothing_to_unmask, Forbidden, Refusal reason_needed.
    """
    sale = Sale.objects.select_related("store").filter(sale_no=sale_no).first()
    if sale is None:
        raise NotFound("sale_not_found", sale_no=sale_no)
    staff.require(operator, Act.UNMASK)
    staff.require_store(operator, sale.store_id, sale.store.code)
    if not reason.strip():
        raise Refusal("reason_needed")
    contact = Contact.objects.filter(sale=sale).first()
    if contact is None:
        raise NotFound("nothing_to_unmask", sale_no=sale_no)
    opened = [name for name in FIELDS if getattr(contact, name)]
    facts = {"fields": opened, "reason": masking.scan(reason.strip())[:80]}
    audit.write([_act("personal.unmasked", sale, operator.code, facts)], at=at)
    seconds = shops.rules_of(shops.merchant()).unmask_seconds
    return Unmasked(contact.phone, contact.name, at + timedelta(seconds=seconds))


def of_phone(phone: str) -> list[Sale]:
    """Every sale that this phone number was given for, oldest first."""
    digest = phone_digest(phone)
    if not digest:
        raise Invalid("input_invalid", errors=[FieldError(("phone",), "missing")])
    return list(Sale.objects.filter(phone_digest=digest).select_related("store", "contact").order_by("id"))


@transaction.atomic
def correct(phone: str, *, to_phone: str, to_name: str, operator: Operator, at: datetime) -> int:
    """What a person says about herself replaces what was kept; the number of sales changed (PIPL Art. 46).

    Raises Forbidden, Invalid, NotFound person_not_found.
    """
    staff.require(operator, Act.CHANGE_SETTINGS)
    sales = _known(phone)
    for sale in sales:
        kept = getattr(sale, "contact", None) or Contact(sale=sale)
        kept.phone, kept.name = to_phone.strip() or kept.phone, to_name.strip() or kept.name
        kept.save()
        show(sale, kept.phone, kept.name)
        sale.save(update_fields=["phone_masked", "phone_digest", "name_masked"])
    audit.write((_act("personal.corrected", sale, operator.code, {}) for sale in sales), at=at)
    return len(sales)


def show(sale: Sale, phone: str, name: str) -> None:
    """The masks and the digest that a sale itself carries."""
    sale.phone_masked = masking.mobile(phone) if phone else ""
    sale.phone_digest = phone_digest(phone)
    sale.name_masked = masking.name(name) if name else ""


def forget(sales: Iterable[Sale], *, why: str, by: str, at: datetime) -> int:
    """Take a person off these sales; the sales, their refunds and the books stay. Returns how many there were."""
    rows = list(sales)
    Contact.objects.filter(sale__in=rows).delete()
    Sale.objects.filter(pk__in=[sale.pk for sale in rows]).update(
        phone_masked="", phone_digest="", name_masked=""
    )
    audit.write((_act("personal.forgotten", sale, by, {"reason": why}) for sale in rows), at=at)
    return len(rows)


def told(sale: Sale) -> dict[str, Any]:
    """What is kept of the person on one sale, opened, for her own copy (PIPL Art. 45)."""
    kept = getattr(sale, "contact", None)
    return {"phone": kept.phone if kept else "", "name": kept.name if kept else ""}


def _known(phone: str) -> list[Sale]:
    sales = of_phone(phone)
    if not sales:
        raise NotFound("person_not_found")
    return sales


def _act(name: str, sale: Sale, by: str, facts: Mapping[str, Any]) -> audit.Act:
    return audit.Act(
        act=name, subject="sale", subject_no=sale.sale_no, by=by, store=sale.store.code, facts=facts
    )

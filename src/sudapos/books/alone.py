"""The one-person shop (domain §8.1): who is the only one able to approve may approve her own refund, and is looked at later."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from sudapos.core import authority
from sudapos.core.rules import Rules

from . import reviews
from .refunds import Refund
from .staff import Operator


def roles(refund: Refund, operator: Operator, rules: Rules) -> list[str]:
    """What the maker may approve herself: one approval, where the policy says so and nobody else could give it."""
    if not rules.single_operator_mode or not operator.is_active or operator.pk != refund.operator_id:
        return []
    if operator.store_id is not None and operator.store_id != refund.store_id:
        return []
    if len(refund.needed) != 1 or refund.approvals.exists():
        return []
    needed = refund.needed[0]
    if not authority.may_approve(operator.roles, needed, refund.total, rules):
        return []
    others = Operator.objects.filter(is_active=True, roles__contains=[needed]).exclude(pk=operator.pk)
    others = others.filter(Q(store_id=None) | Q(store_id=refund.store_id))
    if any(authority.may_approve(other.roles, needed, refund.total, rules) for other in others):
        return []
    return [needed]


def flag(refund: Refund, operator: Operator, *, at: datetime) -> None:
    """Put a refund that its maker approved on the list for the owner or the auditor; others need none."""
    if operator.pk != refund.operator_id:
        return
    facts = {"total": refund.total, "reason": refund.reason, "sale_no": refund.sale.sale_no}
    draft = reviews.Draft(
        subject="refund",
        subject_no=refund.refund_no,
        by=operator.code,
        store=refund.store.code,
        facts=facts,
    )
    reviews.open(draft, at=at)

"""The chart of accounts: a standard set chosen by the rules, and the codes and names that the merchant has instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from sudapos.core import chart
from sudapos.core.authority import Act
from sudapos.core.chart import Chart
from sudapos.core.refusal import FieldError, Invalid
from sudapos.core.rules import Rules

from . import audit, shops, staff
from .shops import Merchant
from .staff import Operator

Codes = Mapping[str, tuple[str, str]]


class ChartCode(models.Model):
    """One account that the merchant calls differently; `key` is its name in the recipes."""

    key = models.CharField(max_length=16, unique=True)
    code = models.CharField(max_length=15, unique=True)
    name = models.CharField(max_length=40)
    changed_by = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]+(\.[0-9]+)*$"), name="chart_code_is_digits_and_dots"
            ),
        ]


def of(rules: Rules, *, style: str = "") -> Chart:
    """The chart as it stands, in one statement; `style` is the rules' unless another one is asked for."""
    own = {row.key: (row.code, row.name) for row in ChartCode.objects.all()}
    return Chart(codes={**chart.standard(rules), **own}, style=style or rules.journal_style)


def now() -> Chart:
    """The chart under the merchant's rules."""
    return of(shops.rules_of(shops.merchant()))


@transaction.atomic
def put(wanted: Codes, *, operator: Operator, at: datetime) -> Chart:
    """Give accounts other codes and names; what is left out stays, what is as the standard has it is no row.

    Raises Forbidden, Invalid chart_invalid with the faults by key.
    """
    staff.require(operator, Act.EXPORT_JOURNAL)
    merchant = Merchant.objects.select_for_update().get()
    rules = shops.rules_of(merchant)
    before = of(rules).codes
    unknown = [FieldError((key,), "unknown_key") for key in wanted if key not in before]
    after = {**before, **{key: (code.strip(), name.strip()) for key, (code, name) in wanted.items()}}
    wrong = unknown or list(chart.faults(after))
    if wrong:
        raise Invalid("chart_invalid", errors=wrong)
    changed = {key: after[key] for key in before if after[key] != before[key]}
    if changed:
        _write(changed, chart.standard(rules), operator, at)
        facts = {key: f"{before[key][0]} → {code} {name}" for key, (code, name) in changed.items()}
        act = audit.Act(
            act="chart.changed", subject="merchant", subject_no="1", by=operator.code, facts=facts
        )
        audit.write([act], at=at)
    return of(rules)


def _write(changed: Codes, standard: Codes, operator: Operator, at: datetime) -> None:
    """All away, then all new: two accounts may change their codes with each other."""
    ChartCode.objects.filter(key__in=changed).delete()
    ChartCode.objects.bulk_create(
        ChartCode(key=key, code=code, name=name, changed_by=operator.code, changed_at=at)
        for key, (code, name) in changed.items()
        if (code, name) != standard[key]
    )


def faults(look: Chart) -> Iterator[FieldError]:
    """What is wrong with a chart as a whole; a change of the standard set may bring two codes together."""
    return chart.faults(look.codes)


def overridden() -> frozenset[str]:
    """Keys that the merchant has changed."""
    return frozenset(ChartCode.objects.values_list("key", flat=True))

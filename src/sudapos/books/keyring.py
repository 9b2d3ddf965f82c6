"""Changing the key while programs run: a new key seals from now on, old values are sealed anew, then old keys go (R-19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography.fernet import Fernet
from django.apps import apps
from django.db import connection, models, transaction

from sudapos.core.refusal import Refusal

from . import audit, factors, sealing

AT_MOST = 200
"""Rows that one commit seals anew; a row is locked meanwhile, so that no change to it is lost."""


def rotate(*, by: str, at: datetime) -> int:
    """Put a fresh key in front of the ring and seal everything anew; how many rows changed.

    May be run again after it was cut off. Raises Refusal keyring_elsewhere where the ring stands in the environment.
    """
    if sealing.ring.is_elsewhere():
        raise Refusal("keyring_elsewhere", name=sealing.ENVIRONMENT)
    sealing.ring.write([Fernet.generate_key().decode(), *sealing.ring.keys()])
    count = reseal()
    _audit("keys.rotated", {"rows": count, "keys": len(sealing.ring.keys())}, by, at)
    return count


def reseal() -> int:
    """Seal with the newest key whatever another one has sealed; how many rows changed."""
    count = 0
    for model, names in _models():
        for numbers in _batches(model, names):
            with transaction.atomic():
                for row in model._base_manager.select_for_update().filter(pk__in=numbers).order_by("pk"):
                    row.save(update_fields=names)
                    count += 1
    return count + factors.reseal()


def forget(*, by: str, at: datetime) -> int:
    """Drop every key but the newest; how many went. Raises Refusal keys_still_needed, keyring_elsewhere."""
    if sealing.ring.is_elsewhere():
        raise Refusal("keyring_elsewhere", name=sealing.ENVIRONMENT)
    left = _left()
    if left:
        raise Refusal("keys_still_needed", rows=left)
    newest, *old = sealing.ring.keys()
    sealing.ring.write([newest])
    _audit("keys.forgotten", {"keys": len(old)}, by, at)
    return len(old)


def state() -> tuple[int, int]:
    """How many keys the ring has, and how many rows the newest one has not sealed."""
    return len(sealing.ring.keys()), _left()


def _left() -> int:
    rows = sum(len(numbers) for model, names in _models() for numbers in _batches(model, names))
    return rows + factors.stale()


def _models() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Every table with sealed columns, and their names."""
    for model in apps.get_app_config("books").get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, sealing.Sealed)]
        if names:
            yield model, names


def _batches(model: type[models.Model], names: list[str]) -> Iterator[list[int]]:
    """Numbers of rows that hold a value which the newest key did not seal. The values are read as they stand."""
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in names)
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {columns} FROM {table} WHERE id > %s ORDER BY id LIMIT %s",
                [last, AT_MOST],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        stale = [
            row[0] for row in rows if not all(not text or sealing.sealed_by_newest(text) for text in row[1:])
        ]
        if stale:
            yield stale


def _audit(name: str, facts: dict[str, int], by: str, at: datetime) -> None:
    audit.write([audit.Act(act=name, subject="merchant", subject_no="1", by=by, facts=facts)], at=at)

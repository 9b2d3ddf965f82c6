"""Many rows updated by one statement whose cost does not grow with rows times columns, as CASE … WHEN would."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the named fields of saved rows of one model: UPDATE … FROM unnest(…). No rows, no statement."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    assert meta.pk is not None and all(isinstance(field, models.Field) for field in fields)
    columns = [meta.pk, *[field for field in fields if isinstance(field, models.Field)]]
    arrays = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in columns
    ]
    types = [(field.db_type(connection) or "text").split("(")[0] for field in columns]
    quoted = [connection.ops.quote_name(field.column) for field in columns]
    sets = ", ".join(f"{name} = v.{name}" for name in quoted[1:])
    unnested = ", ".join(f"%s::{kind}[]" for kind in types)
    table = connection.ops.quote_name(meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} t SET {sets} FROM unnest({unnested}) AS v({', '.join(quoted)})"
            f" WHERE t.{quoted[0]} = v.{quoted[0]}",
            arrays,
        )

"""A file for the accounting program: vouchers become rows, rows become bytes, and what was given away is written down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from sudapos.books import chart, exports
from sudapos.books.exports import Batch, Plan, Wish
from sudapos.core import profiles
from sudapos.core.profiles import Profile
from sudapos.core.sheets import Cell
from sudapos.printing import tables

PREVIEW = 20


@dataclass(frozen=True, slots=True)
class File:
    """What the caller gets; `repeated` entries were in an earlier file already."""

    name: str
    content_type: str
    content: bytes
    batch: Batch

    @property
    def repeated(self) -> int:
        return self.batch.repeated


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file that nobody has taken yet; numbers may still change."""

    headings: list[Cell]
    rows: list[list[Cell]]
    vouchers: int
    entries: int
    repeated: int


@transaction.atomic
def export(
    wish: Wish, profile: Profile, *, kind: str = "", encoding: str = "", by: str, at: datetime
) -> File:
    """Make the file and keep its numbers. The same wish over the same entries gives the same bytes.

    Raises Invalid for a kind or encoding that the profile does not offer, and what `exports.plan` raises.
    """
    kind = profiles.chosen(kind, profile.kinds, "file")
    encoding = profiles.chosen(encoding, profile.encodings if kind != "xlsx" else ("utf-8",), "encoding")
    exports.lock()
    look = chart.now()
    made = exports.plan(wish, look)
    content = _bytes(profile, made, kind, encoding)
    options = {
        "grouping": wish.grouping,
        "store": wish.store,
        "recipe": wish.recipe,
        "business_no": wish.business_no,
        "file": kind,
        "encoding": encoding,
        "style": look.style,
    }
    digest = hashlib.sha256(content).hexdigest()
    batch = exports.keep(made, profile=profile.name, options=options, digest=digest, by=by, at=at)
    name = f"journal-{wish.since}-{wish.until}-{profile.name}.{kind}"
    charset = f"; charset={encoding}" if kind != "xlsx" else ""
    return File(name, tables.CONTENT_TYPES[kind] + charset, content, batch)


def preview(wish: Wish, profile: Profile) -> Preview:
    """What `export` would begin with. Raises what it raises."""
    made = exports.plan(wish, chart.now())
    rows = profiles.table(profile, made.sheets[:PREVIEW])[:PREVIEW]
    return Preview(profiles.headings(profile), rows, len(made.sheets), made.entries, made.repeated)


def _bytes(profile: Profile, made: Plan, kind: str, encoding: str) -> bytes:
    head = [profiles.headings(profile)] if profile.has_headings else []
    rows = [*head, *profiles.table(profile, made.sheets)]
    if kind == "xlsx":
        return tables.as_xlsx(rows, title="Sheet1", head=len(head))
    if kind == "txt":
        return tables.as_txt(rows, preamble=profile.preamble, encoding=encoding)
    return tables.as_csv(rows, encoding=encoding)

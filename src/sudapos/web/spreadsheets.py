"""A table of a page as a file: `?file=csv` or `?file=xlsx`, with the same rows that the page shows."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from sudapos.core import sheets
from sudapos.core.sheets import Cell
from sudapos.printing import tables

KINDS = ("csv", "xlsx")


def wanted(request: HttpRequest) -> str:
    """csv, xlsx, or nothing: the page itself."""
    kind = request.GET.get("file", "")
    return kind if kind in KINDS else ""


def table(kind: str, name: str, headings: Sequence[object], rows: Sequence[Sequence[Cell]]) -> HttpResponse:
    """The file; texts that look like formulas are made harmless."""
    whole: list[list[Cell]] = [[str(heading) for heading in headings], *map(list, rows)]
    safe = [[sheets.guard(cell) if isinstance(cell, str) else cell for cell in row] for row in whole]
    content = tables.as_xlsx(safe, title="Sheet1") if kind == "xlsx" else tables.as_csv(safe)
    return sent(f"{name}.{kind}", tables.CONTENT_TYPES[kind], content)


def sent(name: str, content_type: str, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response

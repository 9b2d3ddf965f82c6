"""The small tree of what people do wrong: each has a code, facts, and a way out. Bugs are asserted instead.

    Refusal                 the world says no: 422, 409, 404, 403 at the API, a sentence on the page
    ├── NotFound            404
    ├── Forbidden           403
    ├── Conflict            409: the picture was stale, or the number was used for something else
    └── Invalid             422: a field is wrong; `errors` says which

The sentence and the next step for each code stand in `sentences`, in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: `loc` is its path, e.g. ("lines", 0, "quantity")."""

    loc: tuple[str | int, ...]
    code: str
    message: str = ""


class Refusal(Exception):
    """Not done, for a reason that a person can read and act on."""

    http_status = 422

    def __init__(
        self, code: str, /, *, hint: str = "", errors: Sequence[FieldError] = (), **facts: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.hint = hint
        self.errors = tuple(errors)
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class NotFound(Refusal):
    http_status = 404


class Forbidden(Refusal):
    http_status = 403


class Conflict(Refusal):
    http_status = 409


class Invalid(Refusal):
    http_status = 422

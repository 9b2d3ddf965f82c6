"""Bodies and lists: what came in as JSON, and what becomes of each item of a list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.parser import Parser
from pydantic import BaseModel, ValidationError

from sudapos.core.refusal import Refusal

from . import problems

Read = TypeVar("Read", bound=BaseModel)


class Utf8Parser(Parser):
    """JSON in UTF-8, as RFC 8259 wants it; nothing is guessed."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body.decode("utf-8-sig"))


def of(request: HttpRequest) -> Any:
    """The JSON of a body. Raises HttpError 400, RequestDataTooBig."""
    try:
        return Utf8Parser().parse_body(request)
    except (ValueError, RecursionError):
        raise HttpError(400, "malformed") from None


@dataclass(slots=True)
class Items(Generic[Read]):
    """The items of a list, each with its own answer: a wrong one never stops the others."""

    lang: str
    results: list[dict[str, Any]] = field(default_factory=list)
    good: list[tuple[int, Read]] = field(default_factory=list)

    def refuse(self, index: int, refusal: Refusal) -> None:
        problem = problems.of_refusal(refusal, self.lang, ("items", index))
        self.results[index] |= {"status": "refused", "problem": problem}


def items(
    given: Sequence[Any], model: type[Read], *, most: int, lang: str, named: Sequence[str]
) -> Items[Read]:
    """Read each item by itself; its answer repeats the fields `named`. Raises Refusal too_many_items."""
    if len(given) > most:
        raise Refusal("too_many_items", count=len(given), most=most)
    found: Items[Read] = Items(lang)
    for index, item in enumerate(given):
        known = item if isinstance(item, dict) else {}
        texts = {name: known.get(name) for name in named}
        found.results.append({name: text if isinstance(text, str) else None for name, text in texts.items()})
        try:
            found.good.append((index, model.model_validate(item)))
        except ValidationError as error:
            faults = problems.field_errors(error, ("items", index))
            problem = problems.shape("input_invalid", 422, lang, {}, faults)
            found.results[index] |= {"status": "refused", "problem": problem}
    return found

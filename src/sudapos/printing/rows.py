"""What a receipt is made of. `layout` writes these rows; four renderers read the same ones and so agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """The loud banner of a reprint."""

    text: str


@dataclass(frozen=True, slots=True)
class Title:
    """A centred line of large letters."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Running text, wrapped."""

    text: str
    centred: bool = False
    small: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper; heavy ones frame the amount."""

    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label at the left edge, its value at the right one."""

    label: str
    value: str
    strong: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Goods: name, quantity, amount. The heading of the list is one, too."""

    name: str
    quantity: str
    amount: str
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """The amount that this is all about."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class Barcode:
    """Code 128 with its text below."""

    text: str


@dataclass(frozen=True, slots=True)
class Qr:
    text: str
    caption: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A label with a line to sign on."""

    label: str


Row = Mark | Title | Text | Rule | Pair | Item | Total | Barcode | Qr | Sign

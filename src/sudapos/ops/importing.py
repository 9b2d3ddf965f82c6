"""Sales from a file into the books: read, taken in by the thousand, and told row by row what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from sudapos.books import intake, shops
from sudapos.books.intake import SaleDraft, Taken
from sudapos.books.sales import Payment
from sudapos.core.refusal import Conflict, NotFound, Refusal

from . import bills, drafts, jsonlines, sheets, sources
from .rows import Defaults, Found, Problem, Remark, refused

FORMATS = ("csv", "jsonl", "wechatpay-bill", "alipay-bill")
SALES_AT_ONCE = 1000
LINES_AT_ONCE = 5000
"""One batch holds no more than either."""
BY_HAND = ("cash", "transfer")
"""Channels without a contract."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to read and how. `columns` is a mapping as the command line writes it; empty account: the fitting one."""

    path: Path
    format: str = "csv"
    columns: str = ""
    payment: str = ""
    account: str = ""
    store: str = "S01"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What became of the rows of one sale number: imported, exists or refused; the problems name rows."""

    status: str
    sale_no: str
    lines: tuple[int, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Tally:
    """Sales imported and already there, rows refused."""

    imported: int = 0
    exists: int = 0
    refused: int = 0

    def add(self, step: Step) -> None:
        if step.status == "refused":
            self.refused += len(step.problems)
        elif step.status == "imported":
            self.imported += 1
        else:
            self.exists += 1

    def __str__(self) -> str:
        return f"imported {self.imported}, already there {self.exists}, refused {self.refused}"


def run(wish: Wish, *, by: str, at: datetime) -> Iterator[Step | Remark]:
    """Read the file and take its sales in; a dry run decides all the same and writes nothing.

    Raises NotFound store_not_found or account_not_found, Conflict account_has_other_channel, BadColumns,
    UnreadableFile, OSError; each before anything is written.
    """
    if wish.store not in shops.stores([wish.store]):
        raise NotFound("store_not_found", store=wish.store)
    contracts = _Contracts(wish)
    found = read(wish, Defaults(wish.store, wish.payment, contracts.fitting))
    bookkeeper = _Bookkeeper(by, at, dry_run=wish.dry_run, is_bill=wish.format.endswith("-bill"))
    batch: list[Found] = []
    size = 0
    for each in found:
        if isinstance(each, Remark):
            yield each
            continue
        batch.append(each)
        size += len(each.lines)
        if len(batch) >= SALES_AT_ONCE or size >= LINES_AT_ONCE:
            yield from bookkeeper.take(batch)
            batch, size = [], 0
    yield from bookkeeper.take(batch)
    for channel in sorted(contracts.missing):
        yield Remark("account_missing", {"channel": channel})


def read(wish: Wish, defaults: Defaults) -> Iterator[Found | Remark]:
    """What the file holds, in its format."""
    source = sources.find(wish.path, not_named="汇总" if wish.format == "alipay-bill" else "")
    match wish.format:
        case "csv":
            return sheets.read(source, sheets.columns(wish.columns), defaults)
        case "jsonl":
            return jsonlines.read(source, defaults)
        case "wechatpay-bill":
            return bills.wechatpay(source, defaults)
        case "alipay-bill":
            return bills.alipay(source, defaults)
    raise ValueError(wish.format)


def names_payments(wish: Wish) -> bool:
    """Whether a table says how its sales were paid; else `payment` must. Raises BadColumns, UnreadableFile."""
    return sheets.names_payments(sources.find(wish.path), sheets.columns(wish.columns))


class _Contracts:
    """Which of our accounts took a payment: the one that was named, the one with the number in the file, the only one."""

    def __init__(self, wish: Wish) -> None:
        self._rows = list(shops.Account.objects.order_by("id"))
        self._named = next((row for row in self._rows if row.name == wish.account), None)
        self.missing: set[str] = set()
        if wish.account and self._named is None:
            raise NotFound("account_not_found", name=wish.account, account=wish.account)
        channel = wish.format.removesuffix("-bill") if wish.format.endswith("-bill") else wish.payment
        if self._named is not None and channel and self._named.channel != channel:
            raise Conflict("account_has_other_channel", name=self._named.name, channel=self._named.channel)

    def fitting(self, channel: str, number: str) -> str:
        """The account's name, or "" where none or more than one would do."""
        if self._named is not None:
            return self._named.name if self._named.channel == channel else ""
        fitting = [
            row.name
            for row in self._rows
            if row.channel == channel and (not number or row.config.get("mchid") == number)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if channel not in BY_HAND:
            self.missing.add(channel)
        return ""


class _Bookkeeper:
    def __init__(self, by: str, at: datetime, *, dry_run: bool, is_bill: bool) -> None:
        self._by, self._at = by, at
        self._dry_run, self._is_bill = dry_run, is_bill
        self._seen: dict[str, str] = {}

    def take(self, batch: Sequence[Found]) -> Iterator[Step]:
        """One batch into the books; what became of it in the order of the file."""
        wanted = [found for found in batch if found.draft is not None]
        answers = dict(zip(map(id, wanted), self._answers(wanted), strict=True))
        for found in batch:
            yield answers.get(id(found)) or Step("refused", found.sale_no, found.lines, found.problems)

    def _answers(self, wanted: Sequence[Found]) -> Iterator[Step]:
        known = _known_payments(wanted) if self._is_bill else {}
        fresh = [found for found in wanted if id(found) not in known]
        taken = dict(zip(map(id, fresh), self._ingest([f.draft for f in fresh if f.draft]), strict=True))
        for found in wanted:
            yield known.get(id(found)) or _step(found, taken[id(found)])

    def _ingest(self, batch: Sequence[SaleDraft]) -> list[Taken]:
        if not batch or not self._dry_run:
            return intake.ingest(batch, by=self._by, at=self._at) if batch else []
        unseen = [draft for draft in batch if draft.sale_no not in self._seen]
        with transaction.atomic():
            answers = iter(intake.ingest(unseen, by=self._by, at=self._at))
            transaction.set_rollback(True)
        return [self._remembered(draft) or self._note(draft, next(answers)) for draft in batch]

    def _remembered(self, draft: SaleDraft) -> Taken | None:
        """In a dry run nothing stays in the books, so the file's earlier sales are remembered here."""
        digest = self._seen.get(draft.sale_no)
        if digest is None:
            return None
        if digest == intake.content_digest(draft):
            return Taken(draft.sale_no, "exists")
        return Taken(draft.sale_no, "refused", Conflict("number_reused", sale_no=draft.sale_no))

    def _note(self, draft: SaleDraft, answer: Taken) -> Taken:
        if answer.status == "created":
            self._seen[draft.sale_no] = intake.content_digest(draft)
        return answer


def _step(found: Found, answer: Taken) -> Step:
    if answer.refusal is None:
        return Step("imported" if answer.status == "created" else "exists", found.sale_no, found.lines)
    return Step("refused", found.sale_no, found.lines, _problems(found, answer.refusal))


def _problems(found: Found, refusal: Refusal) -> tuple[Problem, ...]:
    """The row that is wrong and the rows that go with it; what is wrong with the whole sale stands on each row."""
    index, code, facts = drafts.fault(refusal)
    if index is None or len(found.lines) == 1:
        return tuple(Problem(line, code, facts) for line in found.lines)
    because = found.lines[index]
    return tuple(
        Problem(line, code, facts) if line == because else Problem(line, "sale_refused", {"because": because})
        for line in found.lines
    )


def _known_payments(wanted: Sequence[Found]) -> dict[int, Step]:
    """Payments of a bill that a till reported already, under a sale number of its own: they are there."""
    by_ref = {
        p.channel_ref: found for found in wanted if found.draft for p in found.draft.payments if p.channel_ref
    }
    rows = Payment.objects.filter(channel_ref__in=by_ref).values_list(
        "channel_ref", "channel", "amount", "sale__sale_no"
    )
    known: dict[int, Step] = {}
    for channel_ref, channel, amount, sale_no in rows:
        found = by_ref[channel_ref]
        assert found.draft is not None
        mine = found.draft.payments[0]
        if sale_no == found.sale_no or channel != mine.channel:
            continue
        if amount == mine.amount:
            known[id(found)] = Step("exists", found.sale_no, found.lines)
        else:
            facts = {"sale_no": sale_no, "amount": amount, "here": mine.amount}
            problems = refused(found.sale_no, found.lines[0], "payment_differs", **facts).problems
            known[id(found)] = Step("refused", found.sale_no, found.lines, problems)
    return known

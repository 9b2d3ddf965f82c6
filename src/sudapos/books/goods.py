"""Goods that came back: one row when they were received, one more when somebody looked at them later.

A list of moves for the stock, handed out and never changed (by trigger). The refund's money does not hang on it:
what is found later is a claim of its own (domain F24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from sudapos.core import goods, journal, masking, money
from sudapos.core.authority import Act
from sudapos.core.lifecycle import RefundState
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound, Refusal

from . import audit, staff
from .changes import Changes
from .refunds import Refund, RefundLine
from .sales import SaleLine
from .staff import Operator

RECEIVED = "received"
JUDGED = "judged"


class GoodsMove(models.Model):
    """One move of goods into the shop. `milli` in thousandths of a unit, `cost` in fen; None where we do not know it."""

    line = models.ForeignKey(RefundLine, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=8)
    condition = models.CharField(max_length=8)
    milli = models.BigIntegerField()
    cost = models.BigIntegerField(null=True)
    by = models.CharField(max_length=32)
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["line", "kind"], name="goods_received_and_judged_once"),
            models.CheckConstraint(condition=Q(milli__gt=0), name="goods_are_something"),
        ]

    @property
    def refund(self) -> Refund:
        return self.line.refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which moves to list; empty fields narrow nothing. `before` is a move's id: the page starts below it."""

    store: str = ""
    open: bool = False
    """Only what still waits for a look."""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaid:
    """Goods of one line of a refund that are here while their money was given up; `amount` in fen."""

    milli: int
    amount: int


def receive(refunds: Sequence[Refund], changes: Changes) -> None:
    """What came back with refunds that are approved now; its cost is booked where we know it (J07, J07b)."""
    by_id = {refund.pk: refund for refund in refunds}
    lines = list(
        RefundLine.objects.filter(refund_id__in=by_id, milli__gt=0)
        .exclude(goods="")
        .select_related("sale_line")
        .order_by("id")
    )
    if not lines:
        return
    here, claimed = _came_before(lines), _claimed(lines)
    moves = []
    for line in lines:
        unit_cost, earlier = line.sale_line.unit_cost, here.get(line.sale_line_id, 0)
        stands = claimed.get(line.sale_line_id, 0)
        claimed[line.sale_line_id] = stands + line.milli
        # a refund that came to nothing may have left its goods with us: they are not received a second time
        milli = min(line.milli, max(0, stands + line.milli - earlier))
        if not milli:
            continue
        here[line.sale_line_id] = earlier + milli
        moves.append(
            GoodsMove(
                line=line,
                kind=RECEIVED,
                condition=line.goods,
                milli=milli,
                cost=None if unit_cost is None else goods.cost(unit_cost, before=earlier, milli=milli),
                by=by_id[line.refund_id].operator.code,
                at=changes.at,
            )
        )
    GoodsMove.objects.bulk_create(moves)
    for move in moves:
        _book(by_id[move.line.refund_id], move, changes)


def _came_before(lines: Sequence[RefundLine]) -> dict[int, int]:
    """What is in the shop of each line of a sale, whatever became of the refund that it came with."""
    rows = GoodsMove.objects.filter(kind=RECEIVED, line__sale_line_id__in={n.sale_line_id for n in lines})
    sums = rows.order_by().values("line__sale_line_id").annotate(whole=Sum("milli"))
    return {row["line__sale_line_id"]: int(row["whole"]) for row in sums}


def _claimed(lines: Sequence[RefundLine]) -> dict[int, int]:
    """What other refunds that stand were made for, with goods."""
    rows = RefundLine.objects.filter(
        sale_line_id__in={n.sale_line_id for n in lines},
        refund__state=RefundState.APPROVED,
        refund__undone__lt=F("refund__total"),
    )
    rows = rows.exclude(goods="").exclude(refund_id__in={n.refund_id for n in lines})
    sums = rows.order_by().values("sale_line_id").annotate(whole=Sum("milli"))
    return {row["sale_line_id"]: int(row["whole"]) for row in sums}


def _book(refund: Refund, move: GoodsMove, changes: Changes) -> None:
    """What waits for a look books nothing: nobody knows yet where it belongs."""
    recipe = goods.RECIPES.get(move.condition)
    if recipe and move.cost:
        changes.post(refund, journal.draft(recipe, refund.refund_no, cost=move.cost))


def find(which: Which) -> list[GoodsMove]:
    """Moves, newest first."""
    rows = _whole()
    if which.store:
        rows = rows.filter(line__refund__store__code=which.store)
    if which.open:
        rows = _waiting(rows)
    if which.since:
        rows = rows.filter(at__gte=which.since)
    if which.until:
        rows = rows.filter(at__lt=which.until)
    if which.before is not None:
        rows = rows.filter(pk__lt=which.before)
    return list(rows.order_by("-id")[: which.limit])


def _whole() -> QuerySet[GoodsMove]:
    return GoodsMove.objects.select_related(
        "line__sale_line", "line__refund__store", "line__refund__sale", "line__refund__operator"
    )


def _waiting(rows: QuerySet[GoodsMove]) -> QuerySet[GoodsMove]:
    judged = GoodsMove.objects.filter(line_id=OuterRef("line_id"), kind=JUDGED)
    return rows.filter(kind=RECEIVED, condition="inspect").exclude(Exists(judged))


def get(number: int) -> GoodsMove:
    """Raises NotFound goods_not_found."""
    move = _whole().filter(pk=number).first()
    if move is None:
        raise NotFound("goods_not_found", number=number)
    return move


def of(refund: Refund) -> Mapping[int, list[GoodsMove]]:
    """The moves of one refund, oldest first, by the id of its line."""
    found: dict[int, list[GoodsMove]] = {}
    for move in _whole().filter(line__refund=refund).order_by("id"):
        found.setdefault(move.line_id, []).append(move)
    return found


def unpaid(moves: Sequence[GoodsMove]) -> dict[int, Unpaid]:
    """Goods that stayed while their money was given up, by the id of the refund's line; a later refund of the same goods ends it.

    Nothing is undone by itself: people give the goods back, or refund them again. At most two statements.
    """
    given_up = {move.refund.pk: move.refund for move in moves if move.refund.undone}
    if not given_up:
        return {}
    sold = {move.line.sale_line_id: move.line.sale_line for move in moves if move.refund.pk in given_up}
    rows: dict[int, list[RefundLine]] = {}
    found = RefundLine.objects.filter(Q(sale_line_id__in=sold) | Q(refund_id__in=given_up))
    for row in found.select_related("refund").order_by("refund_id", "id"):
        rows.setdefault(row.sale_line_id, []).append(row)
    brought = _brought([row.pk for lines in rows.values() for row in lines])
    money_of = _given_up(given_up.values(), [row for lines in rows.values() for row in lines])
    left: dict[int, Unpaid] = {}
    for number, line in sold.items():
        for row, milli in zip(rows[number], _left(line, rows[number], brought), strict=True):
            fen = money_of.get(row.pk, 0)
            if row.refund_id not in given_up or not fen:
                continue
            if _stands(row.refund):
                # its money was given up in part, its goods are here: what is refunded of them later brings no goods
                again = sum(
                    n.amount for n in rows[number] if n.pk > row.pk and not n.milli and _stands(n.refund)
                )
                milli, fen = brought.get(row.pk, 0), max(0, fen - again)
            else:
                fen = fen * milli // row.milli if row.milli else 0
            if milli and fen:
                left[row.pk] = Unpaid(milli=milli, amount=fen)
    return left


def _stands(refund: Refund) -> bool:
    return refund.state in (RefundState.AWAITING, RefundState.APPROVED) and refund.undone < refund.total


def _brought(lines: Sequence[int]) -> dict[int, int]:
    moves = GoodsMove.objects.filter(kind=RECEIVED, line_id__in=lines)
    return dict(moves.order_by().values_list("line_id", "milli"))


def _left(line: SaleLine, rows: Sequence[RefundLine], brought: Mapping[int, int]) -> list[int]:
    backs = [
        goods.Back(
            milli=row.milli,
            received=brought.get(row.pk, 0),
            stands=_stands(row.refund),
            brought=row.goods != "",
            serial=row.serial,
        )
        for row in rows
    ]
    return goods.unpaid(line.milli, backs)


def _given_up(refunds: Iterable[Refund], rows: Sequence[RefundLine]) -> dict[int, int]:
    """What of each refund's undone money belongs to which of its lines, fen by fen."""
    parts: dict[int, int] = {}
    for refund in refunds:
        own = sorted((row for row in rows if row.refund_id == refund.pk), key=lambda row: row.pk)
        amounts = [row.amount for row in own]
        shares = money.share(refund.undone, amounts) if sum(amounts) else [0] * len(own)
        parts |= {row.pk: fen for row, fen in zip(own, shares, strict=True)}
    return parts


@transaction.atomic
def judge(number: int, result: str, *, operator: Operator, note: str = "", at: datetime) -> GoodsMove:
    """What a later look found, once for ever; the refund stays as it is, a claim is pursued apart (domain F24).

    Raises NotFound goods_not_found, Conflict goods_judged, Refusal note_needed, Invalid, Forbidden.
    """
    if result not in goods.RESULTS:
        raise Invalid("input_invalid", errors=[FieldError(("result",), "not_offered")])
    move = _whole().filter(pk=number, kind=RECEIVED, condition="inspect").first()
    if move is None:
        raise NotFound("goods_not_found", number=number)
    refund = move.refund
    staff.require(operator, Act.MAKE_REFUND)
    staff.require_store(operator, refund.store_id, refund.store.code)
    if result == "claim" and not note.strip():
        raise Refusal("note_needed", refund_no=refund.refund_no)
    changes = Changes(at)
    row = GoodsMove(
        line=move.line,
        kind=JUDGED,
        condition=result,
        milli=move.milli,
        cost=move.cost,
        by=operator.code,
        note=masking.scan(note)[:200],
        at=at,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict("goods_judged", number=number) from None
    _book(refund, row, changes)
    facts = {"move": row.pk, "result": result, "cost": row.cost, "note": row.note}
    changes.acts.append(
        audit.Act(
            act="goods.judged",
            subject="refund",
            subject_no=refund.refund_no,
            by=operator.code,
            store=refund.store.code,
            facts=facts,
        )
    )
    changes.write([])
    return row

"""`make bench`: the busy verbs in lists, beside the same verbs one by one in the same run. Medians and ratios, never limits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from tests import settings as _settings  # noqa: F401  starts a PostgreSQL of our own

ROUNDS = 5
SIZE = 200


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(name: str, listed: Callable[[], float], single: Callable[[], float], size: int) -> str:
    """Median rates per second of both ways, and the median of their ratios round by round."""
    together, apart = [], []
    for _ in range(ROUNDS):
        apart.append(size / single())
        together.append(size / listed())
    ratio = statistics.median(a / b for a, b in zip(together, apart, strict=True))
    return f"| {name} | {statistics.median(together):,.0f} /s | {statistics.median(apart):,.0f} /s | {ratio:.1f} × |"


def main() -> None:
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    config = setup_databases(verbosity=0, interactive=False)
    try:
        rows = run()
    finally:
        from django.db import connections

        connections.close_all()
        teardown_databases(config, verbosity=0)
    print(f"{SIZE} at a time, {ROUNDS} rounds, medians\n")
    print("| verb | in one list | one by one | ratio |\n|---|---|---|---|")
    print("\n".join(rows))


def run() -> list[str]:
    from tests.cast import Shop

    from sudapos.books import intake, moves, requests
    from sudapos.core.outcome import Settled

    shop = Shop.found()
    drafts = lambda: [shop.draft(channel="alipay") for _ in range(SIZE)]  # noqa: E731

    def ingest(items: list) -> None:
        intake.ingest(items, by="bench", at=shop.at)

    def sold() -> list:
        items = drafts()
        ingest(items)
        return [shop.ask(d.sale_no, lines={1: 1}) for d in items]

    def opened() -> None:
        requests.open(sold(), at=shop.at)

    def answer(limit: int) -> None:
        orders = moves.claim(limit, at=shop.at)
        moves.record([moves.Answer(o.attempt, Settled()) for o in orders], at=shop.at)

    def timed(verb: Callable[[list], object], items: list) -> float:
        return seconds(lambda: verb(items))

    def one_by_one(items: list, verb: Callable[[list], object]) -> float:
        return seconds(lambda: [verb([item]) for item in items])

    def open_(asks: list) -> None:
        requests.open(asks, at=shop.at)

    def claimed_in(step: int) -> float:
        opened()
        return seconds(lambda: [answer(step) for _ in range(SIZE // step)])

    return [
        measure(
            "intake.ingest",
            lambda: timed(ingest, drafts()),
            lambda: one_by_one(drafts(), ingest),
            SIZE,
        ),
        measure(
            "requests.open",
            lambda: timed(open_, sold()),
            lambda: one_by_one(sold(), open_),
            SIZE,
        ),
        measure("moves.claim + record", lambda: claimed_in(SIZE), lambda: claimed_in(1), SIZE),
    ]


if __name__ == "__main__":
    main()

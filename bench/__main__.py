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


def measure(name: str, in_list: Callable[[], float], single: Callable[[], float], size: int) -> str:
    """Median rates per second of both ways, and the median of their ratios round by round."""
    together, single_rates = [], []
    for _ in range(ROUNDS):
        single_rates.append(size / single())
        together.append(size / in_list())
    ratio = statistics.median(a / b for a, b in zip(together, single_rates, strict=True))
    return f"| {name} | {statistics.median(together):,.0f} /s | {statistics.median(single_rates):,.0f} /s | {ratio:.1f} × |"


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
    from . import matching

    print("\n| sets | ours | bare join | ratio | memory | classes |\n|---|---|---|---|---|---|")
    print(matching.run())


class Busy:
    """A shop, and its busy verbs with fresh work for each round."""

    def __init__(self) -> None:
        from tests.cast import Shop

        self.shop = Shop.found()

    def drafts(self) -> list:
        return [self.shop.draft(channel="alipay") for _ in range(SIZE)]

    def ingest(self, drafts: list) -> None:
        from sudapos.books import intake

        intake.ingest(drafts, by="bench", at=self.shop.at)

    def sold(self) -> list:
        drafts = self.drafts()
        self.ingest(drafts)
        return [self.shop.ask(draft.sale_no, lines={1: 1}) for draft in drafts]

    def open(self, asks: list) -> None:
        from sudapos.books import requests

        requests.open(asks, at=self.shop.at)

    def preview_all(self, asks: list) -> None:
        """The dry run of a batch."""
        from sudapos.books import dry_runs

        dry_runs.preview_all(asks, at=self.shop.at)

    def answer(self, limit: int) -> None:
        from sudapos.books import answers, moves
        from sudapos.core.outcome import Settled

        orders = moves.claim(limit, at=self.shop.at)
        answers.record([answers.Answer(order.attempt, Settled()) for order in orders], at=self.shop.at)

    def answered_in(self, step: int) -> float:
        self.open(self.sold())
        return seconds(lambda: [self.answer(step) for _ in range(SIZE // step)])


def listed(verb: Callable[[list], object], items: list) -> float:
    return seconds(lambda: verb(items))


def apart(verb: Callable[[list], object], items: list) -> float:
    return seconds(lambda: [verb([item]) for item in items])


def run() -> list[str]:
    busy = Busy()
    return [
        measure(
            "intake.ingest",
            lambda: listed(busy.ingest, busy.drafts()),
            lambda: apart(busy.ingest, busy.drafts()),
            SIZE,
        ),
        measure(
            "requests.open",
            lambda: listed(busy.open, busy.sold()),
            lambda: apart(busy.open, busy.sold()),
            SIZE,
        ),
        measure(
            "dry_runs.preview_all",
            lambda: listed(busy.preview_all, busy.sold()),
            lambda: apart(busy.preview_all, busy.sold()),
            SIZE,
        ),
        measure("moves.claim + record", lambda: busy.answered_in(SIZE), lambda: busy.answered_in(1), SIZE),
    ]


if __name__ == "__main__":
    main()

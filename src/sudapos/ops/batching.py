"""The worker's pass over batches: a portion of each that runs, no oftener than once a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError

from sudapos.books import batch_runs

log = structlog.get_logger("sudapos.batches")

EVERY = timedelta(seconds=1)


@dataclass
class Rounds:
    """Remembers when it looked last; everything else stands in the books."""

    looked_at: datetime | None = None

    def turn(self, *, at: datetime) -> int:
        """Open a portion of every batch that runs; answers how many items moved."""
        if self.looked_at is not None and at - self.looked_at < EVERY:
            return 0
        self.looked_at = at
        return sum(self._one(number, at) for number in batch_runs.running())

    def _one(self, batch_no: str, at: datetime) -> int:
        try:
            return batch_runs.turn(batch_no, at=at)
        except OperationalError:
            raise  # the database is away: the worker waits for it
        except Exception as error:
            # a portion is one commit: nothing of it happened, and the batch waits for a person
            log.exception("batch_stopped", batch_no=batch_no, error=type(error).__name__)
            batch_runs.stop(batch_no, error=type(error).__name__, at=at)
            return 0

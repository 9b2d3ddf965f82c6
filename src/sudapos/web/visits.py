"""How often a stranger may knock: counts per origin in this process, with an end to what is remembered."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock


@dataclass
class Visits:
    """At most `most` in any `span` that began with the first of them; beyond `places` the oldest origins are forgotten."""

    most: int
    span: timedelta = timedelta(minutes=1)
    places: int = 4096
    _seen: OrderedDict[str, tuple[datetime, int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def too_many(self, origin: str, *, at: datetime) -> bool:
        """Whether this origin has used up its visits; counts nothing."""
        with self._lock:
            began, count = self._seen.get(origin, (at, 0))
            return at - began < self.span and count >= self.most

    def count(self, origin: str, *, at: datetime) -> None:
        """One more visit."""
        with self._lock:
            began, count = self._seen.pop(origin, (at, 0))
            fresh = at - began >= self.span
            self._seen[origin] = (at, 1) if fresh else (began, count + 1)
            while len(self._seen) > self.places:
                self._seen.popitem(last=False)

    def forget(self) -> None:
        """Everybody begins anew."""
        with self._lock:
            self._seen.clear()

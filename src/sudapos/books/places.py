"""Where refunds are made: the store whose drawer pays, and the till."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sudapos.core.refusal import NotFound

from . import shops
from .promised import Drawer
from .sales import Sale


class Asking(Protocol):
    """What a request says of its place."""

    @property
    def store(self) -> str: ...
    @property
    def till(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a refund is made: that is where its cash leaves."""

    store: shops.Store
    drawer: Drawer


@dataclass(frozen=True, slots=True)
class Places:
    """The stores and tills that a list of requests names, read in bulk."""

    by_code: Mapping[str, shops.Store]
    tills: frozenset[Drawer]

    @classmethod
    def of(cls, requests: Sequence[Asking], sales: Iterable[Sale]) -> Places:
        named = shops.stores(r.store for r in requests if r.store)
        own = {sale.store.code: sale.store for sale in sales}
        stores = {**own, **named}
        return cls(stores, shops.tills(store.pk for store in stores.values()))

    def place(self, request: Asking, sale: Sale) -> Place:
        """Raises NotFound store_not_found."""
        store = self.by_code.get(request.store) if request.store else sale.store
        if store is None:
            raise NotFound("store_not_found", store=request.store)
        drawer = (store.pk, request.till)
        return Place(store, drawer if drawer in self.tills else (store.pk, ""))

    def stores(self) -> list[int]:
        return [store.pk for store in self.by_code.values()]

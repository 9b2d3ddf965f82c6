"""换货: a refund and a sale, two documents with one difference between them (domain §1.1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """The totals of both documents in fen (EX18)."""

    refund_doc: int
    sale_doc: int

    @property
    def customer_pays(self) -> int:
        """What changes hands at the till; negative when the customer gets money."""
        return self.sale_doc - self.refund_doc

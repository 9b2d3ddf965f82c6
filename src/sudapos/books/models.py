"""The rows, for Django."""

from .approvals import Approval
from .audit import AuditRecord, Seal
from .ledger import Entry, Line
from .legs import Attempt, Leg, Move
from .licences import LicenceCard
from .refunds import Refund, RefundCharge, RefundLine
from .sales import Charge, Payment, Sale, SaleLine
from .shops import Account, Merchant, Store, Till
from .staff import ApiKey, Operator
from .vouchers import PrintCopy, Voucher

__all__ = [
    "Account",
    "ApiKey",
    "Approval",
    "Attempt",
    "AuditRecord",
    "Charge",
    "Entry",
    "Leg",
    "LicenceCard",
    "Line",
    "Merchant",
    "Move",
    "Operator",
    "Payment",
    "PrintCopy",
    "Refund",
    "RefundCharge",
    "RefundLine",
    "Sale",
    "SaleLine",
    "Seal",
    "Store",
    "Till",
    "Voucher",
]

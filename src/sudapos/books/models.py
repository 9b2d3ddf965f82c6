"""The rows, for Django."""

from .approvals import Approval
from .audit import AuditRecord, Seal
from .contacts import Contact
from .ledger import Entry, Line
from .legs import Attempt, Leg, Move
from .licences import LicenceCard
from .refunds import Refund, RefundCharge, RefundLine
from .retention import Hold
from .sales import Charge, Payment, Sale, SaleLine
from .shops import Account, Merchant, Store, Till
from .staff import ApiKey, Operator
from .terminals import Terminal, TerminalRecord
from .versions import PolicyVersion
from .vouchers import PrintCopy, Voucher

__all__ = [
    "Account",
    "ApiKey",
    "Approval",
    "Attempt",
    "AuditRecord",
    "Charge",
    "Contact",
    "Entry",
    "Hold",
    "Leg",
    "LicenceCard",
    "Line",
    "Merchant",
    "Move",
    "Operator",
    "Payment",
    "PolicyVersion",
    "PrintCopy",
    "Refund",
    "RefundCharge",
    "RefundLine",
    "Sale",
    "SaleLine",
    "Seal",
    "Store",
    "Terminal",
    "TerminalRecord",
    "Till",
    "Voucher",
]

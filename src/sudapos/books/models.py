"""The rows, for Django."""

from .approvals import Approval
from .audit import AuditRecord, Seal
from .contacts import Contact
from .days import Day
from .findings import Finding, FindingStep
from .ledger import Entry, Line, Period
from .legs import Attempt, Leg, Move
from .licences import LicenceCard
from .refunds import Refund, RefundCharge, RefundLine
from .retention import Hold
from .sales import Charge, Payment, Sale, SaleLine
from .settlements import BankCredit
from .shops import Account, Merchant, Store, Till
from .staff import ApiKey, Operator
from .statements import Reading, Statement, StatementLine
from .terminals import Terminal, TerminalRecord
from .vouchers import PrintCopy, Voucher

__all__ = [
    "Account",
    "ApiKey",
    "Approval",
    "Attempt",
    "AuditRecord",
    "BankCredit",
    "Charge",
    "Contact",
    "Day",
    "Entry",
    "Finding",
    "FindingStep",
    "Hold",
    "Leg",
    "LicenceCard",
    "Line",
    "Merchant",
    "Move",
    "Operator",
    "Payment",
    "Period",
    "PrintCopy",
    "Reading",
    "Refund",
    "RefundCharge",
    "RefundLine",
    "Sale",
    "SaleLine",
    "Seal",
    "Statement",
    "StatementLine",
    "Store",
    "Terminal",
    "TerminalRecord",
    "Till",
    "Voucher",
]

"""The rows, for Django."""

from .alerts import Alert
from .approvals import Approval
from .audit import AuditRecord, Seal
from .batches import BatchApproval, BatchItem, RefundBatch
from .cards import CardMove, Lot, StoredCard
from .cases import Case, CaseFile, CaseNote
from .chart import ChartCode
from .compensations import Compensation
from .contacts import Contact
from .corrections import Correction
from .counts import Count, CountStep
from .coupons import CouponReturn, SaleCoupon
from .days import Day
from .deposits import Deposit, GiveBack
from .devices import Device
from .drawers import CashMove, Drawer, Kick, Shift
from .exchanges import Exchange
from .exports import Batch, ExportedEntry, VoucherNo
from .findings import Finding, FindingStep
from .goods import GoodsMove
from .hand_back_prints import HandBackCopy
from .hand_backs import HandBack
from .invoices import RedInvoice, RedMove, RedPart
from .layouts import OwnProfile
from .ledger import Entry, Line, Period
from .legs import Attempt, Leg, Move
from .licences import LicenceCard
from .links import Link
from .lost import LostReceipt
from .outbox import Delivery, Message
from .overdue import Overdue
from .payers import StaffPayee
from .people import PersonChange
from .points import PointsEarned
from .points_back import PointsBack
from .recipients import Recipient
from .refunds import Refund, RefundCharge, RefundLine
from .reissues import Reissue
from .retention import Hold
from .reviews import Review
from .sales import Charge, Payment, Sale, SaleLine
from .settlements import BankCredit
from .shifts import DrawerReport, ReportCopy
from .shops import Account, Merchant, Store, Till
from .staff import ApiKey, Operator
from .statements import Reading, Statement, StatementLine
from .terminals import Terminal, TerminalRecord
from .versions import PolicyVersion
from .visits import Visit
from .vouchers import PrintCopy, Voucher
from .wishes import CustomerMessage, Wish

__all__ = [
    "Compensation",
    "PointsBack",
    "CouponReturn",
    "SaleCoupon",
    "PointsEarned",
    "CustomerMessage",
    "Wish",
    "Case",
    "CaseFile",
    "CaseNote",
    "Alert",
    "Account",
    "ApiKey",
    "Approval",
    "Attempt",
    "AuditRecord",
    "BankCredit",
    "Batch",
    "CardMove",
    "CashMove",
    "BatchApproval",
    "BatchItem",
    "Charge",
    "ChartCode",
    "Contact",
    "Count",
    "CountStep",
    "Day",
    "Delivery",
    "Deposit",
    "Drawer",
    "DrawerReport",
    "Device",
    "Entry",
    "Exchange",
    "Finding",
    "FindingStep",
    "ExportedEntry",
    "GiveBack",
    "GoodsMove",
    "HandBack",
    "HandBackCopy",
    "Hold",
    "Kick",
    "Leg",
    "LicenceCard",
    "Line",
    "Link",
    "Correction",
    "LostReceipt",
    "Lot",
    "Merchant",
    "Message",
    "Move",
    "Operator",
    "Overdue",
    "OwnProfile",
    "Payment",
    "Period",
    "PersonChange",
    "PolicyVersion",
    "PrintCopy",
    "Reading",
    "Recipient",
    "RedInvoice",
    "RedMove",
    "RedPart",
    "Refund",
    "Reissue",
    "RefundBatch",
    "RefundCharge",
    "RefundLine",
    "ReportCopy",
    "Review",
    "Sale",
    "SaleLine",
    "Seal",
    "Shift",
    "StaffPayee",
    "StoredCard",
    "Statement",
    "StatementLine",
    "Store",
    "Terminal",
    "TerminalRecord",
    "Till",
    "Visit",
    "Voucher",
    "VoucherNo",
]

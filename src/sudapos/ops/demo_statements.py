"""How the demo's accounts are read where the sandbox hands out a list with columns of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sudapos.books import shops, statements

PORTAL: Mapping[str, Any] = {
    "in_yuan": False,
    "columns": {
        "kind": "类型",
        "order_no": "商户订单号",
        "channel_ref": "平台流水号",
        "refund_no": "退款单号",
        "refund_ref": "退款流水号",
        "amount": "金额(分)",
        "fee": "手续费(分)",
        "happened_at": "时间",
        "account": "商户号",
    },
    "kinds": {"消费": "sale", "退款": "refund", "撤销": "void"},
}
ALLINPAY: Mapping[str, Any] = {
    "in_yuan": False,
    "columns": {
        "kind": "trxcode",
        "amount": "trxamt",
        "refund_no": "reqsn",
        "refund_ref": "trxid",
        "channel_ref": "srctrxid",
        "fee": "fee",
        "happened_at": "trxdate",
    },
    "kinds": {"VSP501": "sale", "VSP502": "void", "VSP503": "refund"},
    "time_format": "%Y%m%d%H%M%S",
}
MAPPINGS = dict.fromkeys(("card", "chinaums", "lakala", "shengpay", "shouqianba"), PORTAL) | {
    "allinpay": ALLINPAY
}


def put(names: Mapping[str, str], *, by: str, at: datetime) -> None:
    """Say how the accounts (name → channel) are read, where their channel has no format of its own."""
    rows = shops.accounts(names)
    for name, channel in names.items():
        if name in rows and channel in MAPPINGS:
            statements.put_reading(
                rows[name], format="mapped", mapping=MAPPINGS[channel], expected=False, by=by, at=at
            )

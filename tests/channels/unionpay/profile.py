from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from sudapos.core.outcome import Order
from tests.channels.profiles import Profile


def shows(content: bytes, order: Order) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [name] = [name for name in archive.namelist() if name[11:14] == "ZM_"]
        return order.number.encode() in archive.read(name)


PROFILE = Profile(
    channel="unionpay",
    settles_at_once=False,
    secrets=frozenset({"pfx", "pfx_password", "private_key", "sign_key"}),
    shown=("mer_id", "cert_id"),
    broken={"mer_id": "777000000000000"},
    closed=("Refused", "account_closed"),
    closed_later=True,
    other_content=("Unknown",),  # 12: seen before, whatever it says
    unknown_payment=lambda order: replace(order, channel_ref="9" * 21),
    statement_shows=shows,
    voids=True,
)

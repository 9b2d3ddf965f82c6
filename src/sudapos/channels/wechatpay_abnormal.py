"""A refund that came back, sent to another account (wechatpay §11): the encrypted request, and what it may hold."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sudapos.core.outcome import Order

from .base import Destination
from .signing import Secret

KINDS = {"customer_card": "USER_BANK_CARD", "merchant_card": "MERCHANT_BANK_CARD"}
MERCHANTS_OWN = "商户"
"""How an account of the merchant begins in `user_received_account`; a customer's never does."""


def target(refunds: str, order: Order) -> str:
    """The path of the call: WeChat Pay's own refund number stands in it."""
    return f"{refunds}/{quote(order.channel_refund_ref, safe='')}/apply-abnormal-refund"


def body(key: rsa.RSAPublicKey, order: Order, to: Destination) -> dict[str, Any]:
    """The request; number and name are encrypted for WeChat Pay before anything else sees them."""
    asked: dict[str, Any] = {"out_refund_no": order.number, "type": KINDS[to.kind]}
    if to.kind == "customer_card":
        asked["bank_type"] = f"{to.bank}_DEBIT"
        asked["bank_account"] = sealed(key, to.number)
        asked["real_name"] = sealed(key, to.holder)
    return asked


def sealed(key: rsa.RSAPublicKey, text: Secret) -> str:
    """RSA-OAEP with SHA-1 and MGF1-SHA-1, base64 (wechatpay §5); only WeChat Pay can open it."""
    scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    return base64.b64encode(key.encrypt(text.reveal().encode(), scheme)).decode()

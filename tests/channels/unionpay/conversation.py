"""UnionPay's half of a recorded conversation: replies with the certificate inside, signed twice hashed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import parse_qsl

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from sudapos.channels import unionpay
from sudapos.channels.signing import unionpay as seals
from sudapos.core.outcome import Order, Outcome

from ..recorded import AT, Answer, OtherSide, key, order, private_pem

NUMBER, HOUR = "R202611231230001231", datetime(2026, 11, 23, 6, 5, 7, tzinfo=UTC)
SIGNER = "041@8310000000083040@中国银联股份有限公司@00016495"


@cache
def certificate(name: str, subject: str, by: str, by_subject: str, *, days: int = 3650) -> str:
    def called(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    made = (
        x509.CertificateBuilder()
        .subject_name(called(subject))
        .issuer_name(called(by_subject))
        .public_key(key(name).public_key())
        .serial_number(7)
        .not_valid_before(AT - timedelta(days=3650))
        .not_valid_after(AT - timedelta(days=3650) + timedelta(days=days + 3650))
        .sign(key(by), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def root() -> str:
    return certificate("root", "ROOT", "root", "ROOT")


def middle() -> str:
    return certificate("middle", "OCA1", "root", "ROOT")


def signer(subject: str = SIGNER, *, name: str = "unionpay", by: str = "middle", days: int = 3650) -> str:
    return certificate(name, subject, by, "OCA1" if by == "middle" else "OTHER", days=days)


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "mer_id": "777290058110048",
        "private_key": private_pem("shop"),
        "cert_id": "68759663125",
        "middle_cert": middle(),
        "root_cert": root(),
        "timeout_seconds": "3",
    }
    return own | changes


def config(**changes: str) -> unionpay.Config:
    return unionpay.Config.from_mapping(mapping(**changes))


def reply(told: dict[str, str], *, pem: str = "", name: str = "unionpay") -> httpx.Response:
    said = {"signMethod": "01", "signPubKeyCert": (pem or signer()).strip().replace("\n", "\r\n"), **told}
    said["signature"] = seals.sign(key(name), said)
    return httpx.Response(200, content="&".join(f"{k}={v}" for k, v in said.items()).encode())


def refund(**changes: str) -> dict[str, str]:
    """The answer to the standard refund."""
    told = {
        "merId": "777290058110048",
        "orderId": "R202611230001231",
        "txnTime": "20261123140507",
        "txnAmt": "1280",
        "txnType": "04",
        "queryId": "442611231405077846498",
        "respCode": "00",
        "respMsg": "成功[0000000]",
    }
    return told | changes


def the_order() -> Order:
    return replace(order(channel="unionpay", channel_ref="202611231200001234568"), first_sent_at=HOUR)


def say(
    verb: str, *answers: Answer, refund: Order | None = None, **changes: str
) -> tuple[Outcome, list[tuple[str, dict[str, str]]]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    connector = unionpay.UnionPay(config(**changes), client=side.client(), now=lambda: AT)
    outcome = asyncio.run(getattr(connector, verb)(refund or the_order()))
    return outcome, [(str(request.url), dict(parse_qsl(request.content.decode()))) for request in side.heard]

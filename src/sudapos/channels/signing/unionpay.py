"""UnionPay 5.1.0: the sorted text, the two signatures over it, replies that no URL parser may touch (unionpay §3, §4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from . import alipay_text, rsa_sign, rsa_verify

UNIONPAY = "中国银联股份有限公司"
TEST_SIGNER = "00040000:SIGN"


def text(fields: Mapping[str, str]) -> bytes:
    """`name=value` sorted and joined by `&`, without `signature` and empty fields, values raw."""
    return alipay_text(fields, drop=("signature",))


def first_hash(fields: Mapping[str, str]) -> bytes:
    """SHA-256 of the text as 64 lower-case hex characters: this is what RSA hashes once more and signs."""
    return hashlib.sha256(text(fields)).hexdigest().encode()


def sign(key: rsa.RSAPrivateKey, fields: Mapping[str, str]) -> str:
    """signMethod 01."""
    return rsa_sign(key, first_hash(fields))


def holds(key: rsa.RSAPublicKey, fields: Mapping[str, str]) -> bool:
    """Whether `signature` among the fields was made over the others with signMethod 01."""
    return rsa_verify(key, first_hash(fields), fields.get("signature", ""))


def keyed(fields: Mapping[str, str], key: str) -> str:
    """signMethod 11: SHA-256 over the text and the hashed key."""
    inner = hashlib.sha256(key.encode()).hexdigest()
    return hashlib.sha256(text(fields) + b"&" + inner.encode()).hexdigest()


def parse(raw: str) -> dict[str, str]:
    """The fields of a reply: split at `&` outside brackets and at the first `=`; values stand as they are."""
    fields: dict[str, str] = {}
    start = depth = 0
    for place, letter in enumerate(raw + "&"):
        if letter in "{[":
            depth += 1
        elif letter in "}]":
            depth -= 1
        elif letter == "&" and (depth <= 0 or place == len(raw)):
            name, equals, value = raw[start:place].partition("=")
            if equals:
                fields[name] = value
            start = place + 1
    return fields


@lru_cache(maxsize=16)
def certificate(pem: str) -> x509.Certificate:
    """Raises ValueError."""
    return x509.load_pem_x509_certificate(pem.replace("\r\n", "\n").encode())


def public_key(of: x509.Certificate) -> rsa.RSAPublicKey:
    """Raises ValueError for anything but RSA."""
    key = of.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA certificate")
    return key


def speaks_for_unionpay(signer: x509.Certificate, *, test: bool = False) -> bool:
    """Whether the subject is UnionPay itself: its authority certifies merchants, too (unionpay §4)."""
    names = signer.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    parts = str(names[0].value).split("@") if names else []
    if test and TEST_SIGNER in parts:
        return True
    return len(parts) > 2 and parts[2] == UNIONPAY


def trusted(
    signer: x509.Certificate, middle: x509.Certificate, root: x509.Certificate, *, at: datetime
) -> bool:
    """Whether root issued middle and middle issued signer, all valid at this hour.

    Written by hand because the chain is signed with SHA-1, which general verifiers refuse (unionpay §5).
    """
    chain = ((signer, middle), (middle, root), (root, root))
    in_time = all(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in (signer, middle, root))
    return in_time and all(_issued(one, by) for one, by in chain)


def _issued(one: x509.Certificate, by: x509.Certificate) -> bool:
    if one.issuer != by.subject or one.signature_hash_algorithm is None:
        return False
    try:
        public_key(by).verify(
            one.signature, one.tbs_certificate_bytes, padding.PKCS1v15(), one.signature_hash_algorithm
        )
    except (InvalidSignature, ValueError):
        return False
    return True

"""What a POS terminal seals with: message authentication codes, key blocks, PIN blocks (iso8583 §6)."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Block = Callable[[bytes, bytes], bytes]

MACS = ("ecb", "sm4", "x99", "x919")
"""UnionPay's own over DES or 3DES, the same over SM4, and the two of ANSI."""


class BadKey(ValueError):
    """A key block whose check value does not fit: the master key is another one."""


@dataclass(frozen=True, slots=True)
class WorkingKeys:
    """What a sign-on brings, in clear; never printed."""

    pin: bytes
    mac: bytes

    def __repr__(self) -> str:
        return "WorkingKeys(•••)"


def des(key: bytes, block: bytes) -> bytes:
    """One key of 8 bytes: DES; of 16: two-key 3DES; whole blocks of 8 bytes, each for itself."""
    return _ecb(key, block)


def _ecb(key: bytes, text: bytes, *, back: bool = False) -> bytes:
    whole = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    cipher = Cipher(TripleDES(whole), modes.ECB())
    run = cipher.decryptor() if back else cipher.encryptor()
    return run.update(text) + run.finalize()


def sm4(key: bytes, block: bytes) -> bytes:
    """Whole blocks of 16 bytes, each for itself."""
    run = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    return run.update(block) + run.finalize()


def mac(text: bytes, key: bytes, *, algorithm: str = "ecb", raw: bool = False) -> bytes:
    """The 8 bytes of field 64 over MTI to field 63. Raises ValueError for an algorithm that is not in MACS."""
    match algorithm:
        case "ecb":
            sealed = _cup(text, key, des, 8)
        case "sm4":
            sealed = _cup(text, key, sm4, 16)
        case "x99":
            sealed = _chained(text, key[:8])
        case "x919":
            sealed = des(key[:8], _ecb(key[8:16], _chained(text, key[:8]), back=True))
        case _:
            raise ValueError(algorithm)
    return sealed[:8] if raw else sealed.hex().upper()[:8].encode()


def _cup(text: bytes, key: bytes, encrypt: Block, size: int) -> bytes:
    """XOR of all blocks, written as hex, encrypted half by half (iso8583 §6.3)."""
    mixed = _hex(_xor(_blocks(text, size), size))
    first = encrypt(key, mixed[:size])
    return encrypt(key, _xor([first, mixed[size:]], size))


def _chained(text: bytes, key: bytes) -> bytes:
    last = bytes(8)
    for block in _blocks(text, 8):
        last = des(key, _xor([last, block], 8))
    return last


def _blocks(text: bytes, size: int) -> list[bytes]:
    padded = text + bytes(-len(text) % size)
    return [padded[place : place + size] for place in range(0, len(padded), size)]


def _xor(blocks: list[bytes], size: int) -> bytes:
    mixed = 0
    for block in blocks:
        mixed ^= int.from_bytes(block, "big")
    return mixed.to_bytes(size, "big")


def _hex(block: bytes) -> bytes:
    return block.hex().upper().encode()


def check_value(key: bytes) -> bytes:
    """The first 4 bytes of encrypting eight zero bytes; a MAC key of 8 bytes may come with 8 zero bytes behind."""
    return des(_used(key), bytes(8))[:4]


def _used(key: bytes) -> bytes:
    return key[:8] if len(key) == 16 and not any(key[8:]) else key


def key_block(master: bytes, keys: WorkingKeys) -> bytes:
    """Field 62 of a sign-on's reply: each key under the master key, with its check value (iso8583 §6.1)."""
    return b"".join(
        _sealed_key(master, key) + check_value(key) for key in (keys.pin, keys.mac.ljust(16, b"\0"))
    )


def _sealed_key(master: bytes, key: bytes) -> bytes:
    """A MAC key of 8 bytes is sealed alone, and eight zero bytes stand behind it."""
    if _used(key) != key:
        return des(master, key[:8]) + bytes(8)
    return des(master, key)


def open_key_block(master: bytes, block: bytes) -> WorkingKeys:
    """24 bytes for DES keys, 40 or more for 3DES. Raises BadKey where a check value does not fit."""
    size = 8 if len(block) == 24 else 16
    pin = _opened(master, block[:size], block[size : size + 4])
    rest = block[size + 4 :]
    return WorkingKeys(pin, _opened(master, rest[:size], rest[size : size + 4]))


def _opened(master: bytes, sealed: bytes, check: bytes) -> bytes:
    if len(sealed) not in (8, 16) or len(check) != 4:
        raise BadKey("the key block has a length that is not known")
    alone = len(sealed) == 16 and not any(sealed[8:])
    key = _ecb(master, sealed[:8] if alone else sealed, back=True)
    if not hmac.compare_digest(check_value(key), check):
        raise BadKey("the check value does not fit: another master key")
    return key


def pin_block(pin: str, pan: str) -> bytes:
    """ANSI X9.8 format 0, in clear (iso8583 §6.2)."""
    filled = f"{len(pin):02d}{pin}".ljust(16, "F")
    twelve = f"0000{pan[:-1][-12:]}"
    return _xor([bytes.fromhex(filled), bytes.fromhex(twelve)], 8)

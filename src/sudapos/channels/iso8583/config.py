"""What a terminal must be told, and what of it was verified."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sudapos.channels import wire
from sudapos.channels.base import Evidence, Field, Reading
from sudapos.channels.signing import Secret

SIGN_ON_CODES = {"des": "001", "3des": "003"}
"""Field 60.3 of a sign-on; SM4 is not offered, its key block is not public."""
MACS = ("ecb", "x99", "x919")

FIELDS = (
    Field(name="host", zh="收单主机地址", en="Acquirer's host"),
    Field(name="port", zh="端口", en="Port"),
    Field(name="merchant_no", zh="商户号（15 位）", en="Merchant number (15)"),
    Field(name="terminal_no", zh="终端号（8 位）", en="Terminal number (8)"),
    Field(name="tmk", zh="终端主密钥 TMK（十六进制）", en="Terminal master key (hex)", secret=True),
    Field(name="tpdu", zh="TPDU（十六进制）", en="TPDU (hex)", default="6000030000"),
    Field(name="header", zh="报文头（十六进制）", en="Header (hex)", default="603100310000"),
    Field(name="key_kind", zh="密钥类型（des/3des）", en="Kind of keys (des/3des)", default="3des"),
    Field(name="mac_algorithm", zh="MAC 算法（ecb/x99/x919）", en="MAC (ecb/x99/x919)", default="ecb"),
    Field(name="mac_raw", zh="MAC 用原始字节（yes/no）", en="MAC as raw bytes (yes/no)", default="no"),
    Field(name="operator", zh="操作员号", en="Operator number", default="01"),
    Field(name="reversal_tries", zh="冲正次数", en="Tries of a reversal", default="4"),
    Field(name="timeout_seconds", zh="等待答复秒数", en="Seconds to wait for an answer", default="30"),
)

EVIDENCE = Evidence(
    verified_zh=(
        "报文域、位图、MAC（含国密）、密钥块、PIN 块：与公开报文逐字节一致；冲正规则、批结算、签购单要素来自公开资料",
    ),
    verified_en=(
        "fields, bitmaps, MAC (SM4 too), key and PIN blocks agree byte for byte with published messages; reversal, settlement "
        "and slip follow public material",
    ),
    to_ask_zh=(
        "是否接受不刷卡、凭检索参考号的撤销与退货（本系统不接触完整卡号）；否则请在终端上刷卡完成",
        "当日能否退货；退货期限（公开做法 15–30 天）；撤销是否要密码",
        "MAC 算法与密钥长度；国密（SM4）终端的签到密钥块（未公开，目前不支持）",
        "冲正次数与最终应答码；冲正不带卡号（卡号不落盘）是否受理；报文头处理要求位；59/62 域的终端认证数据；是否要求专线或 TLS",
    ),
    to_ask_en=(
        "whether voids and refunds by reference number are accepted without the card (a full card number never enters here); "
        "otherwise do them on the terminal",
        "refunds on the same day; the window (15 to 30 days are usual); whether a void wants a PIN",
        "MAC algorithm and key length; the key block of SM4 terminals (not public, not supported yet)",
        "tries and final codes of a reversal; whether one without card number is taken (it is never kept); header digits; fields 59 and 62 for terminal certification; leased line or TLS",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """One terminal."""

    host: str
    port: int
    merchant_no: str
    terminal_no: str
    tmk: Secret
    tpdu: str
    header: str
    key_kind: str
    mac_algorithm: str
    mac_raw: bool
    operator: str
    reversal_tries: int
    timeout_seconds: float

    @classmethod
    def from_mapping(cls, given: Mapping[str, str]) -> Config:
        """Raises Invalid account_config_invalid, naming each wrong key and never its value."""
        reading = Reading(FIELDS, given)
        loaded = reading.load
        config = cls(
            host=loaded("host", wire.identifier),
            port=loaded("port", _port),
            merchant_no=loaded("merchant_no", _matching(r"[0-9A-Za-z]{15}")),
            terminal_no=loaded("terminal_no", _matching(r"[0-9A-Za-z]{8}")),
            tmk=Secret(loaded("tmk", _matching(r"([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})")) or ""),
            tpdu=loaded("tpdu", _matching(r"60[0-9A-Fa-f]{8}")),
            header=loaded("header", _matching(r"[0-9A-Fa-f]{12}")),
            key_kind=loaded("key_kind", wire.one_of(*SIGN_ON_CODES)),
            mac_algorithm=loaded("mac_algorithm", wire.one_of(*MACS)),
            mac_raw=loaded("mac_raw", wire.one_of("yes", "no")) == "yes",
            operator=loaded("operator", _matching(r"[0-9A-Za-z]{1,3}")),
            reversal_tries=loaded("reversal_tries", _small),
            timeout_seconds=loaded("timeout_seconds", wire.seconds),
        )
        reading.done()
        return config

    @property
    def master(self) -> bytes:
        """The master key in clear."""
        return bytes.fromhex(self.tmk.reveal())


def _matching(pattern: str) -> Callable[[str], str]:
    def load(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError("form")
        return text

    return load


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError("port")
    return port


def _small(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 10:
        raise ValueError("count")
    return count

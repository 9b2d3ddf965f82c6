"""What each channel can do, as a table with its source per row; adding a channel adds a row here.

Nothing here speaks to a channel. Seconds are seconds, days are days, and a merchant's contract may override
windows, gaps and counts through `rules.Rules` (domain §11.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .calendar import SHANGHAI

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class NoticeAck:
    """What a channel wants to hear so that it stops repeating a notice."""

    http_status: int
    content_type: str
    body: str


NO_NOTICE = NoticeAck(204, "text/plain; charset=utf-8", "")
"""For channels that send none: whoever calls is answered with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One channel's abilities. `None` in `max_partial` and `window_days` mean that it sets no limit."""

    channel: str
    words_zh: str
    words_en: str
    source: str
    partial: bool = True
    max_partial: int | None = None
    window_days: int | None = None
    min_gap_seconds: int = 0
    """Between two refunds of one payment."""
    void: str = "none"
    """When a whole payment can still be undone: none, same_shift, same_batch, same_day."""
    clearing_hour: int = 0
    """Hour of Beijing at which the channel's day ends; 0 is midnight, 23 the evening before."""
    askable: bool = False
    ask_after: tuple[int, ...] = ()
    """Offsets in seconds from sending; after the last one the last gap repeats."""
    absence_counts_after: int = 0
    """Seconds since the last send after which `Absent` is believed."""
    give_up_after: int = 7 * DAY
    """Seconds since the first send after which only people or a statement decide."""
    lease_seconds: int = 60
    """How long a worker owns a leg that it sent; must exceed the longest call (read 30 s, connect 5 s)."""
    resend_pauses: tuple[int, ...] = (5, 30, 120, 600, 1800, 3600)
    """Seconds before the same number is sent again after a Deferred; the last one repeats."""
    batch_per_minute: int = 300
    """Refunds that a batch opens a minute on one account, far below what channels take; the shop's rules may say otherwise."""
    notice_ack: NoticeAck = NO_NOTICE
    reissue: tuple[str, ...] = ()
    """Where the channel can send a refund that came back: customer_card, merchant_card."""
    reissue_banks: tuple[str, ...] = ()
    """Banks whose debit cards it sends to."""
    by_hand: bool = False
    """A person moves the money and confirms it; no machine answers."""
    own: bool = False
    """Our own books hold the money: a refund is settled in the commit that promises it, without a network."""
    arrival: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Kind of account → (soonest, latest) in working days, names of domain §11.1; the first kind is the one
    that we tell by default, because the channel does not say before paying out."""


_ROWS = (
    Capability(
        channel="cash",
        words_zh="现金",
        words_en="Cash",
        source="domain §2.2, §8.4, F22",
        void="same_shift",
        by_hand=True,
        give_up_after=30 * DAY,
        arrival={"cash": (0, 0)},
    ),
    Capability(
        channel="transfer",
        words_zh="银行转账",
        words_en="Bank transfer",
        source="domain §2.2 (offline refund)",
        by_hand=True,
        arrival={"bank_transfer": (0, 1)},
    ),
    Capability(
        channel="wechatpay",
        words_zh="微信支付",
        words_en="WeChat Pay",
        source="wechatpay §7, §10, §11, §12; domain §2.2, §11.1",
        max_partial=50,
        window_days=365,
        min_gap_seconds=60,
        askable=True,
        ask_after=(60, 120, 180, 240, 300, 600, 1200, 2400, 4200),
        absence_counts_after=60,
        give_up_after=7 * DAY,
        notice_ack=NoticeAck(200, "application/json", '{"code":"SUCCESS","message":"成功"}'),
        arrival={"wechat_balance": (0, 0), "wechat_bank_card": (1, 3)},
        reissue=("customer_card", "merchant_card"),
        reissue_banks=(
            "CMB",
            "COMM",
            "ABC",
            "CCB",
            "ICBC",
            "BOC",
            "PAB",
            "SPDB",
            "CITIC",
            "CEB",
            "CMBC",
            "CIB",
            "GDB",
            "PSBC",
            "NBCB",
        ),  # fmt: skip
    ),
    Capability(
        channel="alipay",
        words_zh="支付宝",
        words_en="Alipay",
        source="alipay §8, §9, §15, §16; window by contract, 12 months typical",
        window_days=365,
        min_gap_seconds=3,
        askable=True,
        ask_after=(10, 60, 300, 1800, 7200),
        absence_counts_after=10,
        give_up_after=DAY,  # then the next day's bill decides, or a person (alipay §15)
        resend_pauses=(10, 60, 300, 1800, 7200),
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "success"),
        arrival={"alipay_balance": (0, 0), "alipay_bank_card": (1, 7)},
    ),
    Capability(
        channel="unionpay",
        words_zh="银联在线",
        words_en="UnionPay",
        source="unionpay §7 (clearing day 23:00 to 23:00), §8, §11 (330 days; QR product 30 days by contract), §12",
        window_days=330,
        void="same_day",
        clearing_hour=23,
        askable=True,
        ask_after=(1, 3, 7, 15, 31, 63, 300, 1800, 7200),
        absence_counts_after=120,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "ok"),
        arrival={"unionpay_debit": (1, 7), "unionpay_credit": (3, 15)},
    ),
    Capability(
        channel="shengpay",
        words_zh="盛付通",
        words_en="Shengpay",
        source="shengpay §5–§7; window, rhythm and arrival are ours, nothing is published: 180 days until the contract says otherwise",
        window_days=180,
        askable=True,
        ask_after=(10, 60, 300, 1800, 7200),
        absence_counts_after=300,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "SUCCESS"),
        arrival={"bank_card": (1, 7)},
    ),
    Capability(
        channel="shouqianba",
        words_zh="收钱吧",
        words_en="Shouqianba",
        source="shouqianba §7–§9: three months, revoke on the same day; rhythm and arrival are ours",
        window_days=90,
        void="same_day",
        askable=True,
        ask_after=(10, 60, 300, 1800, 7200),
        absence_counts_after=60,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "success"),
        arrival={"wallet": (0, 1), "bank_card": (1, 7)},
    ),
    Capability(
        channel="chinaums",
        words_zh="银联商务",
        words_en="ChinaUMS",
        source="chinaums §8, §9 (void on the same day, refunds in parts); window, rhythm and arrival are ours, nothing is published: "
        "180 days until the contract says otherwise",
        window_days=180,
        void="same_day",
        askable=True,
        ask_after=(10, 60, 300, 1800, 7200),
        absence_counts_after=600,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "SUCCESS"),
        arrival={"bank_card": (1, 7)},
    ),
    Capability(
        channel="lakala",
        words_zh="拉卡拉",
        words_en="Lakala",
        source="lakala §7 (first question after 30 s, “not found” is no proof before the schedule is over), §8; window, void on the "
        "same day and arrival are ours, nothing is published: 180 days until the contract says otherwise",
        window_days=180,
        void="same_day",
        askable=True,
        ask_after=(30, 60, 120, 300, 600, 1800),
        absence_counts_after=1800,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "application/json", '{"code":"SUCCESS","message":"执行成功"}'),
        arrival={"bank_card": (1, 7)},
    ),
    Capability(
        channel="allinpay",
        words_zh="通联支付",
        words_en="Allinpay",
        source="allinpay §5 (cancel on the same day), §8 (every 10 s while under way; “does not exist” is believed after minutes); "
        "window and arrival are ours, nothing is published: 180 days until the contract says otherwise",
        window_days=180,
        void="same_day",
        askable=True,
        ask_after=(10, 20, 30, 60, 300, 1800, 7200),
        absence_counts_after=600,
        give_up_after=3 * DAY,
        notice_ack=NoticeAck(200, "text/plain; charset=utf-8", "success"),
        arrival={"bank_card": (1, 7)},
    ),
    Capability(
        channel="card",
        words_zh="银行卡（POS）",
        words_en="Bank card (POS)",
        source="iso8583 §7–§9: void in the open batch of the day, refund up to 30 days at most hosts, no question for a refund; "
        "what is asked is the terminal's own memory, and the reversal of a void",
        window_days=30,
        void="same_batch",
        askable=True,
        ask_after=(60, 300, 1800, 7200),
        absence_counts_after=120,
        give_up_after=DAY,
        arrival={"unionpay_debit": (1, 7), "unionpay_credit": (3, 15)},
    ),
    Capability(
        channel="stored_value",
        words_zh="储值卡",
        words_en="Stored-value card",
        source="domain §2.2, R-12 (back to the same card, until used up), §5.9",
        own=True,
        arrival={"stored_value": (0, 0)},
    ),
    Capability(
        channel="points",
        words_zh="积分",
        words_en="Points",
        source="domain R-08b (points come back as points), §5.9",
        own=True,
        arrival={"points": (0, 0)},
    ),
)

TABLE: Mapping[str, Capability] = {row.channel: row for row in _ROWS}
"""Every channel that is connected."""


def get(channel: str) -> Capability:
    """The channel's row, or for one without a row the least that any channel can do: by people only."""
    row = TABLE.get(channel)
    if row is not None:
        return row
    return Capability(channel=channel, words_zh=channel, words_en=channel, partial=False, source="no row")


def clearing_day(capability: Capability, at: datetime) -> date:
    """The channel's own day that this hour belongs to."""
    return (at.astimezone(SHANGHAI) + timedelta(hours=(24 - capability.clearing_hour) % 24)).date()


def void_open(capability: Capability, *, paid_at: datetime, at: datetime, batch_open: bool = False) -> bool:
    """Whether a whole payment may still be undone, as far as we can know (domain §2.1); the host has the last word.

    `batch_open` says that the terminal which took the payment has not settled its batch since.
    """
    same_day = clearing_day(capability, paid_at) == clearing_day(capability, at)
    match capability.void:
        case "same_day":
            return same_day
        case "same_batch":
            return same_day and batch_open
    return False


def ask_at(capability: Capability, *, sent_at: datetime, asked: int, offsets: Sequence[int] = ()) -> datetime:
    """When to ask for the `asked + 1`-th time; `offsets` (seconds) overrides the channel's own rhythm.

    A channel that cannot be asked answers with the hour at which people take over.
    """
    rhythm = tuple(offsets) or capability.ask_after
    if not capability.askable or not rhythm:
        return sent_at + timedelta(seconds=capability.give_up_after)
    if asked < len(rhythm):
        return sent_at + timedelta(seconds=rhythm[asked])
    last_gap = rhythm[-1] - (rhythm[-2] if len(rhythm) > 1 else 0)
    return sent_at + timedelta(seconds=rhythm[-1] + (asked - len(rhythm) + 1) * last_gap)


def resend_after(capability: Capability, attempts: int) -> int:
    """Seconds to pause before sending the same number again, after `attempts` sends without success."""
    pauses = capability.resend_pauses
    return pauses[min(max(attempts, 1), len(pauses)) - 1]


def absence_counts(capability: Capability, *, sent_at: datetime, at: datetime) -> bool:
    """Whether "never seen" may be believed: the channel's books have had time since the last send."""
    return capability.askable and at - sent_at >= timedelta(seconds=capability.absence_counts_after)


def given_up(capability: Capability, *, first_sent_at: datetime, at: datetime) -> bool:
    """Whether asking by machine is over, so that a statement or people decide."""
    return at - first_sent_at >= timedelta(seconds=capability.give_up_after)

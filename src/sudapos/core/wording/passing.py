"""Why a refund may go, in words: what each rule that let it pass has to say."""

from __future__ import annotations

from sudapos.core.wording import Table

NOTHING, NOTHING_EN = "无需操作", "Nothing to do"

TABLE: Table = {
    "ok_paid": ("销售单已付款", NOTHING, "The sale is paid", NOTHING_EN),
    "ok_returnable": ("{count} 行商品都可以退", NOTHING, "Every line is returnable ({count})", NOTHING_EN),
    "ok_receipt": ("小票在，没有作废", NOTHING, "The receipt is here and still counts", NOTHING_EN),
    "ok_promise": (
        "第 {days} 天，“{rule}”是 {allowed} 天",
        NOTHING,
        "Day {days}; {rule} gives {allowed}",
        NOTHING_EN,
    ),
    "ok_reason_window": (
        "第 {days} 天，“{rule}”是 {allowed} 天",
        NOTHING,
        "Day {days}; {rule} gives {allowed}",
        NOTHING_EN,
    ),
    "ok_claim": (
        "“{reason}”是法定理由，不受退货承诺的天数限制",
        NOTHING,
        "“{reason}” is a claim of the law: no promise of days ends it",
        NOTHING_EN,
    ),
    "ok_exchange": (
        "第 {days} 天，在换货期内",
        NOTHING,
        "Day {days}, within the time to exchange",
        NOTHING_EN,
    ),
    "ok_channel_window": (
        "{channel}付款后第 {days} 天，渠道收 {allowed} 天以内的退款",
        NOTHING,
        "Day {days} after paying by {channel}, which refunds for {allowed}",
        NOTHING_EN,
    ),
    "ok_same_year": ("今年的销售，不跨年", NOTHING, "Sold this year", NOTHING_EN),
    "ok_cash": (
        "现金 {cash}，在收银员付现限额 {limit} 以内",
        NOTHING,
        "{cash} in cash, within the cashier's {limit}",
        NOTHING_EN,
    ),
    "ok_cash_day": (
        "钱箱今天付现到 {today}，限额 {limit}",
        NOTHING,
        "{today} in cash from this drawer today, of {limit}",
        NOTHING_EN,
    ),
    "ok_fraud": (
        "{count} 条舞弊规则都看过，没有要拦下或复核的",
        NOTHING,
        "{count} fraud rules were looked at; none stops or holds it",
        NOTHING_EN,
    ),
    "ok_alone": ("不用第二个人审批", NOTHING, "Nobody else has to approve", NOTHING_EN),
}

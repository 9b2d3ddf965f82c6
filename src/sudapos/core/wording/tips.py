"""Tips, in words: what is not part of a whole refund, and how it comes back."""

from __future__ import annotations

from sudapos.core.wording import Table

TABLE: Table = {
    "tip_stays": (
        "小费 {amount} 不在内",
        "要退小费，请按商品办理并勾选小费",
        "The tip of {amount} is not included",
        "To give it back, refund by lines and tick the tip",
    ),
    "only_tip_left": (
        "这一单只剩小费 {amount} 没有退",
        "小费要单独勾选才退",
        "Only the tip of {amount} is left of this sale",
        "A tip comes back only where it is ticked by itself",
    ),
}

"""Fees that the shop keeps of a return, in words: what is read aloud, and who lets one go."""

from __future__ import annotations

from sudapos.core.wording import Table

TABLE: Table = {
    "fee_kept": (
        "手续费 {amount}，按购买时公示的规则",
        "请在确认前念给顾客听",
        "A fee of {amount} is kept, by the rules published when it was bought",
        "Read it to the customer before you confirm",
    ),
    "fee_waived": (
        "免收手续费 {amount}",
        "请店长核对备注里的理由",
        "The fee of {amount} is waived",
        "A manager looks at the reason in the note",
    ),
    "fee_waiver_off": (
        "现行政策不允许免收手续费 {amount}",
        "请去掉“免收手续费”再提交",
        "The policy in force does not let the fee of {amount} be waived",
        "Untick the waiver and ask again",
    ),
}

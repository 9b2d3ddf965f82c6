"""Wallets, cards and phones of those who work here: what is said when one is registered or removed."""

from . import Table

TABLE: Table = {
    "payee_known": (
        "{hint} 已经登记过",
        "不用再登记",
        "{hint} is registered already",
        "Nothing more to do",
    ),
    "payee_not_found": (
        "没有编号为 {number} 的登记",
        "请从清单重新选择",
        "There is no entry {number}",
        "Choose it from the list",
    ),
    "payee_own": (
        "自己登记的不能自己撤销",
        "请店长或管理员撤销",
        "Nobody removes her own entry",
        "Ask a manager or the administrator to remove it",
    ),
    "payee_removed": (
        "这一条已经撤销",
        "请刷新页面",
        "This entry is removed already",
        "Reload the page",
    ),
}

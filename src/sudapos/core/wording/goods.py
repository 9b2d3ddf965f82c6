"""Goods that come back: their conditions, what a later look found, and what stands in the way."""

from . import Table
from .words import Words

CONDITIONS: Words = {
    "": ("没有收回货品", "No goods came back"),
    "restock": ("完好，放回货架", "Saleable, back on the shelf"),
    "damaged": ("破损，待处理", "Damaged, to be decided"),
    "inspect": ("先收下，稍后检查", "Received, to be inspected"),
    "claim": ("不符，另行索赔", "Not as claimed, pursued apart"),
}

TABLE: Table = {
    "serial_needed": (
        "“{name}”按序列号卖出，还没有扫到序列号",
        "请扫商品上的序列号；看不清的，请店长看过商品再批",
        "“{name}” was sold by serial number, and none was scanned",
        "Scan the number on the article itself; where it cannot be read, a manager looks at the article",
    ),
    "serial_differs": (
        "扫到的序列号 {scanned} 不是这一单卖出的“{name}”",
        "核对是不是别的单子买的；确实不符就不能在这一单退",
        "Serial number {scanned} is not the “{name}” that this sale sold",
        "See whether it belongs to another sale; if not, it cannot come back on this one",
    ),
    "goods_not_found": (
        "没有这件待检查的货品",
        "请刷新退货区，看看是不是已经有人登记了结果",
        "There is nothing of this number to inspect",
        "Reload the returns area; perhaps somebody has noted the result",
    ),
    "goods_judged": (
        "这件货品已经登记过检查结果",
        "结果不能改；有出入请另行登记索赔",
        "The result of this inspection is already noted",
        "A result is never changed; pursue a difference apart",
    ),
}

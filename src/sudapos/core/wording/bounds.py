"""Refusals to a machine that works for one store only."""

from . import Table

TABLE: Table = {
    "key_of_one_store": (
        "密钥 {name} 只能用于门店 {store}，这件事不属于某一家门店",
        "请写明门店，或用不限门店的密钥",
        "Key {name} works for store {store} only, and this is not one store's",
        "Name the store, or use a key of all stores",
    ),
}

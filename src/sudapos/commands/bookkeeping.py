"""What the command line says about files for accounting programs: (中文, English)."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "export_journal": (
        "把一段期间的分录导出成财务软件的凭证文件；凭证号一经给出就不变，重复导出得到同样的文件。\n\n\b\n"
        "例：sudapos export-journal --from 2026-11-01 --to 2026-11-30 --profile kingdee_simple 11月.xlsx",
        "Write the entries of a period as vouchers for an accounting program; a number once given stays, and the same"
        " entries make the same file again.\n\n\b\n"
        "Example: sudapos export-journal --from 2026-11-01 --to 2026-11-30 --profile kingdee_simple november.xlsx",
    ),
    "opt_from": ("第一天", "first day"),
    "opt_to": ("最后一天", "last day"),
    "opt_profile": ("导出格式；见 docs/exports.md", "column profile; see docs/exports.md"),
    "opt_grouping": (
        "一单一张凭证，或每店每日每类一张",
        "a voucher per document, or per store, day and kind",
    ),
    "opt_export_store": ("只要这家门店", "this store alone"),
    "opt_encoding": ("文字编码；不写则按格式", "encoding; the profile's own unless given"),
    "journal_exported": (
        "第 {batch} 批，{vouchers} 张凭证，已写入 {file}\nSHA-256 {digest}",
        "batch {batch}, {vouchers} vouchers, in {file}\nSHA-256 {digest}",
    ),
    "journal_exported_before": (
        "注意：{entries} 条分录里有 {repeated} 条以前导出过；导入前请确认没有入过账",
        "note: {repeated} of {entries} entries were exported before; make sure that they are not imported twice",
    ),
}

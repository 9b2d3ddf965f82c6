"""What `sudapos backup` and `sudapos restore` say: (中文, English)."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "backup": (
        "把整家店备份到一个新目录：数据库、文件和密钥。里面有密钥，请像保险箱一样保管；程序可以不停。\n\n\b\n例：sudapos backup /mnt/backup/2026-11-28",
        "The whole shop into a new folder: database, files and keys. Keep it like a safe, the keys are in it; programs may run on."
        "\n\n\b\nExample: sudapos backup /mnt/backup/2026-11-28",
    ),
    "restore": (
        "从备份恢复整家店，然后停住退款，直到和渠道核对完。先停掉 sudapos up。\n\n\b\n例：sudapos restore /mnt/backup/2026-11-28\n      sudapos restore --reopen",
        "The shop from a backup; refunds then stay stopped until they are held against the channels. Stop sudapos up first."
        "\n\n\b\nExample: sudapos restore /mnt/backup/2026-11-28\n         sudapos restore --reopen",
    ),
    "opt_replace": ("换掉这里已有的店", "replace the shop that is here"),
    "opt_yes": ("不再询问", "do not ask again"),
    "opt_reopen": ("核对完，重新开放退款", "everything is reconciled: open again"),
    "opt_even_so": (
        "还缺一些也要开放，写明原因（会留在审计里）",
        "open although something is missing; the reason is kept",
    ),
    "restore_needs": (
        "请写备份目录，或用 --reopen 重新开放",
        "name the backup's folder, or --reopen",
    ),
    "even_so_needs": ("--even-so 只和 --reopen 一起用", "--even-so goes with --reopen"),
    "restore_sure": (
        "这里的店“{name}”会被 {taken} 的备份整个换掉。继续？",
        "The shop “{name}” here will be replaced as a whole by the backup of {taken}. Go on?",
    ),
    "backup_database": ("取数据库", "taking the database"),
    "backup_files": ("取文件和密钥", "taking files and keys"),
    "backup_sums": ("算校验和", "checksums"),
    "restore_check": ("核对备份", "checking the backup"),
    "restore_database": ("恢复数据库", "restoring the database"),
    "restore_files": ("恢复文件和密钥", "restoring files and keys"),
    "restore_migrations": ("补齐新版本的表", "tables of this version"),
    "restore_verify": ("核对账本", "checking the books"),
    "backup_done": (
        "已备份到 {folder}：{sales} 笔销售，{refunds} 笔退款，{files} 个文件。审计链头：{head}",
        "Backed up to {folder}: {sales} sales, {refunds} refunds, {files} files. Head of the chain: {head}",
    ),
    "backup_keys_elsewhere": (
        "密钥在环境变量 SUDAPOS_KEYRING 里，不在备份中，请另外保管",
        "The keys stand in SUDAPOS_KEYRING and not in the backup; keep them elsewhere",
    ),
    "restore_done": (
        "已恢复 {taken} 的备份：{sales} 笔销售，{refunds} 笔退款。退款现在是停住的；在途的 {legs} 笔会先问渠道，不会再发。",
        "Restored the backup of {taken}: {sales} sales, {refunds} refunds. Refunds are stopped; {legs} on their way are asked"
        " about first and not sent.",
    ),
    "restore_next": (
        "下一步：sudapos work（问渠道），导入备份之后的对账单，然后 sudapos restore --reopen",
        "Next: sudapos work asks the channels; load the statements since the backup; then sudapos restore --reopen",
    ),
    "reopened": ("已重新开放退款", "Refunds are open again"),
    "doctor_restored": ("备份恢复", "restore"),
    "doctor_restored_no": ("不在恢复中", "not under way"),
    "doctor_restored_yes": (
        "从备份恢复后还没有重新开放：{legs} 笔在途没有渠道回答，缺 {statements} 份对账单；然后 sudapos restore --reopen",
        "not opened since a restore: {legs} on their way without an answer, {statements} statements missing; then sudapos restore --reopen",
    ),
}

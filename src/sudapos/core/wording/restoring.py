"""Refusals around backups: made, restored, and a shop that waits to be opened again."""

from . import Table

TABLE: Table = {
    "shop_restored": (
        "数据刚从备份恢复，和渠道核对完之前不能退款",
        "请管理员核对后运行 sudapos restore --reopen",
        "The books were restored from a backup; no refund until they are held against the channels",
        "The administrator reconciles, then runs sudapos restore --reopen",
    ),
    "backup_place_taken": (
        "{path} 已经有东西，备份不会覆盖",
        "请换一个新的目录",
        "There is something in {path}; a backup overwrites nothing",
        "Name a new folder",
    ),
    "backup_unreadable": (
        "{path} 不是完整的备份：{why}",
        "请换另一份备份",
        "{path} is no whole backup: {why}",
        "Take another backup",
    ),
    "backup_newer": (
        "这份备份来自更新的版本 {version}",
        "请先升级程序再恢复",
        "This backup comes from a newer version, {version}",
        "Upgrade the program first",
    ),
    "shop_not_empty": (
        "这里已经有一家店：{name}，恢复会把它全部换掉",
        "确实要换掉，请先备份它，再加 --replace",
        "There is a shop here already, {name}; a restore would replace all of it",
        "If you mean it, back it up first, then add --replace",
    ),
    "database_in_use": (
        "还有 {count} 个程序在用这个数据库",
        "请先停掉 sudapos up / serve / work",
        "{count} programs use this database",
        "Stop sudapos up, serve and work first",
    ),
    "pg_tools_missing": (
        "没有能用的 {tool}（数据库是 PostgreSQL {version}）",
        "请安装 postgresql-client-{version}",
        "There is no {tool} that fits PostgreSQL {version}",
        "Install postgresql-client-{version}",
    ),
    "pg_tool_failed": (
        "{tool} 没有做完：{why}",
        "请看原因后再来一次；数据没有变",
        "{tool} did not finish: {why}",
        "See why and come again; nothing was changed",
    ),
    "restore_not_asked": (
        "还有 {count} 笔在途退款没有问到渠道的回答",
        "请运行 sudapos work，等渠道都回答后再来",
        "{count} refunds on their way have no answer from their channel yet",
        "Run sudapos work and come again when the channels have answered",
    ),
    "restore_statements_missing": (
        "这些账户缺少备份之后的对账单：{missing}",
        "请先导入对账单，备份之后的退款才查得到；拿不到时加 --even-so 写明原因",
        "Statements since the backup are missing: {missing}",
        "Load them: they show the refunds made since the backup. If there are none, add --even-so with the reason",
    ),
    "not_restored": (
        "这家店没有在等待恢复后的核对",
        "不需要做什么",
        "This shop does not wait to be opened after a restore",
        "There is nothing to do",
    ),
}

"""What the commands about statements and the end of days say: (中文, English)."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "load_statement": (
        "把渠道对账单读进来：保存、匹配、列出差异。同一文件再来一次什么都不变。\n\n\b\n例：sudapos load-statement wx-main bill.csv --date 2026-11-23",
        "Take a channel's statement in: keep it, match it, list what differs. The same file again changes nothing.\n\n\b\n"
        "Example: sudapos load-statement wx-main bill.csv --date 2026-11-23",
    ),
    "load_settlement": (
        "读银行流水：渠道打来的钱入账，并和对账单的应结金额核对。列名按常见写法找，找不到用 --columns。\n\n\b\n例：sudapos load-settlement bank.csv --columns day=记账日期,amount=贷方发生额,payer=对方户名",
        "Read a bank's file: what channels paid is booked and held against their statements. Columns are found by their usual"
        " names, else named with --columns.\n\n\b\nExample: sudapos load-settlement bank.csv --columns day=Date,amount=Credit,payer=Payer",
    ),
    "opt_bank_columns": (
        "哪一列是什么：day= amount= payer= reference=",
        "which column is what: day= amount= payer= reference=",
    ),
    "settlement_row": (
        "{account}  {amount} 元  {day}  对应 {days}",
        "{account}  {amount} yuan  {day}  for {days}",
    ),
    "settlement_no_day": ("没有对得上的日子", "no day that fits"),
    "settlement_told": (
        "入账 {booked} 笔，早已入账 {known} 笔，不是渠道打来的 {foreign} 笔",
        "{booked} booked, {known} there already, {foreign} not from a channel",
    ),
    "close_day": (
        "日结：取对账单、匹配、记手续费、核对账本、出日报；缺什么就不结。不写日期就是昨天。\n\n\b\n例：sudapos close-day --date 2026-11-23",
        "End a day: fetch statements, match, book fees, verify the books, report; it stays open while anything is missing."
        " Yesterday if no date is given.\n\n\b\nExample: sudapos close-day --date 2026-11-23",
    ),
    "close_month": (
        "月结：每天都已日结、差异都已挂账后锁住这个月。\n\n\b\n例：sudapos close-month 2026-10 --operator f01",
        "Lock a month once its days are closed and its differences are in suspense.\n\n\b\n"
        "Example: sudapos close-month 2026-10 --operator f01",
    ),
    "findings": (
        "还没了结的对账差异，最急的在前。\n\n\b\n例：sudapos findings --kind external_refund",
        "Differences that are not closed yet, the most urgent first.\n\n\b\nExample: sudapos findings --kind external_refund",
    ),
    "statement_fetch": (
        "向渠道取一天的对账单。\n\n\b\n例：sudapos statement fetch wx-main --date 2026-11-23",
        "Ask a channel for one day's statement.\n\n\b\nExample: sudapos statement fetch wx-main --date 2026-11-23",
    ),
    "statement_columns": (
        "说明一个账户的对账文件怎么读，是不是每天都该有。\n\n\b\n例：sudapos statement columns lkl-main --mapping lakala.toml --expected",
        "Say how an account's files are read, and whether every day needs one.\n\n\b\n"
        "Example: sudapos statement columns lkl-main --mapping lakala.toml --expected",
    ),
    "opt_day": ("哪一天，如 2026-11-23", "the day, e.g. 2026-11-23"),
    "opt_expected": ("每天都该有 / 有交易才需要", "every day needs one / only days with trade"),
    "opt_no_fetch": ("不向渠道取文件", "do not ask the channels"),
    "opt_by_operator": ("由谁操作（员工号）", "who does it (operator)"),
    "opt_kind": ("只看这一类", "only this kind"),
    "loaded_new": ("已读入", "loaded"),
    "loaded_same": ("和已有的相同，没有变化", "already there, nothing changed"),
    "loaded_changed": (
        "同一天的新版本：多了 {added} 行，少了 {gone} 行",
        "a new version of that day: {added} rows more, {gone} gone",
    ),
    "loaded": (
        "{account} {day} · {rows} 行 · {status}",
        "{account} {day} · {rows} rows · {status}",
    ),
    "class_matched": ("一致", "matched"),
    "class_other_day": ("跨日", "other day"),
    "class_amount_differs": ("金额不同", "amount differs"),
    "class_state_differs": ("状态不同", "state differs"),
    "class_only_ours": ("只有我方", "only ours"),
    "class_only_theirs": ("只有渠道", "only theirs"),
    "class_void_pair": ("当日撤销", "undone before clearing"),
    "finding_line": (
        "{number}  {kind}  {amount} 元  {account} {day}  应于 {due} 前了结",
        "{number}  {kind}  {amount} yuan  {account} {day}  due {due}",
    ),
    "no_findings": ("没有未了结的差异", "no difference is open"),
    "not_got": ("{account}：没有取到对账单（{why}）", "{account}: no statement ({why})"),
    "day_missing_statement": (
        "缺 {account} 的对账单（{why}）",
        "the statement of {account} is missing ({why})",
    ),
    "day_open_shift": (
        "班次 {shift}（{operator}）还没有交班",
        "shift {shift} ({operator}) is still open",
    ),
    "day_broken_check": (
        "账本核对不符：{check} {place} 应为 {expected}，实为 {found}",
        "the books do not hold: {check} {place} should be {expected}, is {found}",
    ),
    "day_closed": (
        "{day} 已日结 · 新差异 {findings} 个 · 链头 {head}",
        "{day} is closed · {findings} new findings · head {head}",
    ),
    "day_was_closed": ("{day} 早已日结", "{day} was closed before"),
    "day_stays_open": (
        "{day} 还不能日结；补齐后再运行一次",
        "{day} stays open; supply what is missing and run this again",
    ),
    "month_closed": ("{month} 已结账，锁到 {until}", "{month} is closed until {until}"),
    "reading_put": ("{account} 的对账文件按 {format} 读", "files of {account} are read as {format}"),
}

"""Many refunds at once: states, kinds, where an item stands, and what may be said about one."""

from . import Table
from .words import Words

STATES: Words = {
    "draft": ("草稿", "Draft"),
    "checked": ("待复核", "Waits for approval"),
    "approved": ("待开始", "Ready to start"),
    "running": ("正在退", "Running"),
    "paused": ("已暂停", "Paused"),
    "done": ("已完成", "Done"),
    "cancelled": ("已取消", "Cancelled"),
}

KINDS: Words = {
    "recall": ("商品召回", "Recall"),
    "event": ("活动取消", "Cancelled event"),
    "price": ("标错价", "Wrong price"),
    "file": ("按文件", "From a file"),
}

OUTCOMES: Words = {
    "new": ("未试算", "Not tried yet"),
    "ready": ("可以退", "Can be refunded"),
    "denied": ("不能退", "Cannot be refunded"),
    "dropped": ("已剔除", "Taken out"),
    "refused": ("没有开出", "Not opened"),
    "awaiting": ("待审批", "Waits for approval"),
    "moving": ("退款中", "On its way"),
    "customer": ("等顾客来取", "Waits for the customer"),
    "attention": ("要处理", "Needs attention"),
    "done": ("已退", "Refunded"),
    "closed": ("已放弃", "Given up"),
}

TABLE: Table = {
    "batch_not_found": (
        "没有批次 {batch_no}",
        "请从“批量退款”列表里打开",
        "There is no batch {batch_no}",
        "Open it from the list of batches",
    ),
    "batch_state": (
        "批次 {batch_no} 现在是“{batch_state}”，不能这样做",
        "请刷新页面，看现在能做什么",
        "Batch {batch_no} is “{batch_state}”; this cannot be done now",
        "Reload the page to see what can",
    ),
    "batch_empty": (
        "没有可以退的单子",
        "请放宽条件，或检查文件内容",
        "There is nothing to refund",
        "Widen the search, or look at the file",
    ),
    "batch_too_big": (
        "一个批次最多 {most} 单，这里有 {count} 单",
        "请按日期或门店分成几批",
        "A batch holds {most} sales at most; here are {count}",
        "Divide it by days or stores",
    ),
    "sale_twice": (
        "销售单 {sale_no} 出现了两次",
        "同一单在一个批次里只退一次，请合并成一项",
        "Sale {sale_no} is there twice",
        "A sale is refunded once in a batch; make it one item",
    ),
    "batch_check_old": (
        "试算已经过期，金额可能变了",
        "请申请人重新试算，再来复核",
        "The dry run is too old; amounts may have changed",
        "The maker tries it again, then approve it",
    ),
    "batch_cancelled": (
        "批次已取消，这一单没有退",
        "需要退的请另开一批，或到柜台办理",
        "The batch was cancelled before this one",
        "Make a new batch of what is left, or refund it at the counter",
    ),
    "batch_item_changed": (
        "这一单和复核时不一样了，没有退",
        "请另开一批重新试算和复核，或到柜台办理",
        "This one is not what was approved any more, so it was not opened",
        "Make a new batch and have it approved, or refund it at the counter",
    ),
    "already_compensated": (
        "销售单 {sale_no} 的差价已经退过",
        "不用再退；有疑问请看这一单的退款记录",
        "The difference of sale {sale_no} was given back already",
        "Nothing to do; its refunds stand on the sale",
    ),
    "batch_file_known": (
        "同样的文件已经做成批次 {batch_no}",
        "请打开那个批次；确实要再退一次，请先取消它",
        "The same file became batch {batch_no} already",
        "Open that one; to use the file again, cancel it first",
    ),
    "batch_file_columns": (
        "文件里没有“{column}”这一列",
        "第一行写列名：销售单号、行号、数量、金额、原因",
        "The file has no column “{column}”",
        "The first row names the columns: sale_no, line_no, quantity, amount, reason",
    ),
    "batch_file_encoding": (
        "读不懂这个文件",
        "请另存为 CSV（UTF-8 或 GBK），或每行一个 JSON 对象",
        "The file cannot be read",
        "Save it as CSV (UTF-8 or GBK), or as one JSON object per line",
    ),
    "batch_file_unreadable": (
        "没有一行读得懂，从第 {line} 行起",
        "金额写元（6.00），数量要有行号；改好再传一次",
        "No row can be read, from row {line} on",
        "Amounts are yuan (6.00), a quantity needs its line number; mend the file and send it again",
    ),
    "batch_row_mixed": (
        "同一单既写了行又写了金额",
        "一单要么按行退，要么退一个金额",
        "Rows of one sale name both lines and an amount",
        "A sale gets lines back, or one amount",
    ),
    "batch_row_quantity": (
        "写了数量，没有写行号",
        "按数量退要写明是哪一行",
        "A quantity without a line number",
        "Say which line the quantity is of",
    ),
    "batch_row_json": (
        "这一行不是一个 JSON 对象",
        "每行一个对象，例如 {example}",
        "This line is not a JSON object",
        "One object per line, such as {example}",
    ),
    "batch_row_line": (
        "行号“{text}”不是整数",
        "请写销售单上的行号，例如 1",
        "Line number “{text}” is not a whole number",
        "Write the number of the line on the sale, such as 1",
    ),
    "batch_row_reason": (
        "不认识的原因“{text}”",
        "请用柜台上的原因，例如“质量问题”或 quality",
        "Reason “{text}” is not known",
        "Use one of the counter's reasons, such as quality",
    ),
}

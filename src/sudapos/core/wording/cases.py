"""Cases and their files: what is refused, and the way out."""

from . import Table

TABLE: Table = {
    "case_not_found": (
        "没有客诉 {number}",
        "请从“客诉”列表进入",
        "There is no case {number}",
        "Start from the list of cases",
    ),
    "case_closed": (
        "客诉 {number} 已经了结",
        "有新情况请另开一件",
        "Case {number} is closed",
        "Open another one if there is something new",
    ),
    "case_text_needed": (
        "没有写内容",
        "写一句：发生了什么，答应了顾客什么",
        "Nothing was written",
        "Write a sentence: what happened, what the customer was promised",
    ),
    "file_empty": ("没有选文件，或者文件是空的", "请重新选择", "No file, or an empty one", "Choose it again"),
    "file_too_large": (
        "文件超过 {megabytes} MB",
        "请压缩或截取需要的部分",
        "The file is larger than {megabytes} MB",
        "Make it smaller, or cut out what matters",
    ),
    "file_kind_refused": (
        "只收 PNG、JPEG、PDF 和纯文本文件",
        "请截图或另存为这几种",
        "Only PNG, JPEG, PDF and plain text are taken",
        "Take a screenshot or save it as one of these",
    ),
    "file_lost": (
        "找不到这个文件，或它已不是当时的内容",
        "请从备份恢复 files 文件夹，并告诉审计",
        "This file is gone, or is not what it was",
        "Restore the folder files from a backup, and tell the auditor",
    ),
    "file_choose_again": (
        "先前选的文件已经不在了",
        "请重新选择这个文件",
        "The file that was chosen before is no longer there",
        "Choose it again",
    ),
    "too_many_files": (
        "一件客诉最多 {most} 个文件",
        "请合并后再传，或另开一件",
        "A case holds at most {most} files",
        "Put them into one, or open another case",
    ),
}

"""Refusals about the chart of accounts and files for accounting programs."""

from . import Table

TABLE: Table = {
    "chart_invalid": (
        "科目表不对",
        "代码只用数字和点、最多 15 位、互不相同，而且都是末级科目",
        "The chart of accounts will not do",
        "Codes are digits and dots, at most 15, all different, and none stands above another",
    ),
    "code_taken": (
        "这个代码已经用于另一个科目",
        "请换一个代码",
        "Another account has this code already",
        "Choose another code",
    ),
    "code_not_a_leaf": (
        "这个代码下面还有明细科目",
        "请填末级科目的代码",
        "There are accounts below this code",
        "Name an account that has none below it",
    ),
    "period_backwards": (
        "开始日期在结束日期之后",
        "请对调两个日期",
        "The first day is after the last one",
        "Exchange the two days",
    ),
    "nothing_to_export": (
        "没有可导出的分录：{since} 至 {until}",
        "请换一个期间，或检查门店",
        "There are no entries to export: {since} to {until}",
        "Choose another period, or check the store",
    ),
    "export_too_long": (
        "这个期间的分录超过一个文件能放的 {most} 条",
        "请把期间分成几段导出",
        "There are more entries in this period than the {most} that one file takes",
        "Export it in parts",
    ),
    "voucher_off": (
        "凭证 {number} 借贷不平",
        "不要导入；请联系技术支持并附上凭证号",
        "Voucher {number} does not balance",
        "Do not import it; contact support with its number",
    ),
    "voucher_line_empty": (
        "凭证 {number} 有一行借贷都是 0",
        "不要导入；请联系技术支持并附上凭证号",
        "Voucher {number} has a line without an amount",
        "Do not import it; contact support with its number",
    ),
    "voucher_outside": (
        "凭证 {number} 的日期 {day} 不在所选期间",
        "请重新选择期间再导出",
        "Voucher {number} is dated {day}, outside the period",
        "Choose the period anew",
    ),
    "voucher_not_leaf": (
        "凭证 {number} 用了非末级科目 {account}",
        "请在科目对照里改成末级科目的代码",
        "Voucher {number} uses {account}, which has accounts below it",
        "Give it the code of an account without any below in the chart",
    ),
    "voucher_account": (
        "凭证 {number} 的科目 {account} 不在科目对照里",
        "请在科目对照里补上它的代码",
        "Voucher {number} uses {account}, which is not in the chart",
        "Give it a code in the chart of accounts",
    ),
    "voucher_memo": (
        "凭证 {number} 的摘要超过 60 个字",
        "不要导入；请联系技术支持并附上凭证号",
        "The memo of voucher {number} is longer than 60 characters",
        "Do not import it; contact support with its number",
    ),
    "voucher_torn": (
        "凭证 {number} 的分录不连续",
        "不要导入；请重新导出一次",
        "The rows of voucher {number} do not stand together",
        "Do not import it; export again",
    ),
    "not_in_gbk": (
        "GBK 里没有字符 {letter}",
        "请改用 UTF-8 编码导出，或改掉这个字",
        "GBK has no character {letter}",
        "Export in UTF-8, or change the text",
    ),
    "profile_not_found": (
        "没有导出格式 {name}",
        "请从列表中选择",
        "There is no profile {name}",
        "Choose one from the list",
    ),
    "profile_built_in": (
        "{name} 是自带的格式，不能改",
        "请另起一个名字保存",
        "{name} comes with the program and cannot be changed",
        "Save yours under another name",
    ),
    "profile_invalid": (
        "导出格式不对",
        "每一列要有不重复的表头和可用的内容",
        "The profile will not do",
        "Every column needs a heading of its own and something that fills it",
    ),
}

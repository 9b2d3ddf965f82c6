"""Answers that the acquirers give under many codes: what they have in common, said once."""

from . import Table

TABLE: Table = {
    "order_unknown": (
        "渠道找不到原交易",
        "请核对原交易的单号；仍找不到请联系收单机构，勿付现金",
        "The channel does not know the original payment",
        "Check its number; otherwise ask the acquirer, and pay no cash",
    ),
    "order_closed": (
        "原交易的状态不允许退款",
        "可能已撤销或已全额退款，请先查询原交易",
        "The original payment cannot be refunded in its state",
        "It may have been voided or refunded in full; look it up first",
    ),
    "over_amount": (
        "退款金额超过渠道账上的可退金额",
        "可能有人在渠道后台退过款，请先核对",
        "More than the channel has left to refund",
        "Somebody may have refunded in the channel's portal; compare first",
    ),
    "wrong_amount": (
        "金额与原交易不符",
        "撤销须为原交易全额；请改为退款或核对金额",
        "The amount does not fit the original payment",
        "A void is for the whole amount; refund instead, or check the amount",
    ),
    "number_taken": (
        "这个退款单号已用于另一笔内容",
        "请用新单号重试",
        "The refund number is taken by other content",
        "Retry under a new number",
    ),
    "duplicate_number": (
        "渠道说这个单号发过了",
        "很可能是我们自己的上一次发送；系统正在查询结果",
        "The channel has seen this number before",
        "Very likely our own earlier send; we are asking for the result",
    ),
    "refund_unknown": (
        "渠道没有这笔退款的记录",
        "系统会稍后再查",
        "The channel has no such refund",
        "We ask again later",
    ),
    "in_progress": (
        "渠道正在受理",
        "系统会继续查询结果",
        "The channel is working on it",
        "We keep asking for the result",
    ),
    "not_taken_in": (
        "渠道没有受理这次请求",
        "退款没有发生；请管理员核对商户号、密钥和参数后重试",
        "The channel did not take the request in",
        "Nothing happened; the administrator checks number, keys and parameters, then retry",
    ),
    "not_permitted": (
        "收单机构没有开通这项交易",
        "请联系收单机构开通，或改用其他退款方式",
        "The acquirer has not enabled this for the merchant",
        "Ask the acquirer to enable it, or use another way",
    ),
    "merchant_unusable": (
        "商户或终端状态不正常",
        "请管理员联系收单机构；退款没有发生",
        "Merchant or terminal is not in order at the acquirer",
        "The administrator contacts the acquirer; nothing happened",
    ),
    "window_over": (
        "超过渠道的可退期限",
        "请改为转账等线下方式，经财务审批",
        "The channel's refund window is over",
        "Use a transfer with finance's approval",
    ),
    "too_early": (
        "渠道暂不受理，时间未到",
        "系统会稍后用同一单号自动重试",
        "The channel does not take it yet",
        "It is tried again later under the same number",
    ),
    "declined": (
        "发卡行或渠道拒绝了这笔交易",
        "请换一种退款方式，或请顾客联系发卡行",
        "The issuer or the channel declined",
        "Use another way, or let the customer ask the issuer",
    ),
    "ask_the_acquirer": (
        "渠道要求人工处理",
        "请财务致电收单机构，凭检索参考号查询；结果明确前不要再次退款",
        "The channel wants people to look",
        "Finance calls the acquirer with the reference number; do not refund again before it is clear",
    ),
    "sign_on_again": (
        "终端需要重新签到",
        "系统会自动签到后重试；退款没有发生",
        "The terminal must sign on again",
        "It signs on by itself and tries again; nothing happened",
    ),
    "reversing": (
        "撤销没有得到答复，正在冲正",
        "系统会重复冲正并查询结果；请不要再次退款",
        "The void got no answer and is being reversed",
        "The reversal is repeated until answered; do not refund again",
    ),
    "reversed": (
        "撤销已冲正，等于没有发生",
        "请改为退款",
        "The void was reversed: it is as if it had not happened",
        "Refund instead",
    ),
    "no_question": (
        "刷卡退货没有得到答复，这种报文不能查询",
        "请财务凭批次号和凭证号致电收单机构查询；结果明确前请不要再次退款，也不要付现金",
        "The card refund got no answer, and this wire knows no question",
        "Finance asks the acquirer by batch and trace number; do not refund again, do not pay cash",
    ),
    "terminal_not_answering": (
        "终端 {account} 没有办成：{said}",
        "请核对主机地址、终端主密钥和网络",
        "Terminal {account} did not get through: {said}",
        "Check the host's address, the master key and the network",
    ),
    "check_in_failed": (
        "{account} 签到没有成功：{said}",
        "旧密钥仍可再次签到；请稍后重试",
        "{account} did not check in: {said}",
        "The old key may check in once more; try again later",
    ),
    "check_in_not_offered": (
        "{channel} 没有终端签到",
        "只有收钱吧的终端需要每日签到",
        "{channel} has no check-in",
        "Only Shouqianba's terminals check in each day",
    ),
    "funds_short_closed": (
        "商户在渠道的余额不足，这个退款单号已关闭",
        "请财务充值后用新单号重试",
        "The merchant's balance is too low, and this refund number is closed",
        "Finance tops up, then retry under a new number",
    ),
    "statement_mapping_invalid": (
        "列映射不对",
        "请按 docs/statements.md 改正指出的各项",
        "The column mapping is wrong",
        "Mend what is named, as docs/statements.md says",
    ),
    "statement_mapping_missing": (
        "这种对账文件要先说明各列",
        "请用 --mapping 给出列映射（TOML），写法见 docs/statements.md",
        "This statement needs a column mapping",
        "Give one with --mapping (TOML), as docs/statements.md says",
    ),
    "statement_day_missing": (
        "缺少清算日期",
        "请用 --date 给出，例如 --date 2026-11-23",
        "The clearing day is missing",
        "Give it with --date, e.g. --date 2026-11-23",
    ),
    "statement_format_unknown": (
        "不认识的对账文件格式：{format}",
        "可用：wechatpay、alipay、unionpay、mapped",
        "{format} is no format of statements",
        "Known are wechatpay, alipay, unionpay, mapped",
    ),
}

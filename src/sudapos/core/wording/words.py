"""Single words that stand everywhere the same: (中文, English), English as it reads inside a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from sudapos.core import capability

Words = Mapping[str, tuple[str, str]]

REASONS: Words = {
    "quality": ("质量问题", "Faulty"),
    "no_reason": ("不想要了", "Changed mind"),
    "wrong_item": ("买错了", "Wrong item"),
    "wrong_charge": ("多扣款", "Charged too much"),
    "duplicate_charge": ("重复扣款", "Charged twice"),
    "not_delivered": ("未收到货", "Not delivered"),
    "goodwill": ("善意补偿", "Goodwill"),
    "other": ("其他", "Other"),
}

CHANNELS: Words = {
    **{row.channel: (row.words_zh, row.words_en) for row in capability.TABLE.values()},
    "cash": ("现金", "cash"),
    "transfer": ("银行转账", "bank transfer"),
    "unionpay": ("银联", "UnionPay"),
    "card": ("银行卡", "bank card"),
    "chinaums": ("银联商务", "China UMS"),
    "lakala": ("拉卡拉", "Lakala"),
    "allinpay": ("通联支付", "Allinpay"),
    "shengpay": ("盛付通", "Shengpay"),
    "shouqianba": ("收钱吧", "Shouqianba"),
}

ROUTES: Words = {
    "original": ("原路退回", "original way"),
    "refund": ("原路退回", "original way"),
    "void": ("撤销", "void"),
    "transfer": ("银行转账", "bank transfer"),
    "cash": ("现金", "cash"),
}

ROLES: Words = {
    "cashier": ("收银员", "cashier"),
    "cs": ("客服", "customer service"),
    "manager": ("店长", "manager"),
    "finance": ("财务", "finance"),
    "auditor": ("审计", "auditor"),
    "admin": ("系统管理员", "administrator"),
    "owner": ("老板", "owner"),
}

EVENTS: Words = {
    # what people did
    "refund.opened": ("申请退款", "Refund asked for"),
    "refund.approve": ("同意", "Approved"),
    "refund.reject": ("拒绝", "Rejected"),
    "refund.withdrawn": ("撤回", "Withdrawn"),
    "refund.refused": ("未受理", "Refused"),
    "policy.proposed": ("起草退款政策", "Policy proposed"),
    "policy.activated": ("启用退款政策", "Policy put into force"),
    "policy.rejected": ("退回退款政策", "Policy rejected"),
    "voucher.printed": ("打印凭证", "Voucher printed"),
    "voucher.reprinted": ("重印凭证", "Voucher reprinted"),
    "sale.ingested": ("销售入账", "Sale taken in"),
    "shop.founded": ("开店", "Shop founded"),
    "personal.unmasked": ("查看顾客信息", "Customer's data opened"),
    "personal.corrected": ("更正顾客信息", "Customer's data corrected"),
    "personal.forgotten": ("清除顾客信息", "Customer's data removed"),
    "personal.copied": ("导出个人信息副本", "Copy of a person's data made"),
    "retention.purged": ("到期清理", "Purged what was due"),
    "retention.held": ("保留令", "Hold put on a sale"),
    "retention.released": ("解除保留令", "Hold released"),
    "keys.rotated": ("轮换加密密钥", "Encryption key rotated"),
    "keys.forgotten": ("停用旧密钥", "Old keys forgotten"),
    "account.checked_in": ("终端签到换密钥", "Terminal checked in for a new key"),
    "terminal.signed_on": ("终端签到", "Terminal signed on"),
    "terminal.settled": ("终端批结算", "Terminal settled its batch"),
    "terminal.reversed": ("终端冲正成功", "Terminal reversal done"),
    "terminal.stuck": ("终端冲正不成功，须人工处理", "Terminal reversal failed, people must look"),
    "account.checked": ("试用收单账户", "Account tried"),
    "licence.put": ("登记持牌信息", "Licence card written"),
    "account.put": ("登记收单账户", "Account added"),
    "apikey.created": ("新建接口密钥", "API key created"),
    "apikey.revoked": ("停用接口密钥", "API key revoked"),
    "sign_in.done": ("登录", "Signed in"),
    "sign_in.failed": ("登录失败", "Sign-in failed"),
    # what became of a leg
    "leg.ready": ("退款支付待发送", "Refund payment queued"),
    "leg.sending": ("退款支付发送中", "Refund payment being sent"),
    "leg.accepted": ("退款支付已受理", "Refund payment accepted"),
    "leg.in_doubt": ("退款支付确认中", "Refund payment being confirmed"),
    "leg.settled": ("退款支付已退回", "Refund payment returned"),
    "leg.failed": ("退款支付未退出", "Refund payment not made"),
    "leg.bounced": ("退款支付被退回", "Refund payment bounced"),
    "leg.dropped": ("放弃退款支付", "Refund payment given up"),
    "leg.asked_for": ("要求查询渠道结果", "Result requested from the channel"),
    "leg.alarm": ("资金告警", "Money alarm"),
    "leg.alarm_closed": ("资金告警已处理", "Money alarm closed"),
    "leg.late_answer": ("迟到的答复", "Late answer"),
    # the moves of a leg
    "send": ("发送", "Sent"),
    "settle": ("到账", "Settled"),
    "accept": ("受理", "Accepted"),
    "refuse": ("被拒绝", "Refused"),
    "defer": ("稍后重发", "To be sent again"),
    "lose": ("没有答复", "No answer"),
    "miss": ("渠道没有见过，可重发", "Never arrived"),
    "bounce": ("被退回", "Sent back"),
    "retry": ("换新单号重试", "Retried under a new number"),
    "drop": ("放弃", "Given up"),
    # calls to a channel
    "refund": ("向渠道申请退款", "Refund sent to the channel"),
    "void": ("向渠道申请撤销", "Void sent to the channel"),
    "ask": ("查询渠道结果", "Result asked for"),
}
"""The steps of a timeline and of the audit log."""

FAULTS: Words = {
    "missing": ("必填", "is needed"),
    "empty": ("不能为空", "must not be empty"),
    "not_positive": ("必须大于 0", "must be above 0"),
    "not_whole": ("按件销售的数量必须是整数", "must be whole for goods sold by the piece"),
    "negative": ("不能为负", "must not be negative"),
    "unknown_line": ("销售单没有这一行", "is not a line of the sale"),
    "unknown_charge": ("销售单没有这项附加费", "is not a charge of the sale"),
    "unknown_field": ("没有这个字段", "is not a known field"),
    "unknown_channel": ("没有这个渠道", "is not a channel"),
    "unknown_reason": ("没有这个原因", "is not a reason"),
    "unknown_receipt": ("只能是 present、lost 或 none", "must be present, lost or none"),
    "unknown_route": ("没有这种退款方式", "is not a way to refund"),
    "number_twice": ("编号重复", "stands twice"),
    "more_than_line": ("优惠超过这一行的金额", "is more than the line"),
    "more_than_sale": ("超过销售金额", "is more than the sale"),
    "out_of_range": ("超出范围", "is out of range"),
    "in_the_future": ("时间在未来，请检查收银机时钟", "lies in the future: check the till's clock"),
    "store_not_found": ("没有这个门店", "is not a store"),
    "not_a_day": ("不是日期", "is not a day"),
    "account_not_found": ("没有这个收单账户", "is not an account"),
    "account_has_other_channel": ("账户属于另一个渠道", "belongs to another channel"),
    "full_card_number": (
        "不能保存完整卡号，请只传前六后四",
        "must not be a full card number: first six and last four only",
    ),
    "ask_one_way": ("按商品、全部、按金额只能选一种", "only one of lines, everything and amount"),
    "leg_negative": ("不能为负", "must not be negative"),
    "operator_not_found": ("没有这个操作员，或已停用", "is not an active operator"),
    "unusable": ("不可用", "cannot be used"),
    "wrong_type": ("类型不对", "has the wrong type"),
    "too_long": ("太长", "is too long"),
    "bad_number": (
        "只能用 1–64 个可见字符，不含空格和斜线",
        "must be 1–64 printable characters without spaces or slashes",
    ),
    "no_offset": ("时间要带时区，如 +08:00", "needs an offset such as +08:00"),
    "quantity_invalid": ("必须大于 0，最多三位小数", "must be above 0 with at most three decimals"),
    "amount_invalid": ("必须是最多两位小数的金额", "must be an amount with at most two decimals"),
    "name_needed": ("请写商品名", "needs a name"),
    "bad_value": ("值不对", "has a wrong value"),
    "not_offered": ("不在可选范围内", "is not one of the choices"),
    "rounds_up": ("抹零只能向下", "may only round down"),
    "not_a_table": ("应是一组名称和值", "must be a table of names and values"),
    "not_a_list_of_words": ("应是一组文字", "must be a list of words"),
    "not_a_whole_number": ("应是不小于 0 的整数", "must be a whole number, 0 or above"),
    "not_an_hour": ("应写成 04:00 这样的时间", "must be a time such as 04:00"),
    "not_yes_or_no": ("只能是 是 或 否", "must be yes or no"),
    "unknown_key": ("没有这一项", "is not a known entry"),
    "missing_step": ("缺少这一级", "is missing from the ladder"),
    "ladder_not_rising": ("每一级都不能低于前一级", "must not fall from one step to the next"),
}
"""What is wrong with one field: (中文, English)."""

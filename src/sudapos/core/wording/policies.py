"""The policy in words: what each entry is called, which one would have allowed a refund, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping

from sudapos.core.wording import Table, words

TABLE: Table = {
    "policy_not_found": (
        "没有第 {number} 版政策",
        "请回到列表选择",
        "There is no version {number} of the policy",
        "Pick one from the list",
    ),
    "policy_unchanged": (
        "与现行第 {number} 版没有差别",
        "请先修改再提交",
        "Nothing differs from version {number}, which is in force",
        "Change something first",
    ),
    "policy_stale": (
        "第 {number} 版起草之后，第 {active} 版已经生效",
        "请在现行版本上重新修改并提交，否则会撤销别人的改动",
        "Version {active} came into force after version {number} was written",
        "Make the change again on the version in force, or it would undo somebody's work",
    ),
    "policy_decided": (
        "第 {number} 版已由 {by} 处理",
        "请刷新页面",
        "Version {number} has been decided by {by}",
        "Reload the page",
    ),
    "policy_maker_is_checker": (
        "第 {number} 版是您自己起草的",
        "请由另一个人启用或退回",
        "You wrote version {number} yourself",
        "Another person activates or rejects it",
    ),
    "policy_beyond_money": (
        "第 {number} 版改动了金额和期限以外的设置",
        "请由系统管理员或老板启用",
        "Version {number} changes more than amounts and days",
        "An administrator or the owner activates it",
    ),
    "policy_file_wrong": (
        "这不是政策文件",
        "请使用本系统导出的 JSON 文件",
        "This is no policy file",
        "Use a JSON file that was exported here",
    ),
    "reason_window_over": (
        "“{reason}”的受理期 {allowed} 天已过（第 {days} 天）",
        "店长可以决定；顾客的法定权利不受影响",
        "The {allowed} days for “{reason}” are over (day {days})",
        "A manager may decide; rights by law stay as they are",
    ),
    "would_allow_days": (
        "“{rule}”不少于 {days} 天就不用问",
        "可在“退款政策”里提出修改",
        "{rule} of {days} days or more would have allowed it",
        "A change is proposed under Policy",
    ),
    "would_allow_amount": (
        "“{rule}”不低于 {limit} 就不用问",
        "可在“退款政策”里提出修改",
        "{rule} of {limit} or more would have allowed it",
        "A change is proposed under Policy",
    ),
    "would_allow_count": (
        "“{rule}”不少于 {days} 次就能原路退回",
        "可在“退款政策”里提出修改",
        "{rule} of {days} or more would have allowed it",
        "A change is proposed under Policy",
    ),
    "would_allow_window": (
        "“{rule}”更长就能原路退回，前提是渠道也允许",
        "可在“退款政策”里提出修改",
        "A longer {rule} would have allowed it, if the channel does",
        "A change is proposed under Policy",
    ),
    "would_allow_off": (
        "“{rule}”关闭就不用问",
        "可在“退款政策”里提出修改",
        "{rule} switched off would have allowed it",
        "A change is proposed under Policy",
    ),
    "would_allow_override": (
        "“{rule}”打开就可以由店长决定",
        "可在“退款政策”里提出修改",
        "{rule} switched on would have let a manager decide",
        "A change is proposed under Policy",
    ),
    "would_allow_receipt": (
        "出示小票就不用问",
        "请再找一找小票",
        "With the receipt nobody would be asked",
        "Look for the receipt once more",
    ),
}

ENTRIES: Mapping[str, tuple[str, str]] = {
    "promise_days": ("无理由退货天数", "Days to change one's mind"),
    "windows_by_reason": ("按原因的受理天数", "Days by reason"),
    "windows_by_category": ("按商品类别的退货天数", "Days by category of goods"),
    "override_not_returnable": ("不可退商品可由店长破例", "A manager may take back what is not returnable"),
    "windows_days": ("原路退回期限", "Days to refund the way it was paid"),
    "partial_refunds_max": ("部分退款次数上限", "Most partial refunds of one order"),
    "min_seconds_between_refunds_same_order": (
        "同一订单两次退款的间隔（秒）",
        "Seconds between refunds of one order",
    ),
    "approval_fen": ("审批限额", "Approval limit"),
    "cash_payout_fen": ("现金退款限额", "Cash limit"),
    "cash_report_fen": ("大额现金登记起点", "Large cash from"),
    "no_receipt_limit_fen": ("无小票现金限额", "Cash limit without a receipt"),
    "fraud": ("欺诈迹象的阈值", "Thresholds of signs of fraud"),
    "annual_report_date": ("年报日", "Day of the annual report"),
    "opening_hours": ("营业时间", "Opening hours"),
    "batch_per_minute": ("批量退款每分钟最多笔数", "Refunds that a batch opens a minute"),
    "approval_minutes": ("审批有效分钟数", "Minutes that an approval may wait"),
    "drawer_tolerance_fen": ("钱箱长短款容差", "Tolerance of a drawer"),
    "cross_year_needs_finance": ("跨年退款须财务确认", "Finance confirms refunds across years"),
    "tender_split": ("多种支付的退款分配", "How a refund is split over payments"),
    "waterfall_order": ("依次退回的顺序", "Order of payments"),
    "due_days": ("办理期限", "Due days"),
    "business_day_cutover": ("营业日切换时间", "Business day begins at"),
    "arrival_text_days": ("到账天数说明", "Days until money arrives, as told"),
    "poll_seconds": ("查询渠道的时刻（秒）", "Seconds at which a channel is asked"),
    "clock_drift_block_seconds": ("时钟偏差上限（秒）", "Most seconds of clock drift"),
    "unmask_seconds": ("查看顾客信息的秒数", "Seconds that a customer's data stays open"),
    "acquirer_check_max_age_days": ("持牌信息核对间隔（天）", "Days between checks of a licence"),
    "retention_years": ("保存年限", "Years to keep"),
    "account_set": ("会计制度", "Set of accounts"),
    "journal_style": ("冲账方式", "Style of reversal"),
    "till_rounding": ("收银抹零", "Rounding at the till"),
    "cash_refund_rounding": ("现金退款取整", "Rounding of cash refunds"),
    "promotion_on_partial_return": ("部分退货时的优惠", "Promotion on a partial return"),
    "money_unit": ("金额单位", "Unit of money"),
    "timezone": ("时区", "Time zone"),
    "receipt": ("小票", "Receipt"),
}
"""The first part of an entry's path: (中文, English)."""

PARTS: Mapping[str, tuple[str, str]] = {
    **words.CHANNELS,
    **words.ROLES,
    **words.REASONS,
    "manager_finance": ("店长加财务", "manager and finance"),
    "stored_value": ("储值", "stored value"),
    "points": ("积分", "points"),
    "drawer_daily": ("每个钱箱每天", "one drawer in a day"),
    "min_float_left": ("钱箱至少留下", "left in the drawer"),
    "float": ("备用金", "float"),
    "no_reason_refund": ("无理由退货", "returns without a reason"),
    "hard_overdue": ("严重逾期", "hard overdue"),
    "prepaid_no_agreement": ("预付卡未约定", "prepaid without agreement"),
    "prepaid_cooling_off": ("预付卡冷静期", "prepaid cooling-off"),
    "red_invoice_confirm_hours": ("红字发票确认（小时）", "red invoice confirmation, hours"),
}
"""The second part, where it is a word of ours; categories and the rest stand as they are."""


def entry(path: str, *, second: bool) -> str:
    """An entry's name by its path: `approval_fen.cashier` is 审批限额（收银员）."""
    name, _, part = path.partition(".")
    first = ENTRIES[name][second] if name in ENTRIES else name
    if not part:
        return first
    told = PARTS[part][second] if part in PARTS else part
    return f"{first} ({told})" if second else f"{first}（{told}）"

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
    "would_allow_other": (
        "“{rule}”另定就不用问",
        "可在“退款政策”里提出修改",
        "Another {rule} would have allowed it",
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
    "exchange_days": ("换货天数", "Days to exchange"),
    "windows_by_category": ("按商品类别的退货天数", "Days by category of goods"),
    "override_not_returnable": ("不可退商品可由店长破例", "A manager may take back what is not returnable"),
    "lpr_one_year_bp": (
        "一年期 LPR（起始日=万分之几，须按公布值核对）",
        "One-year LPR (first day=hundredths of a percent; confirm)",
    ),
    "deposit_one_year_bp": (
        "一年期存款基准利率（起始日=万分之几，须核对）",
        "One-year deposit rate (first day=hundredths of a percent; confirm)",
    ),
    "points_taken_back": ("已花掉的所得积分", "Earned points that are spent already"),
    "points_per_yuan": ("抵扣时多少积分算一元", "Points worth one yuan when deducted"),
    "kept_fees": ("退货手续费", "Fees kept of a return"),
    "kept_fee_waiver": ("手续费可以免收", "A fee may be waived"),
    "single_operator_mode": (
        "一人店：没有第二个人能批时可以自己批，事后复核",
        "One-person shop: approve one's own where nobody else can, reviewed later",
    ),
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


THRESHOLDS: Mapping[str, tuple[str, str]] = {
    "fr01_per_day": ("FR01 每天无小票笔数", "FR01 without a receipt, a day"),
    "fr01_fen": ("FR01 每天无小票金额", "FR01 without a receipt, amount a day"),
    "fr04_in_7d": ("FR04 七天内退给同一人的次数", "FR04 to one payee in 7 days"),
    "fr04_in_30d": ("FR04 三十天内退给同一人的次数", "FR04 to one payee in 30 days"),
    "fr05_count": ("FR05 拆单次数", "FR05 parts of one sale"),
    "fr06_from_percent": ("FR06 限额的百分之几起", "FR06 from per cent of the limit"),
    "fr06_in_7d": ("FR06 七天内次数", "FR06 times in 7 days"),
    "fr08_after": ("FR08 收款后多少秒", "FR08 seconds after the payment"),
    "fr08_per_day": ("FR08 每班次数", "FR08 times a shift"),
    "fr09_within": ("FR09 收款后多少秒内", "FR09 within seconds of the payment"),
    "fr09_per_day": ("FR09 每天次数", "FR09 times a day"),
    "fr10_bp": ("FR10 退款占销售的万分之几", "FR10 share of sales, basis points"),
    "fr10_times_median": ("FR10 门店中位数的倍数", "FR10 times the store's median"),
    "fr10_sales": ("FR10 至少多少笔销售", "FR10 from this many sales"),
    "fr12_percent": ("FR12 同一审批人的百分比", "FR12 per cent by one checker"),
    "fr12_count": ("FR12 至少次数", "FR12 from this many"),
    "fr13_within": ("FR13 几秒内不算复核", "FR13 seconds that are too fast"),
    "fr14_returns": ("FR14 三十天内退货次数", "FR14 returns in 30 days"),
    "fr14_bp": ("FR14 退货占购买的万分之几", "FR14 share of purchases, basis points"),
    "fr14_orders": ("FR14 至少多少单", "FR14 from this many orders"),
    "fr15_returns": ("FR15 三十天内无小票次数", "FR15 without a receipt in 30 days"),
    "fr15_fen": ("FR15 三十天内无小票金额", "FR15 without a receipt, amount in 30 days"),
    "fr16_fen": ("FR16 大额退款", "FR16 a large refund"),
    "fr18_reprints": ("FR18 重印次数", "FR18 reprints"),
    "fr18_within": ("FR18 重印后多少秒内退款", "FR18 seconds after a reprint"),
    "fr19_waiting": ("FR19 离线笔数", "FR19 waiting at a till"),
    "fr19_oldest": ("FR19 离线多少秒", "FR19 seconds waited at a till"),
    "fr21_in_7d": ("FR21 七天内整元无小票次数", "FR21 whole-yuan without a receipt in 7 days"),
    "fr22_within": ("FR22 充值后多少秒内", "FR22 seconds after a top-up"),
    "fr23_within": ("FR23 撤销后多少秒内开箱", "FR23 seconds between void and open drawer"),
}
"""What each threshold of a sign of fraud counts; the number of its rule says enough beside it."""


def entry(path: str, *, second: bool) -> str:
    """An entry's name by its path: `approval_fen.cashier` is 审批限额（收银员）."""
    name, _, part = path.partition(".")
    if part in THRESHOLDS:
        return THRESHOLDS[part][second]
    first = ENTRIES[name][second] if name in ENTRIES else name
    if not part:
        return first
    told = PARTS[part][second] if part in PARTS else part
    return f"{first} ({told})" if second else f"{first}（{told}）"

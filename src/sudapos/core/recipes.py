"""Every way money may be booked, as data: templates J01–J22 of domain §4.3 and account codes of §4.1.

A line is (side, account key, amount name); a leading minus is a red letter, negative (domain §4.2 rule 1).
The key `channel` stands for the account where that channel's money waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .card_recipes import ROWS as CARD_ROWS
from .compensation_recipes import ROWS as COMPENSATION_ROWS
from .correction_recipes import ROWS as CORRECTION_ROWS
from .coupon_recipes import ROWS as COUPON_ROWS
from .deposit_recipes import ROWS as DEPOSIT_ROWS
from .drawer_recipes import ROWS as DRAWER_ROWS
from .fee_recipes import ROWS as FEE_ROWS

DR = "借"
CR = "贷"

Template = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One template: number, code name, title in both languages, lines."""

    number: str
    name: str
    title: str
    title_en: str
    lines: tuple[Template, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Account key → (code, name), and channel → account key; every code is the merchant's to change."""

    codes: Mapping[str, tuple[str, str]]
    channels: Mapping[str, str]

    def overridden(self, codes: Mapping[str, tuple[str, str]]) -> Accounts:
        """The same set with the merchant's own codes for some keys. KeyError for a key nobody books to."""
        for key in codes:
            self.codes[key]
        return Accounts(codes={**self.codes, **codes}, channels=self.channels)


CHANNELS: Mapping[str, str] = {
    "cash": "cash",
    "transfer": "bank",
    "wechatpay": "wechatpay",
    "alipay": "alipay",
    "unionpay": "unionpay",
    "card": "card",
    "chinaums": "chinaums",
    "lakala": "lakala",
    "allinpay": "allinpay",
    "shengpay": "shengpay",
    "shouqianba": "shouqianba",
    "stored_value": "prepaid",
    "exchange": "exchange",
}

_SMALL: Mapping[str, tuple[str, str]] = {
    "cash": ("1001", "库存现金"),
    "bank": ("1002", "银行存款"),
    "transit": ("1012.09", "在途现金"),
    "wechatpay": ("1122.01", "微信待结算"),
    "alipay": ("1122.02", "支付宝待结算"),
    "unionpay": ("1122.03", "银联待结算"),
    "card": ("1122.04", "刷卡待结算"),
    "chinaums": ("1122.05", "银联商务待结算"),
    "lakala": ("1122.06", "拉卡拉待结算"),
    "allinpay": ("1122.07", "通联待结算"),
    "shengpay": ("1122.08", "盛付通待结算"),
    "shouqianba": ("1122.09", "收钱吧待结算"),
    "cashier": ("1221.02", "其他应收款-收银员"),
    "correction": ("1221.03", "应收更正款"),
    "short": ("1221.09", "待查渠道短款"),
    "goods": ("1405", "库存商品"),
    "pending": ("1901", "待处理财产损溢"),
    "prepaid": ("2203.01", "储值卡本金"),
    "vat": ("2221.01", "应交增值税-销项"),
    "owed": ("2241.01", "应退客户款"),
    "deposit": ("2241.03", "押金"),
    "rounding": ("2241.04", "退款尾差"),
    "exchange": ("2241.05", "换货抵付"),
    "compensation": ("2241.06", "应付赔偿款"),
    "over": ("2241.09", "待查渠道长款"),
    "revenue": ("5001", "主营业务收入"),
    "other_revenue": ("5051", "其他业务收入"),
    "gain": ("5301", "营业外收入"),
    "cost": ("5401", "主营业务成本"),
    "goodwill": ("5601", "销售费用-客诉补偿"),
    "fee": ("5603", "财务费用-手续费"),
    "loss": ("5711", "营业外支出"),
}

SMALL_ENTERPRISE = Accounts(codes=_SMALL, channels=CHANNELS)
"""小企业会计准则, a general VAT payer (domain §4.1)."""

SMALL_SCALE = SMALL_ENTERPRISE.overridden({"vat": ("2221.01", "应交增值税")})
"""小企业会计准则, a small-scale VAT payer: no output-tax column (domain §4.1, J09)."""

ENTERPRISE = SMALL_ENTERPRISE.overridden(
    {
        "revenue": ("6001", "主营业务收入"),
        "other_revenue": ("6051", "其他业务收入"),
        "gain": ("6301", "营业外收入"),
        "cost": ("6401", "主营业务成本"),
        "goodwill": ("6601", "销售费用-客诉补偿"),
        "fee": ("6603", "财务费用-手续费"),
        "loss": ("6711", "营业外支出"),
    }
)
"""企业会计准则; the merchant's accountant confirms it (domain §4.1, unverified)."""

ACCOUNT_SETS: Mapping[str, Accounts] = {
    "small_enterprise": SMALL_ENTERPRISE,
    "small_scale": SMALL_SCALE,
    "enterprise": ENTERPRISE,
}

_SALE = ((CR, "revenue", "net"), (CR, "vat", "tax"))
_BACK = ((CR, "revenue", "-net"), (CR, "vat", "-tax"))
_OWED = (*_BACK, (CR, "owed", "amount"))
_PAID = ((DR, "owed", "amount"), (CR, "channel", "amount"))
_BANK = ((DR, "owed", "amount"), (CR, "bank", "amount"))

_ALL = (
    Recipe("J01", "sale_paid_cash", "现金销售", "cash sale", ((DR, "cash", "amount"), *_SALE)),
    Recipe("J01c", "cost_of_sale", "结转成本", "cost of sale", ((DR, "cost", "cost"), (CR, "goods", "cost"))),
    Recipe("J02", "sale_paid", "销售收款", "sale", ((DR, "channel", "amount"), *_SALE)),
    Recipe(
        "J03",
        "channel_settled",
        "渠道结算(扣手续费)",
        "channel settles, less fee",
        ((DR, "bank", "net"), (DR, "fee", "fee"), (CR, "channel", "amount")),
    ),
    # Ours: fees stand on the day's statement, the money comes days later; together they are J03.
    Recipe(
        "J03f",
        "fee_charged",
        "渠道手续费(按账单)",
        "channel fee, by statement",
        ((DR, "fee", "fee"), (CR, "channel", "fee")),
    ),
    Recipe(
        "J03b",
        "channel_paid_out",
        "渠道到账",
        "channel pays out to the bank",
        ((DR, "bank", "amount"), (CR, "channel", "amount")),
    ),
    Recipe("J04", "cash_refunded", "现金退款", "cash refund", (*_BACK, (CR, "cash", "amount"))),
    Recipe("J05a", "refund_promised", "退款批准(应退客户)", "refund approved, owed to customer", _OWED),
    Recipe("J05b", "refund_settled", "退款已退回", "refund paid by the channel", _PAID),
    Recipe(
        "J05c",
        "fee_returned",
        "渠道退还手续费",
        "channel returns its fee",
        ((DR, "channel", "fee"), (DR, "fee", "-fee")),
    ),
    Recipe("J05d", "fee_kept", "渠道不退手续费", "channel keeps its fee", ()),
    Recipe(
        "J05e",
        "refund_undone",
        "退款未出款冲回",
        "refund not paid, promise undone",
        (*_SALE, (CR, "owed", "-amount")),
    ),
    Recipe("J06a", "part_promised", "部分退款批准", "part refund approved", _OWED),
    Recipe("J06b", "part_settled", "部分退款已退回", "part refund paid", _PAID),
    Recipe(
        "J07",
        "goods_returned",
        "退货入库(完好)",
        "goods back, saleable",
        ((DR, "goods", "cost"), (DR, "cost", "-cost")),
    ),
    Recipe(
        "J07b",
        "goods_damaged",
        "退货残损待处理",
        "goods back, damaged",
        ((DR, "pending", "cost"), (DR, "cost", "-cost")),
    ),
    Recipe(
        "J08", "cross_year_promised", "跨年退款(冲减当期)", "refund of an earlier year, this period", _OWED
    ),
    Recipe(
        "J09",
        "small_scale_refunded",
        "小规模现金退款",
        "cash refund, small-scale",
        (*_BACK, (CR, "cash", "amount")),
    ),
    Recipe("J10", "service_promised", "服务退款批准", "service refund approved", _OWED),
    Recipe("J11", "refund_from_bank", "退款由银行账户支付", "refund paid from the bank account", _BANK),
    Recipe(
        "J12a",
        "refund_bounced",
        "退款被银行退回(退票)",
        "refund sent back by the bank",
        ((DR, "channel", "amount"), (CR, "owed", "amount")),
    ),
    Recipe("J12b", "bounce_transferred", "退票后转账重发", "bounced refund sent by transfer", _BANK),
    Recipe(
        "J13a",
        "short_found",
        "对账短款挂账",
        "statement short, in suspense",
        ((DR, "short", "amount"), (CR, "channel", "amount")),
    ),
    Recipe(
        "J13b",
        "short_was_refund",
        "短款查明为漏记退款",
        "short explained: an unrecorded refund",
        (*_BACK, (CR, "short", "amount")),
    ),
    Recipe(
        "J13c",
        "short_lost",
        "短款无法追回(经批准)",
        "short written off, approved",
        ((DR, "loss", "amount"), (CR, "short", "amount")),
    ),
    Recipe(
        "J13d",
        "short_made_good",
        "短款已由渠道补回",
        "short made good by the channel",
        ((DR, "channel", "amount"), (CR, "short", "amount")),
    ),
    Recipe(
        "J14a",
        "over_found",
        "对账长款挂账",
        "statement over, in suspense",
        ((DR, "channel", "amount"), (CR, "over", "amount")),
    ),
    Recipe(
        "J14b",
        "over_given_back",
        "长款查明为重复付款-退还",
        "over explained: paid twice, given back",
        ((DR, "over", "amount"), (CR, "channel", "amount")),
    ),
    Recipe(
        "J14c",
        "over_explained",
        "长款查明冲回",
        "over explained, suspense undone",
        ((DR, "over", "amount"), (CR, "channel", "amount")),
    ),
    Recipe(
        "J14e",
        "over_kept",
        "长款无法查明(经批准)",
        "over unexplained, approved",
        ((DR, "over", "amount"), (CR, "gain", "amount")),
    ),
    Recipe(
        "J15a",
        "drawer_short",
        "交接班现金短款",
        "drawer short",
        ((DR, "pending", "amount"), (CR, "cash", "amount")),
    ),
    Recipe(
        "J15b",
        "short_from_cashier",
        "短款由收银员赔偿",
        "short made good by the cashier",
        ((DR, "cashier", "amount"), (CR, "pending", "amount")),
    ),
    Recipe(
        "J15c",
        "short_written_off",
        "短款无法查明(经批准)",
        "short unexplained, approved",
        ((DR, "loss", "amount"), (CR, "pending", "amount")),
    ),
    Recipe(
        "J16a",
        "drawer_over",
        "交接班现金长款",
        "drawer over",
        ((DR, "cash", "amount"), (CR, "pending", "amount")),
    ),
    Recipe(
        "J16b",
        "over_taken_in",
        "长款无法查明(经批准)",
        "over unexplained, approved",
        ((DR, "pending", "amount"), (CR, "gain", "amount")),
    ),
    Recipe(
        "J17a",
        "prepaid_topped_up",
        "储值卡充值",
        "prepaid card topped up",
        ((DR, "bank", "amount"), (CR, "prepaid", "amount")),
    ),
    Recipe("J17b", "prepaid_used", "储值卡消费", "prepaid card used", ((DR, "prepaid", "amount"), *_SALE)),
    Recipe(
        "J17c",
        "prepaid_refunded",
        "储值卡退卡",
        "prepaid card given back",
        ((DR, "prepaid", "amount"), (CR, "bank", "amount")),
    ),
    Recipe(
        "J18a",
        "deposit_taken",
        "收押金",
        "deposit taken",
        ((DR, "channel", "amount"), (CR, "deposit", "amount")),
    ),
    Recipe(
        "J18b",
        "deposit_returned",
        "退押金(扣赔偿)",
        "deposit returned, less damage",
        ((DR, "deposit", "amount"), (CR, "channel", "returned"), (CR, "gain", "kept")),
    ),
    Recipe(
        "J19a",
        "coupon_sale",
        "平台券销售",
        "sale with a platform coupon",
        ((DR, "channel", "amount"), *_SALE),
    ),
    Recipe(
        "J19b",
        "coupon_refunded",
        "平台券订单退款",
        "refund of a platform-coupon sale",
        (*_BACK, (CR, "channel", "amount")),
    ),
    Recipe(
        "J20a",
        "cash_rounded_up",
        "现金退款进位到角",
        "cash refund, rounded up",
        ((DR, "owed", "owed"), (DR, "rounding", "difference"), (CR, "channel", "paid")),
    ),
    Recipe(
        "J20b",
        "cash_rounded_down",
        "现金退款抵减尾差",
        "cash refund, less earlier rounding",
        ((DR, "owed", "owed"), (CR, "channel", "paid"), (CR, "rounding", "difference")),
    ),
    Recipe(
        "J21", "sale_voided", "结算前撤销", "void before settlement", ((DR, "channel", "-amount"), *_BACK)
    ),
    Recipe(
        "J22",
        "goodwill_paid",
        "善意补偿(不冲收入)",
        "goodwill, revenue untouched",
        ((DR, "goodwill", "amount"), (CR, "cash", "amount")),
    ),
    # Ours, after J22's pattern: goodwill that leaves by a channel is owed first, and may be undone.
    Recipe(
        "J22a",
        "goodwill_promised",
        "善意补偿批准(应退客户)",
        "goodwill approved, owed to customer",
        ((DR, "goodwill", "amount"), (CR, "owed", "amount")),
    ),
    Recipe(
        "J22e",
        "goodwill_undone",
        "善意补偿未出款冲回",
        "goodwill not paid, promise undone",
        ((DR, "goodwill", "-amount"), (CR, "owed", "-amount")),
    ),
    *(
        Recipe(*row)
        for row in (
            *CARD_ROWS,
            *DRAWER_ROWS,
            *CORRECTION_ROWS,
            *FEE_ROWS,
            *COUPON_ROWS,
            *DEPOSIT_ROWS,
            *COMPENSATION_ROWS,
        )
    ),
)

RECIPES: Mapping[str, Recipe] = {recipe.number: recipe for recipe in _ALL}

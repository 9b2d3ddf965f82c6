"""What a channel's answer means for the people who wait."""

from . import Table

TABLE: Table = {
    "never_left": (
        "没有连上渠道，退款还没有发出",
        "系统会用同一单号自动重试",
        "The channel could not be reached; nothing was sent",
        "It is tried again by itself under the same number",
    ),
    "no_answer": (
        "没有收到渠道的答复",
        "系统正在查询结果；请不要再次退款，也不要付现金",
        "The channel did not answer",
        "We are asking for the result; do not refund again, do not pay cash",
    ),
    "lease_over": (
        "发送后没有得到结果",
        "系统正在查询结果；请不要再次退款，也不要付现金",
        "It was sent and no result was recorded",
        "We are asking for the result; do not refund again, do not pay cash",
    ),
    "bad_signature": (
        "渠道的答复验签不通过，不予采信",
        "系统会再查询；持续出现请管理员核对公钥",
        "The channel's answer has no valid signature and is not believed",
        "We ask again; if it persists check the public key",
    ),
    "unknown_code": (
        "渠道返回了不认识的结果",
        "系统会再查询；结果明确前请不要再次退款",
        "The channel gave an answer that is not on the list",
        "We ask again; do not refund again before it is clear",
    ),
    "unverified_refusal": (
        "收到未签名的拒绝，不予采信",
        "系统会再查询结果",
        "An unsigned refusal came in and is not believed",
        "We ask again",
    ),
    "answer_for_another_refund": (
        "渠道的答复与这笔退款不符",
        "系统会再查询；持续出现请联系渠道",
        "The answer does not fit this refund",
        "We ask again; if it persists contact the channel",
    ),
    "not_enough_balance": (
        "商户在渠道的余额不足",
        "请财务充值；系统会用同一单号自动重试",
        "The merchant's balance at the channel is too low",
        "Finance tops it up; it is tried again under the same number",
    ),
    "rate_limited": (
        "渠道繁忙，请求过快",
        "系统会稍后再试",
        "The channel asks us to slow down",
        "It is tried again a little later",
    ),
    "account_closed": (
        "顾客的收款账户不可用",
        "请联系顾客，由财务按异常退款处理",
        "The customer's account cannot receive the money",
        "Contact the customer; finance finds another way",
    ),
    "refused": (
        "渠道拒绝了这笔退款",
        "钱没有离开商户；请财务查看原因",
        "The channel refused this refund",
        "No money left the merchant; finance looks at the reason",
    ),
    "account_unusable": (
        "收单账户配置不可用",
        "请管理员运行 sudapos account check",
        "The account cannot be used as configured",
        "The administrator runs sudapos account check",
    ),
    "connector_failed": (
        "渠道程序出错，结果不明",
        "系统会再查询结果",
        "The connector failed; the result is unclear",
        "We ask for the result",
    ),
    "void_not_offered": (
        "这个渠道没有撤销",
        "请使用退款",
        "This channel has no void",
        "Use a refund",
    ),
    "not_paid_out": (
        "现金没有付出",
        "金额已恢复可退",
        "The cash was not handed over",
        "The amount may be refunded again",
    ),
    "CLOSED": (
        "渠道关闭了这笔退款，钱没有退出",
        "请财务充值后用新单号重试",
        "The channel closed this refund without paying",
        "Finance tops up and retries under a new number",
    ),
    "SIGN_ERROR": (
        "渠道不接受我们的签名",
        "请管理员核对商户私钥和证书序列号；退款没有被受理",
        "The channel does not accept our signature",
        "The administrator checks key and serial number; nothing was accepted",
    ),
    "fund_change_unproven": (
        "支付宝没有证明这笔钱已经退出",
        "系统正在查询结果；请不要再次退款，也不要付现金",
        "Alipay did not say that the money moved",
        "We are asking for the result; do not refund again, do not pay cash",
    ),
    "still_working": (
        "渠道还在处理",
        "系统正在查询结果",
        "The channel is still working on it",
        "We are asking for the result",
    ),
    "SYSTEM_ERROR": (
        "渠道系统繁忙，结果不明",
        "系统正在查询结果；请不要再次退款",
        "The channel had an error of its own; the result is unclear",
        "We are asking for the result; do not refund again",
    ),
}

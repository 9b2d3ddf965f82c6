"""Refusals at the door and at the second signature."""

from . import Table

TABLE: Table = {
    "wrong_password": (
        "工号或密码不对",
        "看看大写锁定和工号；输错 5 次会停用 10 分钟",
        "Code or password is wrong",
        "Check caps lock and the code; five wrong tries stop it for ten minutes",
    ),
    "too_many_tries": (
        "密码连续输错太多次，这个工号在这里先停一停",
        "请等 {minutes} 分钟，或请管理员重置密码",
        "Too many wrong tries; this code rests here for a while",
        "Wait {minutes} minutes, or ask the administrator for a new password",
    ),
    "refund_altered": (
        "退款单 {refund_no} 的内容和申请时不一样，批准无效",
        "请撤回后重新申请，并告诉审计",
        "Refund {refund_no} is not what was asked for; it cannot be approved",
        "Withdraw it, ask anew, and tell the auditor",
    ),
    "approval_expired": (
        "退款单 {refund_no} 等得太久，申请已过期",
        "请收银员撤回后重新申请，金额会按现在重新核算",
        "Refund {refund_no} has waited too long",
        "The cashier withdraws it and asks anew; it is worked out again as of now",
    ),
    "approved_too_fast": (
        "同一个收银台刚提交就批准，太快了",
        "请审批人核对后再批，或在“现场批准”里输入密码",
        "Approved at the same till just after it was made",
        "Look at it first, or approve on the spot with your password",
    ),
}

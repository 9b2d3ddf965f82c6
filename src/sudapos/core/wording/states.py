"""The words and sentences of states, everywhere the same (desk §2)."""

from . import Table

TABLE: Table = {
    "awaiting": (
        "待审批",
        "需要{role}确认，{reason}",
        "Waiting for approval",
        "{role} must confirm: {reason}",
    ),
    "ready": ("待发送", "马上发送到{channel}", "Queued", "About to be sent to {channel}"),
    "sending": ("发送中", "已发出，等待{channel}答复", "Sending", "Sent, waiting for {channel}"),
    "accepted": (
        "已受理",
        "{channel}已受理，预计{date}前到账",
        "Accepted",
        "{channel} has accepted it; expected by {date}",
    ),
    "in_doubt": (
        "确认中",
        "没有收到{channel}的答复，正在查询结果；请不要再次退款，也不要付现金",
        "Being confirmed",
        "No answer from {channel}; we are asking. Do not refund again, do not pay cash",
    ),
    "settled": ("已退款", "已退回{account}，{time}", "Refunded", "Back at {account}, {time}"),
    "bounced": ("被退回", "银行退回了这笔钱，{next}", "Bounced", "The bank sent the money back; {next}"),
    "failed": (
        "未退出",
        "{channel}拒绝：{reason}；钱没有离开商户",
        "Not refunded",
        "{channel} refused: {reason}; no money left the merchant",
    ),
    "dropped": ("已取消", "由{by}取消，{reason}", "Cancelled", "Cancelled by {by}: {reason}"),
    "withdrawn": ("已取消", "由{by}取消，{reason}", "Cancelled", "Cancelled by {by}: {reason}"),
    "rejected": ("已拒绝", "{by}：{reason}", "Rejected", "{by}: {reason}"),
    "approved": ("已通过", "退款已通过", "Approved", "The refund is approved"),
    "waiting": ("待审批", "等待审批", "Waiting for approval", "Waiting for a decision"),
    "moving": ("进行中", "钱正在路上", "Moving", "The money is on its way"),
    "done": ("已退款", "钱已退回", "Refunded", "The money is back"),
    "attention": ("需要处理", "请查看下一步", "Needs attention", "See the next step"),
    "closed": ("已结束", "不再变化", "Closed", "Nothing more will happen"),
}

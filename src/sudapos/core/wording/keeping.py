"""Refusals about keys, people and what must be kept."""

from . import Table

TABLE: Table = {
    "keyring_elsewhere": (
        "密钥环来自环境变量 {name}",
        "请在那里把新密钥放在最前面，再运行 sudapos keys reseal",
        "The key ring comes from the environment variable {name}",
        "Put a new key in front there, then run sudapos keys reseal",
    ),
    "keys_still_needed": (
        "还有 {rows} 行数据由旧密钥加密",
        "请先运行 sudapos keys reseal",
        "{rows} rows are still sealed by older keys",
        "Run sudapos keys reseal first",
    ),
    "head_malformed": (
        "链头应写成 编号:64 位十六进制",
        "请照日报或导出文件上的原样填写",
        "A head is written as number:64 hex digits",
        "Copy it from the day's report or the export",
    ),
    "tick_first": (
        "还没有打勾",
        "这一步不能恢复：请先勾选旁边的确认，再按一次",
        "The box is not ticked",
        "This cannot be undone: tick the box beside it, then press again",
    ),
}

"""What `sudapos support-bundle` says."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "support_bundle": (
        "把技术支持需要的东西装进一个 zip：版本、体检结果、各表的数量和状态、最近的日志；已去掉密钥和个人信息。\n\n\b\n"
        "例：sudapos support-bundle support.zip",
        "Put what the support desk needs into one zip: versions, the doctor's findings, counts by state, recent logs; secrets"
        " and personal data are taken out.\n\n\b\nExample: sudapos support-bundle support.zip",
    ),
    "bundle_there": (
        "{path} 已经有了；请换个文件名",
        "{path} is there already; choose another name",
    ),
    "bundle_not_written": (
        "写不进 {path}：{why}；请换个文件夹",
        "{path} cannot be written: {why}; choose another folder",
    ),
    "bundle_written": (
        "{path}：{count} 个文件。发出前请先打开看一遍",
        "{path}: {count} files. Look through it before you send it",
    ),
}

"""What `sudapos policy` says."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "policy": (
        "退款政策的版本。\n\n\b\n例：sudapos policy show",
        "Versions of the policy.\n\n\b\nExample: sudapos policy show",
    ),
    "policy_show": (
        "列出各版本；给出编号就列出那一版的每一项。\n\n\b\n例：sudapos policy show 2",
        "All versions; with a number every entry of that one.\n\n\b\nExample: sudapos policy show 2",
    ),
    "policy_export": (
        "把现行版本（或 --number 指定的一版）写成 JSON 文件。\n\n\b\n例：sudapos policy export policy.json",
        "Write the version in force, or the one of --number, as a JSON file.\n\n\b\nExample: sudapos policy export policy.json",
    ),
    "policy_import": (
        "读入 JSON 文件，成为待启用的新版；要由另一个人在网页启用。\n\n\b\n例：sudapos policy import policy.json --operator f01",
        "A JSON file becomes a proposed version; another person activates it on its page.\n\n\b\n"
        "Example: sudapos policy import policy.json --operator f01",
    ),
    "opt_policy_number": ("第几版", "which version"),
    "opt_policy_operator": ("谁起草的（工号）", "who proposes it (operator's code)"),
    "opt_policy_note": ("为什么改", "why it changes"),
    "policy_exported": ("第 {number} 版已写入 {file}", "version {number} is in {file}"),
    "policy_imported": (
        "已成为第 {number} 版，待启用；请由另一个人在“退款政策”里启用",
        "it is version {number}, proposed; another person activates it under Policy",
    ),
}

"""Why a row of a file was refused, and what a file's remarks mean: one sentence each, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from sudapos.core import sentences

_TEXTS: Mapping[str, tuple[str, str]] = {
    "account_missing": (
        "没有对应的{channel}收单账户：这些付款暂时不能原路退款；先用 sudapos account add 登记账户，或用 --account 指定",
        "no matching {channel} account: these payments cannot be refunded over it yet;"
        " add it with sudapos account add, or name one with --account",
    ),
    "amount_invalid": (
        "{field} 不是最多两位小数的金额：{text}",
        "{field} is not an amount with at most two decimals: {text}",
    ),
    "amount_negative": ("{field} 是负数：{text}", "{field} is negative: {text}"),
    "amount_sign": (
        "{field} 应以 C（贷）或 D（借）开头：{text}",
        "{field} should begin with C (credit) or D (debit): {text}",
    ),
    "kind_unknown": ("不认识的交易类型：{text}", "a kind of transaction that is not known: {text}"),
    "mapping_broken": ("{file} 不是列映射（TOML）：{why}", "{file} is no column mapping (TOML): {why}"),
    "record_length": (
        "这一行长 {found} 字节，应为 {expected} 字节",
        "the row has {found} bytes, {expected} are expected",
    ),
    "text_broken": ("这一行不是 GBK 文本", "the row is no GBK text"),
    "column_not_an_amount": (
        "{field} 不是金额，不能加 :yuan；金额有 {known}",
        "{field} is not an amount and takes no :yuan; amounts are {known}",
    ),
    "column_not_in_file": (
        "文件没有「{header}」这一列（{field}）；它有：{headers}",
        "the file has no column “{header}” (for {field}); it has: {headers}",
    ),
    "column_twice": ("{field} 写了两次", "{field} is mapped twice"),
    "column_unknown_field": (
        "没有 {field} 这个字段；可用：{known}",
        "there is no field {field}; fields are {known}",
    ),
    "columns_missing": (
        "还缺这些字段的列：{fields}；用 --columns 字段=列名 指定，文件的列有：{headers}",
        "columns are missing for {fields}; name them with --columns field=Header, the file has: {headers}",
    ),
    "columns_not_pairs": (
        "--columns 里的「{part}」应写成 字段=列名",
        "“{part}” in --columns should read field=Header",
    ),
    "control_character": ("{field} 含有不可见字符", "{field} holds a control character"),
    "csv_broken": (
        "第 {line} 行起引号没有闭合：{why}；什么都没有导入",
        "quotes do not close from line {line} on: {why}; nothing was imported",
    ),
    "fen_invalid": (
        "{field} 不是整数分：{text}；小数金额请在列名后加 :yuan",
        "{field} is not whole fen: {text}; for decimal amounts put :yuan behind the header",
    ),
    "field_wrong": ("{field}：{wrong}", "{field}: {wrong}"),
    "file_empty": ("{file} 里没有表头", "{file} has no heading line"),
    "file_encoding": (
        "{file} 既不是 UTF-8 也不是 GB18030 文本；请另存为 UTF-8",
        "{file} is neither UTF-8 nor GB18030 text; save it as UTF-8",
    ),
    "file_not_text": ("{file} 不是文本文件", "{file} is not a text file"),
    "is_a_refund": ("是退款，不是销售 {refund_no}", "a refund, not a sale {refund_no}"),
    "is_a_return": ("是退货单（C 开头），不是销售", "a return (number begins with C), not a sale"),
    "is_reversed": ("付款已撤销，不是销售", "the payment was reversed; not a sale"),
    "json_broken": ("不是完整的 JSON", "not valid JSON"),
    "json_not_an_object": ("不是 JSON 对象", "not a JSON object"),
    "not_a_payment": ("状态「{state}」不是成功的付款", "state “{state}” is not a finished payment"),
    "not_this_bill": (
        "第 {line} 行：这不是 {bill} 的交易账单；什么都没有导入",
        "line {line}: this is not a trade bill of {bill}; nothing was imported",
    ),
    "number_damaged": (
        "{field} 被电子表格改成了科学计数：{text}；请用原始文件",
        "{field} was damaged by a spreadsheet: {text}; use the original file",
    ),
    "other_currency": ("币种是 {currency}，只收人民币", "the currency is {currency}; only CNY is taken"),
    "payment_amount_missing": ("有几笔付款但没有各自的金额", "several payments without an amount each"),
    "payment_differs": (
        "这笔付款已在销售单 {sale_no} 里，金额不同",
        "this payment belongs to sale {sale_no} already, with another amount",
    ),
    "payment_missing": ("没有付款方式；用 --payment 指定", "no payment; name its channel with --payment"),
    "quantity_invalid": ("数量不是大于 0 的数：{text}", "the quantity is not a number above 0: {text}"),
    "quantity_negative": ("数量是负数：{text}", "the quantity is negative: {text}"),
    "rate_invalid": ("{field} 不是税率：{text}", "{field} is not a rate: {text}"),
    "rows_disagree": (
        "同一销售单的 {field} 不一致 {one} {other}",
        "rows of one sale disagree on {field} {one} {other}",
    ),
    "sale_no_missing": ("没有销售单号", "no sale number"),
    "sale_of_nothing": ("全是 0 元商品，不是销售", "nothing but free pieces; not a sale"),
    "sale_refused": ("因第 {because} 行，整单不收", "sale refused because of line {because}"),
    "stock_correction": (
        "数量为负（{text}）又不是退货单：库存调整，不是销售",
        "negative quantity ({text}) without a return: a stock correction, not a sale",
    ),
    "summary_differs": (
        "账单汇总的「{name}」是 {said}，明细合计是 {found}：文件可能不完整，请重新下载后再导入",
        "the bill says {name} {said}, its rows make {found}: the file may be incomplete; download it and import again",
    ),
    "summary_missing": (
        "账单没有汇总行，无法核对是否完整",
        "the bill has no summary row, so completeness cannot be checked",
    ),
    "time_invalid": ("{field} 不是能确定的时间：{text}", "{field} is not a clear point in time: {text}"),
    "too_long": ("{field} 超过 {most} 个字", "{field} is longer than {most} characters"),
    "wrong_number_of_cells": ("列数与表头不符", "the number of cells differs from the headings"),
    "yes_or_no": ("{field} 应为 是 或 否：{text}", "{field} should be yes or no: {text}"),
    "zip_not_readable": ("{file} 不能解压", "{file} cannot be unpacked"),
    "zip_without_bill": ("{file} 里没有账单", "{file} holds no bill"),
}
_WRONG: Mapping[str, tuple[str, str]] = {
    "account_has_other_channel": ("账户属于另一渠道", "the account belongs to another channel"),
    "account_not_found": ("没有这个收单账户", "there is no such account"),
    "empty": ("不能为空", "must not be empty"),
    "full_card_number": ("完整卡号不能入账", "a full card number must not come in"),
    "in_the_future": ("时间在将来", "lies in the future"),
    "missing": ("缺少", "missing"),
    "more_than_line": ("超过该行金额", "more than the line"),
    "more_than_sale": ("超过整单金额", "more than the sale"),
    "negative": ("是负数", "is negative"),
    "not_a_list": ("应是列表", "should be a list"),
    "not_a_number": ("不是数", "not a number"),
    "not_a_text": ("应是文字", "should be a text"),
    "not_a_whole_number": ("不是整数", "not a whole number"),
    "not_an_object": ("应是对象", "should be an object"),
    "not_positive": ("应大于 0", "should be above 0"),
    "not_true_or_false": ("应是 true 或 false", "should be true or false"),
    "not_whole": ("应是整数件", "should be whole pieces"),
    "number_twice": ("编号重复", "a number twice"),
    "out_of_range": ("超出范围", "out of range"),
    "store_not_found": ("没有这家门店", "there is no such store"),
    "unknown_channel": ("没有这个渠道", "there is no such channel"),
    "unknown_field": ("没有这个字段", "there is no such field"),
}
_LANGUAGES = ("zh", "en")


def say(code: str, lang: str, facts: Mapping[str, object]) -> str:
    """The sentence for a reason; reasons of the books come from their own catalogue."""
    if code not in _TEXTS:
        return sentences.say(code, lang, **facts).text
    place = _LANGUAGES.index(lang)
    said = dict(facts)
    wrong = str(said.get("wrong", ""))
    if wrong in _WRONG:
        said["wrong"] = _WRONG[wrong][place]
    return _TEXTS[code][place].format_map(said).strip()

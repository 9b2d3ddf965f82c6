"""What stands on each paper (domain §7.1), read as plain lines."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date

import pytest

from sudapos import printing
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.printing import layout, words
from sudapos.printing.rows import Barcode, Sign
from sudapos.printing.slip import Copy, Kind, Tender, VoucherSlip

from . import slips

MERCHANT_COPY = replace(slips.ORIGINAL, label="merchant")
HAN = re.compile(r"[\u4e00-\u9fff]")


def read(slip: VoucherSlip, copy: Copy = slips.ORIGINAL, lang: str = "zh") -> list[str]:
    return [line.strip() for line in printing.text(slip, copy, lang=lang).splitlines()]


def signs(slip: VoucherSlip, copy: Copy, lang: str = "zh") -> list[str]:
    return [row.label for row in layout.rows(slip, copy, lang=lang) if isinstance(row, Sign)]


def pair(lines: list[str], label: str) -> list[str]:
    return [line[len(label) :].strip() for line in lines if line.startswith(label + " ")]


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("refund", "退款凭证", "REFUND VOUCHER"),
        ("cash", "现金退款凭证", "CASH REFUND VOUCHER"),
        ("card", "退货签购单", "CARD REFUND SLIP"),
        ("void", "消费撤销签购单", "CARD VOID SLIP"),
        ("stored", "储值卡退款凭证", "STORED VALUE REFUND"),
    ],
)
def test_each_kind_has_its_title_in_both_languages(name: str, zh: str, en: str) -> None:
    assert zh in read(slips.EVERY[name]) and en in read(slips.EVERY[name], lang="en")


def test_a_voided_wallet_payment_is_called_a_void() -> None:
    undone = replace(slips.REFUND, tenders=(replace(slips.WECHAT, route="void"),))
    assert "撤销凭证" in read(undone) and "退款凭证" not in read(undone)


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_the_amount_stands_in_digits_and_in_words(lang: str) -> None:
    lines = read(slips.REFUND, lang=lang)
    assert [line.split() for line in lines if line.endswith("￥39.50")] == [
        [words.label("total", lang), "￥39.50"]
    ]
    assert pair(lines, words.label("in_words", lang)) == ["叁拾玖元伍角整"]


def test_lines_charges_and_deductions_add_up_to_the_total() -> None:
    slip = slips.REFUND
    goods, charges = sum(line.amount for line in slip.lines), sum(charge.amount for charge in slip.charges)
    added = goods + charges - sum(taken.amount for taken in slip.deductions)
    assert added == 3650
    lines = read(slip)
    assert pair(lines, "红枣酸奶") == ["×1     19.99"]
    assert pair(lines, "散装红富士苹果") == ["1.236 kg      6.00"]
    assert pair(lines, "包装费") == ["1.00"]
    assert pair(lines, "减：赠品未退 帆布袋") == ["-3.00"]
    assert "已减优惠分摊 1.20" in lines


def test_money_on_its_way_is_not_called_arrived() -> None:
    lines = read(slips.REFUND)
    assert pair(lines, "微信支付·原路退回") == ["￥36.50"]
    assert pair(lines, "预计到账") == ["2026-11-25"]
    assert lines.count("受理成功不代表已到账，以实际入账为准。") == 1
    assert lines.index("受理成功不代表已到账，以实际入账为准。") < lines.index(
        "现金退付                                  ￥3.00"
    )
    settled = replace(
        slips.REFUND,
        tenders=(replace(slips.WECHAT, state="settled", settled_at=slips.at("2026-11-22 12:06:02")),),
    )
    assert not any("受理成功" in line for line in read(settled))
    assert pair(read(settled), "退款时间") == ["2026-11-22 12:06:02"]


def test_a_wallet_shows_every_number_of_the_channel() -> None:
    lines = read(slips.REFUND)
    assert pair(lines, "原商户订单号") == ["S01-T1-20261122-0001-1"]
    assert pair(lines, "渠道交易号") == ["4200002345202611221234567890"]
    assert pair(lines, "商户退款单号") == ["R20261122000001L1"]
    assert pair(lines, "渠道退款号") == ["50302511222026112200000123456"]


def test_a_coupon_shows_what_was_asked_for_beside_what_came() -> None:
    tender = replace(slips.WECHAT, amount=3650, paid_amount=3500, state="settled")
    lines = read(replace(slips.REFUND, tenders=(tender,)))
    assert pair(lines, "申请金额") == ["￥36.50"] and pair(lines, "实退金额") == ["￥35.00"]


def test_before_the_channel_has_said_so_what_the_customer_gets_is_expected() -> None:
    tender = replace(slips.WECHAT, amount=3650, paid_amount=3500, state="accepted")
    lines = read(replace(slips.REFUND, tenders=(tender,)))
    assert pair(lines, "预计实退") == ["￥35.00"] and pair(lines, "实退金额") == []


def test_points_that_were_taken_back_stand_below_the_goods() -> None:
    lines = read(replace(slips.REFUND, points_back=50, points_account="****0001"))
    assert pair(lines, "扣回积分") == ["50"] and pair(lines, "积分账户") == ["****0001"]


def test_a_card_slip_carries_the_terminal_s_numbers_and_the_original_s() -> None:
    lines = read(slips.CARD)
    expected = {
        "卡号": "622202*********1234",
        "发卡行": "工商银行",
        "收单机构": "银联商务",
        "商户号": "****4401",
        "终端号": "10000012",
        "批次号": "000123",
        "凭证号": "000456",
        "参考号": "112212345678",
        "授权码": "A1B2C3",
        "原交易日期": "2026-11-22",
        "原凭证号": "000400",
        "原参考号": "112211223344",
    }
    assert {label: pair(lines, label)[0] for label in expected} == expected
    assert pair(lines, "商户号")[1] == "898330154110001"


def test_the_cardholder_signs_the_merchant_copy_only() -> None:
    assert signs(slips.CARD, MERCHANT_COPY) == ["持卡人签名"] and signs(slips.CARD, slips.ORIGINAL) == []
    assert "商户联" in read(slips.CARD, MERCHANT_COPY) and "持卡人联" in read(slips.CARD)
    assert "客户联" in read(slips.REFUND)


def test_cash_is_paid_in_person_and_signed_for_by_both() -> None:
    lines = read(slips.CASH)
    assert pair(lines, "状态") == ["已当面退付"] and pair(lines, "钱箱") == ["D1"]
    assert pair(lines, "应退金额") == ["￥19.99"]
    assert pair(lines, "实付现金") == ["￥20.00"] and pair(lines, "尾差") == ["￥0.01"]
    for copy in (slips.ORIGINAL, MERCHANT_COPY):
        assert signs(slips.CASH, copy) == ["客户签名", "收银员签名"]
        assert signs(slips.CASH, copy, "en") == ["Customer's signature", "Cashier's signature"]


def test_cash_not_yet_handed_over_does_not_say_that_it_was() -> None:
    waiting = replace(
        slips.CASH, tenders=(replace(slips.CASH.tenders[0], state="accepted", settled_at=None),)
    )
    lines = read(waiting)
    assert "待当面退付，请签名后当面点清。" in lines and not any("已当面退付" in line for line in lines)


def test_a_stored_value_slip_tells_the_balance_and_is_signed() -> None:
    lines = read(slips.STORED)
    assert pair(lines, "储值卡号") == ["8800****0012"] and pair(lines, "退后余额") == ["￥105.50"]
    assert pair(lines, "其中本金") == ["￥100.00"] and pair(lines, "其中赠送") == ["￥5.50"]
    assert signs(slips.STORED, slips.ORIGINAL) == ["客户签名"]


@pytest.mark.parametrize(
    ("state", "word", "sentence"),
    [
        ("in_doubt", "确认中", "没有收到微信支付的答复，正在查询结果；请不要再次"),
        ("failed", "未退出", "微信支付未退出，钱没有离开商户，请联系商户。"),
        ("bounced", "被退回", "银行退回了这笔钱，商户将联系您另行退款。"),
        ("dropped", "已取消", ""),
        ("ready", "待发送", "受理成功不代表已到账，以实际入账为准。"),
    ],
)
def test_each_state_says_no_more_than_we_know(state: str, word: str, sentence: str) -> None:
    lines = read(replace(slips.REFUND, tenders=(replace(slips.WECHAT, state=state),)))
    assert pair(lines, "状态") == [word]
    assert not sentence or sentence in lines


def test_only_a_reprint_says_so_at_top_and_foot() -> None:
    assert not any("重印" in line for line in read(slips.REFUND))
    assert read(slips.REFUND)[-1] == "打印时间 2026-11-22 12:06:10"
    lines = read(slips.REFUND, slips.REPRINT)
    stamp = ["** 重印 REPRINT **", "第 2 次重印 2026-11-23 09:15:30", "操作员 m01 欧阳*"]
    assert lines[:3] == stamp and lines[-3:] == stamp
    assert lines[3] == "重印原因 顾客遗失" and lines[-4] == "重印件不能作为再次退款的凭据。"
    english = read(slips.REFUND, slips.REPRINT, "en")
    assert english[:3] == ["** 重印 REPRINT **", "Reprint no. 2 2026-11-23 09:15:30", "Operator m01 欧阳*"]


def test_a_reprint_shows_the_same_facts_as_the_original() -> None:
    original, again = read(slips.CARD), read(slips.CARD, slips.REPRINT)
    assert original[:-1] == again[4:-4]


def test_a_lost_receipt_and_an_invoice_are_told() -> None:
    lines = read(slips.CASH)
    assert "原小票遗失" in lines and "原小票遗失，找到后不得再用于退款。" in lines
    assert pair(read(slips.REFUND), "发票") == ["已开票，待开红字发票"]
    assert pair(read(replace(slips.REFUND, invoice_state="RED_ISSUED")), "发票") == ["红字发票已开具"]
    for none in ("", "NOT_INVOICED", "none"):
        assert pair(read(replace(slips.REFUND, invoice_state=none)), "发票") == []


def test_the_foot_has_barcode_code_hotline_and_phone() -> None:
    lines = read(slips.REFUND)
    assert [
        row.text for row in layout.rows(slips.REFUND, slips.ORIGINAL, lang="zh") if isinstance(row, Barcode)
    ] == ["R20261122000001"]
    for line in (
        "验证码 7QK4-M2XD",
        "消费者投诉举报热线 12315",
        "退款咨询 0571-88001234",
        "扫码查看退款进度",
    ):
        assert lines.count(line) == 1
    bare = read(replace(slips.REFUND, url="", code=""))
    assert not any("扫码" in line or "验证码" in line for line in bare)


def test_times_stand_on_the_shop_s_clock() -> None:
    moved = replace(slips.REFUND, created_at=slips.REFUND.created_at.astimezone(UTC))
    assert read(moved) == read(slips.REFUND)


@pytest.mark.parametrize(
    "table",
    [name for name in dir(words) if name.isupper() and isinstance(getattr(words, name), dict)],
)
def test_every_word_stands_in_both_languages(table: str) -> None:
    for code, (zh, en) in getattr(words, table).items():
        assert zh.strip() and en.strip(), code
        assert HAN.search(zh), code
        assert code == "in_words" or not HAN.search(en), code
        assert sorted(re.findall(r"{\w+}", zh)) == sorted(re.findall(r"{\w+}", en)), code


def test_every_kind_and_state_and_route_has_words() -> None:
    assert set(Kind) <= set(words.TITLES)
    assert set(words.STATES) == set(LegState) and set(words.ROUTES) == set(Route)


def test_an_unknown_code_speaks_for_itself() -> None:
    odd = replace(
        slips.REFUND,
        reason="recall_2026",
        tenders=(Tender(channel="newpay", amount=1, arrives_by=date(2026, 1, 2)),),
    )
    lines = read(odd)
    assert pair(lines, "退款原因") == ["recall_2026"] and pair(lines, "newpay·原路退回") == ["￥0.01"]


def test_a_language_or_paper_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no words in 'fr'"):
        printing.text(slips.REFUND, slips.ORIGINAL, lang="fr")
    for make in (printing.text, printing.pdf, printing.png, printing.html, printing.escpos):
        with pytest.raises(ValueError, match="no paper of 76 mm"):
            make(slips.REFUND, slips.ORIGINAL, width_mm=76)

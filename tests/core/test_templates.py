"""The forty templates of domain §4.3, copied figure by figure, against what the recipes book, in both styles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import journal
from sudapos.core.chart import KEYS, Chart
from sudapos.core.journal import Draft, Posting
from sudapos.core.recipes import RECIPES, SMALL_ENTERPRISE, SMALL_SCALE
from sudapos.core.rules import Rules

SHEET = """
J01 现金销售
  借 1001 库存现金 11300
  贷 5001 主营业务收入 10000
  贷 2221.01 应交增值税-销项 1300
J01c 结转成本
  借 5401 主营业务成本 6000
  贷 1405 库存商品 6000
J02 微信销售
  借 1122.01 微信待结算 11300
  贷 5001 主营业务收入 10000
  贷 2221.01 应交增值税-销项 1300
J03 渠道T+1结算(扣手续费)
  借 1002 银行存款 11232
  借 5603 财务费用-手续费 68
  贷 1122.01 微信待结算 11300
J04 现金全额退款
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税-销项 -1300
  贷 1001 库存现金 11300
J05a 非现金退款-批准(挂应退客户款)
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税-销项 -1300
  贷 2241.01 应退客户款 11300
J05b 非现金退款-渠道成功
  借 2241.01 应退客户款 11300
  贷 1122.01 微信待结算 11300
J05c 渠道退还手续费
  借 1122.01 微信待结算 68
  借 5603 财务费用-手续费 -68
J05d 渠道不退手续费
J05e 退款关闭或被拒(未出款)冲回
  贷 5001 主营业务收入 10000
  贷 2221.01 应交增值税-销项 1300
  贷 2241.01 应退客户款 -11300
J06a 部分退款33.33-批准
  贷 5001 主营业务收入 -2950
  贷 2221.01 应交增值税-销项 -383
  贷 2241.01 应退客户款 3333
J06b 部分退款33.33-成功
  借 2241.01 应退客户款 3333
  贷 1122.01 微信待结算 3333
J07 退货入库(完好)
  借 1405 库存商品 6000
  借 5401 主营业务成本 -6000
J07b 退货残损待处理
  借 1901 待处理财产损溢 6000
  借 5401 主营业务成本 -6000
J08 跨年退款(小企业,冲减当期)
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税-销项 -1300
  贷 2241.01 应退客户款 11300
J09 小规模1%退款101.00
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税 -100
  贷 1001 库存现金 10100
J10 服务6%退款106.00(支付宝)
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税-销项 -600
  贷 2241.01 应退客户款 10600
J11 已结算后退款由银行账户出资
  借 2241.01 应退客户款 11300
  贷 1002 银行存款 11300
J12a 退款被银行退回(退票)
  借 1122.01 微信待结算 11300
  贷 2241.01 应退客户款 11300
J12b 退票后转账重发
  借 2241.01 应退客户款 11300
  贷 1002 银行存款 11300
J13a 对账短款挂账(渠道有退款我方无)
  借 1221.09 待查渠道短款 5000
  贷 1122.01 微信待结算 5000
J13b 短款查明为漏记退款
  贷 5001 主营业务收入 -4425
  贷 2221.01 应交增值税-销项 -575
  贷 1221.09 待查渠道短款 5000
J14a 对账长款挂账
  借 1122.01 微信待结算 3000
  贷 2241.09 待查渠道长款 3000
J14b 长款查明为客户重复付款-退还
  借 2241.09 待查渠道长款 3000
  贷 1122.01 微信待结算 3000
J15a 交接班现金短款
  借 1901 待处理财产损溢 1200
  贷 1001 库存现金 1200
J15b 短款由收银员赔偿
  借 1221.02 其他应收款-收银员 1200
  贷 1901 待处理财产损溢 1200
J15c 短款无法查明(经批准)
  借 5711 营业外支出 1200
  贷 1901 待处理财产损溢 1200
J16a 交接班现金长款
  借 1001 库存现金 800
  贷 1901 待处理财产损溢 800
J16b 长款无法查明(经批准)
  借 1901 待处理财产损溢 800
  贷 5301 营业外收入 800
J17a 储值卡充值1000赠200(赠送只记备查)
  借 1002 银行存款 100000
  贷 2203.01 储值卡本金 100000
J17b 储值卡消费面值360(本金300)
  借 2203.01 储值卡本金 30000
  贷 5001 主营业务收入 26549
  贷 2221.01 应交增值税-销项 3451
J17c 储值卡退卡(非消费者原因)
  借 2203.01 储值卡本金 70000
  贷 1002 银行存款 70000
J18a 收押金
  借 1122.01 微信待结算 20000
  贷 2241.03 押金 20000
J18b 退押金(扣赔偿42)
  借 2241.03 押金 20000
  贷 1122.01 微信待结算 15800
  贷 5301 营业外收入 4200
J19a 平台券销售100(用户70平台30)
  借 1122.01 微信待结算 10000
  贷 5001 主营业务收入 8850
  贷 2221.01 应交增值税-销项 1150
J19b 平台券订单部分退款90(用户63平台27)
  贷 5001 主营业务收入 -7965
  贷 2221.01 应交增值税-销项 -1035
  贷 1122.01 微信待结算 9000
J20a 现金退35.47实付35.50
  借 2241.01 应退客户款 3547
  借 2241.04 退款尾差 3
  贷 1001 库存现金 3550
J20b 其余88.83退款实付88.80
  借 2241.01 应退客户款 8883
  贷 1001 库存现金 8880
  贷 2241.04 退款尾差 3
J21 结算前撤销(销售已逐笔入账时)
  借 1122.03 银联待结算 -11300
  贷 5001 主营业务收入 -10000
  贷 2221.01 应交增值税-销项 -1300
J22 善意补偿(不冲收入)
  借 5601 销售费用-客诉补偿 2000
  贷 1001 库存现金 2000
"""
NO = "R20261123-0001"


def templates() -> dict[str, list[tuple[str, str, str, int]]]:
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    number = ""
    for text in SHEET.strip().splitlines():
        parts = text.split()
        if text.startswith("  "):
            side, account, name, amount = parts
            found[number].append((side, account, name, int(amount)))
        else:
            number = parts[0]
            found[number] = []
    return found


TEMPLATES = templates()


def booked(number: str) -> Draft:
    """The recipe filled with the sheet's figures, read from the sheet's lines in the recipe's order."""
    accounts = SMALL_SCALE if number == "J09" else SMALL_ENTERPRISE
    amounts: dict[str, int] = {}
    channel = "cash"
    channels = {accounts.codes[key][0]: channel for channel, key in accounts.channels.items()}
    for (_, key, name), (_, account, _, amount) in zip(RECIPES[number].lines, TEMPLATES[number], strict=True):
        figure = -amount if name.startswith("-") else amount
        assert amounts.setdefault(name.removeprefix("-"), figure) == figure, "one name, one figure"
        if key == "channel":
            channel = channels[account]
    return journal.draft(number, NO, channel=channel, accounts=accounts, **amounts)


def test_there_are_forty_of_them_and_each_is_a_recipe():
    assert len(TEMPLATES) == 40
    assert set(TEMPLATES) <= set(RECIPES)


@pytest.mark.parametrize("number", TEMPLATES)
def test_a_recipe_has_the_lines_of_its_template_in_their_order(number):
    lines = [(line.side, line.account, line.name, line.amount) for line in booked(number).postings]
    assert lines == TEMPLATES[number]


@pytest.mark.parametrize("number", TEMPLATES)
def test_a_template_in_the_debit_style_has_no_red_letter_and_nets_to_the_same(number):
    red = booked(number)
    positive = journal.styled(red, Rules(journal_style="DEBIT"))
    assert [line.amount for line in positive.postings if line.amount <= 0] == []
    assert journal.balances([positive]) == journal.balances([red])
    chart = Chart(codes=SMALL_ENTERPRISE.codes, style="DEBIT")
    names = [line.name for line in red.postings]
    shown = [chart.shown(line) for line in red.postings]
    assert [(x.side, x.account, x.amount) for x in shown] == [
        (x.side, x.account, x.amount) for x in positive.postings
    ]
    assert number == "J09" or [line.name for line in shown] == names


amount = st.integers(-9_999_999_999, 9_999_999_999).filter(bool)
line = st.tuples(st.sampled_from("借贷"), st.sampled_from(sorted(KEYS)), amount)


@given(st.lists(line, min_size=1, max_size=8))
def test_both_styles_net_to_the_same_whatever_is_booked_inv09(lines):
    off = sum(amount if side == "借" else -amount for side, _, amount in lines)
    lines = [*lines, ("贷", "5001", off)] if off else lines
    entry = Draft(
        recipe="J01",
        business_no=NO,
        memo=NO,
        postings=tuple(Posting(side=s, account=a, name=a, amount=x) for s, a, x in lines),
    )
    positive = journal.styled(entry, Rules(journal_style="DEBIT"))
    assert journal.balanced(entry) and journal.balanced(positive)
    assert journal.balances([positive]) == journal.balances([entry])
    assert all(line.amount > 0 for line in positive.postings)
    assert journal.styled(positive, Rules(journal_style="DEBIT")) == positive

"""Files of sales: what comes in, what is refused, and that each row is accounted for."""

from __future__ import annotations

import csv
import io
import json
import os
import string
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from sudapos.books import ledger, shops
from sudapos.books.audit import AuditRecord
from sudapos.books.sales import Payment, Sale, SaleLine
from sudapos.core.refusal import Conflict, NotFound
from sudapos.ops import importing, reasons, rows, sheets
from sudapos.ops.importing import Step, Tally, Wish
from sudapos.ops.rows import Remark, UnreadableFile

RETAIL = "sale_no=InvoiceNo,sku=StockCode,name=Description,quantity=Quantity,unit_price=UnitPrice:yuan,sold_at=InvoiceDate"
EXCERPT = Path(__file__).parent.parent / "samples" / "online-retail-excerpt.csv"
BESIDE = Path(__file__).parent.parent.parent.parent / "shared" / "samples"
WHOLE = Path(os.environ.get("SUDAPOS_SAMPLES", BESIDE)) / "online-retail-2010-12.csv"

HEAD = "no,sku,name,qty,price,at"
PLAIN = "sale_no=no,sku=sku,name=name,quantity=qty,unit_price=price:yuan,sold_at=at"
AT = "2026-11-22 12:00:00"


class Told:
    """Everything that one import said."""

    def __init__(self, shop, path: Path, **wish: object) -> None:
        self.tally = Tally()
        self.steps: list[Step] = []
        self.remarks: list[Remark] = []
        for step in importing.run(Wish(path, **wish), by="test", at=shop.at):
            if isinstance(step, Remark):
                self.remarks.append(step)
            else:
                self.steps.append(step)
                self.tally.add(step)

    @property
    def said(self) -> str:
        return str(self.tally)

    @property
    def refused(self) -> dict[int, str]:
        """Line number → reason."""
        return {p.line: p.code for step in self.steps for p in step.problems}

    @property
    def codes(self) -> Counter[str]:
        return Counter(self.refused.values())

    def fact(self, line: int, name: str) -> object:
        return next(p.facts[name] for step in self.steps for p in step.problems if p.line == line)


@pytest.fixture
def told(shop, tmp_path):
    """Import these lines of a csv (or this text, or these bytes) and tell what happened."""

    def bring_in(
        *lines: str, content: str | bytes | None = None, name: str = "sales.csv", **wish: object
    ) -> Told:
        path = tmp_path / name
        if content is None:
            content = "\n".join([HEAD, *lines]) + "\n"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if wish.get("format", "csv") == "csv":
            wish = {"columns": PLAIN, "payment": "cash"} | wish
        return Told(shop, path, **wish)

    return bring_in


# the sample -----------------------------------------------------------------------------------------------------

SAMPLES = [
    # file, sales, lines in them, refused rows by reason, fen
    (EXCERPT, 8, 93, {"is_a_return": 8, "stock_correction": 5, "sale_of_nothing": 5}, 140_267),
    (WHOLE, 424, 9855, {"is_a_return": 100, "stock_correction": 30, "sale_of_nothing": 15}, 18_424_833),
]


@pytest.mark.parametrize(
    "path, sales, lines, refused, fen",
    [s for s in SAMPLES if s[0].exists()],
    ids=lambda v: getattr(v, "stem", ""),
)
def test_the_retail_sample_comes_in_to_the_last_row_and_a_repeat_changes_nothing(
    shop, path, sales, lines, refused, fen
):
    first = Told(shop, path, columns=RETAIL, payment="cash")
    again = Told(shop, path, columns=RETAIL, payment="cash")

    count = sum(refused.values())
    assert first.said == f"imported {sales}, already there 0, refused {count}"
    assert again.said == f"imported 0, already there {sales}, refused {count}"
    assert first.codes == again.codes == refused
    assert (Sale.objects.count(), SaleLine.objects.count()) == (sales, lines)
    assert sum(Payment.objects.values_list("amount", flat=True)) == fen
    assert ledger.trial_balance_off() == 0
    with path.open(newline="") as file:
        assert lines + count == sum(1 for _ in csv.reader(file)) - 1  # nothing was dropped in silence


def test_every_odd_row_of_the_excerpt_is_named_by_its_line(shop):
    told = Told(shop, EXCERPT, columns=RETAIL, payment="cash")

    with EXCERPT.open(newline="") as file:
        invoices = {line: row[0] for line, row in enumerate(csv.reader(file), 1)}
    assert {invoices[line] for line, code in told.refused.items() if code == "is_a_return"} == {
        "C536379", "C536383", "C536506", "C536543", "C536606", "C536734",
    }  # fmt: skip
    assert {invoices[line] for line, code in told.refused.items() if code == "stock_correction"} == {
        "536589", "536764", "536996", "536997", "536998",
    }  # fmt: skip


def test_a_free_piece_beside_priced_ones_is_a_line_of_its_sale(shop):
    Told(shop, EXCERPT, columns=RETAIL, payment="cash")
    lines = SaleLine.objects.filter(sale__sale_no="537197")
    assert (lines.count(), lines.filter(unit_price=0, net=0).count()) == (17, 1)
    assert list(lines.values_list("line_no", flat=True)) == list(range(1, 18))


def test_an_invoice_with_two_times_was_sold_at_the_earlier_one(shop):
    Told(shop, EXCERPT, columns=RETAIL, payment="cash")
    assert Sale.objects.get(sale_no="536591").sold_at.isoformat() == "2010-12-01T08:57:00+00:00"


# tables ---------------------------------------------------------------------------------------------------------


def test_each_odd_kind_of_row_is_refused_with_its_line_and_its_reason(told):
    result = told(
        f"A1,1,apple,2,1.50,{AT}",  # 2
        f"C100,1,apple,-1,1.50,{AT}",  # 3
        f"A2,1,apple,-5,1.50,{AT}",  # 4
        f"A3,1,bag,1,0.00,{AT}",  # 5
        f"A4,1,apple,1,1.505,{AT}",  # 6
        f"A5,1,apple,one,1.50,{AT}",  # 7
        f"A6,1,apple,1,-1.50,{AT}",  # 8
        "A7,1,apple,1,1.50,11/12/26 8:26",  # 9
        f",1,apple,1,1.50,{AT}",  # 10
        f"A8,1,apple,1,1.50,{AT},more",  # 11
        f"6.9E+12,1,apple,1,1.50,{AT}",  # 12
        f"A9,1,{'x' * 201},1,1.50,{AT}",  # 13
        f"A10,1,apple,0,1.50,{AT}",  # 14
        "A11,1,apple,1,1.50,2100-01-01 00:00:00",  # 15
    )
    assert result.refused == {
        3: "is_a_return",
        4: "stock_correction",
        5: "sale_of_nothing",
        6: "amount_invalid",
        7: "quantity_invalid",
        8: "amount_negative",
        9: "time_invalid",
        10: "sale_no_missing",
        11: "wrong_number_of_cells",
        12: "number_damaged",
        13: "too_long",
        14: "quantity_invalid",
        15: "time_invalid",
    }
    assert result.said == "imported 1, already there 0, refused 13"


def test_a_sale_with_one_bad_row_is_refused_whole_and_each_row_says_why(told):
    result = told(
        f"A1,1,apple,2,1.50,{AT}",
        f"A1,2,pear,1,oops,{AT}",
        f"A1,3,plum,1,2.00,{AT}",
        f"A2,1,apple,1,1.50,{AT}",
    )
    assert result.refused == {2: "sale_refused", 3: "amount_invalid", 4: "sale_refused"}
    assert result.fact(2, "because") == result.fact(4, "because") == 3
    assert list(Sale.objects.values_list("sale_no", flat=True)) == ["A2"]


def test_rows_of_one_number_belong_together_wherever_they_stand(told):
    told(f"A1,1,apple,2,1.50,{AT}", f"A2,1,apple,1,1.50,{AT}", f"A1,2,pear,1,2.00,{AT}")
    assert {s.sale_no: (s.total, s.lines.count()) for s in Sale.objects.all()} == {
        "A1": (500, 2),
        "A2": (150, 1),
    }


def test_lines_without_usable_numbers_are_numbered_in_order_and_usable_ones_are_kept(told):
    content = (
        "sale_no,line_no,name,quantity,unit_price,sold_at\n"
        f"A1,1,a,1,100,{AT}\nA1,1,b,1,100,{AT}\nA2,7,c,1,100,{AT}\nA2,3,d,1,100,{AT}\n"
    )
    told(content=content, columns="")
    assert list(SaleLine.objects.filter(sale__sale_no="A1").values_list("line_no", "name")) == [
        (1, "a"),
        (2, "b"),
    ]
    assert list(SaleLine.objects.filter(sale__sale_no="A2").values_list("line_no", "name")) == [
        (3, "d"),
        (7, "c"),
    ]


def test_an_empty_description_is_replaced_by_the_sku(told):
    told(f"A1,4711,,1,1.00,{AT}", f"A2,,,1,1.00,{AT}")
    assert list(SaleLine.objects.order_by("id").values_list("name", flat=True)) == ["4711", "—"]


def test_a_letter_c_in_a_till_s_own_number_is_no_return(told):
    assert told(f"C01-20261122-1,1,apple,1,1.00,{AT}").said == "imported 1, already there 0, refused 0"
    assert told(f"C01-20261122-2,1,apple,-1,1.00,{AT}").refused == {2: "is_a_return"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_in_each_encoding_that_tills_write(told, encoding):
    content = f"单号,品名,数量,单价,时间\r\nA1,红枣酸奶,2,19.99,{AT}\r\n".encode(encoding)
    columns = "sale_no=单号,name=品名,quantity=数量,unit_price=单价:yuan,sold_at=时间"
    assert told(content=content, columns=columns).said == "imported 1, already there 0, refused 0"
    assert SaleLine.objects.get().name == "红枣酸奶"


def test_quotes_line_breaks_and_other_delimiters_keep_their_line_numbers(told):
    content = f'no;sku;name;qty;price;at\nA1;1;"two\nlines";1;1.00;{AT}\n\nA2;1;x;1;bad;{AT}\n'
    result = told(content=content)
    assert result.refused == {2: "control_character", 5: "amount_invalid"}


@pytest.mark.parametrize(
    "written, kept",
    [
        ("2026-11-22T12:01:02+08:00", "2026-11-22T04:01:02+00:00"),
        ("2026-11-22 12:01:02", "2026-11-22T04:01:02+00:00"),
        ("2026/11/2 9:05", "2026-11-02T01:05:00+00:00"),
        ("2026年11月22日 12:01:02", "2026-11-22T04:01:02+00:00"),
        ("20261122120102", "2026-11-22T04:01:02+00:00"),
        ("2026-11-22T04:01:02Z", "2026-11-22T04:01:02+00:00"),
    ],
)
def test_a_time_without_an_offset_is_shanghai_time(written, kept):
    from datetime import UTC

    assert rows.instant("sold_at", written).astimezone(UTC).isoformat() == kept


def test_tenders_of_the_file_are_taken_once_each_and_must_add_up(told):
    content = (
        "sale_no,name,quantity,unit_price,sold_at,payment,amount,out_trade_no\n"
        f"A1,a,1,1000,{AT},微信,1500,W1\nA1,b,1,1000,{AT},现金,500,\n"  # two tenders
        f"A2,a,1,1000,{AT},alipay,2000,X1\nA2,b,1,1000,{AT},alipay,2000,X1\n"  # one, repeated
        f"A3,a,1,1000,{AT},cash,900,\n"  # too little
        f"A4,a,1,1000,{AT},,,\n"  # none: the default
        f"A5,a,1,1000,{AT},bitcoin,1000,\n"
    )
    result = told(content=content, columns="", payment="transfer")
    assert result.refused == {6: "sale_does_not_add_up", 8: "field_wrong"}
    paid = Payment.objects.order_by("sale__sale_no", "payment_no").values_list(
        "sale__sale_no", "channel", "amount", "account__name"
    )
    assert list(paid) == [
        ("A1", "wechatpay", 1500, "demo-wechatpay"),
        ("A1", "cash", 500, None),
        ("A2", "alipay", 2000, "demo-alipay"),
        ("A4", "transfer", 1000, None),
    ]


def test_without_any_word_about_payment_the_rows_are_refused(told):
    assert told(f"A1,1,a,1,1.00,{AT}", payment="").refused == {2: "payment_missing"}


def test_rows_that_disagree_about_their_sale_are_refused(told):
    content = (
        "sale_no,name,quantity,unit_price,sold_at,till,order_discount\n"
        f"A1,a,1,1000,{AT},T1,0\nA1,b,1,1000,{AT},T2,0\nA2,a,1,1000,{AT},T1,100\nA2,b,1,1000,{AT},T1,200\n"
    )
    assert told(content=content, columns="").refused == {
        2: "sale_refused",
        3: "rows_disagree",
        4: "sale_refused",
        5: "rows_disagree",
    }


def test_discounts_weights_and_marks_reach_the_books(told):
    content = (
        "sale_no,name,quantity,unit,unit_price,discount,order_discount,rounding_off,vat_bp,returnable,serial,sold_at\n"
        f"A1,苹果,1.236,kg,12.98,0,1.00,0.04,9%,是,,{AT}\nA1,耳机,1,件,129.00,9.00,1.00,0.04,1300,否,BT1,{AT}\n"
    )
    columns = (
        "sale_no=sale_no,name=name,quantity=quantity,unit=unit,unit_price=unit_price:yuan,discount=discount:yuan,"
        "order_discount=order_discount:yuan,rounding_off=rounding_off:yuan,vat_bp=vat_bp,returnable=returnable,"
        "serial=serial,sold_at=sold_at"
    )
    told(content=content, columns=columns)
    apple, phones = SaleLine.objects.order_by("line_no")
    assert (apple.milli, apple.weighed, apple.gross, apple.vat_bp, apple.returnable) == (
        1236,
        True,
        1604,
        900,
        True,
    )
    assert (phones.gross, phones.discount, phones.vat_bp, phones.returnable, phones.serial) == (
        12900,
        900,
        1300,
        False,
        "BT1",
    )
    assert Sale.objects.get().total == 1604 + 12000 - 100 - 4


def test_the_same_number_with_other_content_is_refused(told):
    told(f"A1,1,apple,1,1.00,{AT}")
    result = told(f"A1,1,apple,1,1.10,{AT}", f"A1,2,pear,1,1.10,{AT}")
    assert result.refused == {2: "number_reused", 3: "number_reused"}


def test_a_dry_run_decides_everything_and_writes_nothing(told):
    told(f"A1,1,apple,1,1.00,{AT}")
    audited = AuditRecord.objects.count()
    lines = (f"A1,1,apple,1,1.00,{AT}", f"A2,1,apple,1,1.00,{AT}", f"A3,1,apple,-1,1.00,{AT}")
    dry = told(*lines, dry_run=True)
    assert dry.said == "imported 1, already there 1, refused 1"
    assert (Sale.objects.count(), AuditRecord.objects.count()) == (1, audited)
    assert told(*lines).said == dry.said


@pytest.mark.parametrize(
    "columns, code",
    [
        ("sale_no", "columns_not_pairs"),
        ("colour=name", "column_unknown_field"),
        ("sku=sku,sku=name", "column_twice"),
        ("quantity=qty:yuan", "column_not_an_amount"),
        ("sale_no=no,quantity=qty", "columns_missing"),
        (PLAIN.replace("=qty", "=Menge"), "column_not_in_file"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told_before_anything_is_written(told, columns, code):
    with pytest.raises(sheets.BadColumns) as bad:
        told(f"A1,1,apple,1,1.00,{AT}", columns=columns)
    assert bad.value.code == code and Sale.objects.count() == 0


@pytest.mark.parametrize(
    "content, code",
    [
        (b"\xff\xfe\x00\x01", "file_not_text"),
        (b"no,\xff\xff\xff\n", "file_encoding"),
        (f'{HEAD}\nA0,1,x,1,1.00,{AT}\nA1,1,"open,1,1.00,{AT}\n'.encode(), "csv_broken"),
        (b"", "file_empty"),
    ],
)
def test_an_unreadable_file_leaves_the_books_alone(told, content, code):
    with pytest.raises(UnreadableFile) as bad:
        told(content=content)
    assert bad.value.code == code and Sale.objects.count() == 0


def test_a_store_or_an_account_that_does_not_exist_stops_the_import(told):
    with pytest.raises(NotFound, match="store_not_found"):
        told(f"A1,1,a,1,1.00,{AT}", store="S99")
    with pytest.raises(NotFound, match="account_not_found"):
        told(f"A1,1,a,1,1.00,{AT}", payment="alipay", account="nobody")
    with pytest.raises(Conflict, match="account_has_other_channel"):
        told(f"A1,1,a,1,1.00,{AT}", payment="alipay", account="demo-wechatpay")


# json lines -----------------------------------------------------------------------------------------------------


def api_sale(number: str, **changes: object) -> dict[str, object]:
    return {
        "sale_no": number,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [
            {
                "line_no": 1,
                "sku": "69",
                "name": "红枣酸奶",
                "quantity": "2",
                "unit": "件",
                "unit_price": 1999,
                "vat_bp": 1300,
            }
        ],
        "charges": [
            {"kind": "service", "name": "服务费", "amount": 400, "rate_bp": 1000, "follows_lines": True}
        ],
        "payments": [{"payment_no": "P1", "channel": "cash", "amount": 4398}],
        "customer": {"phone": None, "name": None},
        "invoice_no": None,
    } | changes


def test_one_sale_of_the_api_s_shape_per_line(told):
    good, poor = (
        api_sale("A1"),
        api_sale("A2", payments=[{"payment_no": "P1", "channel": "cash", "amount": 1}]),
    )
    text = "\n".join(
        [
            json.dumps(good),
            "",
            json.dumps(poor),
            "{broken",
            "[]",
            json.dumps(api_sale("A3", colour="red")),
            json.dumps(api_sale("A4", lines=[])),
            json.dumps(
                api_sale("A5", lines=[{"line_no": 1, "name": "x", "quantity": "1", "unit_price": 19.99}])
            ),
            json.dumps(api_sale("A6", payments=[])),
            json.dumps(good),
        ]
    )
    result = told(content=text, name="sales.jsonl", format="jsonl", payment="cash")
    assert result.refused == {
        3: "sale_does_not_add_up",
        4: "json_broken",
        5: "json_not_an_object",
        6: "field_wrong",
        7: "field_wrong",
        8: "field_wrong",
    }
    assert result.fact(8, "field") == "lines.0.unit_price"
    assert result.said == "imported 2, already there 1, refused 6"
    assert Sale.objects.get(sale_no="A6").total == 4398


# the bills of the wallets ---------------------------------------------------------------------------------------

WECHAT = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FIXTURE = (
    "`2019-02-19 05:01:46,`wxab8acd895ab1638a,`1921000401,`0,`harryma007,`4200000263201902167700134212,"
    "`autotest_20190216081946_82335,`oHkLxtx0vUqe-18p_AXTZ1innxkCY,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,"
    "`50000709672019011908420787722,`REF4200000263201902167700963919,`0.01,`0.00,`ORIGINAL,`SUCCESS,"
    "`系统测试-cheeryin-test_micropay_succ,`,`0.00000,`39.00%,`0.00,`0.01,`"
)
"""A refund of the official fixture (wechatpay §15.2)."""


def wechat_row(
    number: str, yuan: str, *, state: str = "SUCCESS", name: str = "红枣酸奶", mchid: str = "1900000001"
) -> str:
    cells = [
        "2026-11-22 12:01:02",
        "wx1",
        mchid,
        "0",
        "T1",
        f"42000{number}",
        number,
        "openid",
        "MICROPAY",
        state,
        "OTHERS",
        "CNY",
    ]
    cells += [yuan, "0.00", "0", "0", "0.00", "0.00", "", "", name, "", "0.12000", "0.60%", yuan, "0.00", ""]
    return ",".join("`" + cell for cell in cells)


def wechat_bill(*lines: str, count: int, total: str, refunds: str = "0.00", head: str = WECHAT) -> bytes:
    summary = ",".join("`" + cell for cell in (str(count), total, refunds, "0.0", "0.24", total, refunds))
    return "".join(line + "\r\n" for line in (head, *lines, WECHAT_SUM, summary)).encode("utf-8-sig")


def test_payments_of_a_wechat_bill_become_sales_and_refunds_are_named(told):
    bill = wechat_bill(
        wechat_row("W1", "20.00", name="牛奶,面包,`鸡蛋"),
        FIXTURE,
        wechat_row("W2", "5.00", state="REVOKED"),
        wechat_row("W3", "7.50"),
        wechat_row("W4", "9.00"),
        wechat_row("W4", "9.00", state="REVOKED"),
        wechat_row("W5", "1.00", state="NOTPAY"),
        count=7, total="51.50", refunds="0.01",
    )  # fmt: skip
    result = told(content=bill, format="wechatpay-bill")
    assert result.refused == {
        3: "is_a_refund",
        4: "is_reversed",
        6: "sale_refused",
        7: "is_reversed",
        8: "not_a_payment",
    }
    assert result.said == "imported 2, already there 0, refused 5"
    assert [r.code for r in result.remarks] == ["account_missing"]
    sale = Sale.objects.get(sale_no="W1")
    [line], [payment] = sale.lines.all(), sale.payments.all()
    assert (line.name, line.net, sale.till) == ("牛奶,面包,`鸡蛋", 2000, "T1")
    assert (payment.channel, payment.out_trade_no, payment.channel_ref, payment.amount) == (
        "wechatpay",
        "W1",
        "42000W1",
        2000,
    )
    assert sale.sold_at.isoformat() == "2026-11-22T04:01:02+00:00"
    assert told(content=bill, format="wechatpay-bill").said == "imported 0, already there 2, refused 5"


def test_the_official_refund_row_alone_is_refused_and_its_summary_is_questioned(told):
    summary = "`45.0,`0.47,`0.14,`0.0,`0.08,`0.47,`0.14"
    bill = "\r\n".join([WECHAT, FIXTURE, WECHAT_SUM, summary, ""]).encode("utf-8-sig")
    result = told(content=bill, format="wechatpay-bill")
    assert result.refused == {2: "is_a_refund"}
    assert result.fact(2, "refund_no") == "REF4200000263201902167700963919"
    [remark] = result.remarks
    assert (remark.code, remark.facts) == (
        "summary_differs",
        {"name": "总交易单数", "said": "45.0", "found": "1"},
    )


def test_a_success_bill_has_fewer_columns_and_is_read_by_its_headings(told):
    gone = {
        "微信退款单号",
        "商户退款单号",
        "退款金额",
        "充值券退款金额",
        "退款类型",
        "退款状态",
        "申请退款金额",
    }
    names = WECHAT.split(",")
    kept = [i for i, name in enumerate(names) if name not in gone]
    cells = wechat_row("W1", "20.00")[1:].split(",`")
    head, row = ",".join(names[i] for i in kept), ",".join("`" + cells[i] for i in kept)
    result = told(content=wechat_bill(row, count=1, total="20.00", head=head), format="wechatpay-bill")
    assert (len(kept), result.said) == (20, "imported 1, already there 0, refused 0")


def test_an_old_bill_calls_the_amount_by_another_name(told):
    head = WECHAT.replace(",订单金额,", ",总金额,")
    told(
        content=wechat_bill(wechat_row("W1", "20.00"), count=1, total="20.00", head=head),
        format="wechatpay-bill",
    )
    assert Sale.objects.get().total == 2000


def test_the_account_is_the_one_whose_number_stands_in_the_bill(shop, told):
    shops.put_account("wx-main", "wechatpay", {"mchid": "1900000001"}, at=shop.at)
    result = told(
        content=wechat_bill(wechat_row("W1", "20.00"), count=1, total="20.00"), format="wechatpay-bill"
    )
    assert result.remarks == [] and Payment.objects.get().account.name == "wx-main"


def test_a_cut_off_bill_is_noticed_and_a_missing_summary_too(told):
    cut = told(
        content=wechat_bill(wechat_row("W1", "20.00"), count=2, total="27.50"),
        format="wechatpay-bill",
        account="demo-wechatpay",
    )
    assert [(r.code, r.facts["said"], r.facts["found"]) for r in cut.remarks] == [
        ("summary_differs", "2", "1")
    ]
    bare = f"{WECHAT}\r\n{wechat_row('W2', '1.00')}\r\n".encode("utf-8-sig")
    assert [
        r.code for r in told(content=bare, format="wechatpay-bill", account="demo-wechatpay").remarks
    ] == ["summary_missing"]


def test_a_payment_that_a_till_reported_under_its_own_number_is_there_already(shop, told):
    payment = shop.payment("S-1", "wechatpay", 2000)
    from dataclasses import replace

    from sudapos.books.intake import LineDraft

    line = LineDraft(line_no=1, name="x", milli=1000, unit_price=2000)
    shop.sell("S-1", lines=(line,), payments=(replace(payment, channel_ref="42000W1"),))
    bill = wechat_bill(wechat_row("W1", "20.00"), count=1, total="20.00")
    assert told(content=bill, format="wechatpay-bill").said == "imported 0, already there 1, refused 0"
    dearer = wechat_bill(wechat_row("W1", "21.00"), count=1, total="21.00")
    assert told(content=dearer, format="wechatpay-bill").refused == {2: "payment_differs"}


def test_another_file_is_not_taken_for_a_bill(told):
    for kind in ("wechatpay-bill", "alipay-bill"):
        with pytest.raises(UnreadableFile, match="not_this_bill"):
            told(f"A1,1,a,1,1.00,{AT}", format=kind)


ALIPAY = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,"
    "集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


def alipay_row(
    number: str, yuan: str, *, kind: str = "交易", name: str = "红枣酸奶", request_no: str = ""
) -> str:
    times = "2026-11-22 12:00:00,2026-11-22 12:00:05"
    back = f"{request_no}\t" if request_no else ""
    return (
        f"2026112222001{number}\t,{number}\t,{kind},{name},{times},S01\t,一号店,c01,T1,150****8675,{yuan},{yuan},"
        f"0.00,0.00,0.00,0.00,0.00,,0.00,0.00,{back},-0.01,0.00,"
    )


def alipay_bill(*lines: str, sold: tuple[int, str], back: tuple[int, str]) -> bytes:
    text = [
        "#支付宝业务明细查询",
        "#账号：[20886000000000000156]",
        "#起始日期：[2026年11月22日 00:00:00]   终止日期：[2026年11月23日 00:00:00]",
        "#-----------------------------------------业务明细列表----------------------------------------",
        ALIPAY,
        *lines,
        "#-----------------------------------------业务明细列表结束------------------------------------",
        f"#交易合计：{sold[0]}笔，商家实收共{sold[1]}元，商家优惠共0.00元",
        f"#退款合计：{back[0]}笔，商家实收退款共{back[1]}元，商家优惠退款共0.00元",
        "#导出时间：[2026年11月24日 10:00:00]",
    ]
    return "".join(line + "\r\n" for line in text).encode("gb18030")


class GbkEntry(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def zipped(bill: bytes) -> bytes:
    """As the real zip: GBK names without the flag for UTF-8, the summary beside the detail."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (("业务明细(汇总)", b"#x\r\n"), ("业务明细", bill)):
            archive.writestr(GbkEntry(f"20886000000000000156_20261122_{name}.csv"), content)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [lambda bill: bill, zipped], ids=["csv", "zip"])
def test_payments_of_an_alipay_bill_become_sales_and_refunds_are_named(told, pack):
    bill = alipay_bill(
        alipay_row("A1", "20.00"),
        alipay_row("A1", "-5.00", kind="退款", request_no="R1"),
        alipay_row("A2", "7.50", name="牛奶,面包"),
        sold=(2, "27.50"),
        back=(1, "-5.00"),
    )
    result = told(content=pack(bill), format="alipay-bill")
    assert result.refused == {7: "is_a_refund"} and result.fact(7, "refund_no") == "R1"
    assert (result.said, result.remarks) == ("imported 2, already there 0, refused 1", [])
    sale = Sale.objects.get(sale_no="A2")
    [line], [payment] = sale.lines.all(), sale.payments.all()
    assert (line.name, sale.total, sale.till, sale.operator) == ("牛奶,面包", 750, "T1", "c01")
    assert (payment.channel_ref, payment.account.name) == ("2026112222001A2", "demo-alipay")
    assert sale.sold_at.isoformat() == "2026-11-22T04:00:05+00:00"


def test_an_alipay_bill_that_says_more_than_it_holds_is_questioned(told):
    bill = alipay_bill(alipay_row("A1", "20.00"), sold=(1, "27.50"), back=(0, "0.00"))
    [remark] = told(content=bill, format="alipay-bill").remarks
    assert (remark.code, remark.facts) == (
        "summary_differs",
        {"name": "交易合计", "said": "27.50", "found": "20.00"},
    )


def test_the_sandbox_s_own_bills_come_in_too(told, sandbox_server):
    account = "import-bill"
    sandbox_server.control("POST", "accounts", {"channel": "wechatpay", "account": account})
    sandbox_server.order(
        "wechatpay", "SB1", 1234, account=account, paid_at="2026-11-20T10:00:00+08:00", subject="一号店消费"
    )
    bill = sandbox_server.statement("wechatpay", "2026-11-20", account)
    result = told(content=bill, format="wechatpay-bill", account="demo-wechatpay")
    assert (result.said, result.remarks) == ("imported 1, already there 0, refused 0", [])
    assert Payment.objects.get().out_trade_no == "SB1"


# words ----------------------------------------------------------------------------------------------------------


def test_every_reason_is_a_sentence_in_both_languages():
    for code, (chinese, english) in reasons._TEXTS.items():
        if code == "field_wrong":
            continue  # the field and the words for what is wrong with it
        assert any("一" <= c <= "鿿" for c in chinese), code
        assert not any("一" <= c <= "鿿" for c in english), code
        facts = [set(_facts(text)) for text in (chinese, english)]
        assert facts[0] == facts[1], code


def _facts(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


def test_a_wrong_field_is_told_in_words():
    facts = {"field": "payments.0.channel", "wrong": "unknown_channel"}
    assert reasons.say("field_wrong", "zh", facts) == "payments.0.channel：没有这个渠道"
    assert reasons.say("field_wrong", "en", facts) == "payments.0.channel: there is no such channel"

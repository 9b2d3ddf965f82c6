"""Statement files as the channels give them: good rows load, a bad one is named with its line (issue: readers)."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sudapos.cli import root
from sudapos.core.calendar import SHANGHAI
from sudapos.core.refusal import Invalid
from sudapos.ops import statements
from sudapos.ops.rows import BadCell, UnreadableFile
from sudapos.ops.statements import mapped, unionpay
from sudapos.sandbox import server

WECHAT = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n"
    "`2026-11-23 10:00:00,`wx1,`1900009191,`0,`T1,`4200001,`POS1,`o1,`JSAPI,`SUCCESS,`OTHERS,`CNY,`59.80,`0.00,`0,`0,`0.00,`0.00,`,`,"
    "`酸奶,面包,`,`0.36000,`0.60%,`59.80,`0.00,`\r\n"
    "`2026-11-23 11:00:00,`wx1,`1900009191,`0,`T1,`4200001,`POS1,`o1,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030,`R1,`12.80,`0.00,"
    "`ORIGINAL,`SUCCESS,`酸奶,`,`-0.08000,`0.60%,`0.00,`12.80,`\r\n"
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n"
    "`2,`59.80,`12.80,`0.00,`0.28,`59.80,`12.80\r\n"
)


def kept(tmp_path: Path, content: bytes, name: str = "file.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [False, True])
def test_wechats_bill(tmp_path: Path, bom: bytes, packed: bool) -> None:
    content = bom + WECHAT.encode()
    read = statements.read(kept(tmp_path, gzip.compress(content) if packed else content), format="wechatpay")
    sale, refund = read.rows
    assert (sale.kind, sale.amount, sale.fee, sale.net) == ("sale", 5980, 36, 5944)
    assert (sale.order_no, sale.channel_ref, sale.refund_no, sale.account) == (
        "POS1",
        "4200001",
        "",
        "1900009191",
    )
    assert (refund.kind, refund.amount, refund.fee, refund.net) == ("refund", 1280, -8, -1272)
    assert (refund.refund_no, refund.refund_ref, refund.state) == ("R1", "5030", "SUCCESS")
    assert refund.happened_at == datetime(2026, 11, 23, 11, tzinfo=SHANGHAI)
    assert [total.agrees for total in read.totals] == [True, True, True] and read.problems == ()


def test_a_bad_row_is_named_and_the_good_ones_load(tmp_path: Path) -> None:
    broken = WECHAT.replace("`59.80,`0.00,`\r\n", "`59.8O,`0.00,`\r\n", 1).replace("`REFUND,", "`GONE,", 1)
    broken = broken.replace("总交易单数", WECHAT.splitlines()[1] + "\r\n`cut,`off\r\n总交易单数", 1)
    read = statements.read(kept(tmp_path, broken.encode()), format="wechatpay")
    assert [(p.line, p.code) for p in read.problems] == [
        (2, "amount_invalid"),
        (3, "kind_unknown"),
        (5, "wrong_number_of_cells"),
    ]
    assert [row.line for row in read.rows] == [4]
    assert {total.name: total.agrees for total in read.totals} == {
        "总交易单数": False,
        "订单总金额": True,
        "申请退款总金额": False,
    }


ALIPAY = (
    "#支付宝业务明细查询\r\n支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"
    "退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
    "2026A\t,POS1\t,交易,酸奶,2026-11-23 10:00:00,2026-11-23 10:00:05,S01\t,店,,,150****8675,59.80,59.80,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,,-0.36,0.00,\r\n"
    "2026A\t,POS1\t,退款,酸奶,2026-11-23 10:00:00,2026-11-23 11:00:00,S01\t,店,,,150****8675,-12.80,-12.80,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,R1\t,0.08,0.00,\r\n"
    "#交易合计：1笔，商家实收共59.80元，商家优惠共0.00元\r\n#退款合计：1笔，商家实收退款共-12.80元，商家优惠退款共0.00元\r\n"
)


@pytest.mark.parametrize("zipped", [False, True])
def test_alipays_bill(tmp_path: Path, zipped: bool) -> None:
    content = ALIPAY.encode("gb18030")
    if zipped:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("2088_20261123_业务明细(汇总).csv", "汇总".encode("gb18030"))
            archive.writestr("2088_20261123_业务明细.csv", content)
        content = buffer.getvalue()
    read = statements.read(kept(tmp_path, content), format="alipay")
    sale, refund = read.rows
    assert (sale.kind, sale.amount, sale.fee, sale.net) == ("sale", 5980, 36, 5944)
    assert (refund.kind, refund.amount, refund.fee, refund.net) == ("refund", 1280, -8, -1272)
    assert (refund.channel_ref, refund.order_no, refund.refund_no) == ("2026A", "POS1", "R1")
    assert len(read.totals) == 4 and all(total.agrees for total in read.totals)


def test_alipays_totals_that_do_not_fit_and_a_kind_that_is_not_known(tmp_path: Path) -> None:
    content = ALIPAY.replace("共59.80元", "共59.81元").replace(",退款,", ",转账,", 1).encode("gb18030")
    read = statements.read(kept(tmp_path, content), format="alipay")
    assert [(p.line, p.code) for p in read.problems] == [(4, "kind_unknown")]
    assert [total.name for total in read.totals if not total.agrees] == [
        "交易合计",
        "退款合计（笔）",
        "退款合计",
    ]


def zm(**fields: str) -> bytes:
    """A row by field number, padded as the real ones are."""
    own = {"1": "S22", "4": "190624", "5": "1122231503", "7": "000000476800", "10": "4" * 21, "12": "POS1"}
    own |= {"16": "D000000002861", "17": "C000000473939", "20": "01", "28": "777290058110048"}
    own |= {name[1:]: value for name, value in fields.items()}
    return b" ".join(
        own.get(str(place), "").encode("gb18030").ljust(width) for place, width in enumerate(unionpay.ZM, 1)
    )


def settlement(*records: bytes, errors: tuple[bytes, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("INN26112388ZM_777290058110048", b"".join(r + b"\r\n" for r in records))
        archive.writestr("INN26112388ZME_777290058110048", b"".join(r + b"\r\n" for r in errors))
        archive.writestr("RD201026112301_777290058110048", "汇总".encode("gb18030"))
    return buffer.getvalue()


DAY = date(2026, 11, 23)


def test_unionpays_rows_are_cut_by_bytes(tmp_path: Path) -> None:
    refund = zm(
        _20="04",
        _12="R1",
        _10="5" * 21,
        _27="4" * 21,
        _16="C000000000008",
        _17="D000000001272",
        _7="000000001280",
        _31="速达小店",
    )
    read = statements.read(kept(tmp_path, settlement(zm(), refund)), format="unionpay", day=DAY)
    sale, back = read.rows
    assert (sale.kind, sale.amount, sale.fee, sale.net) == ("sale", 476800, 2861, 473939)
    assert (sale.order_no, sale.channel_ref, sale.account) == ("POS1", "4" * 21, "777290058110048")
    assert sale.happened_at == datetime(
        2026, 11, 22, 23, 15, 3, tzinfo=SHANGHAI
    )  # the evening before clears today
    assert (back.kind, back.fee, back.net) == ("refund", -8, -1272)
    assert (back.refund_no, back.refund_ref, back.channel_ref, back.order_no) == (
        "R1",
        "5" * 21,
        "4" * 21,
        "",
    )


def test_signs_may_stand_anywhere_and_other_kinds_are_kept(tmp_path: Path) -> None:
    odd = zm(_20="04", _16="D000000000008", _17="C000000001272"), zm(_20="31", _17="0" * 13), zm(_20="77")
    rows = statements.read(kept(tmp_path, settlement(*odd)), format="unionpay", day=DAY).rows
    assert [(row.kind, row.fee, row.net) for row in rows] == [
        ("refund", 8, 1272),
        ("void", 2861, 0),
        ("other", 2861, 473939),
    ]


def test_unionpays_broken_rows_are_named(tmp_path: Path) -> None:
    content = settlement(
        zm()[:-1], zm(_7="00000047680X"), zm(_16="X000000002861"), zm(_5="1399231503"), zm(), b""
    )
    read = statements.read(kept(tmp_path, content), format="unionpay", day=DAY)
    assert [(p.line, p.code) for p in read.problems] == [
        (1, "record_length"),
        (2, "fen_invalid"),
        (3, "amount_sign"),
        (4, "time_invalid"),
    ]
    assert [row.line for row in read.rows] == [5]


def test_error_rows_are_joined_by_trace_and_hour(tmp_path: Path) -> None:
    own = {
        4: "190624",
        5: "1122231503",
        7: "000000000100",
        13: "4502",
        15: "D000000000001",
        16: "C000000000099",
    }
    record = b" ".join(own.get(n, "").encode().ljust(width) for n, width in enumerate(unionpay.ZME, 1))
    assert len(record) == 339
    [row] = statements.read(kept(tmp_path, settlement(errors=(record,))), format="unionpay", day=DAY).rows
    assert (row.kind, row.amount, row.order_no, row.said["traceNo"], row.said["reason"]) == (
        "other",
        100,
        "",
        "190624",
        "4502",
    )


def test_the_year_comes_from_the_clearing_day(tmp_path: Path) -> None:
    content = settlement(zm(_5="1231233000"))
    [row] = statements.read(kept(tmp_path, content), format="unionpay", day=date(2027, 1, 1)).rows
    assert row.happened_at == datetime(2026, 12, 31, 23, 30, tzinfo=SHANGHAI)


@given(st.lists(st.text("0123456789CDx", max_size=30), min_size=42, max_size=42))
def test_a_record_that_was_put_together_is_taken_apart(fields: list[str]) -> None:
    parts = [text[:width] for text, width in zip(fields, unionpay.ZM, strict=True)]
    record = b" ".join(part.encode().ljust(width) for part, width in zip(parts, unionpay.ZM, strict=True))
    assert [cell.decode() for cell in unionpay.cut(record, unionpay.ZM)] == parts
    with pytest.raises(BadCell):
        unionpay.cut(record + b" ", unionpay.ZM)


COLUMNS: dict[str, Any] = {
    "in_yuan": False,
    "comment": "#",
    "end": "合计",
    "time_format": "%Y%m%d%H%M%S",
    "columns": {
        "kind": "trxcode",
        "amount": "trxamt",
        "refund_no": "reqsn",
        "channel_ref": "srctrxid",
        "fee": "fee",
        "happened_at": "trxdate",
    },
    "kinds": {"VSP501": "sale", "VSP503": "refund"},
}
CSV = (
    "trxid,reqsn,trxcode,trxamt,trxdate,fee,srctrxid\r\n#说明\r\n1,POS1,VSP501,5980,20261123100000,36,\r\n"
    "2,R1,VSP503,1280,20261123110000,-8,1\r\n3,R2,VSP907,1,20261123110000,0,\r\n4,R3\r\n5,R4,VSP503,12.80,20261123110000,0,1\r\n"
    "6,R5,VSP503,1280,2026-11-23,0,1\r\n合计,,,7260,,,\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_any_csv_by_its_mapping(tmp_path: Path, encoding: str) -> None:
    path = kept(tmp_path, CSV.encode(encoding))
    read = statements.read(path, format="mapped", mapping=mapped.from_mapping(COLUMNS))
    assert [(r.kind, r.amount, r.fee, r.refund_no, r.channel_ref) for r in read.rows] == [
        ("sale", 5980, 36, "POS1", ""),
        ("refund", 1280, -8, "R1", "1"),
    ]
    assert [(p.line, p.code) for p in read.problems] == [
        (5, "kind_unknown"),
        (6, "wrong_number_of_cells"),
        (7, "fen_invalid"),
        (8, "time_invalid"),
    ]


def test_columns_by_place_in_yuan_and_the_sign_as_the_kind(tmp_path: Path) -> None:
    path = kept(tmp_path, b"junk\n`POS1;59.80;\n`POS1;-1,212.80;R1\n")
    mapping = mapped.from_mapping(
        {
            "heading": False,
            "skip_lines": 1,
            "delimiter": ";",
            "columns": {"order_no": 1, "amount": 2, "refund_no": 3},
        }
    )
    rows = statements.read(path, format="mapped", mapping=mapping).rows
    assert [(row.kind, row.amount, row.order_no, row.fee) for row in rows] == [
        ("sale", 5980, "POS1", None),
        ("refund", 121280, "POS1", None),
    ]


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"colour": "red"}, ("colour",)),
        ({"in_yuan": "yes"}, ("in_yuan",)),
        ({"delimiter": "||"}, ("delimiter",)),
        ({"columns": {"amount": 0}}, ("columns", "amount")),
        ({"columns": {"amount": "a", "size": "b"}}, ("columns", "size")),
        ({"columns": {"fee": "a"}}, ("columns", "amount")),
        ({"columns": "a"}, ("columns",)),
        ({"kinds": {"X": "gift"}}, ("kinds", "X")),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(change: dict[str, Any], loc: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        mapped.from_mapping(COLUMNS | change)
    assert loc in [fault.loc for fault in caught.value.errors]


def test_files_that_are_something_else(tmp_path: Path) -> None:
    mapping = mapped.from_mapping(COLUMNS)
    for content, format, code in (
        (b"a,b\n", "wechatpay", "not_this_bill"),
        (b"a,b\n", "alipay", "not_this_bill"),
        (b"a,b\n1,2\n", "mapped", "column_not_in_file"),
        (b"", "mapped", "file_empty"),
        (b"\x1f\x8bbroken", "wechatpay", "zip_not_readable"),
    ):
        with pytest.raises(UnreadableFile) as bad:
            statements.read(kept(tmp_path, content), format=format, mapping=mapping)
        assert bad.value.code == code
    for wrong in ({"format": "unionpay"}, {"format": "mapped"}, {"format": "x"}):
        with pytest.raises(Invalid):
            statements.read(kept(tmp_path, b"x"), **wrong)


@pytest.mark.parametrize("channel", ["wechatpay", "alipay", "unionpay"])
def test_what_the_sandbox_gives_is_read_to_the_fen(tmp_path: Path, channel: str) -> None:
    with server.running() as sandbox:
        for number, amount in (("ORDER000001", 5980), ("ORDER000002", 300)):
            sandbox.order(channel, number, amount)
        today = datetime.now(SHANGHAI)
        day = unionpay_day(today) if channel == "unionpay" else today.date()
        content = sandbox.statement(channel, day.isoformat())
    read = statements.read(kept(tmp_path, content, "s.bin"), format=channel, day=day)
    assert sorted((row.kind, row.order_no, row.amount) for row in read.rows) == [
        ("sale", "ORDER000001", 5980),
        ("sale", "ORDER000002", 300),
    ]
    assert all(total.agrees for total in read.totals) and read.problems == ()


def unionpay_day(at: datetime) -> date:
    return (at + timedelta(hours=1)).date()


def test_the_command_says_what_is_wrong_and_ends_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    mapping = tmp_path / "columns.toml"
    mapping.write_text(
        'in_yuan = false\ncomment = "#"\nend = "合计"\ntime_format = "%Y%m%d%H%M%S"\n[columns]\nkind = "trxcode"\n'
        'amount = "trxamt"\nhappened_at = "trxdate"\n[kinds]\nVSP501 = "sale"\nVSP503 = "refund"\n',
        "utf-8",
    )
    path = kept(tmp_path, CSV.encode())
    told = CliRunner().invoke(
        root, ["statement", "check", str(path), "--format", "mapped", "--mapping", str(mapping)]
    )
    assert told.exit_code == 1
    assert "line 5: a kind of transaction that is not known: VSP907 (kind_unknown)" in told.output
    assert "sales\t1\t59.80" in told.output and "refunds\t1\t12.80" in told.output
    good = CliRunner().invoke(
        root, ["statement", "check", str(kept(tmp_path, WECHAT.encode())), "--format", "wechatpay"]
    )
    assert (good.exit_code, "refunds\t1\t12.80" in good.output) == (0, True)
    bad = CliRunner().invoke(root, ["statement", "check", str(path), "--format", "unionpay"])
    assert bad.exit_code == 2 and "--date" in bad.output

"""A file of refunds: rows of one sale are one item, a wrong row is told and stops nobody else."""

from __future__ import annotations

import pytest

from sudapos.books.batches import Ask
from sudapos.core.refusal import Conflict, Refusal
from sudapos.ops import batch_files
from tests.cast import Shop


def asks(text: str) -> list[Ask]:
    found = batch_files.read(text.encode())
    assert found.problems == []
    return found.asks


def problems(text: str) -> list[tuple[int, str]]:
    return [(p.line, p.code) for p in batch_files.read(text.encode()).problems]


def test_a_table_names_its_columns_in_either_language() -> None:
    chinese = "销售单号,行号,数量,金额,原因\nS-1,1,2,,质量问题\nS-2,,,6.00,\nS-3,,,,\n"
    english = "sale_no,line_no,quantity,amount,reason\nS-1,1,2,,quality\nS-2,,,6.00,\nS-3,,,,\n"
    wanted = [
        Ask(sale_no="S-1", lines=((1, 2000),), reason="quality"),
        Ask(sale_no="S-2", amount=600),
        Ask(sale_no="S-3"),
    ]
    assert asks(chinese) == asks(english) == wanted
    assert batch_files.read(chinese.encode("gb18030")).asks == wanted


def test_json_lines_count_in_fen() -> None:
    text = '{"sale_no": "S-1", "amount": 600}\n\n{"sale_no": "S-2", "line_no": 2, "quantity": "1.236"}\n'
    assert asks(text) == [Ask(sale_no="S-1", amount=600), Ask(sale_no="S-2", lines=((2, 1236),))]


def test_several_rows_of_a_sale_are_one_item() -> None:
    assert asks("sale_no,line_no,quantity\nS-1,2,1\nS-1,1,3\n") == [
        Ask(sale_no="S-1", lines=((1, 3000), (2, 1000)))
    ]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("S-1,1,1,6.00,", "batch_row_mixed"),
        ("S-1,,1,,", "batch_row_quantity"),
        ("S-1,x,1,,", "batch_row_line"),
        ("S-1,1,0,,", "quantity_invalid"),
        ("S-1,,,6.001,", "amount_invalid"),
        ("S-1,,,-6,", "amount_negative"),
        ("S-1,,,,because", "batch_row_reason"),
        (",,,6,", "sale_no_missing"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(rows: str, code: str) -> None:
    text = f"sale_no,line_no,quantity,amount,reason\nS-0,,,1,\n{rows}\n"
    assert problems(text) == [(3, code)]
    assert batch_files.read(text.encode()).asks == [Ask(sale_no="S-0", amount=100)]


@pytest.mark.parametrize("second", ["S-1,1,1,", "S-1,,,2.00", "S-1,,,", "S-1,1,x,"])
def test_of_a_sale_with_one_wrong_row_nothing_is_asked(second: str) -> None:
    found = batch_files.read(f"sale_no,line_no,quantity,amount\nS-1,1,1,\n{second}\n".encode())
    assert (found.asks, [p.line for p in found.problems]) == ([], [3])


def test_strange_json_is_told() -> None:
    text = '{"sale_no": "S-1", "amount": 1}\n{"sale": 1}\nnot json\n[1]\n'
    assert problems(text) == [(n, "batch_row_json") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "batch_file_columns"),
        (b"a,b\n1,2\n", "batch_file_columns"),
        (b"sale_no\n", "batch_empty"),
        (b"\xff\xfe\x00\x01", "batch_file_encoding"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        batch_files.read(content)


def test_a_file_becomes_a_batch_once(shop: Shop) -> None:
    content = b"sale_no,amount\nS-1,6.00\nS-2,x\n"

    def draft():
        return batch_files.draft(
            content, name="退款.csv", title="标错价", reason="wrong_charge", operator=shop.m01, at=shop.at
        )

    batch = draft()
    assert (batch.kind, batch.count, batch.asked["problem_count"]) == ("file", 1, 1)
    assert batch.asked["problems"][0]["line"] == 3
    with pytest.raises(Conflict, match="batch_file_known"):
        draft()

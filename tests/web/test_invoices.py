from __future__ import annotations

from sudapos.books.invoices import RedInvoice
from tests.cast import Shop

from .conftest import said, text

BLUE, RED = "26332000000012345678", "26332000000087654321"


def opened(shop: Shop, **changes) -> RedInvoice:
    refund = shop.refund(shop.sell(invoice_no=BLUE), **({"lines": {1: 1}} | changes))
    return RedInvoice.objects.get(refund=refund)


def test_finance_sees_one_task_with_one_next_step_and_does_it(shop, person):
    task = opened(shop)
    finance = person("f01")
    assert task.task_no in finance.read("/invoices/") and "¥19.99" in finance.read("/invoices/")
    address = f"/invoices/{task.task_no}/"
    page = finance.read(address)
    assert "先问购方" in page and "13%" in page and "¥17.69" in page and "¥2.30" in page
    assert page.count("购方没用过，直接开红字") == 1
    finance.post(f"{address}request/", {"reason_code": "SALES_RETURN", "special": "no"})
    assert "在税务平台开出红字发票" in finance.read(address)
    assert said(finance.post(f"{address}issue/", {"red_no": BLUE})) == "red_number_is_blue"
    again = finance.post(f"{address}issue/", {"red_no": "x"})
    assert said(again) == "red_number_needed" and 'value="x"' in again.content.decode()
    assert finance.post(f"{address}issue/", {"red_no": RED}).status_code == 302
    assert "已办完" in finance.read(address)
    assert "没有要办的红字发票" in finance.read("/invoices/")
    assert task.task_no in finance.read("/invoices/", state="red_issued")


def test_a_form_waits_72_hours_and_its_page_says_until_when(shop, person):
    task = opened(shop)
    finance, address = person("f01"), f"/invoices/{task.task_no}/"
    assert said(finance.post(f"{address}ask_buyer/", {"form_no": ""})) == "form_number_needed"
    finance.post(f"{address}ask_buyer/", {"form_no": "F-2026-1", "special": "yes"})
    page = finance.read(address)
    assert "待购方确认" in page and "请购方在" in page and "F-2026-1" in page and "出口退税" in page


def test_those_who_may_look_do_not_work_and_cashiers_do_not_look(shop, person):
    task = opened(shop)
    address = f"/invoices/{task.task_no}/"
    for code in ("m01", "a01"):
        page = person(code).read(address)
        assert "先问购方" in page and "直接开红字" not in page
        assert person(code).post(f"{address}request/").status_code == 403
    assert person("c01").get("/invoices/").status_code == 403
    assert person("admin").get("/invoices/").status_code == 403


def test_the_refunds_page_says_where_the_red_invoice_stands(shop, person):
    task = opened(shop)
    where = f"/refunds/{task.refund.refund_no}/"
    assert f'href="/invoices/{task.task_no}/"' in person("f01").get(where).content.decode()
    cashier = person("c01").get(where)
    assert "红字发票" in text(cashier) and "/invoices/" not in cashier.content.decode()


def test_the_file_for_the_tax_portal_has_a_row_per_line_in_red(shop, person):
    shop_sale = shop.sell(
        invoice_no=BLUE,
        lines=tuple(
            line.__class__(**{**_fields(line), "name": name, "vat_bp": bp})
            for line, name, bp in zip(shop.draft("x").lines, ("=酸奶", "米"), (1300, 900), strict=True)
        ),
    )
    refund = shop.refund(shop_sale)
    body = person("f01").get("/invoices/?file=csv").content.decode("utf-8-sig")
    lines = body.strip().splitlines()
    assert len(lines) == 3 and "红字原因" in lines[0]
    assert f"{refund.refund_no}H1" in lines[1] and "SALES_RETURN" in lines[1]
    assert "'=酸奶" in lines[1] and "-35.38" in lines[1] and "-4.60" in lines[1] and "-39.98" in lines[1]
    assert "9%" in lines[2] and "-18.34" in lines[2] and "-1.65" in lines[2]


def _fields(line):
    return {name: getattr(line, name) for name in line.__dataclass_fields__}


def test_what_was_given_up_of_the_refund_is_taken_off(shop, person):
    from sudapos.books import remedies

    task = opened(shop)
    [leg] = task.refund.legs.all()
    remedies.drop(leg.leg_no, operator=shop.m01, note="顾客走了", at=shop.at)
    page = person("f01").read(f"/invoices/{task.task_no}/")
    assert "这一单有 ¥19.99 没有退出" in page and "−¥0.00" in page


def test_the_list_asks_a_fixed_number_of_questions(shop, person, django_assert_max_num_queries):
    for _ in range(6):
        opened(shop)
    finance = person("f01")
    with django_assert_max_num_queries(8):
        finance.get("/invoices/")


def test_both_languages_are_whole(shop, person):
    task = opened(shop)
    page = person("f01").read(f"/invoices/{task.task_no}/", lang="en")
    assert "First ask the buyer" in page and "Goods returned" in page

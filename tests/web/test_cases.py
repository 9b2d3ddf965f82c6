from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from sudapos.books import attachments, cases, shops
from sudapos.books.audit import AuditRecord
from sudapos.books.cases import Case, CaseFile, CaseNote
from sudapos.books.outbox import Message
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal

from .conftest import said, text

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture(autouse=True)
def home(settings, tmp_path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def opened(shop) -> Case:
    refund = shop.refund(shop.sell())
    return cases.open(refund.refund_no, what="顾客说没收到钱", operator=shop.c01, at=shop.at)


def test_a_case_is_opened_written_in_taken_over_and_ended(shop, person):
    refund = shop.refund(shop.sell())
    cashier, manager = person("c01"), person("m01")
    response = cashier.post(f"/refunds/{refund.refund_no}/cases/", {"what": "没收到，电话 13800138000"})
    address = response.headers["Location"]
    case = Case.objects.get()
    assert (case.what, case.owner) == ("没收到，电话 138****8000", "c01")
    assert case.case_no in cashier.read(f"/refunds/{refund.refund_no}/")
    manager.post(f"{address}note/", {"text": "已致电，明天回复 6222021234567891234"})
    manager.post(f"{address}take/")
    page = manager.read(address)
    assert "已致电，明天回复" in page and "6222021234567891234" not in page
    assert said(manager.post(f"{address}close/", {"text": " "})) == "case_text_needed"
    manager.post(f"{address}close/", {"text": "次日到账，顾客满意"})
    assert "次日到账" in manager.read(address)
    assert "没有客诉" in manager.read("/cases/")
    assert case.case_no in manager.read("/cases/", state="closed")
    acts = AuditRecord.objects.filter(subject="case").order_by("id").values_list("act", "by")
    assert list(acts) == [
        ("case.opened", "c01"), ("case.noted", "m01"), ("case.taken", "m01"), ("case.closed", "m01"),
    ]  # fmt: skip
    assert Message.objects.get(event="case.opened").subject_no == case.case_no


def test_what_is_closed_stays_closed(shop):
    case = opened(shop)
    cases.close(case.case_no, reason="好了", operator=shop.c01, at=shop.at)
    for act in (
        lambda: cases.note(case.case_no, text="x", operator=shop.c01, at=shop.at),
        lambda: cases.take(case.case_no, operator=shop.c02, at=shop.at),
        lambda: cases.close(case.case_no, reason="x", operator=shop.c01, at=shop.at),
        lambda: cases.attach(case.case_no, name="a", content=PNG, operator=shop.c01, at=shop.at),
    ):
        with pytest.raises(Conflict, match="case_closed"):
            act()


def test_a_file_is_kept_by_its_digest_for_us_alone_and_comes_back_as_a_download(shop, person, home):
    case = opened(shop)
    browser, address = person("c01"), f"/cases/{case.case_no}/"
    name = "../../etc/13800138000 <b>.exe"
    assert browser.post(f"{address}file/", {"file": SimpleUploadedFile(name, PNG)}).status_code == 302
    row = CaseFile.objects.get()
    assert (row.name, row.kind, row.size) == ("138****8000 b.png", "image/png", 48)
    path = home / "files" / row.digest[:2] / row.digest
    assert path.read_bytes() == PNG and stat.S_IMODE(path.stat().st_mode) == 0o600
    response = browser.get(f"{address}files/{row.digest}/")
    assert response.content == PNG and response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert AuditRecord.objects.filter(act="case.file_opened", by="c01").count() == 1
    browser.post(f"{address}file/", {"file": SimpleUploadedFile("again.png", PNG)})
    assert CaseFile.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * attachments.LARGEST, "file_too_large"),
        (b"MZ\x90\x00\xff\xfe", "file_kind_refused"),
        (b"<html><script>alert(1)</script>", "file_kind_refused"),
        ("\ufeff <svg onload=x>".encode(), "file_kind_refused"),
    ],
)
def test_what_is_not_a_picture_a_pdf_or_a_text_is_refused(shop, home, content, code):
    case = opened(shop)
    with pytest.raises(Refusal, match=code):
        cases.attach(case.case_no, name="a.png", content=content, operator=shop.c01, at=shop.at)
    assert not (home / "files").exists() and CaseFile.objects.count() == 0


def test_a_case_holds_a_bounded_number_of_files(shop):
    case = opened(shop)
    for number in range(cases.FILES_AT_MOST):
        content = f"note {number}".encode()
        cases.attach(case.case_no, name="a.txt", content=content, operator=shop.c01, at=shop.at)
    with pytest.raises(Refusal, match="too_many_files"):
        cases.attach(case.case_no, name="a.txt", content=b"more", operator=shop.c01, at=shop.at)


def test_a_file_that_was_changed_on_disk_is_not_handed_out(shop, home):
    case = opened(shop)
    row = cases.attach(case.case_no, name="a.txt", content=b"true", operator=shop.c01, at=shop.at)
    (home / "files" / row.digest[:2] / row.digest).write_bytes(b"false")
    with pytest.raises(NotFound, match="file_lost"):
        cases.file(case.case_no, row.digest, operator=shop.c01, at=shop.at)


def test_the_auditor_reads_and_writes_nothing(shop, person):
    case = opened(shop)
    auditor = person("a01")
    page = auditor.read(f"/cases/{case.case_no}/")
    assert "顾客说没收到钱" in page and "记下来" not in page
    assert said(auditor.post(f"/cases/{case.case_no}/note/", {"text": "x"})) == "may_not"
    assert "登记客诉" not in auditor.read(f"/refunds/{case.refund.refund_no}/")
    assert person("admin").get("/cases/").status_code == 403


def test_another_stores_people_see_nothing_of_it(shop, person):
    case = opened(shop)
    other = shop.m02
    other.store = shops.Store.objects.get(code="S02")
    other.save()
    with pytest.raises(Forbidden, match="other_store"):
        cases.get(case.case_no, operator=other)
    browser = person("m02", seat="")
    assert case.case_no not in text(browser.get("/cases/"))
    assert browser.get(f"/cases/{case.case_no}/").status_code == 403


def test_notes_files_and_what_a_case_is_about_are_never_edited(shop):
    case = opened(shop)
    cases.note(case.case_no, text="x", operator=shop.c01, at=shop.at)
    cases.attach(case.case_no, name="a.txt", content=b"y", operator=shop.c01, at=shop.at)
    for rows, change in (
        (CaseNote.objects, {"text": "other"}),
        (CaseFile.objects, {"name": "other"}),
        (Case.objects, {"what": "other"}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)

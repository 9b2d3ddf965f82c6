"""People are sealed, found without being opened, opened with a reason, and gone when their time is over."""

from __future__ import annotations

import subprocess
import threading
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection, connections

from sudapos.books import audit, contacts, keyring, retention, sealing, shops
from sudapos.books.contacts import Contact
from sudapos.books.ledger import Entry
from sudapos.books.refunds import Refund
from sudapos.books.sales import Sale
from sudapos.core.refusal import Forbidden, Invalid, NotFound, Refusal
from tests import leaks

PHONE, NAME = "13812345678", "李小龙"
YEAR = timedelta(days=366)


@pytest.fixture
def sale(shop: Any) -> Sale:
    made: Sale = shop.sell("S-P1", phone=PHONE, name=NAME)
    return made


def raw(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return repr(cursor.fetchall())


def acts(name: str) -> list[audit.AuditRecord]:
    return list(audit.AuditRecord.objects.filter(act=name).order_by("id"))


def test_the_database_holds_no_phone_no_name_and_no_credential(shop: Any, sale: Sale) -> None:
    shops.put_account("secret", "alipay", {"private_key": "hunter2-hunter2"}, at=shop.at)
    kept = (
        raw("SELECT * FROM books_contact")
        + raw("SELECT * FROM books_sale")
        + raw("SELECT * FROM books_account")
    )
    assert PHONE not in kept and NAME not in kept and "hunter2" not in kept
    contact = Contact.objects.get(sale=sale)
    assert (contact.phone, contact.name) == (PHONE, NAME)
    assert shops.accounts(["secret"])["secret"].config == {"private_key": "hunter2-hunter2"}
    assert (sale.phone_masked, sale.name_masked) == ("138****5678", "李**")


def test_a_person_is_found_by_phone_without_opening_anything(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "unseal", lambda sealed: pytest.fail("opened"))
        assert Sale.objects.filter(phone_digest=contacts.phone_digest("138 1234 5678")).get() == sale
    assert contacts.of_phone(PHONE) == [sale]
    with pytest.raises(Invalid):
        contacts.of_phone("")


def test_unmasking_needs_a_right_and_a_reason_ends_soon_and_is_written_down(shop: Any, sale: Sale) -> None:
    with pytest.raises(Forbidden):
        contacts.unmask(sale.sale_no, operator=shop.c01, reason="退款联系", at=shop.at)
    with pytest.raises(Refusal, match="reason_needed"):
        contacts.unmask(sale.sale_no, operator=shop.m01, reason=" ", at=shop.at)
    with pytest.raises(NotFound):
        contacts.unmask("NEVER", operator=shop.m01, reason="退款联系", at=shop.at)
    shown = contacts.unmask(sale.sale_no, operator=shop.m01, reason="退款联系", at=shop.at)
    assert (shown.phone, shown.name, shown.until) == (PHONE, NAME, shop.at + timedelta(seconds=60))
    [record] = acts("personal.unmasked")
    assert (record.by, record.facts) == ("m01", {"fields": ["phone", "name"], "reason": "退款联系"})
    bare = shop.sell("S-P2")
    with pytest.raises(NotFound, match="nothing_to_unmask"):
        contacts.unmask(bare.sale_no, operator=shop.m01, reason="退款联系", at=shop.at)


def test_a_person_corrects_what_is_kept_of_her(shop: Any, sale: Sale) -> None:
    with pytest.raises(Forbidden):
        contacts.correct(PHONE, to_phone="13900001111", to_name="", operator=shop.m01, at=shop.at)
    assert contacts.correct(PHONE, to_phone="13900001111", to_name="", operator=shop.admin, at=shop.at) == 1
    assert contacts.of_phone(PHONE) == []
    [found] = contacts.of_phone("13900001111")
    assert (found.phone_masked, contacts.told(found)) == (
        "139****1111",
        {"phone": "13900001111", "name": NAME},
    )


def test_the_purge_takes_the_person_and_leaves_the_books(shop: Any, sale: Sale) -> None:
    refund = shop.refund(sale, note="顾客很着急")
    later = shop.later(days=400)
    assert (
        retention.purge(at=later, dry_run=True, by="cli").contacts == 0
    )  # its money has not been handed over
    from sudapos.books import remedies

    [leg] = refund.legs.all()
    remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)
    entries = Entry.objects.count()
    shop.later(days=366)
    wish = retention.purge(at=shop.at, dry_run=True, by="cli")
    assert (wish.contacts, wish.words, wish.held, wish.done) == (1, 0, 0, False)
    assert contacts.of_phone(PHONE)
    done = retention.purge(at=shop.at, dry_run=False, by="cli")
    assert (done.contacts, done.words, done.done) == (1, 0, True)
    assert not Contact.objects.exists() and contacts.of_phone(PHONE) == []
    sale.refresh_from_db()
    assert (sale.phone_masked, sale.name_masked, sale.total) == ("", "", 5997)
    assert Entry.objects.count() == entries and Refund.objects.get().note == "顾客很着急"
    assert [record.facts["contacts"] for record in acts("retention.purged")] == [1]
    shop.later(days=6 * 366)
    assert retention.purge(at=shop.at, dry_run=False, by="cli").words == 1
    assert Refund.objects.get().note == ""
    assert retention.purge(at=shop.at, dry_run=False, by="cli").words == 0


def test_a_hold_keeps_everything_until_it_is_released(shop: Any, sale: Sale) -> None:
    with pytest.raises(Refusal, match="reason_needed"):
        retention.hold(sale.sale_no, reason="", operator=shop.admin, at=shop.at)
    retention.hold(sale.sale_no, reason="法院调取", operator=shop.admin, at=shop.at)
    retention.hold(sale.sale_no, reason="法院调取", operator=shop.admin, at=shop.at)
    shop.later(days=400)
    held = retention.purge(at=shop.at, dry_run=False, by="cli")
    assert (held.contacts, held.held) == (0, 1)
    assert retention.erase(PHONE, operator=shop.admin, at=shop.at).kept == (("S-P1", "erasure_held"),)
    retention.release(sale.sale_no, operator=shop.admin, at=shop.at)
    assert retention.purge(at=shop.at, dry_run=False, by="cli").contacts == 1
    with pytest.raises(NotFound, match="hold_not_found"):
        retention.release(sale.sale_no, operator=shop.admin, at=shop.at)


def test_her_copy_and_her_erasure_with_the_reason_where_a_duty_stands_against_it(
    shop: Any, sale: Sale
) -> None:
    busy = shop.sell("S-P3", phone=PHONE, name=NAME)
    shop.refund(busy)
    copy = retention.person(PHONE, operator=shop.admin, at=shop.at)
    assert copy["phone"] == "138****5678"
    assert [(one["sale_no"], one["phone"]) for one in copy["sales"]] == [("S-P1", PHONE), ("S-P3", PHONE)]
    assert set(copy["kept_until"]) == {"PII-MIN", "BIZ-5Y", "ACC-30Y"} or len(copy["kept_until"]) == 3
    with pytest.raises(Forbidden):
        retention.erase(PHONE, operator=shop.c01, at=shop.at)
    done = retention.erase(PHONE, operator=shop.admin, at=shop.at)
    assert (done.erased, done.kept) == (1, (("S-P3", "erasure_refund_open"),))
    assert [row.sale_no for row in contacts.of_phone(PHONE)] == ["S-P3"]
    with pytest.raises(NotFound):
        retention.person("13700000000", operator=shop.admin, at=shop.at)


@pytest.fixture
def ring(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> sealing.Ring:
    made = sealing.Ring(tmp_path / "keyring")
    monkeypatch.setattr(sealing, "ring", made)
    return made


def test_a_rotation_seals_everything_anew_and_the_old_key_opens_nothing(
    ring: sealing.Ring, shop: Any
) -> None:
    for number in range(5):
        shop.sell(f"S-R{number}", phone=f"1380000000{number}", name=NAME)
    [old] = ring.keys()
    with pytest.raises(Refusal, match="keys_still_needed"):
        ring.write([Fernet.generate_key().decode(), old])
        keyring.forget(by="cli", at=shop.at)
    ring.write([old])
    assert keyring.rotate(by="cli", at=shop.at) >= 7  # five people, two accounts
    assert keyring.state() == (2, 0)
    assert keyring.reseal() == 0
    assert keyring.forget(by="cli", at=shop.at) == 1
    [new] = ring.keys()
    assert new != old and ring.path.stat().st_mode & 0o777 == 0o600
    assert [contact.phone for contact in Contact.objects.order_by("id")] == [
        f"1380000000{n}" for n in range(5)
    ]
    ring.write([old])
    with pytest.raises(Refusal, match="not_openable"):
        list(Contact.objects.all())
    ring.write([new])
    assert [record.act for record in audit.AuditRecord.objects.filter(act__startswith="keys.")] == [
        "keys.rotated",
        "keys.forgotten",
    ]


def test_a_ring_in_the_environment_is_changed_there(
    ring: sealing.Ring, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("S-E1", phone=PHONE)
    [old] = ring.keys()
    fresh = Fernet.generate_key().decode()
    monkeypatch.setenv(sealing.ENVIRONMENT, f"{fresh},{old}")
    for verb in (keyring.rotate, keyring.forget):
        with pytest.raises(Refusal, match="keyring_elsewhere"):
            verb(by="cli", at=shop.at)
    assert keyring.reseal() >= 1
    monkeypatch.setenv(sealing.ENVIRONMENT, fresh)
    assert Contact.objects.get().phone == PHONE
    monkeypatch.setenv(sealing.ENVIRONMENT, "nonsense")
    with pytest.raises(Refusal, match="keyring_unusable"):
        Contact.objects.get()


def test_a_rotation_under_load_loses_no_change_and_stops_nobody(
    committed: None, ring: sealing.Ring, shop: Any
) -> None:
    """Tills sell and people are corrected while the key changes three times over."""
    for number in range(20):
        shop.sell(f"S-L{number:02d}", phone=f"1390000{number:04d}", name=NAME)
    troubles: list[BaseException] = []
    stop = threading.Event()

    def busy(seller: int) -> None:
        count = 0
        try:
            while not stop.is_set():
                shop.sell(f"S-T{seller}-{count:04d}", phone=f"15{seller}{count:08d}", name=NAME)
                row = Contact.objects.order_by("?").first()
                assert row is not None and row.name.startswith(NAME)
                Contact.objects.filter(pk=row.pk).update(name=f"{NAME}{seller}")
                count += 1
        except BaseException as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    people = [threading.Thread(target=busy, args=(number,)) for number in range(2)]
    for thread in people:
        thread.start()
    for _ in range(3):
        keyring.rotate(by="cli", at=shop.at)
    stop.set()
    for thread in people:
        thread.join(timeout=30)
    assert troubles == []
    keyring.reseal()
    assert keyring.forget(by="cli", at=shop.at) == 3
    assert len(ring.keys()) == 1
    for contact in Contact.objects.select_related("sale"):
        assert contacts.phone_digest(contact.phone) == contact.sale.phone_digest


CARD = "6212345678901234569"
HIDINGS = (
    CARD,
    "6212 3456 7890 1234 569",
    "6212-3456-7890-1234-569",
    "６２１２３４５６７８９０１２３４５６９",
)


def test_no_card_number_enters_wherever_it_is_typed(shop: Any) -> None:
    from sudapos.books import vouchers

    for number, hiding in enumerate(HIDINGS):
        sale = shop.sell(f"S-C{number}", phone=PHONE, name=f"王{hiding}")
        refund = shop.refund(sale, note=f"卡号{hiding}，电话{PHONE}")
        for reason in ("", f"重打 {hiding}"):
            vouchers.record_print(refund.refund_no, operator=shop.m01, reason=reason, at=shop.at)
        retention.hold(sale.sale_no, reason=f"纠纷 {hiding}", operator=shop.admin, at=shop.at)
        contacts.unmask(sale.sale_no, operator=shop.m01, reason=f"问 {hiding}", at=shop.at)
    audit.seal(at=shop.at)
    whole = leaks.dump() + "\n".join(audit.exported())
    assert CARD not in whole.translate(str.maketrans("０１２３４５６７８９", "0123456789", " -"))
    assert PHONE not in whole and leaks.cards(whole) == []


def test_the_scan_would_find_one() -> None:
    for hiding in HIDINGS:
        assert leaks.cards(f"卡{hiding}，") == [CARD]
    assert leaks.cards("6212345678901234560 S01-T1-20261122-0001 4200002345202611221234567890") == []


def psql(sql: str) -> None:
    """As somebody with the database's own tools would do it, triggers and all switched off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def chain(shop: Any) -> list[int]:
    """Two sealed blocks of acts; answers the numbers of their records."""
    for block in range(2):
        for number in range(3):
            act = audit.Act(act="test.done", subject="test", subject_no=f"{block}-{number}", by="c01")
            audit.write([act], at=shop.at)
        audit.seal(at=shop.at)
    return list(audit.AuditRecord.objects.filter(act="test.done").order_by("id").values_list("pk", flat=True))


@pytest.mark.parametrize("place", [0, 2, 3, 5])
@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("altered", "UPDATE books_auditrecord SET by = 'm01' WHERE id = {id}"),
        ("altered", "UPDATE books_auditrecord SET facts = '{{\"amount\": 1}}' WHERE id = {id}"),
        ("altered", "UPDATE books_auditrecord SET at = at + interval '1 microsecond' WHERE id = {id}"),
        ("missing", "DELETE FROM books_auditrecord WHERE id = {id}"),
    ],
)
def test_what_the_databases_own_tools_change_is_found(
    chain: list[int], place: int, kind: str, sql: str
) -> None:
    assert audit.verify() is None
    psql(sql.format(id=chain[place]))
    assert audit.verify() == audit.Break(chain[place], chain[place], kind)


def test_an_inserted_record_is_found(chain: list[int]) -> None:
    psql(f"DELETE FROM books_auditrecord WHERE id = {chain[4]}")
    psql(
        "INSERT INTO books_auditrecord (id, at, by, act, subject, subject_no, store, origin, result, facts)"
        f" SELECT {chain[4]}, at, by, act, subject, 'forged', store, origin, result, facts FROM books_auditrecord"
        f" WHERE id = {chain[3]}"
    )
    assert audit.verify() == audit.Break(chain[4], chain[4], "altered")
    psql("UPDATE books_seal SET records = (records #- '{1}') WHERE id = (SELECT max(id) FROM books_seal)")
    found = audit.verify()
    assert found is not None and (found.first_id, found.kind) == (chain[4], "inserted")


def test_a_history_that_was_chained_anew_does_not_hold_a_head_on_paper(shop: Any, chain: list[int]) -> None:
    [known] = audit.heads()
    assert audit.verify(known=known) is None
    psql(f"UPDATE books_auditrecord SET by = 'm01' WHERE id = {chain[0]}")
    psql("DELETE FROM books_seal")
    while audit.seal(at=shop.at):
        pass
    assert audit.verify() is None  # the owner of the database has done it well
    found = audit.verify(known=known)
    assert found is not None and found.kind == "head"


def test_the_append_only_triggers_stop_everybody_else(chain: list[int]) -> None:
    from django.db import IntegrityError, transaction

    for sql in (
        "UPDATE books_auditrecord SET by = 'x'",
        "DELETE FROM books_auditrecord",
        "DELETE FROM books_seal",
    ):
        with (
            pytest.raises(IntegrityError, match="only ever added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_thirty_lines_check_an_export(chain: list[int], tmp_path: Any) -> None:
    """The script that stands in docs/audit.md, run as a third party runs it."""
    import re
    import sys
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text("utf-8")
    [script] = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(script.strip().splitlines()) <= 30
    tool, export = tmp_path / "check.py", tmp_path / "audit.jsonl"
    tool.write_text(script, "utf-8")
    lines = list(audit.exported())
    [known] = audit.heads()

    def check(text: str, head: str = known.head) -> tuple[int, str]:
        export.write_text(text, "utf-8")
        told = subprocess.run(
            [sys.executable, "-I", str(tool), str(export), head], capture_output=True, text=True, check=False
        )
        return told.returncode, told.stdout

    whole = "".join(f"{line}\n" for line in lines)
    assert check(whole) == (0, f"holds up to record {known.last_id}\n")
    assert check(whole.replace('"c01"', '"m01"', 1))[0] == 1
    assert check("".join(f"{line}\n" for line in lines[1:]))[0] == 1
    assert check(whole, "0" * 64)[0] == 1


@pytest.mark.parametrize(
    "harmless", ["0.4128877628016198", "4.128877628016198e-05", "seconds_sum 5.4128877628016198"]
)
def test_a_fraction_is_no_card(harmless: str) -> None:
    assert leaks.cards(harmless) == []

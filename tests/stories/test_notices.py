"""What goes wrong reaches a person: once, together, not at night, and somebody else when nobody acts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks.webhooks import Webhook

from sudapos.books import deliveries, outbox, recipients, waiting
from sudapos.books.audit import AuditRecord
from sudapos.books.outbox import EVENTS, Delivery, Message
from sudapos.books.recipients import Recipient, Wish
from sudapos.core.refusal import Forbidden, Invalid
from sudapos.ops import deliver
from sudapos.ops.deliver import Postman
from tests.cast import Shop
from tests.stories.conftest import Afternoon

NOON = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
URGENT = ("leg.failed", "leg.bounced", "leg.in_doubt", "leg.short")


class Mailbox(HTTPServer):
    """A machine on loopback that takes what is sent to it, or refuses with `answer`."""

    answer: int
    got: list[tuple[dict[str, str], str]]


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        assert isinstance(self.server, Mailbox)
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    server = Mailbox(("127.0.0.1", 0), _Taking)
    server.answer, server.got = 200, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def told(shop: Shop, mailbox: Mailbox, *, at: datetime, **changes: object) -> Recipient:
    wish = {
        "name": "finance",
        "address": f"json://127.0.0.1:{mailbox.server_port}/",
        "events": URGENT,
        "group_minutes": 5,
        **changes,
    }
    return recipients.put(Wish(**wish), known=frozenset(EVENTS), operator=shop.admin, at=at)  # type: ignore[arg-type]


def say(event: str, number: str, *, at: datetime, store: str = "S01", again: str = "") -> None:
    draft = outbox.Draft(event=event, subject="period", subject_no=number, store=store, again=again)
    outbox.write([draft], at=at)


def test_a_refund_without_an_answer_reaches_a_person_once_and_is_recorded(
    afternoon: Afternoon, mailbox: Mailbox
) -> None:
    shop = afternoon.shop
    told(shop, mailbox, at=shop.at)
    afternoon.sell("wechatpay", "S-1")
    refund = shop.refund("S-1")
    fault = {"channel": "wechatpay", "verb": "refund", "fault": "error_500_before", "times": 1}
    afternoon.sandbox.control("POST", "faults", fault)
    afternoon.work()
    assert afternoon.leg(refund).state == "in_doubt"
    postman = Postman(now=lambda: shop.at)
    assert postman.turn() == 0
    shop.later(minutes=5)
    assert (postman.turn(), postman.turn()) == (1, 0)
    [(_, body)] = mailbox.got
    assert (
        json.loads(body)["title"]
        == f"退款单 {refund.refund_no}：微信支付没有答复 ¥59.97，正在查询，请不要再次退款"
    )
    delivery = Delivery.objects.get(message__event="leg.in_doubt")
    assert (delivery.state, delivery.tries) == ("sent", 0)


def test_what_was_cleared_up_before_the_letter_left_is_not_told(
    afternoon: Afternoon, mailbox: Mailbox
) -> None:
    shop = afternoon.shop
    told(shop, mailbox, at=shop.at)
    afternoon.sell("wechatpay", "S-1")
    refund = shop.refund("S-1")
    fault = {"channel": "wechatpay", "verb": "refund", "fault": "error_500_after", "times": 1}
    afternoon.sandbox.control("POST", "faults", fault)
    afternoon.work()
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled"
    assert Postman(now=lambda: shop.later(minutes=5)).turn() == 0
    assert mailbox.got == [] and Delivery.objects.get().state == "moot"
    done = Message.objects.filter(subject_no=refund.refund_no, event="refund.done")
    assert done.count() == 1


def test_many_things_are_one_letter(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    told(shop, mailbox, at=NOON, events=("period.closed",))
    for number in range(7):
        say("period.closed", f"2026-{number + 1:02}", at=NOON + timedelta(seconds=number))
    Postman(now=lambda: NOON + timedelta(minutes=4)).turn()
    assert mailbox.got == []
    Postman(now=lambda: NOON + timedelta(minutes=5)).turn()
    [(_, body)] = mailbox.got
    assert json.loads(body)["title"].startswith("速达退款：7 件事")
    assert Delivery.objects.filter(state="sent").count() == 7


def test_the_same_thing_is_told_once(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    told(shop, mailbox, at=NOON, events=("period.closed",))
    for _ in range(3):
        say("period.closed", "2026-10", at=NOON)
    assert Message.objects.count() == 1 and Delivery.objects.count() == 1


def test_nobody_is_woken_in_quiet_hours(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    told(shop, mailbox, at=NOON, events=("period.closed",), quiet_hours="22:00-08:00")
    night = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)  # 23:00 in the shop
    say("period.closed", "2026-10", at=night)
    Postman(now=lambda: night + timedelta(minutes=6)).turn()
    assert mailbox.got == []
    assert Delivery.objects.get().due_at == datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
    Postman(now=lambda: datetime(2026, 11, 29, 0, 1, tzinfo=UTC)).turn()
    assert len(mailbox.got) == 1


def test_somebody_else_hears_of_it_only_when_nobody_acts(afternoon: Afternoon, mailbox: Mailbox) -> None:
    shop = afternoon.shop
    told(shop, mailbox, at=shop.at, name="owner", events=("refund.referred",), escalate_minutes=60)
    for number, phone in (("S-1", "x"), ("S-2", "y")):
        shop.sell(number, lines=shop.draft(number).lines)
        shop.refund(number, reason="goodwill", note=phone)
    first, second = deliveries.Refund.objects.order_by("id")
    assert {first.state, second.state} == {"awaiting"}
    from sudapos.books import decisions

    decisions.reject(first.refund_no, operator=shop.m01, note="no", at=shop.later(minutes=10))
    postman = Postman(now=lambda: shop.at)
    shop.later(minutes=49)
    assert postman.turn() == 0
    shop.later(minutes=2)
    assert postman.turn() == 1
    [(_, body)] = mailbox.got
    assert json.loads(body)["title"].startswith(f"［还没人处理］退款单 {second.refund_no}")
    assert dict(Delivery.objects.values_list("message__subject_no", "state")) == {
        first.refund_no: "moot",
        second.refund_no: "sent",
    }


def test_a_webhook_is_signed_and_tried_again_until_people_must_look(
    committed: None, shop: Shop, mailbox: Mailbox
) -> None:
    row = told(
        shop,
        mailbox,
        at=NOON,
        name="till",
        kind="webhook",
        address=f"http://127.0.0.1:{mailbox.server_port}/hook",
        events=("period.closed",),
    )
    clock = datetime.now(UTC)
    say("period.closed", "2026-10", at=clock)
    mailbox.answer = 500
    postman = Postman(now=lambda: clock)
    for _ in range(7):
        assert postman.turn() == 1
        clock = max(clock, Delivery.objects.get().due_at)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.error) == ("failed", 7, "http_500")
    assert AuditRecord.objects.filter(act="notice.failed", subject_no="till").count() == 1
    [section] = [s for s in waiting.desk(shop.f01, at=clock) if s.kind == "undelivered"]
    assert section.things[0].facts["recipient"] == "till"
    mailbox.answer = 200
    fresh = datetime.now(UTC)
    deliveries.again(delivery.pk, operator=shop.admin, at=fresh)
    assert Postman(now=lambda: fresh).turn() == 1
    headers, body = mailbox.got[-1]
    event = Webhook(recipients.get(row.pk).secret).verify(body, headers)
    assert event["type"] == "period.closed" and event["data"]["subject_no"] == "2026-10"
    assert {h["webhook-id"] for h, _ in mailbox.got} == {f"msg_{Message.objects.get().pk}"}


def test_a_webhook_that_is_gone_is_not_called_again(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    address = f"http://127.0.0.1:{mailbox.server_port}/hook"
    row = told(shop, mailbox, at=NOON, kind="webhook", address=address, events=("period.closed",))
    mailbox.answer = 410
    say("period.closed", "2026-10", at=NOON)
    Postman(now=lambda: NOON).turn()
    assert Delivery.objects.get().state == "failed" and recipients.get(row.pk).active is False
    say("period.closed", "2026-11", at=NOON)
    assert Delivery.objects.count() == 1


def test_a_letter_whose_sender_was_killed_goes_out_when_its_lease_is_over(
    committed: None, shop: Shop, mailbox: Mailbox
) -> None:
    told(shop, mailbox, at=NOON, events=("period.closed",), group_minutes=0)
    say("period.closed", "2026-10", at=NOON)
    assert len(deliveries.claim(at=NOON)) == 1  # and the power goes
    assert Postman(now=lambda: NOON + timedelta(seconds=119)).turn() == 0
    assert Postman(now=lambda: NOON + timedelta(seconds=121)).turn() == 1
    assert len(mailbox.got) == 1


def test_a_store_hears_of_itself_only(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    told(shop, mailbox, at=NOON, events=("period.closed",), store="S02")
    say("period.closed", "2026-10", at=NOON, store="S01")
    say("period.closed", "2026-11", at=NOON, store="S02")
    assert [d.message.subject_no for d in Delivery.objects.select_related("message")] == ["2026-11"]


def test_an_act_that_is_undone_was_never_said(committed: None, shop: Shop) -> None:
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        say("period.closed", "2026-10", at=NOON)
        raise RuntimeError
    assert Message.objects.count() == 0


def test_an_address_is_sealed_and_never_shown(committed: None, shop: Shop, mailbox: Mailbox) -> None:
    from django.db import connection

    told(shop, mailbox, at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM books_recipient")
        [(stored,)] = cursor.fetchall()
    assert "127.0.0.1" not in stored


def test_only_the_administrator_says_who_is_told(shop: Shop, mailbox: Mailbox) -> None:
    wish = Wish(name="x", address="json://127.0.0.1/", events=("leg.failed",))
    with pytest.raises(Forbidden):
        recipients.put(wish, known=frozenset(EVENTS), operator=shop.c01, at=NOON)


def test_an_address_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(Invalid):
        deliver.check("message", "nonsense")
    with pytest.raises(Invalid):
        deliver.check("webhook", "ftp://x")
    deliver.check("message", "dingtalk://token@secret/")
    deliver.check("webhook", "https://till.example/hook")

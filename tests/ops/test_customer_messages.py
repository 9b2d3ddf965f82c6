"""Customers who asked are told once per step of their money; nobody else is, and addresses go."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import connection

from sudapos.books import answers, moves, retention, wishes
from sudapos.books.audit import AuditRecord
from sudapos.books.wishes import CustomerMessage, Wish
from sudapos.core.outcome import Accepted, Bounced, Settled, Unknown
from sudapos.core.refusal import Forbidden, NotFound, Refusal
from sudapos.ops import closing, customer_messages
from tests.cast import Shop

PHONE = "13800138000"


@dataclass
class Gateway:
    """The other side on this machine: an SMS gateway, and where apprise posts a mail as JSON."""

    port: int
    heard: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    status: int = 200

    @property
    def texts(self) -> list[str]:
        return [str(body.get("text") or body.get("message")) for _, body, _ in self.heard]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.heard.append((self.path, body, self.headers.get("Authorization", "")))
            self.send_response(told.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Ear)
    told = Gateway(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("SUDAPOS_SMS_URL", f"http://127.0.0.1:{told.port}/sms")
    monkeypatch.setenv("SUDAPOS_SMS_TOKEN", "sms-token")
    monkeypatch.setenv("SUDAPOS_CUSTOMER_MAIL", f"json://127.0.0.1:{told.port}/mail?+X-To={{to}}")
    yield told
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def asked(shop: Shop, *, to: str = PHONE, lang: str = "zh"):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    wishes.ask(refund.refund_no, to=to, lang=lang, offered=("phone", "mail"), operator=shop.c01, at=shop.at)
    return refund


def answer(shop: Shop, outcome) -> None:
    [order] = moves.claim(9, at=shop.at)
    answers.record([answers.Answer(order.attempt, outcome)], at=shop.at)


def turn(shop: Shop) -> int:
    return customer_messages.turn(at=shop.at)


def test_each_step_of_the_money_is_told_once_by_sms(shop, gateway, settings):
    settings.PUBLIC_URL = "https://refunds.example.com"
    refund = asked(shop)
    assert turn(shop) == 0
    answer(shop, Accepted(channel_refund_ref="5030", received_account="支付用户零钱"))
    assert [turn(shop), turn(shop)] == [1, 0]
    shop.later(minutes=5)
    answer(shop, Settled(channel_refund_ref="5030", received_account="支付用户零钱"))
    assert [turn(shop), turn(shop)] == [1, 0]
    [(path, body, bearer), _] = gateway.heard
    assert (path, body["to"], bearer) == ("/sms", PHONE, "Bearer sms-token")
    assert body["reference"].startswith(refund.refund_no)
    first, last = gateway.texts
    assert first.startswith("【速达示范商店】退款 ¥59.97：退款处理中，预计")
    assert "https://refunds.example.com/s/" in first and "0571-88886666" in first
    assert "退款成功，已退回支付用户零钱" in last
    for text in gateway.texts:
        assert "红枣酸奶" not in text and "王" not in text and refund.refund_no not in text


def test_a_mail_leaves_through_apprise_in_the_customers_language(shop, gateway):
    asked(shop, to="gu.mingming@example.com", lang="en")
    answer(shop, Settled(channel_refund_ref="5030", received_account="零钱"))
    assert turn(shop) == 1
    [(path, body, _)] = gateway.heard
    assert path.startswith("/mail")
    assert body["title"] == "速达示范商店: refund ¥59.97"
    assert "Refunded to 零钱" in body["message"] and "We never ask" in body["message"]


def test_who_never_asked_is_never_told(shop, gateway):
    shop.refund(shop.sell(channel="wechatpay", phone=PHONE))
    answer(shop, Settled(channel_refund_ref="5030"))
    assert turn(shop) == 0 and gateway.heard == [] and CustomerMessage.objects.count() == 0


def test_what_happened_before_she_asked_is_not_told(shop, gateway):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    answer(shop, Accepted(channel_refund_ref="5030"))
    wishes.ask(refund.refund_no, to=PHONE, lang="zh", offered=("phone",), operator=shop.c01, at=shop.at)
    assert turn(shop) == 0


def test_a_lost_answer_is_no_news_and_a_bounce_is(shop, gateway):
    asked(shop)
    answer(shop, Unknown(code="no_answer"))
    assert turn(shop) == 0
    shop.later(minutes=5)
    answer(shop, Settled(channel_refund_ref="1"))
    turn(shop)
    shop.later(minutes=5)
    answer_again(shop, Bounced(code="ABNORMAL"))
    assert turn(shop) == 1 and "退款异常，请联系商家" in gateway.texts[-1]


def answer_again(shop: Shop, outcome) -> None:
    from sudapos.books.legs import Leg

    leg = Leg.objects.get()
    Leg.objects.filter(pk=leg.pk).update(recheck=True, due_at=shop.at)
    answer(shop, outcome)


def test_a_gateway_that_is_down_is_tried_again_and_then_given_up(shop, gateway):
    asked(shop)
    answer(shop, Settled(channel_refund_ref="5030"))
    gateway.status = 503
    assert [turn(shop), turn(shop)] == [1, 0]
    row = CustomerMessage.objects.get()
    assert (row.state, row.tries, row.error) == ("waiting", 1, "http_503")
    for seconds in wishes.PAUSES:
        shop.later(seconds=seconds)
        assert turn(shop) == 1
    row.refresh_from_db()
    assert (row.state, row.tries) == ("failed", 5) and len(gateway.heard) == 5
    shop.later(days=1)
    assert turn(shop) == 0


def test_a_sender_that_was_killed_leaves_the_message_to_the_next(shop, gateway):
    asked(shop)
    answer(shop, Settled(channel_refund_ref="5030"))
    wishes.notice(at=shop.at)
    assert len(wishes.claim(at=shop.at)) == 1
    assert wishes.claim(at=shop.at) == []
    shop.later(minutes=2)
    assert turn(shop) == 1 and CustomerMessage.objects.get().state == "sent"


def test_the_worker_does_it_on_its_round(shop, gateway):
    asked(shop)
    answer(shop, Settled(channel_refund_ref="5030"))
    closing.Rounds(lambda: shop.at).turn()
    assert len(gateway.heard) == 1


def test_the_address_is_sealed_masked_and_never_in_the_audit(shop, gateway):
    asked(shop)
    with connection.cursor() as cursor:
        cursor.execute('SELECT "to", masked FROM books_wish')
        [(sealed, masked)] = cursor.fetchall()
    assert PHONE not in sealed and masked == "138****8000"
    assert PHONE not in str(list(AuditRecord.objects.values_list("facts", flat=True)))


def test_it_goes_thirty_days_after_the_money_came_to_rest_and_not_before(shop, gateway):
    asked(shop)
    shop.later(days=40)
    assert wishes.purge(at=shop.at) == 0
    answer(shop, Settled(channel_refund_ref="5030"))
    turn(shop)
    shop.later(days=30)
    assert wishes.purge(at=shop.at) == 0
    shop.later(seconds=1)
    assert wishes.purge(at=shop.at) == 1
    wish = Wish.objects.get()
    assert (wish.to, wish.masked, wish.forgotten_at) == ("", "", shop.at)


def test_she_may_change_her_mind_and_nothing_more_is_sent(shop, gateway):
    refund = asked(shop)
    answer(shop, Settled(channel_refund_ref="5030"))
    wishes.notice(at=shop.at)
    wishes.forget(refund.refund_no, operator=shop.c01, at=shop.at)
    assert turn(shop) == 0 and Wish.objects.get().to == ""
    with pytest.raises(NotFound, match="no_contact"):
        wishes.forget(refund.refund_no, operator=shop.c01, at=shop.at)


def test_a_person_who_is_erased_is_forgotten_here_too(shop, gateway):
    refund = shop.refund(shop.sell(channel="wechatpay", phone=PHONE))
    wishes.ask(refund.refund_no, to=PHONE, lang="zh", offered=("phone",), operator=shop.c01, at=shop.at)
    answer(shop, Settled(channel_refund_ref="5030"))
    retention.erase(PHONE, operator=shop.admin, at=shop.at)
    assert Wish.objects.get().to == ""


@pytest.mark.parametrize(
    "to", ["12345678901", "138001380001", "a@b", "x y@", "", "a@b.c\r\nBcc: z@y.x", "@b.cn"]
)
def test_what_is_no_address_is_refused(shop, to):
    refund = shop.refund(shop.sell())
    with pytest.raises(Refusal, match="contact_unusable"):
        wishes.ask(
            refund.refund_no, to=to, lang="zh", offered=("phone", "mail"), operator=shop.c01, at=shop.at
        )


def test_only_what_is_set_up_is_offered_and_only_who_makes_refunds_asks(shop, monkeypatch):
    for name in ("SUDAPOS_SMS_URL", "SUDAPOS_CUSTOMER_MAIL"):
        monkeypatch.delenv(name, raising=False)
    assert customer_messages.offered() == ()
    monkeypatch.setenv("SUDAPOS_SMS_URL", "http://127.0.0.1:9/")
    assert customer_messages.offered() == ("phone",)
    refund = shop.refund(shop.sell())
    with pytest.raises(Refusal, match="contact_not_offered"):
        wishes.ask(
            refund.refund_no, to="a@b.cn", lang="zh", offered=("phone",), operator=shop.c01, at=shop.at
        )
    with pytest.raises(Forbidden):
        wishes.ask(refund.refund_no, to=PHONE, lang="zh", offered=("phone",), operator=shop.a01, at=shop.at)


def test_it_is_asked_for_shown_masked_and_removed_on_the_refunds_page(shop, gateway, client):
    from tests.web.conftest import Person, text

    browser = Person()
    browser.sign_in("c01")
    refund = shop.refund(shop.sell(channel="wechatpay"))
    address = f"/refunds/{refund.refund_no}/"
    assert "顾客要收消息" in browser.read(address)
    bad = browser.post(f"{address}message/ask/", {"to": "123"})
    assert bad.status_code == 422 and "这不是手机号" in text(bad)
    browser.post(f"{address}message/ask/", {"to": PHONE, "lang": "zh"})
    page = browser.read(address)
    assert "138****8000" in page and PHONE not in page
    browser.post(f"{address}message/forget/")
    assert "138****8000" not in browser.read(address)

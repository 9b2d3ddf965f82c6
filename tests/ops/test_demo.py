"""The demo shop as a stranger meets it: one command in a terminal, and everything stops with Ctrl-C."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from sudapos.ops import contracts, demo_sales, handles
from sudapos.sandbox.keys import LINE_BELOW

START_SECONDS = 90
STOP_SECONDS = 60


def free_port() -> int:
    """One whose neighbour for the card terminals is free, too, below those of outgoing connections."""
    while True:
        port = random.randrange(20_000, 32_000)
        try:
            with (
                socket.create_server(("127.0.0.1", port)),
                socket.create_server(("127.0.0.1", port - LINE_BELOW)),
            ):
                return port
        except OSError:
            continue


class Terminal:
    """One `sudapos` in a terminal of its own."""

    def __init__(self, home: Path, *words: str, **more: str) -> None:
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SUDAPOS_", "DATABASE_URL", "DJANGO_"))
        }
        self.env = env | {"SUDAPOS_HOME": str(home), "LANG": "C.UTF-8", "SUDAPOS_CONFIG": os.devnull, **more}
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sudapos.cli", *words],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def page(self, url: str) -> str:
        """The page, as soon as there is one."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=20) as answer:
                    return str(answer.read().decode())
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{url} answers {error.code}: {error.read()[-2000:]!r}") from None
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(self.process.communicate()[0]) from None
                time.sleep(0.02)

    def line(self, start: str) -> str:
        """The output up to a line that begins so."""
        assert self.process.stdout is not None
        heard = ""
        for line in self.process.stdout:
            heard += line
            if line.startswith(start):
                return heard
        raise AssertionError(heard)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT) -> str:
        """Ctrl-C as a terminal sends it: to the whole foreground group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return str(self.process.communicate(timeout=STOP_SECONDS)[0])


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Not below pytest's own folder: every session closes that to others, and as root our database is another user."""
    with tempfile.TemporaryDirectory(prefix="sudapos-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def terminal(home):
    opened: list[Terminal] = []

    def open_(*words: str) -> Terminal:
        opened.append(Terminal(home, *words))
        return opened[-1]

    yield open_
    for one in opened:
        one.stop()


def demo_words(ports: tuple[int, int]) -> list[str]:
    return ["demo", "--port", str(ports[0]), "--sandbox-port", str(ports[1])]


def postgres_below(folder: Path) -> list[int]:
    pid = folder / "postgresql" / "postmaster.pid"
    return [int(pid.read_text().split()[0])] if pid.exists() else []


def ask(url: str, key: str) -> dict:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_one_command_opens_the_shop_and_ctrl_c_closes_it_without_a_trace(terminal, home, ports):
    first = terminal(*demo_words(ports))
    said = first.line("One Alipay refund is stuck")
    card = json.loads((home / "demo.json").read_text())

    assert stat.S_IMODE((home / "demo.json").stat().st_mode) == 0o600
    assert (card["url"], card["sandbox_url"]) == tuple(f"http://127.0.0.1:{port}" for port in ports)
    assert {code: user["roles"] for code, user in card["users"].items()} == {
        "c01": ["cashier"],
        "c02": ["cashier"],
        "m01": ["manager"],
        "m02": ["manager"],
        "f01": ["finance"],
        "s01": ["cs"],
        "a01": ["auditor"],
        "admin": ["admin"],
    }
    for told in [card["url"], card["api_key"], *(user["password"] for user in card["users"].values())]:
        assert told in said
    assert "csrfmiddlewaretoken" in first.page(f"{card['url']}/sign-in/")

    family = first.family()
    assert len(family) >= 3 and postgres_below(home)
    rest = first.stop()
    last = rest.splitlines()  # a slow machine may say in between that it waits
    assert (first.process.returncode, last[0], last[-1]) == (0, "stopping…", "stopped")
    assert [child for child in family if child.is_running()] == [] and postgres_below(home) == []


def test_a_second_start_is_quick_and_makes_nothing_anew(terminal, home, ports, record_property):
    card = (home / "demo.json").read_text()
    sandbox = sandbox_orders(home)
    second = terminal(*demo_words(ports))
    second.page(f"http://127.0.0.1:{ports[0]}/sign-in/")
    record_property("seconds_to_first_page", round(time.monotonic() - second.began, 2))
    second.line("One Alipay refund is stuck")
    assert (home / "demo.json").read_text() == card and sandbox_orders(home) == sandbox
    second.stop(signal.SIGTERM)
    assert second.process.returncode == 0


def sandbox_orders(home: Path) -> int:
    import sqlite3

    with sqlite3.connect(home / "sandbox" / "ledger.sqlite") as ledger:
        return int(ledger.execute("SELECT count(*) FROM orders").fetchone()[0])


def test_the_refunds_of_the_demo_really_travelled_and_one_is_stuck(terminal, home, ports):
    shop = terminal(*demo_words(ports))
    shop.line("One Alipay refund is stuck")
    card = json.loads((home / "demo.json").read_text())
    refunds = ask(f"{card['url']}/api/v1/refunds", card["api_key"])["items"]
    legs = Counter((leg["channel"], leg["state"]) for refund in refunds for leg in refund["legs"])
    assert legs == {
        ("cash", "settled"): 2,
        ("cash", "accepted"): 1,
        ("wechatpay", "settled"): 1,
        ("wechatpay", "bounced"): 1,
        ("alipay", "settled"): 1,
        ("alipay", "failed"): 1,
        ("alipay", "in_doubt"): 1,
    }
    assert Counter(refund["state"] for refund in refunds) == {"approved": 8, "awaiting": 1}
    deposits = ask(f"{card['url']}/api/v1/deposits?state=all", card["api_key"])["items"]
    assert Counter((row["type"], row["state"], row["amount"]) for row in deposits) == {
        ("DEPOSIT_YAJIN", "held", 20_000): 1,
        ("EARNEST_DINGJIN", "held", 50_000): 1,
        ("DEPOSIT_YAJIN", "returned", 10_000): 1,
    }
    [ending] = [ending for row in deposits for ending in row["endings"]]
    assert (ending["returned"], ending["kept"], ending["file_name"]) == (7_000, 3_000, "烤盘报价单.txt")
    [stuck] = [leg["leg_no"] for r in refunds for leg in r["legs"] if leg["state"] == "in_doubt"]
    theirs = ask(f"{card['sandbox_url']}/_control/ledger?channel=alipay&refund_no={stuck}", "")
    assert [row["times_paid"] for row in theirs] == [1]  # paid, and we have not heard of it

    verified = subprocess.run(
        [sys.executable, "-m", "sudapos.cli", "verify"],
        env=shop.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert verified.returncode == 0, verified.stdout


def test_one_number_follows_a_refund_through_three_programs(terminal, home, ports):
    shop = terminal(*demo_words(ports))
    shop.line("One Alipay refund is stuck")
    card = json.loads((home / "demo.json").read_text())
    sales = ask(f"{card['url']}/api/v1/sales?limit=200", card["api_key"])["items"]
    sale = next(
        s for s in sales if [p["channel"] for p in s["payments"]] == ["wechatpay"] and not s.get("refunded")
    )
    wish = {"sale_no": sale["sale_no"], "operator": "m01", "store": "S01", "reason": "quality", "amount": 100}
    request = urllib.request.Request(
        f"{card['url']}/api/v1/refunds",
        json.dumps(wish).encode(),
        {
            "Authorization": f"Bearer {card['api_key']}",
            "Content-Type": "application/json",
            "Idempotency-Key": "three-programs",
        },
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        number = json.load(answer)["refund_no"]
    until = time.monotonic() + 30
    seen: set[str] = set()
    while len(seen) < 3 and time.monotonic() < until:
        files = (home / "logs").glob("*.jsonl")
        seen = {path.name.partition("-")[0] for path in files if number in path.read_text("utf-8")}
        time.sleep(0.2)
    assert seen == {"web", "worker", "sandbox"}
    shop.stop()


def test_a_child_that_dies_ends_the_program_with_its_name(terminal, ports):
    shop = terminal(*demo_words(ports))
    shop.line("One Alipay refund is stuck")
    [worker] = [child for child in shop.family() if child.cmdline()[-1] == "work"]
    worker.kill()
    said = shop.process.communicate(timeout=STOP_SECONDS)[0]
    assert shop.process.returncode == 1
    assert said.startswith("worker stopped unexpectedly (exit -9). Its last words:")


def test_children_do_not_outlive_a_program_that_was_killed(terminal, ports):
    shop = terminal(*demo_words(ports))
    shop.line("One Alipay refund is stuck")
    family = shop.family()
    shop.process.kill()
    gone, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    assert alive == [] and len(gone) >= 3


def test_two_demos_do_not_share_a_home_and_taken_ports_are_told(terminal, ports):
    shop = terminal(*demo_words(ports))
    shop.line("One Alipay refund is stuck")
    again = terminal("demo", "--port", str(free_port()), "--sandbox-port", str(free_port()))
    said = again.process.communicate(timeout=STOP_SECONDS)[0]
    assert again.process.returncode == 1 and said.startswith("a demo runs in ")
    taken = terminal("demo", "--port", str(free_port()), "--sandbox-port", str(ports[1]))
    said = taken.process.communicate(timeout=STOP_SECONDS)[0]
    assert (taken.process.returncode, said) == (
        1,
        f"port {ports[1]} is in use; choose another with --sandbox-port\n",
    )


def test_fresh_makes_the_shop_anew_on_other_ports(terminal, home):
    before = json.loads((home / "demo.json").read_text())
    ports = free_port(), free_port()
    shop = terminal(*demo_words(ports), "--fresh")
    shop.line("One Alipay refund is stuck")
    after = json.loads((home / "demo.json").read_text())
    assert after["url"] == f"http://127.0.0.1:{ports[0]}"
    assert after["api_key"] != before["api_key"] and after["merchant_tag"] != before["merchant_tag"]


# a real shop ----------------------------------------------------------------------------------------------------


@pytest.fixture
def new_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sudapos-up-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def test_a_real_shop_is_founded_opened_and_closed(new_home):
    port = free_port()
    early = Terminal(new_home, "up", "--port", str(port))
    assert (
        early.process.communicate(timeout=STOP_SECONDS)[0] == "there is no shop yet; run sudapos init first\n"
    )
    assert early.process.returncode == 1

    founding = Terminal(
        new_home, "init", "--merchant", "城西食品", "--admin", "boss", SUDAPOS_ADMIN_PASSWORD="plum-river-882"
    )
    assert "is set up" in founding.process.communicate(timeout=STOP_SECONDS)[0]
    shop = Terminal(new_home, "up", "--port", str(port))
    assert "csrfmiddlewaretoken" in shop.page(f"http://127.0.0.1:{port}/sign-in/")
    beside = Terminal(new_home, "apikey", "create", "till-1")
    assert "sk_" in beside.process.communicate(timeout=STOP_SECONDS)[0]
    demo = Terminal(
        new_home, "demo", "--port", str(free_port()), "--sandbox-port", str(free_port()), "--fresh"
    )
    assert demo.process.communicate(timeout=STOP_SECONDS)[0].startswith(
        "this is a real shop, “城西食品”, not the demo"
    )

    assert "csrfmiddlewaretoken" in shop.page(f"http://127.0.0.1:{port}/sign-in/")
    family = shop.family()
    assert shop.stop(signal.SIGTERM).splitlines()[-1] == "stopped" and shop.process.returncode == 0
    assert [child for child in family if child.is_running()] == [] and postgres_below(new_home) == []


# without a terminal ---------------------------------------------------------------------------------------------


def test_the_week_is_the_same_for_the_same_day_and_ends_there():
    at = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    week = demo_sales.week(ending=at)
    assert week == demo_sales.week(ending=at)
    drafts = [sold.draft for sold in week]
    assert 60 <= len(drafts) <= 120
    assert max(draft.sold_at for draft in drafts) <= at and min(
        draft.sold_at for draft in drafts
    ) < at - timedelta(days=365)
    assert len({draft.sale_no for draft in drafts}) == len(drafts)
    assert {
        d.sold_at.date().isoformat() for d in drafts if (d.sold_at.year, d.sold_at.month) == (2026, 11)
    } == {f"2026-11-{day}" for day in range(16, 23)}


@pytest.mark.parametrize("hour", ["2026-11-21T16:00:30", "2026-11-22T00:30:00", "2026-11-22T15:59:59"])
def test_at_any_hour_no_sale_lies_in_the_future(hour):
    at = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    assert max(sold.draft.sold_at for sold in demo_sales.week(ending=at)) <= at


def test_the_week_holds_every_awkward_kind():
    drafts = [sold.draft for sold in demo_sales.week(ending=datetime(2026, 11, 22, 4, 0, tzinfo=UTC))]
    lines = [line for draft in drafts for line in draft.lines]
    channels = Counter(p.channel for d in drafts for p in d.payments)
    assert min(channels[name] for name in ("cash", "wechatpay", "alipay")) >= 15
    assert {name for name in channels if channels[name] == 1} == set(demo_sales.ACQUIRERS)
    assert set(channels) == {"cash", *contracts.CONNECTED}
    assert {tuple(p.channel for p in d.payments) for d in drafts if len(d.payments) > 1} == {
        ("cash", "wechatpay"),
        ("cash", "alipay"),
    }
    assert any(d.order_discount for d in drafts) and any(d.rounding_off for d in drafts)
    assert {c.kind for d in drafts for c in d.charges} == {"service", "cover"}
    assert any(line.discount for line in lines) and any(line.by_weight for line in lines)
    assert any(line.gift_of and line.marked_value for line in lines)
    assert any(not line.returnable for line in lines) and any(line.serial for line in lines)
    assert any(line.unit_price == 0 and line.gift_of is None for line in lines)


def test_programs_that_were_killed_do_not_keep_our_database_running(tmp_path):
    kept = tmp_path / ".handle_pids.json"
    kept.write_text(json.dumps([os.getpid(), 2**22 + 1]))
    handles.forget_dead(tmp_path)
    assert json.loads(kept.read_text()) == [os.getpid()]
    handles.forget_dead(tmp_path / "nowhere")

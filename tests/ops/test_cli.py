"""The command `sudapos`: what it prints, how it ends, and that nobody ever sees a traceback."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sudapos.books import audit, staff
from sudapos.books.ledger import Entry, Line
from sudapos.books.legs import Leg
from sudapos.books.sales import Payment, Sale
from sudapos.books.shops import Account, Merchant, Store
from sudapos.cli import COMMANDS, root
from sudapos.commands import wording
from sudapos.ops import database, migrating, toml

MAP = "sale_no=no,name=name,quantity=qty,unit_price=price:yuan,sold_at=at"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("SUDAPOS_CONFIG", os.devnull)


def run(*words: str, typed: str | None = None) -> Result:
    result = CliRunner().invoke(root, list(words), prog_name="sudapos", input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def commands() -> list[tuple[str, ...]]:
    nested = [("apikey", n) for n in ("create", "list", "revoke")] + [
        ("account", n) for n in ("add", "list", "check", "check-in")
    ]
    nested += [("policy", n) for n in ("show", "export", "import")]
    nested += [("statement", n) for n in ("check", "fetch", "columns")]
    nested += [("keys", n) for n in ("rotate", "reseal", "forget", "show")]
    nested += [("audit", n) for n in ("export", "head", "check")]
    nested += [("terminal", n) for n in ("sign-on", "sale", "settle", "show")]
    return [(name,) for name in COMMANDS] + nested


# help and words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words):
    result = run(*words, "--help")
    assert result.exit_code == 0
    if words not in (("apikey",), ("account",), ("terminal",), ("statement",), ("keys",), ("audit",)):
        assert f"sudapos {' '.join(words)}" in result.stdout.partition("Example")[2]


def test_the_language_is_that_of_the_terminal(monkeypatch):
    for lang, word in (("zh_CN.UTF-8", "已停止"), ("en_US.UTF-8", "stopped"), ("", "stopped")):
        monkeypatch.setenv("LANG", lang)
        assert wording.say("stopped") == word


def test_every_sentence_stands_in_both_languages_with_the_same_facts():
    import string

    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, (chinese, english) in wording.TEXTS.items():
        assert facts(chinese) == facts(english), key
        assert chinese and english, key


def test_help_needs_neither_django_nor_a_database():
    code = "import sys; from sudapos.cli import root; root(['--help'], standalone_mode=False); print('django' in sys.modules, 'psycopg' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("import-sales",),
        ("import-sales", "x.csv", "--format", "pdf"),
        ("serve", "--port", "0"),
        ("apikey", "create"),
    ],
    ids=" ".join,
)
def test_used_wrongly_ends_with_2(words):
    assert run(*words).exit_code == 2


# set-up ---------------------------------------------------------------------------------------------------------


def test_init_founds_a_shop_once(db, monkeypatch):
    monkeypatch.setenv("SUDAPOS_ADMIN_PASSWORD", "plum-river-882")
    first = run("init", "--merchant", "城西食品", "--store", "S01", "--admin", "boss")
    assert (first.exit_code, first.stdout) == (
        0,
        "城西食品 is set up: store S01, admin boss. Next: sudapos up\n",
    )
    assert Merchant.objects.get().name == "城西食品" and Store.objects.get().code == "S01"
    assert staff.get("boss").roles == ["admin"] and staff.get("boss").check_password("plum-river-882")

    again = run("init", "--merchant", "城西食品", "--store", "S01", "--admin", "boss")
    assert (again.exit_code, again.stderr) == (1, "the shop is set up already; run sudapos up\n")


def test_init_wants_a_password_that_will_do(db, monkeypatch):
    monkeypatch.delenv("SUDAPOS_ADMIN_PASSWORD", raising=False)
    assert run("init", "--merchant", "x", "--admin", "boss").exit_code == 2
    monkeypatch.setenv("SUDAPOS_ADMIN_PASSWORD", "12345")
    weak = run("init", "--merchant", "x", "--admin", "boss")
    assert weak.exit_code == 1 and weak.stderr.startswith("the password will not do: ")
    assert Merchant.objects.count() == 0


def test_a_key_is_shown_once_listed_and_revoked(shop):
    made = run("apikey", "create", "till-1", "--acts", "sell,look_up")
    secret = made.stdout.strip()
    assert made.exit_code == 0 and staff.find_key(secret, at=shop.at).acts == ["sell", "look_up"]
    assert secret not in run("apikey", "list").stdout
    assert run("apikey", "list").stdout.startswith("till-1\tlive\t")
    assert run("apikey", "revoke", "till-1").exit_code == 0
    assert staff.find_key(secret, at=shop.at) is None
    assert "till-1\trevoked\t" in run("apikey", "list").stdout


def test_mistakes_with_keys_are_told_in_one_sentence(shop):
    unknown = run("apikey", "create", "k", "--acts", "sell,fly")
    assert unknown.exit_code == 1 and unknown.stderr.startswith(
        "there are no such acts: fly; known are look_up, sell, "
    )
    run("apikey", "create", "k")
    assert run("apikey", "create", "k").stderr == "the name k is taken\n"
    assert run("apikey", "revoke", "z").stderr == "there is no key z; see sudapos apikey list\n"


def test_an_account_is_added_listed_and_checked_with_a_signed_call(shop, sandbox_server, tmp_path):
    file = tmp_path / "wx.json"
    file.write_text(json.dumps(sandbox_server.config("demo-wechatpay")))
    assert (
        run("account", "add", "wechatpay", "wx-main", "--config", str(file)).stdout
        == "account wx-main (wechatpay) is there\n"
    )
    assert f"wx-main\twechatpay\t{sandbox_server.url}/wechatpay\n" in run("account", "list").stdout
    checked = run("account", "check", "wx-main")
    assert checked.exit_code == 0 and checked.stdout.startswith("wx-main works: mchid ")


def test_an_account_with_the_wrong_key_does_not_pass_the_check(shop, sandbox_server, tmp_path):
    file = tmp_path / "wx.json"
    wrong = sandbox_server.config("demo-wechatpay") | {"serial_no": "0" * 40}
    file.write_text(json.dumps(wrong))
    run("account", "add", "wechatpay", "wx-main", "--config", str(file))
    checked = run("account", "check", "wx-main")
    assert checked.exit_code == 1 and checked.stderr.startswith("wx-main does not work: HTTP 401")


@pytest.mark.parametrize("content", ["{", "[]", '{"mchid": 1}', "{}"])
def test_an_unusable_configuration_is_not_kept(shop, tmp_path, content):
    file = tmp_path / "wx.json"
    file.write_text(content)
    assert run("account", "add", "wechatpay", "wx-main", "--config", str(file)).exit_code == 1
    assert not Account.objects.filter(name="wx-main").exists()


def test_a_channel_that_is_not_connected_is_told_with_those_that_are(shop, tmp_path):
    file = tmp_path / "x.json"
    file.write_text("{}")
    told = run("account", "add", "paypal", "pp", "--config", str(file))
    assert told.exit_code == 1 and told.stderr.startswith("paypal is not connected; connected are cash, ")
    assert run("account", "add", "wechatpay", "x", "--config", str(tmp_path / "none.json")).exit_code == 2
    assert (
        run("account", "check", "nobody").stderr == "there is no account nobody; see sudapos account list\n"
    )


# import-sales ---------------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "sales.csv"
    at = "2026-11-22 12:00:00"
    path.write_text(f"no,name,qty,price,at\nA1,apple,2,1.50,{at}\nC9,apple,-1,1.50,{at}\nA2,bag,1,0,{at}\n")
    return path


def test_import_sales_lists_each_refused_row_and_ends_with_the_counts(shop, table):
    result = run("import-sales", str(table), "--payment", "cash", "--columns", MAP)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "line 3 C9: a return (number begins with C), not a sale (is_a_return)",
        "line 4 A2: nothing but free pieces; not a sale (sale_of_nothing)",
        "imported 1, already there 0, refused 2",
    ]
    again = run("import-sales", str(table), "--payment", "cash", "--columns", MAP)
    assert again.stdout.splitlines()[-1] == "imported 0, already there 1, refused 2"


def test_import_sales_speaks_chinese_but_for_its_last_line(shop, table, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    result = run("import-sales", str(table), "--payment", "cash", "--columns", MAP)
    assert result.stdout.splitlines()[0] == "第 3 行 C9：是退货单（C 开头），不是销售（is_a_return）"
    assert result.stdout.splitlines()[-1] == "imported 1, already there 0, refused 2"


def test_a_dry_run_says_so_and_leaves_the_books_alone(shop, table):
    result = run("import-sales", str(table), "--payment", "cash", "--columns", MAP, "--dry-run")
    assert result.stdout.splitlines()[-1] == "imported 1, already there 0, refused 2"
    assert result.stderr == "dry run: nothing was written\n" and Sale.objects.count() == 0


def test_import_sales_used_wrongly_ends_with_2_and_a_way_out(shop, table):
    assert run("import-sales", "nowhere.csv").stderr == "there is no file nowhere.csv; check the path\n"
    for words, told in [
        (
            ["--columns", MAP],
            "the file has no column for payments; say with --payment how these sales were paid",
        ),
        (["--columns", "a"], "“a” in --columns should read field=Header"),
        (["--payment", "cash"], "columns are missing for sale_no, quantity, unit_price, sold_at"),
        (
            ["--payment", "shells", "--columns", MAP],
            "there is no payment channel shells; the allowed ones: alipay, ",
        ),
    ]:
        result = run("import-sales", str(table), *words)
        assert result.exit_code == 2 and result.stderr.startswith(told)


def test_import_sales_fails_where_nothing_could_come_in(shop, table):
    missing = run("import-sales", str(table), "--payment", "cash", "--columns", MAP, "--store", "S99")
    assert (missing.exit_code, missing.stderr) == (1, "there is no store S99; name one with --store\n")
    table.write_text("no,name,qty,price,at\nC9,apple,-1,1.50,2026-11-22\n")
    assert run("import-sales", str(table), "--payment", "cash", "--columns", MAP).exit_code == 1


# verify ---------------------------------------------------------------------------------------------------------


def test_verify_passes_on_books_that_hold(shop):
    shop.refund(shop.sell())
    audit.seal(at=shop.at)
    result = run("verify")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "✓ audit chain",
        "✓ trial balance",
        "✓ promises against legs",
        "✓ legs against entries",
        "✓ corrections against entries",
        "✓ compensations against entries",
    ]


def test_verify_counts_what_waits_for_a_manager_as_promised(shop):
    shop.refund(shop.sell(), amount=1000, reason="goodwill")
    assert Payment.objects.get().promised == 1000 and Leg.objects.count() == 0
    assert run("verify").exit_code == 0


def test_verify_names_a_promise_without_a_leg(shop):
    sale = shop.sell()
    Payment.objects.filter(sale=sale).update(promised=100)
    result = run("verify")
    assert result.exit_code == 1
    assert f"✗ promises against legs: {sale.sale_no} P1 should be 0.00 and is 1.00" in result.stdout


def test_verify_names_a_leg_that_the_journal_does_not_know_as_paid(shop):
    refund = shop.refund(shop.sell())
    Leg.objects.update(state="settled")
    result = run("verify")
    assert result.exit_code == 1
    assert f"✗ legs against entries: {refund.refund_no} should be 0.00 and is 59.97" in result.stdout


def test_verify_notices_a_journal_that_does_not_balance(shop):
    shop.sell()
    entry = Entry.objects.first()
    with unguarded():
        Line.objects.create(entry=entry, position=99, side="借", account="1001", name="库存现金", amount=7)
    result = run("verify")
    assert result.exit_code == 1 and "✗ trial balance:  should be 0.00 and is 0.07" in result.stdout


def test_verify_notices_an_altered_audit_record(shop):
    shop.sell()
    block = audit.seal(at=shop.at)
    with unguarded() as cursor:
        cursor.execute("UPDATE books_auditrecord SET by = 'nobody' WHERE id = %s", [block.first_id])
    result = run("verify")
    assert result.exit_code == 1
    [line] = [line for line in result.stdout.splitlines() if line.startswith("✗")]
    assert line.startswith("✗ audit chain: ") and line.endswith(
        f"–{block.last_id} should be sealed and is altered"
    )


@contextmanager
def unguarded():
    """Past the database's own guards, as only somebody with its keys could."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is waiting to be checked is checked before
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


# doctor and settings --------------------------------------------------------------------------------------------


def test_doctor_finds_nothing_wrong_with_a_sound_shop(shop, sandbox_server, monkeypatch, settings):
    settings.SECOND_FACTOR = "required"
    Account.objects.all().delete()
    monkeypatch.setenv("SUDAPOS_SECRET_KEY", "x" * 40)
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert "✓ shop: 速达示范商店" in result.stdout and "✓ tables: up to date" in result.stdout
    assert "SUDAPOS_SECRET_KEY = ••••  (environment)" in result.stdout and "xxxx" not in result.stdout


def test_doctor_names_what_is_wrong_and_what_to_do(shop, monkeypatch):
    monkeypatch.setenv("SUDAPOS_SECRET_KEY", "short")
    result = run("doctor")
    assert result.exit_code == 1
    assert "✗ secret key: too short, 32 characters at least; change SUDAPOS_SECRET_KEY" in result.stdout
    assert "✗ accounts: demo-alipay: unusable configuration (" in result.stdout


def test_doctor_tells_a_home_that_cannot_be_written_and_a_database_that_does_not_answer(
    tmp_path, monkeypatch
):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SUDAPOS_HOME", str(blocked / "home"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hidden@127.0.0.1:1/none")
    result = run("doctor")
    assert result.exit_code == 1
    assert (
        f"✗ home: {blocked / 'home'} is not writable; check its permissions or set SUDAPOS_HOME"
        in result.stdout
    )
    assert "✗ database: the database cannot be reached: " in result.stdout
    assert (
        "DATABASE_URL = postgresql://user@127.0.0.1:1/none" in result.stdout and "hidden" not in result.output
    )


def test_doctor_names_doors_that_stand_open(shop, settings):
    assert "✗ people: SUDAPOS_SECOND_FACTOR is offered" in run("doctor").stdout
    settings.SECOND_FACTOR = "required"
    assert (
        "✓ people: second factors are required; 0 with no password of their own yet" in run("doctor").stdout
    )
    staff.create_key("demo", acts=["*"], at=shop.at)
    assert "✗ people: this database holds the demo shop" in run("doctor").stdout


def test_doctor_notices_a_secret_key_that_others_can_read(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SUDAPOS_HOME", str(tmp_path))
    monkeypatch.delenv("SUDAPOS_SECRET_KEY")
    key = tmp_path / "secret_key"
    key.write_text("k" * 64)
    key.chmod(stat.S_IRUSR | stat.S_IROTH)
    assert f"✗ secret key: {key} can be read by others; run chmod 600 {key}" in run("doctor").stdout


def test_the_file_gives_what_the_environment_does_not(tmp_path, monkeypatch):
    file = tmp_path / "sudapos.toml"
    file.write_text('hosts = ["a.example", "b.example"]\nlog_level = "INFO"\ndebug = false\n')
    monkeypatch.setenv("SUDAPOS_CONFIG", str(file))
    monkeypatch.setenv("SUDAPOS_LOG_LEVEL", "ERROR")
    for name in ("SUDAPOS_HOSTS", "SUDAPOS_DEBUG"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(toml, "_from_file", {})
    toml.load()
    places = {origin.name: (origin.value, origin.place) for origin in toml.origins()}
    assert places["SUDAPOS_HOSTS"] == ("a.example,b.example", str(file))
    assert places["SUDAPOS_DEBUG"] == ("0", str(file))
    assert places["SUDAPOS_LOG_LEVEL"] == ("ERROR", "environment")
    assert places["SUDAPOS_PUBLIC_URL"] == ("", "default")


@pytest.mark.parametrize(
    "content, told",
    [
        ("hosts = ", "{file} cannot be read: "),
        ('colour = "red"\n', "{file} has an unknown setting “colour”; known are home, database_url, "),
        ("debug = 3\n", "{file} has an unknown setting “debug”; "),
    ],
)
def test_a_broken_settings_file_is_told(tmp_path, monkeypatch, content, told):
    file = tmp_path / "sudapos.toml"
    file.write_text(content)
    monkeypatch.setenv("SUDAPOS_CONFIG", str(file))
    result = run("apikey", "list")
    assert result.exit_code == 1 and result.stderr.startswith(told.format(file=file))


# what can go wrong around us ------------------------------------------------------------------------------------


def test_a_port_in_use_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for words in (["serve"], ["up"], ["demo"], ["sandbox"]):
            result = run(*words, "--port", str(port))
            assert (result.exit_code, result.stderr) == (
                1,
                f"port {port} is in use; choose another with --port\n",
            )


def test_fresh_refuses_a_database_that_is_not_ours_to_wipe(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql:///somebody")
    result = run("demo", "--fresh")
    assert result.exit_code == 2 and result.stderr.startswith("--fresh wipes only the demo's own database")


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path):
    env = {**os.environ, "DATABASE_URL": "postgresql://127.0.0.1:1/none", "SUDAPOS_HOME": str(tmp_path)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    out = subprocess.run(
        [sys.executable, "-m", "sudapos.cli", "verify"], env=env, capture_output=True, text=True, timeout=60
    )
    assert out.returncode == 1 and out.stdout == ""
    assert out.stderr.startswith("the database cannot be reached: ") and len(out.stderr.splitlines()) == 1


def test_books_without_tables_are_told_with_the_next_step(db, monkeypatch):
    monkeypatch.setattr(migrating, "is_current", lambda url: False)
    monkeypatch.setattr(migrating, "pending", lambda: ["books.0001_rows"])
    result = run("apikey", "list")
    assert result.exit_code == 1 and result.stderr.startswith("the database is not set up; run sudapos init ")


def test_a_shop_that_was_never_founded_is_told_with_the_next_step(db, table):
    Store.objects.create(code="S01", name="x")
    result = run("import-sales", str(table), "--payment", "cash", "--columns", MAP)
    assert (result.exit_code, result.stderr) == (1, "there is no shop yet; run sudapos init first\n")


def test_a_bug_is_owned_up_to_and_written_down(shop, tmp_path, monkeypatch):
    def broken() -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr("sudapos.ops.verifying._trial_balance", broken)
    monkeypatch.setenv("SUDAPOS_HOME", str(tmp_path))
    result = run("verify")
    log = tmp_path / "logs" / "error.log"
    assert result.exit_code == 1
    assert (
        result.stderr
        == f"the program made a mistake (ZeroDivisionError: oh no), not you. Details are in {log}; please send it to support\n"
    )
    assert "ZeroDivisionError: oh no" in log.read_text() and "in broken" in log.read_text()


def test_work_once_ends_when_nothing_is_due(committed):
    result = subprocess.run(
        [sys.executable, "-c", WORK_ONCE],
        env=_against_the_test_database(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")


WORK_ONCE = "from sudapos.cli import root; root(['work', '--once'], prog_name='sudapos')"


def _against_the_test_database() -> dict[str, str]:
    from django.db import connection

    parts = toml.database.settings(os.environ["DATABASE_URL"])
    socket_folder = parts["HOST"]
    url = f"postgresql://{parts['USER']}@/{connection.settings_dict['NAME']}?host={socket_folder}"
    return {**os.environ, "DATABASE_URL": url, "SUDAPOS_HOME": str(database.home())}

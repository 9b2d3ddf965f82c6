from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import polib
from django.template import Context, Template
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "src" / "sudapos" / "web"
TOOL = ROOT / "tools" / "compile-messages"
PO = WEB / "locale" / "en" / "LC_MESSAGES" / "django.po"
HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SPOKEN = re.compile(
    r"{% blocktranslate.*?{% endblocktranslate %}|{% translate .*?%}|{#.*?#}|{% comment %}.*?{% endcomment %}",
    re.S,
)


def book() -> polib.POFile:
    return polib.pofile(str(PO))


def test_the_compiled_texts_are_the_written_ones():
    assert subprocess.run([sys.executable, TOOL, "--check"], check=False).returncode == 0


def test_everything_a_page_says_has_an_english_text():
    used = runpy.run_path(str(TOOL))["used"]()
    told = {entry.msgid for entry in book() if entry.translated() and not entry.obsolete}
    assert sorted(set(used) - told) == []
    assert len(used) > 300


def test_a_percent_sign_in_a_template_does_not_lose_its_english():
    """Django asks for such a text with the sign doubled; asked for as it is written, it comes back in Chinese."""
    [entry] = [entry for entry in book() if "20%" in entry.msgid and not entry.obsolete]
    text = entry.msgid.replace("%%", "%")
    with translation.override("en"):
        shown = Template(f'{{% load i18n %}}{{% translate "{text}" %}}').render(Context())
    assert shown == entry.msgstr.replace("%%", "%") and "20% of" in shown


def test_no_english_text_speaks_chinese_or_loses_a_number():
    for entry in book():
        texts = [entry.msgstr, *entry.msgstr_plural.values()]
        assert not any(HAN.search(text) for text in texts), entry.msgid
        if not entry.msgid_plural:
            names = sorted(re.findall(r"%\(\w+\)[sd]", entry.msgid))
            assert sorted(re.findall(r"%\(\w+\)[sd]", entry.msgstr)) == names, entry.msgid


def test_no_template_shows_chinese_without_translating_it():
    for path in (WEB / "templates").rglob("*.html"):
        left = SPOKEN.sub("", path.read_text())
        found = [line for line in left.splitlines() if HAN.search(line) and "中文</a>" not in line]
        assert found == [], path.name


def test_the_language_is_chosen_in_the_address_and_remembered(shop, person):
    browser = person("c01")
    assert "等我处理" in browser.read("/")
    assert "Waiting for me" in browser.read("/", lang="en")
    assert "Waiting for me" in browser.read("/")
    shop.c01.refresh_from_db()
    assert shop.c01.language == "en"
    assert "等我处理" in browser.read("/", lang="zh")


def test_a_person_is_spoken_to_in_her_own_language_on_a_new_machine(shop, person):
    operator = shop.c01
    operator.language = "en"
    operator.save(update_fields=["language"])
    assert "Waiting for me" in person("c01").read("/")


def test_english_pages_speak_english(shop, person):
    sale = shop.sell(channel="wechatpay")
    refund = shop.refund(sale, lines={1: 1})
    waiting = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill")
    names = "红枣酸奶|全麦面包|一号店|韩|二号店|速达示范商店|件|中文"
    browser = person("m01")
    browser.get("/?lang=en")
    for address in (
        "/",
        "/counter/",
        f"/counter/{sale.sale_no}/",
        f"/counter/{sale.sale_no}/?scope=everything&reason=quality",
        "/refunds/",
        f"/refunds/{refund.refund_no}/",
        f"/refunds/{waiting.refund_no}/",
        "/approvals/",
        "/till/",
        "/help/",
        f"/refunds/{refund.refund_no}/voucher/",
    ):
        page = re.sub(names, "", browser.read(address)).replace("王**", "")
        found = HAN.search(page)
        assert found is None, (address, page[max(found.start() - 40, 0) : found.start() + 40])


def test_moments_are_said_as_people_say_them(settings, monkeypatch):
    from datetime import UTC, date, datetime

    from django.utils import translation

    from sudapos.web import moments

    monkeypatch.setattr(moments, "now", lambda: datetime(2026, 11, 24, 4, 0, tzinfo=UTC))
    said = [moments.day(date(2026, 11, day)) for day in (24, 23, 25, 21)]
    assert said == ["今天", "昨天", "明天", "11-21 周六"]
    assert moments.day(date(2025, 11, 21)) == "2025-11-21"
    assert moments.when(datetime(2026, 11, 23, 16, 5, tzinfo=UTC)) == "今天 00:05"
    with translation.override("en"):
        assert moments.day(date(2026, 11, 21)) == "11-21 Sat"

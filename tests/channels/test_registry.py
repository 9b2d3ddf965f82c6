"""The registry: what a channel must be told, what it refuses, and that it keeps its secrets."""

from __future__ import annotations

import asyncio
import importlib
import logging
from dataclasses import asdict
from datetime import date

import httpx
import pytest

from sudapos import channels
from sudapos.channels.base import CheckFailed, StatementMissing
from sudapos.core import capability
from sudapos.core.outcome import Absent, Accepted, Deferred, Refused, Settled, Unknown
from sudapos.core.refusal import Invalid, Refusal

from . import profiles
from .recorded import Answer, OtherSide, order

WALLETS = sorted(name for name in profiles.CONNECTED if profiles.load(name).speaks_http)
"""Those that speak HTTP; the terminal's own tests stand beside it."""
CONFIGS = {name: importlib.import_module(f"tests.channels.{name}.conversation").mapping for name in WALLETS}
PROFILES = {name: profiles.load(name) for name in WALLETS}


def named(channel: str, name: str) -> bool:
    return name in {field.name for field in channels.fields(channel)}


def faults(channel: str, config: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        channels.open_account(channel, config)
    assert caught.value.code == "account_config_invalid"
    return [(".".join(map(str, fault.loc)), fault.code) for fault in caught.value.errors]


def test_every_connected_channel_has_its_row_of_capabilities() -> None:
    assert set(channels.REGISTRY) == {name for name, row in capability.TABLE.items() if not row.own}


@pytest.mark.parametrize("verb", [channels.fields, lambda name: channels.open_account(name, {})])
def test_a_channel_that_is_not_connected_is_refused_by_name(verb: object) -> None:
    with pytest.raises(Refusal) as caught:
        verb("doge")  # type: ignore[operator]
    assert caught.value.code == "channel_not_connected"
    assert caught.value.facts == {"channel": "doge"}


@pytest.mark.parametrize("channel", WALLETS)
def test_every_required_field_is_missed_by_name(channel: str) -> None:
    required = [f.name for f in channels.fields(channel) if f.required and not f.default]
    assert len(required) >= 1
    for name in required:
        config = CONFIGS[channel]()
        del config[name]
        assert faults(channel, config) == [(name, "missing")]
        assert faults(channel, CONFIGS[channel](**{name: "   "})) == [(name, "missing")]


@pytest.mark.parametrize("channel", WALLETS)
def test_every_field_is_named_in_both_languages_and_every_key_is_secret(channel: str) -> None:
    for field in channels.fields(channel):
        assert field.zh and not field.zh.isascii()
        assert field.en and field.en.isascii()
        assert field.secret == (field.name in PROFILES[channel].secrets)


@pytest.mark.parametrize("channel", WALLETS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "api.example"),
        ("base_url", "https://x.example/gateway.do?charset=utf-8"),
        ("timeout_seconds", "nan"),
        ("timeout_seconds", "31"),
        ("private_key", "hunter2"),
    ],
)
def test_a_wrong_value_is_named_and_never_quoted(channel: str, name: str, value: str) -> None:
    if not named(channel, name):
        return
    assert faults(channel, CONFIGS[channel](**{name: value})) == [(name, "unusable")]
    with pytest.raises(Invalid) as caught:
        channels.open_account(channel, CONFIGS[channel](**{name: value}))
    assert value not in f"{caught.value} {caught.value!r} {caught.value.errors}"


@pytest.mark.parametrize(
    ("channel", "name", "value"),
    [
        ("wechatpay", "mchid", '19"00'),
        ("wechatpay", "serial_no", "序列号"),
        ("wechatpay", "public_key_id", "a b"),
        ("wechatpay", "public_key", "hunter2"),
        ("wechatpay", "apiv3_key", "x" * 31),
        ("wechatpay", "previous_key_id", "OLD"),
        ("alipay", "app_id", "２０１４"),
        ("alipay", "alipay_public_key", "hunter2"),
    ],
)
def test_a_value_that_would_break_the_wire_is_refused(channel: str, name: str, value: str) -> None:
    told = "previous_key" if name == "previous_key_id" else name
    assert faults(channel, CONFIGS[channel](**{name: value})) == [(told, "unusable")]


@pytest.mark.parametrize("channel", WALLETS)
def test_several_faults_are_told_at_once(channel: str) -> None:
    wrong = {
        name: value
        for name, value in (("base_url", "y"), ("private_key", "x"), ("timeout_seconds", "0"))
        if named(channel, name)
    }
    assert len(wrong) >= 2 or channel == "card"
    assert sorted(faults(channel, CONFIGS[channel](**wrong))) == [
        (name, "unusable") for name in sorted(wrong)
    ]
    assert faults(channel, CONFIGS[channel](colour="red")) == [("colour", "unknown_field")]


@pytest.mark.parametrize("channel", WALLETS)
def test_only_refund_codes_decide_and_everything_else_leaves_the_matter_open(channel: str) -> None:
    table = channels.REGISTRY[channel].ERRORS
    assert len(table) >= 5
    for code, outcome in table.items():
        assert isinstance(outcome, Refused | Deferred | Unknown | Absent | Settled | Accepted), code
        if isinstance(outcome, Settled | Accepted):
            continue
        assert outcome.code != ""
        assert not isinstance(outcome, Deferred) or (outcome.after or 0) > 0


def echoing(text: str) -> Answer:
    return lambda request: httpx.Response(500, text=text)


@pytest.mark.parametrize("channel", WALLETS)
def test_no_secret_and_no_signature_shows_anywhere(channel: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    config = CONFIGS[channel]() | ({"app_auth_token": "TOKEN-hunter2"} if channel == "alipay" else {})
    spoken: list[str] = []

    async def talk() -> None:
        secret = " ".join(config.values())
        troubles: list[Answer] = [httpx.ReadError(secret), httpx.ConnectError(secret), echoing(secret)]
        side = OtherSide(troubles * 2)
        account = channels.open_account(channel, config, client=side.client())
        spoken.append(repr(account))
        spoken.append(repr(vars(account)))
        for _ in troubles:
            spoken.append(repr(await account.refund(order())))
        for _ in troubles[:2]:
            with pytest.raises(CheckFailed) as failed:
                await account.check()
            spoken.append(repr(failed.value))
        with pytest.raises(StatementMissing) as missing:
            await account.statement(date(2026, 11, 22))
        spoken.append(repr(missing.value))
        assert side.heard
        for request in side.heard:
            assert "TOKEN-hunter2" not in str(request.url)
            assert "sign=" not in str(request.url)

    asyncio.run(talk())
    shown = caplog.text + " ".join(spoken)
    hidden = [config[f.name] for f in channels.fields(channel) if f.secret and f.name in config]
    assert len(hidden) >= 1
    for secret in hidden:
        for line in secret.splitlines():
            assert "-----" in line or line not in shown
    assert "Authorization" not in shown and "signature=" not in shown


@pytest.mark.parametrize("channel", WALLETS)
def test_a_configuration_shows_its_numbers_and_hides_its_keys(channel: str) -> None:
    config = channels.REGISTRY[channel].Config.from_mapping(CONFIGS[channel]())
    shown = [CONFIGS[channel]()[name] for name in PROFILES[channel].shown]
    assert shown and all(number in repr(config) for number in shown)
    for field in channels.fields(channel):
        value = CONFIGS[channel]().get(field.name, "")
        assert not (field.secret and value) or value not in repr(config)
    assert "Key object" not in repr(config)
    if "•••" in repr(config):  # a text that is a secret refuses to be copied out
        with pytest.raises(TypeError):
            asdict(config)

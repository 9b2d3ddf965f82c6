"""The example of docs/add-a-channel.md: four places, and the whole contract holds for it, its page and its docs too."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from sudapos import channels
from sudapos.core import capability
from sudapos.core.capability import Capability, NoticeAck
from sudapos.sandbox import keys, makers, server
from tests.channels.test_contract import *  # noqa: F403 — the contract is collected here once more, over the example
from tests.channels.test_contract import Till

from . import connector, end

ROOT = Path(__file__).resolve().parents[3]
DOC = ROOT / "docs" / "add-a-channel.md"

ROW = Capability(
    channel="example",
    words_zh="示例支付",
    words_en="Example Pay",
    source="example sheet §3",
    window_days=180,
    askable=True,
    ask_after=(10, 60, 300),
    absence_counts_after=10,
    notice_ack=NoticeAck(200, "application/json", "{}"),
    arrival={"bank_card": (1, 3)},
)


@pytest.fixture(scope="module")
def four_places() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(channels.REGISTRY, "example", connector)  # type: ignore[arg-type]
        patch.setitem(capability.TABLE, "example", ROW)  # type: ignore[arg-type]
        patch.setattr(server, "ENDS", (*server.ENDS, end.END))
        patch.setattr(keys, "DEMO", (*keys.DEMO, ("example", "demo-example")))
        patch.setitem(makers.MAKERS, "example", (end.make_channel, end.make_shop))
        yield


@pytest.fixture(scope="module")
def sandbox(four_places: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with server.running(home=tmp_path_factory.mktemp("example")) as running:
        yield running


@pytest.fixture
def till(sandbox: server.Running) -> Till:
    return Till(sandbox, "example")


def test_the_docs_and_the_settings_form_are_derived(four_places: None) -> None:
    pages = runpy.run_path(str(ROOT / "tools" / "write-reference"))
    page = pages["channel_pages"]()
    assert "## `example` — 示例支付 · Example Pay" in page and "`secret`" in page
    assert [field.name for field in channels.fields("example") if field.secret] == ["secret"]


@pytest.mark.parametrize("name", ["connector.py", "end.py", "profile.py"])
def test_the_page_shows_the_very_files_that_are_tested(name: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOC.read_text("utf-8"), flags=re.DOTALL)
    assert (Path(__file__).parent / name).read_text("utf-8") in blocks

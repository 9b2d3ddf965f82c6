from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "src" / "sudapos" / "web" / "static"
TOKENS = (STATIC / "css" / "tokens.css").read_text()


def themes() -> dict[str, dict[str, str]]:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        for part in TOKENS.split("@media (prefers-color-scheme")
    )
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


READ = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink-2", "paper"),
    ("ink-2", "card"),
    ("brand", "card"),
    ("on-brand", "brand"),
]
STATES = ("wait", "move", "doubt", "done", "bad", "shut")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), READ)
def test_what_must_be_read_stands_out_from_its_ground(theme, text, ground):
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_a_states_word_stands_out_from_its_pill(theme, state):
    colours = themes()[theme]
    assert contrast(colours[state], colours[f"{state}-bg"]) >= 4.4


def test_colours_are_named_in_one_place_only():
    for name in ("desk.css", "places.css"):
        rules = (STATIC / "css" / name).read_text().split("@media print")[0]
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", rules.replace("#fff;", "")) == [], name


def test_every_icon_that_a_page_names_is_drawn():
    from sudapos.web import reasons, words

    drawn = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text()))
    templates = STATIC.parent / "templates"
    named = {
        name
        for path in templates.rglob("*.html")
        for name in re.findall(r'{% icon "(\w+)"', path.read_text())
    }
    named |= {state.icon for state in words.STATES.values()} | set(reasons.ICONS.values())
    assert len(named) > 20 and named <= drawn


def test_what_a_page_needs_is_small():
    drawing = {"chart.umd.min.js", "pictures.js"}
    sizes = {
        path.name: path.stat().st_size
        for path in STATIC.rglob("*")
        if path.suffix in (".css", ".js", ".svg") and path.name not in drawing
    }
    assert sum(sizes.values()) < 110_000, sizes


def test_only_pages_with_a_picture_load_what_draws_it():
    templates = STATIC.parent / "templates"
    loading = {path.name for path in templates.rglob("*.html") if "chart.umd" in path.read_text()}
    assert loading == {"report.html", "report_day.html"}

"""The view: closed choices of how values are written and shown."""

import re

import pytest

from app.identity import ZONES, Colours, Density, Language, NumberForm, Theme, UserSettings, View
from app.web import viewer
from tests.house import tree

TOKENS = (tree.ROOT / "static/css/tokens.css").read_text()
PAIRS = {Colours.RED_GREEN: ("red", "green"), Colours.BLUE_ORANGE: ("link", "orange")}


def test_a_view_is_hashable_and_has_defaults() -> None:
    views = {View(zone, form, reduced_data=less) for zone in ZONES for form in NumberForm for less in (False, True)}

    assert len(views) == len(ZONES) * len(NumberForm) * 2
    assert View() in views
    assert View().language is Language.ENGLISH


def test_no_partial_knows_the_colours() -> None:
    """So that what is pushed is right in all of them."""
    partials = sorted((tree.ROOT / "partials").rglob("*.html"))
    assert partials

    assert [path for path in partials if "colours" in path.read_text()] == []


def test_the_page_has_a_class_for_every_choice_but_the_defaults() -> None:
    assert viewer.page_classes(UserSettings()) == ""
    assert viewer.page_classes(
        UserSettings(colours=Colours.BLUE_ORANGE, theme=Theme.DARK, density=Density.COMFORTABLE)
    ).split() == ["blue-orange", "dark", "comfy"]
    for name in (*list(Theme)[1:], "comfy"):
        assert f".{name} {{" in TOKENS


@pytest.mark.parametrize("colours", list(Colours)[1:])
def test_the_stylesheet_has_every_pair_of_colours(colours: Colours) -> None:
    up, down = PAIRS[colours]

    assert f".{colours} {{ --up: var(--{up}); --down: var(--{down}) }}" in TOKENS


def test_an_error_is_red_whatever_the_colours_of_a_fall() -> None:
    sheets = {path.name: path.read_text() for path in (tree.ROOT / "static/css").glob("*.css")}
    rules = re.findall(
        r"([^{}]+)\{[^{}]*(?:color|fill|stroke|background): ?var\(--(?:up|down)\)", "".join(sheets.values())
    )
    assert rules

    assert [rule.strip() for rule in rules if re.search(r"error|invalid|badge|status", rule)] == []

"""Every page template: the one base, a title, one h1 and nothing inline. Journeys check rendered pages."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.house import tree

TEMPLATES = tree.ROOT / "templates"
WHOLE = {path: path.read_text() for path in sorted(TEMPLATES.rglob("*.html"))}
BASES = ("base.html", "frame/admin.html")
"""The second is the first with one more stylesheet."""
PAGES = [
    path
    for path, text in WHOLE.items()
    if re.match(r'{% extends "([^"]+)" %}', text) and path.relative_to(TEMPLATES).as_posix() not in BASES
]


@cache
def render_calls() -> dict[str, list[ast.Call]]:
    """Page name -> the calls of page() that draw it."""
    calls: dict[str, list[ast.Call]] = {}
    for module in tree.modules():
        for node in tree.nodes(module):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"page", "html.page"} and node.args:
                calls.setdefault(ast.literal_eval(node.args[0]), []).append(node)
    return calls


@pytest.mark.parametrize("path", PAGES, ids=tree.name)
def test_a_page_extends_the_base_and_has_one_heading(path: Path) -> None:
    text = path.read_text()

    assert text.startswith(tuple(f'{{% extends "{base}" %}}' for base in BASES))
    assert len(re.findall(r"<h1\b", text)) == 1
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|role=\"status\"|aria-live", text)


@pytest.mark.parametrize("path", PAGES, ids=tree.name)
def test_a_page_is_rendered_with_a_title(path: Path) -> None:
    calls = render_calls().get(path.relative_to(TEMPLATES).with_suffix("").as_posix(), [])

    assert calls
    assert all("title" in {keyword.arg for keyword in call.keywords} for call in calls)


def test_every_other_template_is_included_by_a_page() -> None:
    parts = set(WHOLE) - set(PAGES)
    used = {
        name for text in WHOLE.values() for name in re.findall(r'{% (?:include|from|extends|import) "([^"]+)"', text)
    }

    assert {path.relative_to(TEMPLATES).as_posix() for path in parts} == used


def test_the_base_has_a_skip_link_and_one_live_region() -> None:
    whole = "".join(WHOLE[path] for path in [TEMPLATES / "base.html", *(TEMPLATES / "frame").glob("*.html")])

    assert '<html lang="{{ view.language }}"' in whole
    assert 'href="#main"' in whole
    assert len(re.findall(r"role=\"status\"|aria-live", whole)) == 1


def test_no_style_is_animated_frame_by_frame() -> None:
    """While quotes change, some number is always tinted: a fade would have the browser draw sixty times a second."""
    styles = {path.name: path.read_text() for path in (tree.ROOT / "static" / "css").rglob("*.css")}
    animations = {name: re.findall(r"\banimation: *([^;}]+)", text) for name, text in styles.items()}

    assert sum(map(len, animations.values())) >= 2
    assert [
        (name, value)
        for name, values in animations.items()
        for value in values
        if not re.match(r"none\b|[\w-]+ 0s ", value)
    ] == []
    assert [name for name, text in styles.items() if re.search(r"\btransition|animation-", text)] == []

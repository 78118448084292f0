"""Pictures as PNG, and the font in which they are written."""

import asyncio
import importlib.util
import struct
from pathlib import Path
from types import ModuleType

import pytest

from app.quotes.charts import png
from app.quotes.charts.lettering import drawable, shortened, text_width, widths
from app.quotes.charts.png import FONTS, PngRenderer, PngUnavailable, fixed_colours

ROOT = Path(__file__).resolve().parents[2]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 63" font-family="system-ui,sans-serif">'
    "<style>:root{--p:#fff;--i:#102030}@media(prefers-color-scheme:dark){:root{--p:#000;--i:#eee}}"
    "@media print{:root{--i:#000}}rect{fill:var(--p)}text{fill:var(--i)}</style>"
    '<rect width="120" height="63"/><text x="4" y="40" font-size="30">IBM ▲ 5</text></svg>'
)


def font_command() -> ModuleType:
    spec = importlib.util.spec_from_file_location("chart_font", ROOT / ".ci/chart_font.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


async def test_the_same_svg_gives_the_same_png_of_its_size() -> None:
    renderer = PngRenderer()
    first, second = await asyncio.gather(renderer.render(SVG, 1200), renderer.render(SVG, 1200))

    assert size(first) == (1200, 630)
    assert first == second


async def test_a_png_has_the_letters_of_the_font() -> None:
    renderer = PngRenderer()
    text, blank = await asyncio.gather(renderer.render(SVG, 1200), renderer.render(SVG.replace("IBM ▲ 5", " "), 1200))

    assert len(text) > len(blank) + 1000


async def test_what_is_no_svg_is_refused_in_words() -> None:
    with pytest.raises(PngUnavailable, match="could not be drawn"):
        await PngRenderer().render("<svg", 1200)


async def test_a_server_without_the_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PngUnavailable, match="not installed"):
        await PngRenderer().render(SVG, 1200)


async def test_more_pictures_than_can_wait_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "MOST_WAITING", 2)
    renderer = PngRenderer()
    answers = await asyncio.gather(*(renderer.render(SVG, 100) for _ in range(3)), return_exceptions=True)

    assert sum(isinstance(answer, bytes) for answer in answers) == 2
    assert sum(isinstance(answer, PngUnavailable) for answer in answers) == 1


def test_colours_are_those_of_the_light_theme() -> None:
    fixed = fixed_colours(SVG)

    assert "rect{fill:#fff}text{fill:#102030}" in fixed
    assert "@media" not in fixed
    assert "var(" not in fixed


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_the_table_of_widths_is_that_of_the_font(path: Path) -> None:
    command = font_command()
    font = command.TTFont(path)

    assert dict(command.widths(font)) == widths()[path.stem.removeprefix("Inter-")]
    assert not {"kern", "GPOS", "GSUB"} & {*font.keys()}, "letters together would be of another width"
    assert path.stat().st_size < 75_000


def test_a_text_is_as_wide_as_its_letters() -> None:
    assert text_width("II", 20) == 2 * text_width("I", 20) == 4 * text_width("I", 10)
    assert text_width("Wide", 20, "SemiBold") > text_width("Wide", 20)
    assert text_width("\N{SNOWMAN}", 20) == text_width(drawable("\N{SNOWMAN}"), 20) > 0


def test_a_text_that_is_too_wide_ends_with_an_ellipsis() -> None:
    name = "International Business Machines"
    short = shortened(name, 30, 300)

    assert short.endswith("…")
    assert name.startswith(short[:-1])
    assert text_width(short, 30) <= 300 < text_width(name[: len(short)] + "…", 30)
    assert shortened(name, 30, 3000) == name
    assert shortened(name, 30, 10) == ""

"""A chart as an image by itself: what it draws and says, for any prices, and what draws images can read of it."""

import gzip
import re
from datetime import date
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.identity import NumberForm, View
from app.quotes.charts import partials
from app.quotes.charts.model import ChartModel, Comparison, Curve, Level, Mark, Pane
from app.quotes.charts.picture import chart_picture
from app.quotes.charts.pixel_paths import inside, to_pixels
from app.quotes.charts.png import PngRenderer
from app.quotes.charts.settings import ChartSettings, Style
from tests.support.quote_samples import bars

SPACE = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NAN = float("nan")
PRICES = st.one_of(st.floats(-1e6, 1e6), st.floats(1e-6, 1e-3), st.just(0.0))


def model(count: int = 120, symbol: str = "BF/B", **changed: object) -> ChartModel:
    sample = tuple(bars(symbol, count))
    own = np.array([bar.close for bar in sample])
    chart = ChartModel(
        Instrument(symbol, "Brown <b>&amp;</b>"),
        ChartSettings(),
        sample,
        True,
        overlays=(Curve("SMA 20", np.where(np.arange(count) < 19, NAN, own - 1)),),
        panes=(
            Pane("RSI 14", (Curve("RSI 14", np.full(count, 55.0)),), (30.0, 70.0), 15, 85),
            Pane("MACD", (Curve("MACD", own / 50), Curve("MACD histogram", own - own.mean(), "histogram"))),
        ),
        marks=(Mark(count - 1, "H", "Hammer, bullish", "bullish", "/h"), Mark(0, "E", "Engulfing", "bearish", "/e")),
    )
    return chart._replace(**changed)  # type: ignore[arg-type]


def svg(chart: ChartModel, view: View = View()) -> str:  # noqa: B008 - it is frozen
    drawing = chart_picture(chart, view)
    assert drawing
    return partials.picture(chart.instrument.symbol, drawing)


def texts(image: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(image).iter(f"{SPACE}text")]


def paths(image: str, style: str) -> list[str]:
    root = ElementTree.fromstring(image)
    return [each.get("d", "") for each in root.iter(f"{SPACE}path") if each.get("class") == style]


def test_an_image_has_title_summary_and_all_that_the_chart_has() -> None:
    image = svg(model(levels=(Level("line", 100.0),)))
    root = ElementTree.fromstring(image)
    title, summary = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")

    assert title is not None
    assert summary is not None
    assert (title.text or "").startswith("BF/B, daily candles, ")
    assert (summary.text or "").startswith("BF/B rose ")
    assert {"SMA 20 129.00", "130.00", "RSI 14", "MACD", "55.00", "131.00", "9.00", "line 100.00"} <= {*texts(image)}
    assert paths(image, "rise")
    assert paths(image, "a")
    assert len(paths(image, "lv")) == 1
    assert "<b>" not in image


@pytest.mark.parametrize("style", get_args(Style))
async def test_every_style_is_drawn_by_what_makes_png(style: Style) -> None:
    image = svg(model(30, settings=ChartSettings(style=style)))
    png = await PngRenderer().render(image, 300)

    assert png.startswith(b"\x89PNG")
    assert ("hole" in {each.get("class") for each in ElementTree.fromstring(image).iter(f"{SPACE}path")}) == (
        style in ("candles", "heikin")
    )


def test_a_comparison_is_in_percent() -> None:
    values = np.linspace(0, 12, 120)
    other = Comparison(Instrument("SPY"), values / 2)
    image = svg(model(own_percent=values, comparisons=(other,), marks=()))

    assert "+12.00%" in texts(image)
    assert "SPY +6.00%" in texts(image)
    assert paths(image, "own")
    assert not paths(image, "rise")


def test_marks_have_their_shapes_and_letters() -> None:
    image = svg(model())

    assert re.search(r'<circle class="m bull"[^>]*/><text[^>]*>H</text>', image)
    assert re.search(r'<rect class="m bear"[^>]*/><text[^>]*>E</text>', image)


def test_an_image_is_small_and_needs_nothing_else() -> None:
    image = svg(model(250))

    assert len(gzip.compress(image.encode())) < 5_000
    assert not re.search(r"href|url\(|@import|<script|<foreignObject|\sstyle=", image)


def test_figures_are_written_as_the_reader_chose() -> None:
    assert "130,00" in texts(svg(model(), View(numbers=NumberForm.COMMA)))


@examples(max_examples=60)
@given(st.lists(st.tuples(PRICES, PRICES, PRICES, PRICES), min_size=1, max_size=40), st.sampled_from(get_args(Style)))
def test_any_prices_are_drawn_inside_the_plot(prices: list[tuple[float, ...]], style: Style) -> None:
    candles = [
        Bar("X:BTCUSD", "daily", 86_400.0 * (15_000 + number), four[0], max(four), min(four), four[1], number)
        for number, four in enumerate(prices)
    ]
    chart = ChartModel(Instrument("X:BTCUSD"), ChartSettings(style=style), tuple(candles))
    root = ElementTree.fromstring(svg(chart))
    width, height = map(int, root.get("viewBox", "").split()[2:])

    for text in root.iter(f"{SPACE}text"):
        assert 0 <= float(text.get("x", "")) <= width
        assert 0 <= float(text.get("y", "")) <= height
    for path in root.iter(f"{SPACE}path"):
        assert "nan" not in path.get("d", "")


def test_no_bars_have_no_image() -> None:
    assert chart_picture(ChartModel(Instrument("IBM"), ChartSettings(until=date(1950, 1, 1)), ()), View()) is None


def test_a_path_in_pixels_keeps_its_heights() -> None:
    assert to_pixels("M4 255l8 2 8-3m-16 7v-9", 10) == "M5 255l10 2 10-3m-20 7v-9"
    assert to_pixels("M4 10h3m5-2h160", 4) == "M2 10h1.5m2.5-2h80"
    assert to_pixels("", 4) == ""


def test_the_inside_of_a_body_is_shorter_at_both_ends() -> None:
    assert inside("M4 10v20m8-5v2m8 3v-9") == "M4 11v18m16-7v7"

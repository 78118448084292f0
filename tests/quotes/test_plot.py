"""Charts on the integer grid: inside their panes, small, and the same to whoever reads the list of bars."""

import gzip
import math
import re

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument
from app.identity import NumberForm, View
from app.quotes.charts import figure, grid
from app.quotes.charts.cache import ChartCache, PatternMark, assemble
from app.quotes.charts.candles import HEIGHT, PRICES
from app.quotes.charts.model import Mark
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.plot import draw_plot, joined_marks
from app.quotes.charts.pushes import drawn_plot, last_bar
from app.quotes.charts.sentences import describe
from app.quotes.charts.settings import ChartSettings, read_settings
from tests.support.chart_models import SYMBOL, model_of, walk
from tests.support.quote_samples import bars, quote

VIEW = View()
PRICE = st.one_of(st.floats(1e-6, 1e9), st.floats(-1e6, 1e6), st.just(0.0), st.integers(1, 9).map(float), st.just(83.0))


@st.composite
def every_bars(draw: st.DrawFn) -> list[Bar]:
    days = []
    for number in range(draw(st.integers(1, 30))):
        first, second, third, fourth = (draw(PRICE) for _ in range(4))
        low, *_, high = sorted((first, second, third, fourth))
        volume = draw(st.sampled_from((0, 1, 987_654_321_012)))
        days.append(
            Bar(SYMBOL, "daily", day_start(bars(SYMBOL, 1)[0].day) + 86400 * number, first, high, low, fourth, volume)
        )
    return days


def heights(path: str) -> list[int]:
    """The absolute heights at which a path of relative moves and strokes stands."""
    height, places = 0, []
    for command, numbers in re.findall(r"([MmvhlV])([^A-Za-z]*)", path):
        values = [int(text) for text in re.findall(r"-?\d+", numbers)]
        steps = values[1::2] if command in "Mml" else values if command == "v" else []
        for step in steps:
            height += step
            places.append(height)
    return places


@examples(max_examples=80, deadline=None)
@given(every_bars(), st.sampled_from(("candles", "bars", "line", "heikin")), st.sampled_from(("linear", "log")))
def test_every_path_stays_inside_its_pane(days: list[Bar], style: str, scale: str) -> None:
    plot = draw_plot(model_of({"style": style, "scale": scale, "panes": "macd"}, days))

    assert plot is not None
    last = plot.last.candle
    paths = [path for each in (*plot.candles, last) for path in (each.wicks, each.bodies)]
    assert all(0 <= height <= PRICES + 1 for path in (*paths, plot.line) for height in heights(path))
    assert all(PRICES < height <= HEIGHT for height in heights(plot.volumes))
    assert all(0 <= rule.at <= 100 for rule in plot.rules)
    assert "nan" not in figure.whole_chart(SYMBOL, plot, VIEW).lower().replace("finance", "")


@given(st.floats(1e-9, 1e12), st.floats(1.0000001, 1e6), st.sampled_from(("linear", "log")))
def test_a_scale_holds_its_values_with_rules_at_round_numbers(low: float, factor: float, kind: grid.Kind) -> None:
    scale = grid.fit((low, low * factor), 300, kind)

    assert scale is not None
    assert scale.holds(low, low * factor)
    assert 0 <= scale.y(low * factor) <= scale.y(low) <= 300
    rules = grid.rules(scale)
    assert len(rules) <= 24
    for rule in rules:
        digits = f"{rule.value:.12e}".partition("e")[0].replace(".", "").rstrip("0")
        assert len(digits) <= 12


def test_one_bar_is_not_as_wide_as_the_plot() -> None:
    plot = draw_plot(model_of({}, bars(SYMBOL, 1)))

    assert plot is not None
    assert (plot.slots, plot.empty_slots, plot.width) == (60, 59, 480)


def test_a_chart_without_bars_is_a_sentence() -> None:
    assert draw_plot(model_of({}, [])) is None
    assert "No bar of BRK.B is stored yet" in figure.whole_chart(SYMBOL, None, VIEW)


def test_sizes() -> None:
    days = walk(SYMBOL, 850, 5)
    sizes = {}
    for count, query in ((120, {}), (250, {}), (250, {"overlays": "sma:20,sma:50"})):
        html = figure.whole_chart(SYMBOL, draw_plot(model_of(query, days, 850 - count)), VIEW)
        without_list = re.sub(r"<ol.*</ol>", "", html, flags=re.S)
        sizes[count, len(query)] = [len(gzip.compress(text.encode(), 9, mtime=0)) for text in (html, without_list)]

    assert sizes[120, 0][0] <= 4_096
    assert sizes[250, 0][0] <= 7_168
    assert sizes[250, 1][1] <= 4_096


def test_the_list_says_every_bar_in_the_readers_numbers() -> None:
    days = [Bar(SYMBOL, "daily", day_start(bars(SYMBOL, 1)[0].day), 1234.5, 1240, -1, 1239.25, 1_840_000)]

    texts = [figure.bar_texts(model_of({}, days), View(numbers=form)) for form in (NumberForm.POINT, NumberForm.COMMA)]

    assert texts == [
        ["31 Aug 2012 1,234.50 1,240.00 \u22121.00 1,239.25 1.84M"],
        ["31 Aug 2012 1.234,50 1.240,00 \u22121,00 1.239,25 1,84M"],
    ]


def test_marks_that_are_too_near_join_at_the_newest() -> None:
    marks = [Mark(bar, "D", f"Doji {bar}", "neutral", "/d") for bar in (3, 20, 31, 32, 60)]

    joined = joined_marks(marks, 108)

    assert {bar: (each.letter, each.shape) for bar, each in joined.items()} == {
        60: ("D", "many"),
        32: ("2", "many"),
        20: ("D", "many"),
        3: ("D", "many"),
    }


def test_a_mark_is_a_link_with_words_inside_its_bar() -> None:
    days = bars(SYMBOL, 30)
    mark = PatternMark(days[10].day, "Hammer", "daily", "bullish", days[10].start + 20 * 3600)
    chart = assemble(Instrument(SYMBOL), ChartSettings(), days, None, [mark])

    html = figure.whole_chart(SYMBOL, draw_plot(chart_model(chart)), VIEW)

    (item,) = re.findall(r"<li tabindex=\"-1\">(<span>[^<]*</span><a [^>]*>H</a>)", html)
    assert "12 Aug 20.00 22.00 19.00 21.00" in item
    assert 'class="mark bull"' in item
    assert 'aria-label="Hammer, bullish"' in item
    assert "/detections/BRK.B/Hammer/daily/2012-08-12T20:00:00Z" in item


def test_sentences_say_trend_extremes_and_patterns() -> None:
    days = bars(SYMBOL, 40)
    mark = PatternMark(days[20].day, "Doji", "daily", "neutral", days[20].start + 20 * 3600)
    model = chart_model(assemble(Instrument(SYMBOL), read_settings({"overlays": "sma:20"}), days, None, [mark]))

    assert describe(model, VIEW) == (
        "BRK.B rose 400.0% from 10.00 at the open of 23 Jul 2012 to 50.00 at the close of 31 Aug 2012.",
        "The highest price was 51.00 on 31 Aug 2012, the lowest 9.00 on 23 Jul 2012.",
        "Over the last 20 days it rose 66.7%; its mean volume there was 1.03K.",
        "The price is at or above SMA 20.",
        "1 pattern is marked, the newest Doji, neutral, on 12 Aug.",
    )


@pytest.mark.parametrize("query", [{}, {"compare": "BF/B"}, {"style": "line"}, {"timeframe": "weekly"}])
def test_a_chart_has_three_to_five_sentences(query: dict[str, str]) -> None:
    days = walk(SYMBOL, 60, 6)
    model = model_of(query, days, 0, [bar._replace(symbol="BF/B") for bar in days])

    assert 3 <= len(describe(model, VIEW)) <= 5


def test_the_last_bar_is_pushed_in_few_bytes_and_in_the_places_of_the_page() -> None:
    charts, days = ChartCache(), walk(SYMBOL, 200, 7)
    newest = quote(SYMBOL, days[-1].close, open=days[-1].close, high=days[-1].close + 1, low=days[-1].close - 1)
    settings = read_settings({"overlays": "sma:20", "panes": "rsi,macd"})
    chart = charts.put(assemble(Instrument(SYMBOL), settings, days, newest))
    page = figure.whole_chart(SYMBOL, drawn_plot(chart, charts), VIEW)

    pieces = {push.key: push.draw(VIEW) for push in last_bar(chart, charts)}

    assert [key.partition("-")[0] for key in pieces] == ["candle", "level", "bar", "key", "pane0", "pane1"]
    assert all(html in page for html in pieces.values())
    small = sum(len(html) for key, html in pieces.items() if key.startswith(("candle", "level")))
    assert small < 450
    assert all(math.isfinite(value) for value in chart_model(chart).panes[0].curves[0].values[-10:])


def test_twenty_studies_are_drawn() -> None:
    periods = ",".join(f"{name}:{period}" for name in ("sma", "ema") for period in range(5, 50, 5))
    model = model_of({"overlays": f"{periods},bb:20", "panes": "rsi,macd,stoch"}, walk(SYMBOL, 900, 8), 650)

    html = figure.whole_chart(SYMBOL, draw_plot(model), VIEW)

    assert (len(model.overlays), len(model.panes), model.notes) == (21, 3, ())
    assert html.count("<title") == 4

"""What a quote changes in the charts of its symbol: the last bar and values, or the whole chart."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from app.identity import View
from app.push import Push
from app.quotes.charts import candles, figure, partials, plot
from app.quotes.charts.cache import Chart, ChartCache
from app.quotes.charts.candles import LastBar
from app.quotes.charts.model import ChartModel
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.plot import ChartPlot
from app.quotes.topics import chart_topic
from app.web.filters import dom_id


def drawn_plot(chart: Chart, charts: ChartCache) -> ChartPlot | None:
    """On the scale of the pages that show the chart already, while that holds its bars."""
    drawing = plot.draw_plot(chart_model(chart), charts.scale(chart))
    if drawing:
        charts.keep_scale(chart, drawing.drawn_scale)
    return drawing


def whole(chart: Chart, charts: ChartCache) -> Iterator[Push]:
    """Drawn as it is when it goes out: a bar pushed meanwhile belongs to the newer scale."""
    symbol, settings = chart.key

    def draw(view: View) -> str:
        return figure.whole_chart(symbol, drawn_plot(charts.get(symbol, settings) or chart, charts), view)

    yield Push(chart_topic(symbol, settings), dom_id("chart", symbol), "replace", draw)


def last_bar(chart: Chart, charts: ChartCache) -> Iterator[Push]:
    """Paths, price tag and words of the last bar, and the last values of studies: computed once, when the first of them
    is drawn. The whole chart, where its scale does not hold the bar."""
    symbol, settings = chart.key
    scale = charts.scale(chart)
    if scale is None or (not settings.compare and not plot.holds_last(scale, chart.bars[-1])):
        yield from whole(chart, charts)
        return

    @cache
    def model() -> ChartModel:
        return chart_model(chart)

    @cache
    def last() -> LastBar:
        return candles.last_bar(model(), scale.prices, scale.largest)

    pieces: dict[str, Callable[[View], str]] = {
        "candle": lambda _view: partials.candle(symbol, last()),
        "level": lambda view: figure.last_level(model(), last(), view),
        "bar": lambda view: figure.last_bar_words(model(), view),
    }
    if scale.keyed:
        pieces["key"] = lambda view: figure.plot_key(model(), view)
    for number in range(scale.panes):
        pieces[f"pane{number}"] = partial(_pane_value, model, number)
    topic = chart_topic(symbol, settings)
    yield from (Push(topic, dom_id(kind, symbol), "replace", draw) for kind, draw in pieces.items())


def _pane_value(model: Callable[[], ChartModel], number: int, view: View) -> str:
    return figure.pane_value(model(), number, view)

"""The chart's part of a symbol's page: the chart, and links to other ranges and timeframes of it."""

from typing import NamedTuple
from urllib.parse import urlencode

from app.finance.bars import Timeframe
from app.identity import View
from app.quotes.charts import figure, pushes
from app.quotes.charts.cache import Chart, ChartCache
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.settings import SPANS, ChartSettings, usual_timeframe
from app.web.filters import symbol_path
from app.web.filters import timeframe as timeframe_words

DRAW_CHART = {"chart": "1"}
"""In addresses of readers with reduced data: the chart is drawn."""
TIMEFRAMES: tuple[Timeframe, ...] = ("1min", "5min", "30min", "hourly", "daily", "weekly", "monthly")


class ChartLink(NamedTuple):
    """`current`: whether it leads to what is shown."""

    href: str
    text: str
    current: bool


class ChartSection(NamedTuple):
    """`chart` and `caption` are empty where it is not drawn; `form` leads to all settings."""

    chart: str
    caption: str
    spans: tuple[ChartLink, ...]
    timeframes: tuple[ChartLink, ...]
    form: str
    chart_address: str


def chart_section(
    symbol: str, settings: ChartSettings, chart: Chart | None, charts: ChartCache, view: View, with_chart: bool
) -> ChartSection:
    """`with_chart`: whether the reader wants the chart; `chart`: None where nothing is stored."""
    always = DRAW_CHART if with_chart and view.reduced_data else {}
    plot = pushes.drawn_plot(chart, charts) if chart and with_chart else None
    spans = [("", "120 bars"), *((span, span) for span in SPANS)]
    dated = settings._replace(since=None, until=None)
    return ChartSection(
        figure.whole_chart(symbol, plot, view) if with_chart else "",
        figure.caption(chart_model(chart), view) if chart and with_chart else "",
        tuple(
            _link(symbol, dated._replace(span=span, timeframe=usual_timeframe(span)), text, settings, always)
            for span, text in spans
        ),
        tuple(
            _link(symbol, settings._replace(timeframe=each), timeframe_words(each), settings, always)
            for each in TIMEFRAMES
        ),
        f"/chart?{urlencode({'symbol': symbol, **settings.values, **always})}",
        address(symbol, settings, DRAW_CHART),
    )


def address(symbol: str, settings: ChartSettings, others: dict[str, str]) -> str:
    """Of the symbol's page with this chart. `others`: further parameters."""
    query = urlencode({**settings.values, **others}, safe=":,/^")
    return f"{symbol_path(symbol)}?{query}" if query else symbol_path(symbol)


def _link(symbol: str, target: ChartSettings, text: str, settings: ChartSettings, others: dict[str, str]) -> ChartLink:
    if target.prices == "total" and target.timeframe not in ("daily", "weekly", "monthly"):
        target = target._replace(prices="split")
    return ChartLink(address(symbol, target, others), text, target == settings)

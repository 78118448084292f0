"""A chart and its pieces as HTML, from its numbers."""

import math

from markupsafe import Markup

from app.identity import View
from app.quotes.charts import panes, partials
from app.quotes.charts import plot as plots
from app.quotes.charts import sentences as words_of
from app.quotes.charts.candles import HEIGHT, LastBar
from app.quotes.charts.model import ChartModel
from app.quotes.charts.plot import ChartPlot
from app.quotes.charts.time_axis import moments
from app.web import numbers
from app.web.filters import timeframe as timeframe_words

NAMED_JUMPS = 3
HINTS = {
    "candles": "hollow rose, filled fell",
    "heikin": "Heikin-Ashi, hollow rose, filled fell",
    "bars": "",
    "line": "",
}


def whole_chart(symbol: str, plot: ChartPlot | None, view: View) -> Markup:
    """The figure: key, panes, list of bars and sentences; words in their place without bars."""
    if plot is None:
        return partials.chart(symbol, None, "", (), {}, (), (), HEIGHT, view)
    model = plot.model
    return partials.chart(
        symbol,
        plot,
        words_of.title(model),
        words_of.describe(model, view),
        {
            "key": plot_key(model, view),
            "candle": partials.candle(symbol, plot.last),
            "level": last_level(model, plot.last, view),
            "bar": last_bar_words(model, view),
        },
        pane_values(model, view),
        list(zip((*bar_texts(model, view)[:-1], ""), map(plot.marks.get, range(len(model.bars))), strict=True)),
        HEIGHT,
        view,
    )


def caption(model: ChartModel, view: View) -> Markup:
    return partials.caption(model, NAMED_JUMPS, view)


def plot_key(model: ChartModel, view: View) -> Markup:
    words = [
        timeframe_words(model.settings.timeframe),
        HINTS[model.settings.style] if model.own_percent is None else "",
    ]
    return partials.key(model.instrument.symbol, plots.key(model), ", ".join(filter(None, words)), view)


def last_level(model: ChartModel, last: LastBar, view: View) -> Markup:
    if model.own_percent is None:
        return partials.level(model.instrument.symbol, last, numbers.price(last.value, model.instrument, view))
    return partials.level(model.instrument.symbol, last, numbers.percent(last.value / 100, view))


def pane_values(model: ChartModel, view: View) -> tuple[Markup, ...]:
    return tuple(pane_value(model, number, view) for number in range(len(model.panes)))


def pane_value(model: ChartModel, number: int, view: View) -> Markup:
    values = panes.pane_values(model.panes[number]) if number < len(model.panes) else ()
    return partials.pane(model.instrument.symbol, number, values, view)


def last_bar_words(model: ChartModel, view: View) -> Markup:
    return partials.bar(model.instrument.symbol, bar_texts(model, view, first=len(model.bars) - 1)[0])


def bar_texts(model: ChartModel, view: View, first: int = 0) -> list[str]:
    """8 Jun 2026 72.28 72.30 69.92 70.54 1.72M: time, open, high, low, close and volume of each bar from `first` on."""
    bars, timeframe = model.bars, model.settings.timeframe
    places = max(numbers.price_places(price, model.instrument) for price in (bars[0].close, bars[-1].close))
    texts = []
    names = moments(bars[first:], timeframe, bars[first - 1] if first else None)
    for number, (each, name) in enumerate(zip(bars[first:], names, strict=True), first):
        _, _, _, opens, high, low, close, volume, _ = each
        prices = f"{opens:,.{places}f} {high:,.{places}f} {low:,.{places}f} {close:,.{places}f}"
        text = f"{name} {numbers.in_form(prices, view)}"
        if volume:
            text += f" {numbers.volume(volume, view)}"
        texts.append(text if model.own_percent is None else text + _compared(model, number, view))
    return texts


def _compared(model: ChartModel, number: int, view: View) -> str:
    """The change in percent of the symbol and of those that it is compared with."""
    if model.own_percent is None:
        return ""
    values = [(model.instrument.symbol, model.own_percent[number])]
    values += [(each.instrument.symbol, each.values[number]) for each in model.comparisons]
    return "".join(
        f" {symbol} {numbers.percent(value / 100, view)}" for symbol, value in values if not math.isnan(value)
    )

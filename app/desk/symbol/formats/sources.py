"""What the documents of a chart are made of, and the chart that an address names."""

from collections.abc import Mapping
from typing import NamedTuple

from quart import abort

from app import deps
from app.db.pools import Pools
from app.finance.periods import end
from app.finance.symbol_index import SymbolIndex
from app.identity import View
from app.patterns.board import PatternBoard
from app.quotes.board import QuoteBoard
from app.quotes.charts import history
from app.quotes.charts.cache import ChartCache
from app.quotes.charts.history import ChartRequest
from app.quotes.charts.model import ChartModel
from app.quotes.charts.numbers import chart_model
from app.quotes.charts.png import PngRenderer
from app.quotes.charts.settings import ChartSettings, SettingsError, read_settings
from app.web import condition
from app.wire.cache.cache import Cache

ABSENT = "No bar of this symbol is stored."


class ChartSources(NamedTuple):
    """`plain_view`: of nobody in particular, for pictures that all readers share. `price_source`: what the prices are,
    such as an invented market; empty before a feed said so."""

    symbols: SymbolIndex
    pools: Pools
    quotes: QuoteBoard
    charts: ChartCache
    patterns: PatternBoard
    cache: Cache
    renderer: PngRenderer
    plain_view: View
    price_source: str


def chart_sources() -> ChartSources:
    return ChartSources(
        deps.symbols(),
        deps.pools(),
        deps.board(QuoteBoard),
        deps.board(ChartCache),
        deps.board(PatternBoard),
        deps.cache(),
        deps.board(PngRenderer),
        View(deps.settings().web.zone),
        condition.current().source,
    )


def settings_of(arguments: Mapping[str, str]) -> ChartSettings:
    """Answers 400 if they cannot be read."""
    try:
        return read_settings(arguments)
    except SettingsError as error:
        abort(400, str(error))


async def chart_of(symbol: str, settings: ChartSettings, sources: ChartSources) -> ChartModel:
    """Answers 404 without bars."""
    request = ChartRequest(symbol, settings)
    chart = await history.chart(request, sources.pools, sources.quotes, sources.charts)
    model = chart_model(chart) if chart else None
    return model if model and model.bars else abort(404, ABSENT)


def as_of(chart: ChartModel, quotes: QuoteBoard) -> float:
    """The newest moment that the chart shows, UTC epoch seconds."""
    quote = quotes.quote(chart.instrument.symbol) if chart.live else None
    last = chart.bars[-1]
    return quote.at if quote else end(last.timeframe, last.start)

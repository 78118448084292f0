"""The bytes of a chart in each format but PNG."""

import msgspec

from app.desk import detection_lists
from app.desk.symbol.formats.chart_json import ChartFacts, chart_json
from app.desk.symbol.formats.pictures import svg
from app.desk.symbol.formats.sources import ChartSources, as_of
from app.desk.symbol.formats.table import chart_document
from app.desk.symbol.formats.text_card import TextCard, draw_card
from app.finance.bars import Bar
from app.finance.periods import DATED
from app.identity import View
from app.patterns.stream import symbol_feed
from app.quotes.charts.model import ChartModel
from app.quotes.charts.sentences import describe
from app.web import filters, formats, times
from app.web.documents import DocumentFormat
from app.web.formats import TableFormat


async def render(chart: ChartModel, kind: DocumentFormat, version: str, view: View, sources: ChartSources) -> bytes:
    at = as_of(chart, sources.quotes)
    if kind is DocumentFormat.SVG:
        return svg(chart, view).encode()
    if kind is DocumentFormat.CSV:
        return formats.render(chart_document(chart, view.zone, at), TableFormat.CSV)
    if kind is DocumentFormat.JSON:
        facts = ChartFacts(describe(chart, view), version, view.zone, at, sources.price_source)
        return msgspec.json.encode(chart_json(chart, facts))
    return draw_card(await _card(chart, at, sources), view).encode()


async def _card(chart: ChartModel, at: float, sources: ChartSources) -> TextCard:
    symbol = chart.instrument.symbol
    return TextCard(
        chart.instrument,
        sources.quotes.quote(symbol),
        chart.bars,
        _span(chart),
        chart.notes,
        await detection_lists.recent(symbol_feed(symbol), sources.pools, sources.patterns),
        at,
        sources.price_source,
    )


def _span(chart: ChartModel) -> str:
    """126 daily bars, 1 Jun 2012 to 31 Aug 2012; 78 bars of 5 minutes, ..."""
    name, count = filters.timeframe(chart.settings.timeframe), len(chart.bars)
    noun = "bar" if count == 1 else "bars"
    bars = f"{count} {noun} of {name}" if name.partition(" ")[2] else f"{count} {name} {noun}"
    first, last = _day(chart.bars[0]), _day(chart.bars[-1])
    return f"{bars}, {first}" if first == last else f"{bars}, {first} to {last}"


def _day(bar: Bar) -> str:
    return times.day(bar.day) if bar.timeframe in DATED else times.exchange_day(bar.start)

"""What the panels of a desk show, and the topics of their one stream."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app import db, deps
from app.desk import detection_lists
from app.desk.panels import panel as layout
from app.desk.panels import tables
from app.desk.panels.panel import HEIGHTS, DeskPanel, PanelKind
from app.desk.panels.quotes_panel import quotes_panel, symbol_rows
from app.desk.panels.tables import SymbolTable
from app.desk.panels.view import PanelView
from app.desk.scan.sources import ScanSources
from app.identity import View
from app.live.topics import Topic
from app.market import partials as market_partials
from app.market.board import MarketBoard
from app.market.breadth import stream as breadth_stream
from app.market.breadth.stream import BREADTH
from app.market.movers import stream as movers_stream
from app.market.movers.ranking import LISTS, USUAL_FLOOR
from app.market.movers.stream import movers_topic
from app.market.overview.board import OverviewBoard
from app.patterns import stream as pattern_stream
from app.patterns.board import PatternBoard
from app.quotes.charts import figure, history, pushes
from app.quotes.charts.cache import ChartCache
from app.quotes.charts.history import ChartRequest
from app.quotes.charts.settings import ChartSettings
from app.quotes.topics import chart_topic, quotes_topic
from app.watchlists.watchlist import Watchlist

CHART = ChartSettings(span="3m")


class DeskReader(NamedTuple):
    """`watchlist`: chosen for the desk."""

    user_id: UUID
    view: View
    watchlist: Watchlist | None
    sources: ScanSources


class DeskPage(NamedTuple):
    """`is_whole`: whether the page has all that its stream goes on from."""

    columns: Sequence[Sequence[PanelView]]
    topics: Sequence[Topic]
    is_whole: bool


async def desk_page(panels: Sequence[DeskPanel], reader: DeskReader) -> DeskPage:
    quotes = quotes_panel(reader.watchlist, reader.sources.quotes, reader.view)
    has_quotes = any(each.kind is PanelKind.QUOTES for each in panels)
    drawings: dict[PanelKind, Callable[[DeskPanel], Coroutine[Any, Any, PanelView | SymbolTable | None]]] = {
        PanelKind.QUOTES: lambda panel: _constant(quotes),
        PanelKind.CHART: lambda panel: _chart(panel.target or next(iter(quotes.symbols), ""), reader),
        PanelKind.MOVERS: lambda panel: _movers(reader.view),
        PanelKind.BREADTH: lambda panel: _breadth(reader.view),
        PanelKind.DETECTIONS: lambda panel: _detections(reader),
        PanelKind.STATE: lambda panel: _constant(_state()),
        PanelKind.LIST: lambda panel: tables.list_table(panel.target, reader.user_id, reader.sources),
        PanelKind.SCREEN: lambda panel: tables.screen_table(panel.target, reader.user_id, reader.sources),
    }
    contents = await asyncio.gather(*(drawings[panel.kind](panel) for panel in panels))
    views = _placed(panels, contents, set(quotes.symbols) if has_quotes else set(), reader)
    topics = dict.fromkeys(topic for view in views for topic in view.topics)
    heights = [HEIGHTS[view.kind] for view in views]
    return DeskPage([views[part] for part in layout.columns(heights)], [*topics], all(view.is_whole for view in views))


def _placed(
    panels: Sequence[DeskPanel],
    contents: Iterable[PanelView | SymbolTable | None],
    symbols: set[str],
    reader: DeskReader,
) -> list[PanelView]:
    """A symbol has one row on a page, and one chart: pushes find them by symbol. `symbols`: of the quotes."""
    views, charts = [], set()
    for panel, content in zip(panels, contents, strict=True):
        if isinstance(content, SymbolTable):
            content = _rows(panel, content, symbols, reader)
        if content and content.kind is PanelKind.CHART:
            if content.symbols in charts:
                continue
            charts.add(content.symbols)
        views.append(content or PanelView(panel.kind, "missing", panel.target))
    return views


def _rows(panel: DeskPanel, table: SymbolTable, symbols: set[str], reader: DeskReader) -> PanelView:
    """Adds to `symbols`."""
    own = [symbol for symbol in table.symbols if symbol not in symbols]
    values = {
        "table": table,
        "rows": symbol_rows(own, reader.sources.quotes, time.time(), reader.view),
        "elsewhere": [symbol for symbol in table.symbols if symbol in symbols],
    }
    symbols.update(own)
    return PanelView(panel.kind, "symbols", panel.target, values, tuple(map(quotes_topic, own)), tuple(own))


async def _constant(view: PanelView) -> PanelView:
    return view


async def _chart(symbol: str, reader: DeskReader) -> PanelView:
    quotes, instrument = reader.sources.quotes, reader.sources.quotes.instrument(symbol)
    charts = deps.board(ChartCache)
    request, away = ChartRequest(symbol, CHART), False
    chart = None
    try:
        if symbol and not reader.view.reduced_data:
            chart = await history.chart(request, reader.sources.pools, quotes, charts)
    except db.Unavailable:
        away = True
    values = {
        "symbol": symbol,
        "name": instrument.name if instrument else "",
        "away": away,
        "chart": figure.whole_chart(symbol, pushes.drawn_plot(chart, charts), reader.view) if chart else "",
    }
    topics = (chart_topic(symbol, CHART),) if chart else ()
    return PanelView(PanelKind.CHART, "chart", symbol, values, topics, (symbol,))


async def _movers(view: View) -> PanelView:
    board = deps.board(OverviewBoard)
    await board.refresh()
    movers = board.movers(USUAL_FLOOR)
    lists = [(each, each.path(USUAL_FLOOR), movers_stream.table(each.key, movers[each.key], view)) for each in LISTS]
    values = {"lists": lists, "floor": USUAL_FLOOR}
    return PanelView(PanelKind.MOVERS, "movers", "", values, (movers_topic(USUAL_FLOOR),))


async def _breadth(view: View) -> PanelView:
    board = deps.board(OverviewBoard)
    await board.refresh()
    overview = board.current()
    values = {
        "symbol_count": len(overview.figures),
        "breadth": breadth_stream.table("breadth", overview.breadth, {}, 0, view),
        "stages": breadth_stream.table("stages", overview.stages, {}, 0, view),
    }
    return PanelView(PanelKind.BREADTH, "breadth", "", values, (BREADTH,))


async def _detections(reader: DeskReader) -> PanelView:
    patterns = pattern_stream.feed()
    detections = await detection_lists.recent(patterns, reader.sources.pools, deps.board(PatternBoard))
    values = {
        "notice": market_partials.notice(patterns.topic, pattern_stream.ENTRIES, 0),
        "feed": detection_lists.feed(patterns.key, detections, reader.view),
        "entries": patterns.entries,
        "detected": bool(detections),
        "away": detections is None,
    }
    return PanelView(PanelKind.DETECTIONS, "detections", "", values, (patterns.topic,), is_whole=detections is not None)


def _state() -> PanelView:
    statuses = [market_partials.status(status) for status in deps.board(MarketBoard).statuses()]
    return PanelView(PanelKind.STATE, "state", "", {"statuses": statuses})

"""The page of a symbol, which combines several features."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from quart import Blueprint, abort, redirect, request
from quart.typing import ResponseReturnValue

from app import db, deps
from app.desk import detection_lists
from app.desk.newest_patterns import outcomes_by_name
from app.desk.symbol.agreement import summary, trends
from app.desk.symbol.chart.routes import refusal
from app.desk.symbol.chart.section import address, chart_section
from app.desk.symbol.formats import documents
from app.desk.symbol.formats.sources import chart_sources
from app.desk.symbol.outcomes import BARS, DetectionOutcome, detection_outcomes
from app.desk.symbol.profile import NearSymbol, SymbolProfile, day_values, near_symbols, profile
from app.finance.instrument import Instrument
from app.finance.symbol_index import visible_query
from app.finance.symbols import is_symbol
from app.identity import Scope, View
from app.indicators import stream as indicator_stream
from app.indicators.board import IndicatorBoard
from app.indicators.drawing import draw_readings
from app.indicators.latest.queries import COLUMNS, LatestBar
from app.live.topics import STATUS, symbol_topic
from app.market import partials as market_partials
from app.market import stream as market_stream
from app.market.board import MarketBoard
from app.market.overview.board import OverviewBoard
from app.patterns import partials as pattern_partials
from app.patterns import stream as pattern_stream
from app.patterns.board import PatternBoard
from app.patterns.queries import Detection
from app.patterns.statistics.outcomes import PatternOutcomes
from app.patterns.stream import DetectionList
from app.quotes import lookup
from app.quotes import partials as quote_partials
from app.quotes.board import QuoteBoard
from app.quotes.charts import history
from app.quotes.charts.cache import ChartCache
from app.quotes.charts.history import ChartHistory, ChartRequest
from app.quotes.charts.settings import PARAMETERS, SettingsError, read_settings
from app.quotes.price_ranges import price_ranges
from app.quotes.quote import SymbolQuote
from app.quotes.topics import chart_topic
from app.watchlists import queries as watchlists
from app.watchlists.forms import AddTo
from app.watchlists.watchlist import Summary
from app.web import guards, numbers, parameters
from app.web.documents import DOCUMENT_PARAMETERS, beside_page
from app.web.filters import symbol_path
from app.web.html import page

blueprint = Blueprint("symbol", __name__)

CHART_REQUESTED = "1"
"""With reduced data a chart is drawn where the address says so."""


class SymbolParts(NamedTuple):
    """`bars`: the newest ones with what was computed of them."""

    bars: Sequence[LatestBar]
    profile: SymbolProfile | None
    near: Sequence[NearSymbol]
    outcomes: Sequence[DetectionOutcome]


class OwnLists(NamedTuple):
    """`lists`: the person's that have the symbol; `add_to`: the form that adds it to one of them."""

    lists: Sequence[Summary]
    add_to: AddTo | None


@blueprint.get("/symbols/<path:symbol>")
@guards.public
@parameters.allow("chart", "prices", "range", "rows")
async def former_address(symbol: str) -> ResponseReturnValue:
    query = urlencode({name: text for name, text in request.args.items() if name != "rows"})
    return redirect("?".join(filter(None, (symbol_path(symbol), query))), 301)


@blueprint.get("/s/<path:symbol>")
@beside_page(lambda requested: documents.answer(requested, chart_sources()))
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("chart", *PARAMETERS, *DOCUMENT_PARAMETERS)
async def symbol_page(symbol: str) -> ResponseReturnValue:
    cursor = deps.cursor()
    if request.args.get("chart", CHART_REQUESTED) != CHART_REQUESTED:
        abort(400, "chart: it may be 1.")
    spellings = await _spellings(visible_query(symbol))
    if len(spellings) != 1:
        return await _choice(visible_query(symbol), spellings) if spellings else await unknown(symbol)
    (name,) = spellings
    try:
        settings = read_settings(request.args)
    except SettingsError as error:
        return await refusal(name, request.args, error)
    if name != symbol or settings.values != {key: request.args[key] for key in PARAMETERS if key in request.args}:
        # Not for ever: what was typed may be a symbol of its own one day.
        others = {key: text for key, text in request.args.items() if key not in PARAMETERS}
        return redirect(address(name, settings, others), 303)
    chart_request = ChartRequest(name, settings)
    (chart_history, away), detections, bars, symbol_profile, _ = await asyncio.gather(
        _history(chart_request),
        _detections(pattern_stream.symbol_feed(name)),
        indicator_stream.seed(name, deps.pools(), deps.board(IndicatorBoard)),
        profile(deps.board(QuoteBoard).instrument(name) or Instrument(name), deps.pools()),
        deps.board(OverviewBoard).refresh(),
    )
    parts = SymbolParts(
        bars,
        symbol_profile,
        near_symbols(name, deps.board(OverviewBoard).current()),
        await _outcomes(name, detections or (), symbol_profile),
    )
    return await _symbol_page(chart_request, chart_history, detections, parts, cursor, away)


async def _history(chart_request: ChartRequest) -> tuple[ChartHistory | None, bool]:
    """Also returns whether the database is away."""
    try:
        return await history.history(chart_request, deps.pools(), deps.board(QuoteBoard), deps.board(ChartCache)), False
    except db.Unavailable:
        return None, True


async def _spellings(typed: str) -> tuple[str, ...]:
    """The stored symbols that `typed` can mean: those with a price or a name, else those with patterns or indicators.

    Raises Unavailable.
    """
    names = await lookup.spellings(typed, deps.symbols(), deps.pools())
    if names or not is_symbol(typed):
        return names
    return tuple([name for name in deps.symbols().possible(typed) if await _mentioned(name)][:1])


async def _mentioned(symbol: str) -> bool:
    indicators = deps.board(IndicatorBoard)
    if (
        indicators.of(symbol)
        or deps.board(PatternBoard).mentions(symbol)
        or await _detections(pattern_stream.symbol_feed(symbol))
    ):
        return True
    await indicator_stream.seed(symbol, deps.pools(), indicators)
    return bool(indicators.of(symbol))


async def _choice(typed: str, spellings: Sequence[str]) -> ResponseReturnValue:
    index = deps.symbols()
    choices = [index.get(symbol) or Instrument(symbol) for symbol in spellings]
    return await page("quotes/choice", title=f"Symbols spelt {typed}", status=300, typed=typed, choices=choices)


async def _symbol_page(
    chart_request: ChartRequest,
    chart_history: ChartHistory | None,
    detections: Sequence[Detection] | None,
    parts: SymbolParts,
    cursor: str,
    away: bool,
) -> ResponseReturnValue:
    symbol, settings = chart_request
    patterns = pattern_stream.symbol_feed(symbol)
    view, board, indicators = guards.view(), deps.board(QuoteBoard), deps.board(IndicatorBoard)
    if chart_history and chart_history.years and (dated := board.quote(symbol)):
        board.year_ranges.put(dated, chart_history.years)
    instrument = chart_history.chart.instrument if chart_history else board.instrument(symbol) or Instrument(symbol)
    quote = board.quote(symbol)
    chart = chart_history.chart if chart_history else deps.board(ChartCache).get(*chart_request)
    with_chart = not view.reduced_data or request.args.get("chart") == CHART_REQUESTED
    chart_topics = [chart_topic(symbol, settings)] if with_chart else []
    return await page(
        "desk/symbol",
        title=_title(symbol, quote, view),
        topics=[symbol_topic(symbol), *chart_topics, patterns.topic, STATUS],
        cursor=detection_lists.begin_at(cursor, detections),
        instrument=instrument,
        headline=_headline(quote, view) if quote else "",
        newest=pattern_partials.newest(symbol, next(iter(detections or ()), None), view),
        facts=quote_partials.facts(quote, view) if quote else "",
        clock=_clock(view),
        section=chart_section(symbol, settings, chart, deps.board(ChartCache), view, with_chart),
        chart_query=settings.query(),
        readings=draw_readings(symbol, indicators.with_computed(symbol), view),
        notice=market_partials.notice(patterns.topic, pattern_stream.ENTRIES, 0),
        feed=detection_lists.feed(patterns.key, detections, view),
        detected=bool(detections),
        lacking=await deps.pools().lacking("daily_bars", "patterns", "indicators"),
        away=away,
        price=quote.price if quote else None,
        **_parts(parts),
        **(await _own_lists(symbol))._asdict(),
    )


def _parts(parts: SymbolParts) -> dict[str, Any]:
    """Variables of the template."""
    symbol_trends = trends(parts.bars)
    return {
        "trends": symbol_trends,
        "agreement": summary(symbol_trends),
        "profile": parts.profile,
        "near": parts.near,
        "outcomes": parts.outcomes,
        "outcome_bars": BARS,
        "day_values": {**dict.fromkeys(COLUMNS), **day_values(parts.bars)},
    }


def _headline(quote: SymbolQuote, view: View) -> Markup:
    """Prices, and where they stand in their ranges."""
    reach = price_ranges(quote, deps.board(QuoteBoard).year_ranges.range_of(quote))
    prices = quote_partials.headline(quote.without_move, quote.age(time.time()), view)
    return prices + quote_partials.ranges(quote, reach, view)


async def _outcomes(
    symbol: str, detections: Sequence[Detection], symbol_profile: SymbolProfile | None
) -> list[DetectionOutcome]:
    """Without hit rates while the database is away."""
    by_name: Mapping[tuple[str, str, str], PatternOutcomes] = {}
    if detections:
        with suppress(db.Unavailable):
            by_name = await outcomes_by_name(deps.pools(), deps.cache())
    quote, actions = deps.board(QuoteBoard).quote(symbol), symbol_profile.actions if symbol_profile else ()
    price, today = (quote.price, quote.session) if quote else (None, None)
    return detection_outcomes(detections, price, actions, by_name, today)


async def _own_lists(symbol: str) -> OwnLists:
    """Nothing while the database is away."""
    user_id = guards.identity().user_id
    try:
        async with deps.pools().own.acquire() as connection:
            form = AddTo(None, await watchlists.summaries(connection, user_id), symbol=symbol)
            return OwnLists(await watchlists.holding(connection, user_id, symbol), form)
    except db.Unavailable:
        return OwnLists((), None)


def _title(symbol: str, quote: SymbolQuote | None, view: View) -> str:
    """Price and change come first, because a browser tab shows no more."""
    if quote is None:
        return symbol
    change = "" if quote.fraction is None else f" {numbers.percent(quote.fraction, view)}"
    return f"{numbers.price(quote.price, quote.instrument, view)}{change} {symbol}"


async def unknown(typed: str) -> ResponseReturnValue:
    return await page(
        "quotes/unknown",
        title="Unknown symbol",
        status=404,
        typed=visible_query(typed),
        near=deps.symbols().near(typed),
    )


async def _detections(patterns: DetectionList) -> list[Detection] | None:
    return await detection_lists.recent(patterns, deps.pools(), deps.board(PatternBoard))


def _clock(view: View) -> Markup:
    return market_stream.clock(deps.board(MarketBoard), view)

"""Topics of quotes and charts, and the pushes of a tick: table cells, a symbol's summary, the last candle."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from app import db
from app.db.pools import Pools
from app.finance.symbols import is_symbol
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.live.topics import TopicFamily, name, rest, symbol_topic
from app.push import Push
from app.quotes import partials
from app.quotes.board import QuoteBoard
from app.quotes.charts import history, pushes
from app.quotes.charts.cache import ChartCache
from app.quotes.live_order import ORDER, OrderBoard, completed, is_order, moves, order_of
from app.quotes.price_ranges import price_ranges
from app.quotes.quote import SymbolQuote
from app.quotes.rows import rows
from app.quotes.spark import spark
from app.quotes.topics import CHART, QUOTES, chart_request, chart_topic, is_chart, quotes_topic
from app.web.filters import dom_id
from app.wire.events.event import Tick

CONFIRMED_SECONDS = 20.0
"""Of the wall's clock, between two pushes of a price that stands; static/figures.js calls one old after 60 s."""


def topics(board: QuoteBoard, charts: ChartCache, orders: OrderBoard, pools: Pools) -> tuple[TopicFamily, ...]:
    return (
        TopicFamily(
            QUOTES,
            "state",
            partial(quotes_snapshot, board=board),
            whole=True,
            accepts=is_symbol,
            reaches_whole=board.most_active.__contains__,
            by_socket=True,
        ),
        TopicFamily("symbol", "state", partial(symbol_snapshot, board=board), accepts=is_symbol, by_socket=True),
        TopicFamily(
            CHART,
            "state",
            partial(chart_snapshot, pools=pools, board=board, charts=charts),
            accepts=is_chart,
            by_socket=True,
        ),
        TopicFamily(
            ORDER,
            "state",
            partial(order_snapshot, board=board, orders=orders),
            accepts=is_order,
            completed=completed,
            by_socket=True,
        ),
    )


def on_ticks(
    ticks: Sequence[Tick],
    board: QuoteBoard,
    charts: ChartCache,
    has_subscribers: Callable[[str], bool] = lambda _topic: True,
) -> Iterator[Push]:
    """Every tick counts for its symbol's session; on the screen only the last one of each symbol.

    Nothing is yielded for a topic without subscribers.
    """
    earlier: dict[str, SymbolQuote | None] = {}
    for tick in ticks:
        if tick.symbol not in earlier:
            earlier[tick.symbol] = board.quote(tick.symbol)
        board.apply(tick)
    yield from _new_rows(board)
    rows = board.most_active.symbols if has_subscribers(QUOTES) else ()
    for symbol, before in earlier.items():
        quote = board.quote(symbol)
        if quote is None or quote is before:
            continue
        if symbol in rows or has_subscribers(quotes_topic(symbol)):
            yield from _cells(quote, before)
        if has_subscribers(symbol_topic(symbol)):
            yield from _summary(quote)
            yield from _ranges(quote, before, board)
        yield from _charts(quote, charts, has_subscribers)


def on_health(_health: HealthSnapshot, board: QuoteBoard) -> Iterator[Push]:
    """Rows that were not due yet when their first tick came, and rows that were ranked since the last tick."""
    yield from _new_rows(board)


def on_health_orders(
    _health: HealthSnapshot, board: QuoteBoard, orders: OrderBoard, subscribed: Callable[[], Iterable[str]]
) -> Iterator[Push]:
    """Tables whose rows would move now."""
    topics = [topic for topic in subscribed() if name(topic) == ORDER]
    for topic, number in orders.take_changes(topics, board).items():
        yield _order(topic, number)


async def order_snapshot(topic: str, board: QuoteBoard, orders: OrderBoard) -> list[Push]:
    number = moves(order_of(topic), board)
    orders.note(topic, number)
    return [_order(topic, number)]


def _order(topic: str, number: int) -> Push:
    return Push(topic, ORDER, "replace", lambda view: partials.order(number, view))


async def quotes_snapshot(topic: str, board: QuoteBoard) -> list[Push]:
    symbol = rest(topic)
    if not symbol:
        return [whole_board(board)]
    quote = board.quote(symbol)
    return list(_row(quote)) if quote else []


async def symbol_snapshot(topic: str, board: QuoteBoard) -> list[Push]:
    quote = board.quote(rest(topic))
    return [*_summary(quote.without_move), *_ranges(quote, None, board)] if quote else []


async def chart_snapshot(topic: str, pools: Pools, board: QuoteBoard, charts: ChartCache) -> list[Push]:
    """Nothing while the database is away: the page keeps what it shows, and its other parts go on."""
    try:
        chart = await history.chart(chart_request(topic), pools, board, charts)
    except db.Unavailable:
        return []
    return list(pushes.whole(chart, charts)) if chart else []


def _new_rows(board: QuoteBoard) -> Iterator[Push]:
    if board.most_active.take_change(time.monotonic()):
        yield whole_board(board)


def whole_board(board: QuoteBoard) -> Push:
    """A symbol's first tick has no row to go to; this is the one push that may add or move rows, to those who are sent
    the prices of all rows."""

    def draw(view: View) -> str:
        return partials.board(QUOTES, rows(board.rows(), time.time(), view))

    return Push(QUOTES, QUOTES, "morph", draw)


def _cells(quote: SymbolQuote, before: SymbolQuote | None) -> Iterator[Push]:
    """What differs visibly, and now and then that a price which stands was confirmed: pages count its age on."""
    if before is None or _figures(before) != _figures(quote):
        yield _figure_cells(quote)
    if before is None or (before.session, before.line_at) != (quote.session, quote.line_at):
        yield _spark_cell(quote)


def _figures(quote: SymbolQuote) -> tuple[float, float | None, float]:
    return quote.price, quote.previous_close, (quote.arrived_at or 0.0) // CONFIRMED_SECONDS


def _row(quote: SymbolQuote) -> Iterator[Push]:
    yield _figure_cells(quote.without_move)
    yield _spark_cell(quote)


def _figure_cells(quote: SymbolQuote) -> Push:
    topic, key = quotes_topic(quote.symbol), dom_id("row", quote.symbol)
    return Push(topic, key, "cells", lambda view: partials.cells(quote, quote.age(time.time()), view))


def _spark_cell(quote: SymbolQuote) -> Push:
    topic, key = quotes_topic(quote.symbol), dom_id("row", quote.symbol)
    return Push(topic, key, "spark", lambda view: partials.spark(spark(quote), view))


def _summary(quote: SymbolQuote) -> Iterator[Push]:
    topic = symbol_topic(quote.symbol)
    yield Push(
        topic,
        dom_id("headline", quote.symbol),
        "replace",
        lambda view: partials.headline(quote, quote.age(time.time()), view),
    )
    yield Push(topic, dom_id("facts", quote.symbol), "replace", lambda view: partials.facts(quote, view))


def _ranges(quote: SymbolQuote, before: SymbolQuote | None, board: QuoteBoard) -> Iterator[Push]:
    """If they differ visibly."""
    newest = price_ranges(quote, board.year_ranges.range_of(quote))
    if before is None or newest != price_ranges(before, board.year_ranges.range_of(before)):
        key = dom_id("ranges", quote.symbol)
        yield Push(symbol_topic(quote.symbol), key, "replace", lambda view: partials.ranges(quote, newest, view))


def _charts(quote: SymbolQuote, charts: ChartCache, has_subscribers: Callable[[str], bool]) -> Iterator[Push]:
    for chart, whole in charts.apply(quote):
        if has_subscribers(chart_topic(*chart.key)):
            yield from pushes.whole(chart, charts) if whole else pushes.last_bar(chart, charts)

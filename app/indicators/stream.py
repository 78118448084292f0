"""Topics of indicators, and the pushes of their values and alerts."""

from collections.abc import Iterator, Sequence
from functools import partial

from app import db
from app.db.pools import Pools
from app.finance.symbols import is_symbol
from app.identity import View
from app.indicators import alerts, matrix, partials, queries
from app.indicators.alerts import AlertBoard
from app.indicators.board import IndicatorBoard, Reading
from app.indicators.drawing import draw_readings
from app.indicators.latest.computed import computed_readings
from app.indicators.latest.queries import OWN_TABLE, LatestBar, latest_bars
from app.live.topics import Topic, TopicFamily, rest, symbol_topic
from app.push import Push, nothing
from app.web import times
from app.web.filters import dom_id
from app.wire.events.event import IndicatorAlert, IndicatorCalculated

SIGNALS = Topic("signals")
"""Alerts of the indicators of all symbols."""
SIGNAL_ENTRIES = "signals"


def topics(board: IndicatorBoard, alert_board: AlertBoard, pools: Pools) -> tuple[TopicFamily, ...]:
    draw = partial(snapshot, pools=pools, board=board)
    return (
        TopicFamily("symbol", "state", draw, accepts=is_symbol, by_socket=True),
        TopicFamily(SIGNALS, "log", partial(alert_snapshot, board=alert_board), whole=True, entries=SIGNAL_ENTRIES),
    )


def on_calculated(event: IndicatorCalculated, board: IndicatorBoard) -> Iterator[Push]:
    has_cell = board.has(event.symbol, event.timeframe, event.indicator)
    if not board.apply(event):
        return
    if not has_cell:
        yield _matrix(event.symbol, board)
        return
    newest = max(group.at for group in board.of(event.symbol) if group.timeframe == event.timeframe)
    yield _cell(event, newest)
    yield _closed(event, newest)


def on_alert(event: IndicatorAlert, board: AlertBoard) -> Iterator[Push]:
    board.add(event)
    yield Push(SIGNALS, "signals", "insert", partial(partials.alert, event))
    yield Push(SIGNALS, "signals", "trim", nothing, alerts.ENTRIES)


async def alert_snapshot(_topic: str, board: AlertBoard) -> list[Push]:
    newest = board.newest()
    return [
        Push(
            SIGNALS, "signals", "replace", lambda view: partials.alerts([partials.alert(each, view) for each in newest])
        )
    ]


async def snapshot(topic: str, pools: Pools, board: IndicatorBoard) -> list[Push]:
    symbol = rest(topic)
    await seed(symbol, pools, board)
    return [_matrix(symbol, board)]


async def seed(symbol: str, pools: Pools, board: IndicatorBoard) -> Sequence[LatestBar]:
    """What is stored of the symbol; while the database is away, what was published has to do.

    Returns the newest bars with what was computed of them; none while the database is away.
    """
    try:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            readings = await queries.newest(connection, shape, symbol)
            bars = await latest_bars(connection, shape.latest, symbol) if shape.latest else []
        if not shape.latest:
            async with pools.own.acquire() as connection:
                bars = await latest_bars(connection, OWN_TABLE, symbol)
    except db.Unavailable:
        board.catch_up(symbol)
        return ()
    board.seed(symbol, readings)
    board.put_computed(symbol, computed_readings(symbol, bars))
    return bars


def _matrix(symbol: str, board: IndicatorBoard) -> Push:
    """Drawn as it is when it goes out: a bar's values come one by one within a moment."""

    def draw(view: View) -> str:
        return draw_readings(symbol, board.with_computed(symbol), view)

    return Push(symbol_topic(symbol), dom_id("readings", symbol), "morph", draw)


def _cell(event: IndicatorCalculated, newest: float) -> Push:
    reading = Reading(event.symbol, event.indicator, event.timeframe, event.value, event.at, event.signal)
    one = matrix.cell(reading, newest)
    return Push(symbol_topic(event.symbol), one.id, "replace", lambda view: partials.reading(one, view))


def _closed(event: IndicatorCalculated, newest: float) -> Push:
    """When the newest bar of the timeframe ended, in the head of its column."""
    key = dom_id("closed", event.symbol, event.timeframe)
    return Push(symbol_topic(event.symbol), key, "text", lambda _view: times.exchange_stamp(newest))

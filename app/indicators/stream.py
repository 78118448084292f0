"""Topics of indicators, and the pushes of their values and alerts."""

from collections.abc import Iterator
from functools import partial

from app import db
from app.db.pools import Pools
from app.finance.symbols import is_symbol
from app.identity import View
from app.indicators import alerts, partials, queries
from app.indicators.alerts import AlertBoard
from app.indicators.board import IndicatorBoard
from app.live.topics import Topic, TopicFamily, rest, symbol_topic
from app.push import Push, nothing
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
    if board.apply(event):
        yield _list(event.symbol, board)


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
    return [_list(symbol, board)]


async def seed(symbol: str, pools: Pools, board: IndicatorBoard) -> None:
    """What is stored of the symbol; while the database is away, what was heard has to do."""
    try:
        shape = await pools.shape()
        async with pools.market.acquire() as connection:
            readings = await queries.newest(connection, shape, symbol)
    except db.Unavailable:
        board.catch_up(symbol)
    else:
        board.seed(symbol, readings)


def _list(symbol: str, board: IndicatorBoard) -> Push:
    """Drawn as it is when it goes out: a bar's values come one by one within a moment."""

    def draw(view: View) -> str:
        return partials.readings(symbol, board.of(symbol), view)

    return Push(symbol_topic(symbol), dom_id("readings", symbol), "replace", draw)

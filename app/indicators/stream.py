"""Topics of indicators, and the push of a symbol's list when a value is calculated."""

from collections.abc import Iterator
from functools import partial

from app import db
from app.db.pools import Pools
from app.finance.symbols import is_symbol
from app.identity import View
from app.indicators import partials, queries
from app.indicators.board import IndicatorBoard
from app.live.topics import TopicFamily, rest, symbol_topic
from app.push import Push
from app.web.filters import dom_id
from app.wire.events.event import IndicatorCalculated


def topics(board: IndicatorBoard, pools: Pools) -> tuple[TopicFamily, ...]:
    draw = partial(snapshot, pools=pools, board=board)
    return (TopicFamily("symbol", "state", draw, accepts=is_symbol, by_socket=True),)


def on_calculated(event: IndicatorCalculated, board: IndicatorBoard) -> Iterator[Push]:
    if board.apply(event):
        yield _list(event.symbol, board)


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

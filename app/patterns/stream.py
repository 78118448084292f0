"""A pattern that is detected goes into the desk's feed and its symbol's list; what becomes of it is said there."""

from collections.abc import Iterator
from functools import partial

from app.db.pools import Pools
from app.identity import View
from app.live import topics
from app.live.topics import Topic
from app.patterns import partials, queries
from app.patterns.board import Board
from app.patterns.queries import Detection
from app.push import KEPT, Push, nothing
from app.web.filters import dom_id
from app.wire.events.event import PatternDetected, PatternEvent, PatternExpired, PatternUpdated

FEED = "feed"


def on_detected(event: PatternDetected, board: Board) -> Iterator[Push]:
    found = _detection(event)
    board.hear(found)
    yield from _entry(found)


def on_updated(event: PatternUpdated, board: Board) -> Iterator[Push]:
    """In place of the entry that it corrects, or as a new one where that is not shown."""
    found = _detection(event)
    board.revive(found)
    yield from _entry(found)


def on_expired(event: PatternExpired, board: Board) -> Iterator[Push]:
    """The entry says so, where it is shown."""
    found = board.expire(_detection(event))
    for topic in _lists(found.symbol):
        yield Push(topic, entry_of(found), "replace", partial(partials.detection, found))


async def snapshot(topic: str, pools: Pools, board: Board) -> list[Push]:
    """Whole, or not at all: a database that is away raises, and the reader tries again."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        symbol = topics.symbol_of(topic)
        found = await queries.recent(connection, shape, KEPT, (symbol,) if symbol else None)

    def draw(view: View) -> str:
        return partials.feed(list_of(topic), [partials.detection(each, view) for each in board.marked(found)])

    return [Push(topic, list_of(topic), "replace", draw)]


def _entry(found: Detection) -> Iterator[Push]:
    for topic in _lists(found.symbol):
        yield Push(topic, list_of(topic), "insert", partial(partials.detection, found))
        yield Push(topic, list_of(topic), "trim", nothing, KEPT)


def _lists(symbol: str) -> tuple[Topic, ...]:
    return topics.PATTERNS, topics.patterns_topic(symbol)


def _detection(event: PatternEvent) -> Detection:
    return Detection(
        event.symbol, event.pattern, event.timeframe, event.confidence, event.direction, event.at, event.price
    )


def entry_of(found: Detection) -> str:
    """The id of its entry in every list."""
    return dom_id("pattern", found.symbol, found.pattern, found.timeframe, str(int(found.at)))


def list_of(topic: str) -> str:
    """The id of the list that shows the topic."""
    symbol = topics.symbol_of(topic)
    return feed_of(symbol) if symbol else FEED


def feed_of(symbol: str) -> str:
    """The id of the list on a symbol's page."""
    return dom_id("feed", symbol)

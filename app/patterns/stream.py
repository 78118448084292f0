"""A detected pattern goes to the top of the desk's feed, and of the list on its symbol's page."""

from collections.abc import Iterator
from functools import partial

from app.db.pools import Pools
from app.identity import View
from app.live import topics
from app.patterns import partials, queries
from app.patterns.queries import Detection
from app.push import Push, nothing
from app.web.filters import dom_id
from app.wire.events import PatternDetected

KEPT = 50
FEED = "feed"


def on_detected(event: PatternDetected) -> Iterator[Push]:
    found = Detection(
        event.symbol, event.pattern, event.timeframe, event.confidence, event.direction, event.at, event.price
    )
    for topic in (topics.PATTERNS, topics.patterns_topic(event.symbol)):
        yield Push(topic, list_of(topic), "insert", partial(partials.detection, found))
        yield Push(topic, list_of(topic), "trim", nothing)


async def snapshot(topic: str, pools: Pools) -> list[Push]:
    """Whole, or not at all: a database that is away raises, and the reader tries again."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        found = await queries.recent(connection, shape, KEPT, topics.symbol_of(topic) or None)

    def draw(view: View) -> str:
        return partials.feed(list_of(topic), [partials.detection(each, view) for each in found])

    return [Push(topic, list_of(topic), "replace", draw)]


def list_of(topic: str) -> str:
    """The id of the list that shows the topic."""
    symbol = topics.symbol_of(topic)
    return feed_of(symbol) if symbol else FEED


def feed_of(symbol: str) -> str:
    """The id of the list on a symbol's page."""
    return dom_id("feed", symbol)

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
    for key in (FEED, feed_of(event.symbol)):
        yield Push(topics.PATTERNS, key, "insert", partial(partials.detection, found))
        yield Push(topics.PATTERNS, key, "trim", nothing)


async def snapshot(topic: str, pools: Pools) -> list[Push]:
    """Whole, or not at all: a database that is away raises, and the reader tries again."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        found = await queries.recent(connection, shape, KEPT)

    def draw(view: View) -> str:
        return partials.feed(FEED, [partials.detection(each, view) for each in found])

    return [Push(topics.PATTERNS, FEED, "replace", draw)]


def feed_of(symbol: str) -> str:
    """The id of the list on a symbol's page."""
    return dom_id("feed", symbol)

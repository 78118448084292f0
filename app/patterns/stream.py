"""Topics of detected patterns, and the pushes of their events to the desk's feed and to the list of the symbol."""

from collections.abc import Iterator
from functools import partial

from app.db.pools import Pools
from app.finance.symbols import is_symbol
from app.identity import View
from app.live.topics import Topic, TopicFamily, rest
from app.patterns import partials, queries
from app.patterns.board import PatternBoard
from app.patterns.queries import Detection
from app.push import LIST_ENTRIES, Push, nothing
from app.web.filters import dom_id
from app.wire.events.event import PatternDetected, PatternEvent, PatternExpired, PatternUpdated

PATTERNS = Topic("patterns")
ENTRIES = "detections"
FEED = "feed"


def topics(board: PatternBoard, pools: Pools) -> tuple[TopicFamily, ...]:
    draw = partial(snapshot, pools=pools, board=board)
    return (TopicFamily(PATTERNS, "log", draw, whole=True, accepts=is_symbol, entries=ENTRIES),)


def patterns_topic(symbol: str) -> Topic:
    """Detections of one symbol alone."""
    return Topic(f"{PATTERNS}:{symbol}")


def on_detected(event: PatternDetected, board: PatternBoard) -> Iterator[Push]:
    detection = _detection(event)
    board.add(detection)
    yield from _entry(detection)


def on_updated(event: PatternUpdated, board: PatternBoard) -> Iterator[Push]:
    """In place of the entry that it corrects, or as a new one where that is not shown."""
    detection = _detection(event)
    board.restore(detection)
    yield from _entry(detection)


def on_expired(event: PatternExpired, board: PatternBoard) -> Iterator[Push]:
    """The entry says so, where it is shown."""
    detection = board.expire(_detection(event))
    for topic in _lists(detection.symbol):
        yield Push(topic, entry_id(detection), "replace", partial(partials.detection, detection))


async def snapshot(topic: str, pools: Pools, board: PatternBoard) -> list[Push]:
    """Whole, or not at all: a database that is away raises, and the reader tries again."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        symbol = rest(topic)
        detections = await queries.recent(connection, shape, LIST_ENTRIES, (symbol,) if symbol else None)

    def draw(view: View) -> str:
        return partials.feed(list_id(topic), [partials.detection(each, view) for each in board.with_expiry(detections)])

    return [Push(topic, list_id(topic), "replace", draw)]


def _entry(detection: Detection) -> Iterator[Push]:
    for topic in _lists(detection.symbol):
        yield Push(topic, list_id(topic), "insert", partial(partials.detection, detection))
        yield Push(topic, list_id(topic), "trim", nothing, LIST_ENTRIES)


def _lists(symbol: str) -> tuple[Topic, ...]:
    return PATTERNS, patterns_topic(symbol)


def _detection(event: PatternEvent) -> Detection:
    return Detection(
        event.symbol, event.pattern, event.timeframe, event.confidence, event.direction, event.at, event.price
    )


def entry_id(detection: Detection) -> str:
    """The id of its entry in every list."""
    return dom_id("pattern", detection.symbol, detection.pattern, detection.timeframe, str(int(detection.at)))


def list_id(topic: str) -> str:
    """The id of the list that shows the topic."""
    symbol = rest(topic)
    return symbol_list_id(symbol) if symbol else FEED


def symbol_list_id(symbol: str) -> str:
    """The id of the list on a symbol's page."""
    return dom_id("feed", symbol)

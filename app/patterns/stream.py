"""Topics of detected patterns, and the pushes of their events to the lists that show them."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from app.db.pools import Pools
from app.finance.detections import TIERS, Tier, tier
from app.finance.symbols import is_symbol
from app.identity import View
from app.live.topics import Topic, TopicFamily, name, rest
from app.patterns import partials, queries
from app.patterns.board import PatternBoard
from app.patterns.queries import Detection, DetectionFilter
from app.push import LIST_ENTRIES, Push, nothing
from app.web.filters import dom_id
from app.wire.events.event import PatternDetected, PatternEvent, PatternExpired, PatternUpdated

PATTERNS = Topic("patterns")
FLOW = "flow"
"""The topics of the flow board, one for each tier."""
ENTRIES = "detections"
FEED = "feed"
FLOW_ENTRIES = 25
"""Entries of a column of the flow board."""


class DetectionList(NamedTuple):
    """A list that grows by pushes; `entries`: the most that it keeps."""

    topic: Topic
    key: str
    entries: int
    filters: DetectionFilter


def topics(board: PatternBoard, pools: Pools) -> tuple[TopicFamily, ...]:
    draw = partial(snapshot, pools=pools, board=board)
    return (
        TopicFamily(PATTERNS, "log", draw, whole=True, accepts=is_symbol, entries=ENTRIES),
        TopicFamily(FLOW, "log", draw, accepts=TIERS.__contains__, entries=ENTRIES),
    )


def patterns_topic(symbol: str) -> Topic:
    """Detections of one symbol alone."""
    return Topic(f"{PATTERNS}:{symbol}")


def feed() -> DetectionList:
    """Detections of all symbols."""
    return DetectionList(PATTERNS, FEED, LIST_ENTRIES, DetectionFilter())


def symbol_feed(symbol: str) -> DetectionList:
    filters = DetectionFilter(symbols=(symbol,))
    return DetectionList(patterns_topic(symbol), dom_id("feed", symbol), LIST_ENTRIES, filters)


def column(tier: Tier) -> DetectionList:
    """A column of the flow board."""
    return DetectionList(Topic(f"{FLOW}:{tier}"), dom_id("flow", tier), FLOW_ENTRIES, DetectionFilter(tier=tier))


def on_detected(event: PatternDetected, board: PatternBoard) -> Iterator[Push]:
    detection = _detection(event)
    board.add(detection)
    yield from _entry(detection, event)
    yield _newest(event.symbol, detection)


def on_updated(event: PatternUpdated, board: PatternBoard) -> Iterator[Push]:
    """In place of the entry that it corrects, or as a new one where that is not shown."""
    detection = _detection(event)
    board.restore(detection)
    yield from _entry(detection, event)


def on_expired(event: PatternExpired, board: PatternBoard) -> Iterator[Push]:
    """The entry says so, where it is shown."""
    detection = board.expire(_detection(event))
    for each in _lists(event):
        yield Push(each.topic, entry_id(detection), "replace", partial(partials.detection, detection))


async def recent(detections: DetectionList, pools: Pools, board: PatternBoard) -> list[Detection]:
    """What is stored of a list. Raises Unavailable."""
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        newest = await queries.recent(connection, shape, detections.entries, detections.filters)
    return board.with_expiry(newest)


async def snapshot(topic: str, pools: Pools, board: PatternBoard) -> list[Push]:
    """Whole, or not at all: a database that is away raises, and the reader tries again."""
    own = _list(topic)
    detections = await recent(own, pools, board)

    def draw(view: View) -> str:
        return partials.feed(own.key, [partials.detection(each, view) for each in board.with_expiry(detections)])

    whole = Push(topic, own.key, "replace", draw)
    symbol = rest(topic) if name(topic) == PATTERNS else ""
    return [whole, _newest(symbol, next(iter(detections), None))] if symbol else [whole]


def _newest(symbol: str, detection: Detection | None) -> Push:
    """The line on the page of the symbol."""
    topic, key = patterns_topic(symbol), dom_id("newest", symbol)
    return Push(topic, key, "replace", partial(partials.newest, symbol, detection))


def _entry(detection: Detection, event: PatternEvent) -> Iterator[Push]:
    for each in _lists(event):
        yield Push(each.topic, each.key, "insert", partial(partials.detection, detection))
        yield Push(each.topic, each.key, "trim", nothing, each.entries)


def _lists(event: PatternEvent) -> tuple[DetectionList, ...]:
    declared = next((each for each in TIERS if each == event.tier), None)
    return feed(), symbol_feed(event.symbol), column(declared or tier(event.timeframe))


def _list(topic: str) -> DetectionList:
    """The list that shows the topic."""
    behind = rest(topic)
    tiers = (each for each in TIERS if name(topic) == FLOW and each == behind)
    return next(map(column, tiers), symbol_feed(behind) if behind else feed())


def _detection(event: PatternEvent) -> Detection:
    return Detection(
        event.symbol, event.pattern, event.timeframe, event.confidence, event.direction, event.at, event.price
    )


def entry_id(detection: Detection) -> str:
    """The id of its entry in every list."""
    return dom_id("pattern", detection.symbol, detection.pattern, detection.timeframe, str(int(detection.at)))

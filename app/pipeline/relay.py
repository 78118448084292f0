"""Which event goes to which feature, and which topic is drawn by whom. What is not here reaches no browser."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from app import db, wire
from app.db.pools import Pools
from app.deps import SnapshotFailed
from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.indicators import stream as indicators
from app.indicators.board import IndicatorBoard
from app.live import topics
from app.live.hub import Hub
from app.market import stream as market
from app.market.board import MarketBoard
from app.patterns import stream as patterns
from app.patterns.board import PatternBoard
from app.push import Push
from app.quotes import stream as quotes
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import ChartCache
from app.wire.events.event import (
    AnyEvent,
    IndicatorCalculated,
    PatternDetected,
    PatternExpired,
    PatternUpdated,
    ProcessingChanged,
    ProcessingProgressed,
    RunChanged,
    RunProgressed,
    Tick,
)

logger = logging.getLogger(__name__)

Reaction = Callable[[Any], Iterable[Push]]
Snapshot = Callable[[str, Pools], Awaitable[Iterable[Push]]]


class Boards(NamedTuple):
    """The newest of everything that this process has heard."""

    quotes: QuoteBoard
    charts: ChartCache
    market: MarketBoard
    indicators: IndicatorBoard
    patterns: PatternBoard


class Relay:
    def __init__(self, boards: Boards, hub: Hub) -> None:
        self._ticked = partial(
            quotes.on_ticks, board=boards.quotes, charts=boards.charts, has_subscribers=hub.has_subscribers
        )
        processed = partial(market.on_processing, board=boards.market)
        self._reactions: Mapping[type, tuple[Reaction, ...]] = {
            Tick: (lambda tick: self._ticked((tick,)),),
            PatternDetected: (partial(patterns.on_detected, board=boards.patterns),),
            PatternUpdated: (partial(patterns.on_updated, board=boards.patterns),),
            PatternExpired: (partial(patterns.on_expired, board=boards.patterns),),
            IndicatorCalculated: (partial(indicators.on_calculated, board=boards.indicators),),
            ProcessingChanged: (processed,),
            ProcessingProgressed: (processed,),
            RunChanged: (processed,),
            RunProgressed: (processed,),
            HealthSnapshot: (
                partial(market.on_health, board=boards.market),
                partial(quotes.on_health, board=boards.quotes),
            ),
            MarketClock: (partial(market.on_clock, board=boards.market),),
        }
        drawn_quotes = partial(quotes.snapshot, board=boards.quotes, charts=boards.charts)
        self._snapshots: Mapping[str, tuple[Snapshot, ...]] = {
            "quotes": (drawn_quotes,),
            "symbol": (drawn_quotes, partial(indicators.snapshot, board=boards.indicators)),
            "chart": (drawn_quotes,),
            "patterns": (partial(patterns.snapshot, board=boards.patterns),),
            "status": (partial(market.snapshot, board=boards.market),),
        }
        self._hub = hub
        self.failed = 0
        """Events that a feature could not take, and snapshots that it could not draw."""

    def publish(self, event: AnyEvent | HealthSnapshot | MarketClock, id: str | None = None) -> None:  # noqa: A002
        """`id`: the event's place in the log, where it has one."""
        for push in self.pushes(event):
            self._hub.publish(push, id)
        if id:
            self._hub.complete_entry(id)

    def publish_ticks(self, ticks: Sequence[Tick]) -> None:
        """Those of one moment, in their order: a symbol that has several changes the screen once."""
        try:
            pushes = list(self._ticked(ticks))
        except Exception:
            self._fail("%d ticks not taken", len(ticks))
            return
        for push in pushes:
            self._hub.publish(push)

    def pushes(self, event: AnyEvent | HealthSnapshot | MarketClock) -> list[Push]:
        try:
            return [push for react in self._reactions.get(type(event), ()) for push in react(event)]
        except Exception:
            self._fail("event not taken: %s", type(event).__name__)
            return []

    def missed(self, count: int | None, topic: str) -> list[Push]:
        """Tells readers of a log topic that entries passed them by."""
        return [market.notice(count, topic)]

    def gap(self, topic: str) -> list[Push]:
        """Tells them that entries may have."""
        return [market.gap(topic)]

    async def snapshot(self, topic: str, pools: Pools) -> list[Push]:
        """The topic as it is now. Raises Unavailable where that cannot be known, SnapshotFailed for all else."""
        about = topics.name(topic)
        try:
            return [push for draw in self._snapshots[about] for push in await draw(topic, pools)]
        except (db.Unavailable, wire.RedisUnavailable):
            raise
        except Exception as error:
            self._fail("snapshot not drawn: %s", about)
            raise SnapshotFailed(about) from error

    def _fail(self, words: str, *values: object) -> None:
        self.failed += 1
        # One line per power of two: what fails for one tick fails for every tick.
        if self.failed & (self.failed - 1) == 0:
            logger.exception(words, *values)

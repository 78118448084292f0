"""Stores rows of the engine, and publishes their events once they are stored.

Rows and events are stored and published in slices, in order, and never dropped: callers wait while the queue is full.
Of an indicator's waiting values the newest counts.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

from app import wire
from app.db.pools import Pool
from app.engine.analysis.breadth import MarketConditions
from app.engine.analysis.indicator_values import IndicatorValues
from app.engine.analysis.outcomes import PatternOutcome
from app.engine.storage.batch import StorageBatch
from app.engine.storage.gaps import FeedGap
from app.engine.storage.write_slice import Slice
from app.engine.storage.writer import AWAY, Writer
from app.finance.bars import Bar
from app.rules.latest_row import LatestRow
from app.wire.backoff import Backoff
from app.wire.events.event import AnyEvent, IndicatorCalculated, PatternDetected
from app.wire.pubsub.publisher import Publisher
from app.wire.ticks.reader import Checkpoint

logger = logging.getLogger(__name__)

T = TypeVar("T")

SETTLE_SECONDS = 0.005
"""Rows that come within that time are stored together."""
SLICE = 2_000
"""Rows and events of one transaction."""
MOST_FACTS = 50_000
"""Waiting rows and events; with more of them no ticks are read."""
MOST_VALUES = 500_000
"""Waiting indicator values, likewise: the newest of 20,000 symbols fit."""
AT_ONCE = 500
"""Events of one publication."""
VALUES_WAIT_SECONDS = 3.0
"""Indicator values wait so long to be stored while rows do, or while other values are to be published."""


class Store:
    def __init__(self, pool: Pool, publisher: Publisher) -> None:
        self._writer = Writer(pool)
        self._publisher = publisher
        self._slices: deque[Slice] = deque()
        """To be stored."""
        self._unpublished: deque[Slice] = deque()
        """To be published."""
        self._values = IndicatorValues()
        self._values_stored_at = 0.0
        self._expired_until: float | None = None
        """To be stored once the expiry events are published."""
        self.checkpoint: Checkpoint | None = None
        """The newest checkpoint before which all is stored and published."""
        self._forget_before: float | None = None
        self._work = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()
        self._full_since = 0.0
        self._flushing = False
        self.behind = False
        """Whether the database or Redis is unavailable."""

    @property
    def bars(self) -> int:
        return self._writer.bars

    @property
    def patterns(self) -> int:
        return self._writer.patterns

    @property
    def indicators(self) -> int:
        return self._writer.indicators

    @property
    def dropped(self) -> int:
        """Rows that the database rejected."""
        return self._writer.rejected_rows

    @property
    def waiting(self) -> int:
        """Rows and events to be stored or published."""
        return self._fact_count + len(self._values)

    @property
    def oldest(self) -> float:
        """Seconds that the oldest row has waited."""
        first = next((each for each in (*self._unpublished, *self._slices) if len(each.batch)), None)
        return time.monotonic() - first.batch.began_at if first else 0.0

    @property
    def slow_part(self) -> str:
        """What the oldest row waits for."""
        return "publish" if self._unpublished else "store"

    @property
    def full(self) -> bool:
        """Whether callers should wait before they offer more."""
        return not self._space.is_set()

    @property
    def full_seconds(self) -> float:
        return time.monotonic() - self._full_since if self.full else 0.0

    @property
    def quiet(self) -> bool:
        """Whether everything that was offered is stored and published."""
        return not self._flushing and not self.waiting

    async def wait_for_space(self) -> None:
        """Returns at once unless `full`."""
        await self._space.wait()

    async def wait_stored(self) -> None:
        """Returns when every row and event offered so far is stored and published."""
        last = self._slices[-1] if self._slices else self._unpublished[-1] if self._unpublished else None
        if last:
            last.closed = True
            await last.done.wait()

    def offer(
        self,
        bars: Iterable[Bar] = (),
        patterns: Iterable[PatternDetected] = (),
        indicators: Iterable[IndicatorCalculated] = (),
        stored_only: Iterable[IndicatorCalculated] = (),
        outcomes: Iterable[PatternOutcome] = (),
        events: Iterable[AnyEvent] = (),
        latest: Iterable[LatestRow] = (),
    ) -> None:
        """Queues rows to be stored and their events to be published; never waits. `stored_only`: values that are not
        published."""
        for some_bars in _portions(bars):
            self._open_slice().batch.add_bars(some_bars)
        for some_rows in _portions(latest):
            self._open_slice().batch.add_latest(some_rows)
        for some_patterns in _portions(patterns):
            self._open_slice().batch.add_patterns(some_patterns)
        for some_outcomes in _portions(outcomes):
            self._open_slice().batch.add_outcomes(some_outcomes)
        for some_events in _portions(events):
            self._open_slice().batch.events.extend(some_events)
        self._values.add(indicators, publish=True)
        self._values.add(stored_only, publish=False)
        self._changed()

    def add_conditions(self, conditions: MarketConditions) -> None:
        self._open_slice().batch.conditions[conditions.at] = conditions
        self._changed()

    def add_gap(self, gap: FeedGap) -> None:
        self._open_slice().batch.gaps[gap.reason, gap.began] = gap
        self._changed()

    def set_expired_until(self, at: float) -> None:
        """Marks patterns that expired until then as published, once everything offered is."""
        self._open_slice().expired_until = at
        self._changed()

    def set_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Saves the checkpoint once everything offered is stored and published."""
        self._open_slice().checkpoint = checkpoint
        self._changed()

    def forget_before(self, at: float) -> None:
        """Deletes values of minutes that expired before this market time."""
        self._forget_before = at
        self._changed()

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            await self._work.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            if await self.flush():
                backoff.succeeded()
            else:
                await backoff.wait()

    async def flush(self) -> bool:
        """Whether everything is stored and published."""
        self._work.clear()
        self._flushing = True
        try:
            while self.waiting or self._slices or self._expired_until is not None or self._forget_before is not None:
                if not await self._step():
                    self._work.set()
                    return False
                self._update_space()
            return True
        finally:
            self._flushing = False

    async def _step(self) -> bool:
        """One bounded step of each kind of work. False where the database or Redis is unavailable."""
        try:
            await self._store_slice()
            await self._publish()
            await self._store_mark()
            if self._may_store_values():
                await self._store_values()
            if not self.waiting:
                await self._forget()
        except AWAY as error:
            logger.warning("database away, %d rows and events wait: %s", self.waiting, error)
        except wire.RedisUnavailable as error:
            logger.warning("redis away, %d rows and events wait: %s", self.waiting, error)
        else:
            self.behind = False
            return True
        self.behind = True
        return False

    async def _store_slice(self) -> None:
        if self._slices:
            first = self._slices[0]
            first.closed = True
            first.events.extend(await self._writer.write(first.batch))
            self._unpublished.append(self._slices.popleft())

    async def _publish(self) -> None:
        """Events of stored rows, then the newest values of some indicators."""
        while self._unpublished:
            first = self._unpublished[0]
            while first.events:
                some = list(islice(first.events, AT_ONCE))
                await self._publisher.publish_all(some)
                for _ in some:
                    first.events.popleft()
            if first.expired_until is not None:
                self._expired_until = first.expired_until
            self.checkpoint = first.checkpoint or self.checkpoint
            self._unpublished.popleft()
            first.done.set()
        for _ in range(SLICE // AT_ONCE):
            values = self._values.to_publish(AT_ONCE)
            if values:
                await self._publisher.publish_all(values)
                self._values.mark_published(values)

    async def _store_mark(self) -> None:
        mark = self._expired_until
        if mark is not None:
            await self._writer.mark_expired(mark)
            self._expired_until = None

    def _may_store_values(self) -> bool:
        """Rows and publications go first."""
        others = self._slices or self._values.unpublished
        return not others or time.monotonic() - self._values_stored_at > VALUES_WAIT_SECONDS

    async def _store_values(self) -> None:
        values = self._values.to_store(SLICE)
        if values:
            batch = StorageBatch()
            batch.add_indicators(values)
            await self._writer.write(batch)
            self._values.mark_stored(values)
        self._values_stored_at = time.monotonic()

    async def _forget(self) -> None:
        before = self._forget_before
        if before is not None and not await self._writer.forget(before):
            self._forget_before = None

    def _open_slice(self) -> Slice:
        if not self._slices or self._slices[-1].closed or len(self._slices[-1].batch) >= SLICE:
            self._slices.append(Slice())
        return self._slices[-1]

    @property
    def _fact_count(self) -> int:
        return sum(len(each.batch) for each in self._slices) + sum(len(each.events) for each in self._unpublished)

    def _changed(self) -> None:
        self._work.set()
        self._update_space()

    def _update_space(self) -> None:
        full = self._fact_count > MOST_FACTS or len(self._values) > MOST_VALUES
        if full and not self.full:
            self._full_since = time.monotonic()
            self._space.clear()
        elif not full:
            self._space.set()


def _portions(things: Iterable[T]) -> Iterable[Sequence[T]]:
    left = iter(things)
    while portion := list(islice(left, SLICE)):
        yield portion

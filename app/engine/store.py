"""Stores what the engine found, and publishes it when it is stored: who reads after hearing of it, finds it."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable
from itertools import islice

from app import db, wire
from app.db.pools import Pool
from app.engine.batch import Batch
from app.engine.breadth import Conditions
from app.engine.gaps import Gap
from app.engine.keeping import queries as keeping
from app.engine.outcomes import Outcome
from app.finance.bars import Bar
from app.wire.backoff import Backoff
from app.wire.events import AnyEvent, IndicatorCalculated, PatternDetected
from app.wire.publish import Publisher

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 0.005
"""What comes within a moment is stored together."""
MOST_UNPUBLISHED = 50_000
AT_ONCE = 500
"""Events that are published in one go."""


class Store:
    def __init__(self, pool: Pool, publisher: Publisher) -> None:
        self._pool = pool
        self._publisher = publisher
        self._waiting = Batch()
        self._something = asyncio.Event()
        self._unpublished: deque[AnyEvent] = deque(maxlen=MOST_UNPUBLISHED)
        self._symbols: set[str] = set()
        self._tables: Collection[str] = ()
        self._forget_before: float | None = None
        self.dropped = 0
        """What had to go because the database or Redis was away for too long."""
        self._flushing = False
        self.behind = False
        """Whether something waits longer than it should."""
        self.patterns = 0
        self.indicators = 0
        self.bars = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting) + len(self._unpublished)

    @property
    def quiet(self) -> bool:
        """Everything that was offered is stored, what is on its way included."""
        return not self._flushing and not self.waiting

    def offer(
        self,
        bars: Iterable[Bar] = (),
        patterns: Iterable[PatternDetected] = (),
        told: Iterable[IndicatorCalculated] = (),
        untold: Iterable[IndicatorCalculated] = (),
        outcomes: Iterable[Outcome] = (),
        events: Iterable[AnyEvent] = (),
    ) -> None:
        """Soon stored, then published; never waits. Of the indicators the `untold` ones are stored alone."""
        self._waiting.add_bars(bars)
        self._waiting.add_patterns(patterns)
        self._waiting.add_indicators(told, tell=True)
        self._waiting.add_indicators(untold, tell=False)
        self._waiting.add_outcomes(outcomes)
        self._waiting.events.extend(events)
        self._something.set()

    def note(self, found: Conditions) -> None:
        self._waiting.conditions[found.at] = found
        self._something.set()

    def miss(self, gap: Gap) -> None:
        self._waiting.gaps[gap.reason, gap.began] = gap
        self._something.set()

    def expired_until(self, at: float) -> None:
        """That no pattern is to be told of again that expired until then."""
        self._waiting.expired_until = at
        self._something.set()

    def forget_before(self, at: float) -> None:
        """Values of minutes that expired before this market time may go."""
        self._forget_before = at

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            await self._something.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self.behind = not await self.flush()
            if self.behind:
                await backoff.wait()
            else:
                backoff.succeeded()

    async def flush(self) -> bool:
        """Whether everything is stored and published."""
        self._flushing = True
        try:
            return await self._flush()
        finally:
            self._flushing = False

    async def _flush(self) -> bool:
        batch, self._waiting = self._waiting, Batch()
        self._something.clear()
        last = batch.take_last()
        if not await self._stored(batch):
            self._put_back(last)
            return False
        self._unpublished.extend(batch.events)
        self._unpublished.extend(batch.told.values())
        published = await self._publish()
        if not published and self._waiting.expired_until is None:
            self._waiting.expired_until = last.expired_until
        if not published:
            last.expired_until = None
        return await self._stored(last) and published

    async def _stored(self, batch: Batch) -> bool:
        try:
            await self._keep(batch)
        except asyncio.CancelledError:
            self._put_back(batch)
            raise
        except db.Unavailable as error:
            self._put_back(batch)
            logger.warning("database away, %d things wait to be stored: %s", len(batch), error)
            return False
        except Exception:
            # What the database refuses once it refuses always: nothing else may wait behind it.
            self.dropped += len(batch)
            self._forget_before = None
            logger.exception("%d things could not be stored", len(batch))
            batch.events.clear()
            batch.told.clear()
        return True

    def _put_back(self, batch: Batch) -> None:
        self.dropped += batch.put_before(self._waiting)
        self._waiting = batch
        self._something.set()

    async def _keep(self, batch: Batch) -> None:
        if not len(batch) and self._forget_before is None:
            return
        new = {bar.symbol for bar in batch.bars.values()} - self._symbols
        forget = self._forget_before
        async with self._pool.acquire() as connection:
            if not self._tables:
                self._tables = await keeping.tables(connection)
            async with connection.transaction():
                await keeping.keep(connection, batch, new, self._tables)
                if forget is not None:
                    await keeping.forget(connection, forget, self._tables)
        self._forget_before = None
        self._symbols |= new
        self.bars += len(batch.bars)
        self.patterns += len(batch.patterns)
        self.indicators += len(batch.indicators)

    async def _publish(self) -> bool:
        while self._unpublished:
            some = list(islice(self._unpublished, AT_ONCE))
            try:
                await self._publisher.publish_all(some)
            except wire.Unavailable as error:
                logger.warning("redis away, %d events wait to be published: %s", len(self._unpublished), error)
                self._something.set()
                return False
            for _ in some:
                self._unpublished.popleft()
        return True

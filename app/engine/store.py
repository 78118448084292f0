"""Stores what the engine found, and publishes it when it is stored: who reads after hearing of it, finds it."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable

from app import db, wire
from app.db.pools import Pool
from app.engine import queries
from app.engine.analysis import NOTHING, Analysis
from app.engine.batch import Batch
from app.finance.bars import Bar
from app.wire.backoff import Backoff
from app.wire.events import AnyEvent
from app.wire.publish import Publisher

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 0.4
MOST_UNPUBLISHED = 5_000


class Store:
    def __init__(self, pool: Pool, publisher: Publisher) -> None:
        self._pool = pool
        self._publisher = publisher
        self._waiting = Batch()
        self._unpublished: deque[AnyEvent] = deque(maxlen=MOST_UNPUBLISHED)
        self._symbols: set[str] = set()
        self._forget_before: float | None = None
        self.dropped = 0
        """What had to go because the database or Redis was away for too long."""
        self.behind = False
        """Whether something waits longer than it should."""
        self.patterns = 0
        self.bars = 0

    def offer(self, bars: Iterable[Bar], analysis: Analysis = NOTHING, events: Iterable[AnyEvent] = ()) -> None:
        """Soon stored, then published; never waits."""
        self._waiting.add(bars, analysis, events)

    def forget_before(self, at: float) -> None:
        """Values of minutes that expired before this market time may go."""
        self._forget_before = at

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.behind = not await self.flush()
            if self.behind:
                await backoff.wait()
            else:
                backoff.succeeded()

    async def flush(self) -> bool:
        """Whether everything is stored and published."""
        batch, self._waiting = self._waiting, Batch()
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
            logger.exception("%d things could not be stored", len(batch))
            return True
        self.dropped += max(0, len(self._unpublished) + len(batch.events) - MOST_UNPUBLISHED)
        self._unpublished.extend(batch.events)
        return await self._publish()

    def _put_back(self, batch: Batch) -> None:
        self.dropped += batch.put_before(self._waiting)
        self._waiting = batch

    async def _keep(self, batch: Batch) -> None:
        if not len(batch) and self._forget_before is None:
            return
        new = {bar.symbol for bar in batch.bars.values()} - self._symbols
        forget = self._forget_before
        async with self._pool.acquire() as connection, connection.transaction():
            await queries.put_symbols(connection, new)
            await queries.put_bars(connection, batch.bars.values())
            await queries.put_patterns(connection, batch.patterns.values())
            await queries.put_indicators(connection, batch.indicators.values())
            if forget is not None:
                await queries.forget_indicators(connection, forget)
        self._forget_before = None
        self._symbols |= new
        self.bars += len(batch.bars)
        self.patterns += len(batch.patterns)

    async def _publish(self) -> bool:
        while self._unpublished:
            try:
                await self._publisher.publish(self._unpublished[0])
            except wire.Unavailable as error:
                logger.warning("redis away, %d events wait to be published: %s", len(self._unpublished), error)
                return False
            self._unpublished.popleft()
        return True

"""After a session: the day is closed as soon as its bars are stored, and looked at again until six in the evening."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime, time

from app import db, wire
from app.db.pools import Pool
from app.engine.closing import Closed
from app.engine.closing.close import DayClose
from app.engine.store import Store
from app.finance.clock import MarketClock
from app.finance.sessions import NEW_YORK
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

BY = time(18, 0)
"""In New York, when enough must be there."""
AGAIN_SECONDS = 60.0
SETTLE_SECONDS = 0.1
STORED_SECONDS = 30.0
MOST_WAITING = 8


class Evening:
    def __init__(self, pool: Pool, store: Store, clock: Callable[[], Awaitable[MarketClock | None]]) -> None:
        self._pool = pool
        self._store = store
        self._clock = clock
        self._ended: asyncio.Queue[date] = asyncio.Queue(MOST_WAITING)
        self.failed = 0

    def ended(self, day: date) -> None:
        if self._ended.full():  # a replay that runs away: the newest day counts
            self._ended.get_nowait()
        self._ended.put_nowait(day)

    async def run(self) -> None:
        while True:
            day = await self._ended.get()
            close = DayClose(self._pool, lambda event: self._store.offer(events=[event]), day)
            try:
                await self._closed(close, day)
            except Exception as error:
                self.failed += 1
                logger.exception("the end of %s went wrong", day)
                with suppress(db.Unavailable):
                    await close.fail(type(error).__name__)

    async def _closed(self, close: DayClose, day: date) -> None:
        """A database that is away is waited for."""
        backoff = Backoff()
        while True:
            try:
                return await self._close(close, day)
            except db.Unavailable as error:
                logger.warning("database away, the end of %s waits: %s", day, error)
                await backoff.wait()

    async def _close(self, close: DayClose, day: date) -> None:
        await self._stored()
        await close.begin()
        closed = await close.look()
        while closed.incomplete and not await self._over(day):
            await self._pause()
            closed = await close.look()
        await close.end(closed)
        _log(closed)

    async def _stored(self) -> None:
        """The day's own bars are on their way while it ends."""
        for _ in range(int(STORED_SECONDS / SETTLE_SECONDS)):
            if not self._store.waiting:
                return
            await asyncio.sleep(SETTLE_SECONDS)
        logger.warning("not all of the day is stored yet")

    async def _pause(self) -> None:
        """No longer than until the next day is to be closed."""
        for _ in range(int(AGAIN_SECONDS)):
            if not self._ended.empty():
                return
            await asyncio.sleep(1)

    async def _over(self, day: date) -> bool:
        """By the market's clock it is six, or another day; a feed that plays what is past waits for nothing."""
        if not self._ended.empty():
            return True
        try:
            told = await self._clock()
        except wire.Unavailable:
            return False
        if told is None or told.state == "ended" or told.speed != 1 or told.session != day.isoformat():
            return True
        now = told.market_time if told.state == "open" else datetime.now(NEW_YORK).timestamp()
        return now >= datetime.combine(day, BY, NEW_YORK).timestamp()


def _log(closed: Closed) -> None:
    if closed.incomplete:
        logger.warning("%s is not complete: %s", closed.day, closed.words)
    else:
        logger.info("%s is complete", closed.day)

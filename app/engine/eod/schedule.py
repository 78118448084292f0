"""Starts the end-of-day processing after a session, and repeats it until the day is complete or 18:00 New York."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime
from datetime import time as clock_time
from typing import NamedTuple

from app import db, wire
from app.db.pools import Pool
from app.engine.eod import queries
from app.engine.eod.day_close import DayClose, Publish
from app.engine.eod.result import ClosedDay
from app.finance import calendar
from app.finance.clock import MarketClock
from app.finance.sessions import NEW_YORK
from app.wire.backoff import Backoff
from app.wire.state.day_results import DayResult

logger = logging.getLogger(__name__)

DEADLINE = clock_time(18, 0)
"""In New York."""
RETRY_SECONDS = 60
STORED_SECONDS = 30.0
ANNOUNCE_SECONDS = 600.0
MOST_WAITING = 8


async def forget_nothing(_day: date, _enough: Callable[[], bool]) -> None:
    pass


class ScheduleHooks(NamedTuple):
    """`wait_stored` returns when all bars that are closed by now are stored. `now` and `sleep` are wall time."""

    publish: Publish
    wait_stored: Callable[[], Awaitable[None]]
    clock: Callable[[], Awaitable[MarketClock | None]]
    announce: Callable[[DayResult], Awaitable[None]]
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    forget: Callable[[date, Callable[[], bool]], Awaitable[object]] = forget_nothing
    """Deletes old detections until the second argument is true. Raises db.Unavailable."""


class DayCloseSchedule:
    def __init__(self, pool: Pool, hooks: ScheduleHooks) -> None:
        self._pool = pool
        self._hooks = hooks
        # Of a fast replay the newest days count.
        self._due: deque[date] = deque(maxlen=MOST_WAITING)
        self._more = asyncio.Event()
        self.failed = 0

    def add(self, day: date) -> None:
        """Days without a session, on which coins and currencies trade, have no close."""
        if calendar.is_session(day) and day not in self._due:
            self._due.append(day)
            self._more.set()

    async def run(self) -> None:
        await self._restore()
        while True:
            while self._due:
                await self._close_day(self._due.popleft())
            self._more.clear()
            await self._more.wait()

    async def _restore(self) -> None:
        """Adds runs that an earlier process did not end."""
        backoff = Backoff()
        while True:
            try:
                async with self._pool.acquire() as connection:
                    left = await queries.unfinished(connection, MOST_WAITING)
            except db.Unavailable:
                await backoff.wait()
            else:
                break
        for run_id in left:
            logger.info("%s was cut off and is taken up again", run_id)
            with suppress(ValueError):
                self.add(date.fromisoformat(run_id.removeprefix("eod-")))

    async def _close_day(self, day: date) -> None:
        close = DayClose(self._pool, self._hooks.publish, day)
        try:
            result = close.result(await self._close_with_retries(close, day))
        except Exception as error:
            self.failed += 1
            logger.exception("the end of %s went wrong", day)
            with suppress(db.Unavailable):
                await close.fail(type(error).__name__)
            result = close.error_result(type(error).__name__)
        await self._announce(result)
        await self._forget(day)

    async def _forget(self, day: date) -> None:
        """What is left today is deleted tomorrow."""
        try:
            await self._hooks.forget(day, lambda: bool(self._due))
        except db.Unavailable as error:
            logger.warning("database away, old detections of %s stay for a day: %s", day, error)

    async def _close_with_retries(self, close: DayClose, day: date) -> ClosedDay:
        """Retries while the database is unavailable."""
        backoff = Backoff()
        while True:
            try:
                return await self._close(close, day)
            except db.Unavailable as error:
                logger.warning("database away, the end of %s waits: %s", day, error)
                await backoff.wait()

    async def _close(self, close: DayClose, day: date) -> ClosedDay:
        await close.begin()
        closed = await self._complete(close, day)
        while closed.incomplete and not await self._is_past_deadline(day):
            await self._pause()
            closed = await self._complete(close, day)
        await close.end(closed)
        _log(closed)
        return closed

    async def _complete(self, close: DayClose, day: date) -> ClosedDay:
        """Once all bars are stored; again if the day ended once more meanwhile."""
        while True:
            await self._wait_stored()
            if day not in self._due:
                return await close.complete()
            self._due.remove(day)

    async def _wait_stored(self) -> None:
        """Waits for unstored bars: without them the day would have to be closed again."""
        storing = asyncio.ensure_future(self._hooks.wait_stored())
        try:
            while not (await asyncio.wait({storing}, timeout=STORED_SECONDS))[0]:
                logger.warning("not all of the day is stored yet")
            await storing
        finally:
            storing.cancel()

    async def _pause(self) -> None:
        """Until the next try, or until another day is due."""
        for _ in range(RETRY_SECONDS):
            if self._due:
                return
            await self._hooks.sleep(1.0)

    async def _is_past_deadline(self, day: date) -> bool:
        """Whether it is 18:00 or another day by the market clock or the wall clock. A replay never waits."""
        if any(other != day for other in self._due):
            return True
        wall, six = self._hooks.now(), datetime.combine(day, DEADLINE, NEW_YORK).timestamp()
        if wall >= six:
            return True
        try:
            clock = await self._hooks.clock()
        except wire.RedisUnavailable:
            return False
        if clock is None:
            return False
        return clock.state == "ended" or clock.speed != 1 or clock.session != day.isoformat() or clock.now(wall) >= six

    async def _announce(self, result: DayResult) -> None:
        """Waits for Redis for ANNOUNCE_SECONDS, or until another day is due."""
        backoff, until = Backoff(), self._hooks.now() + ANNOUNCE_SECONDS
        while True:
            try:
                return await self._hooks.announce(result)
            except wire.RedisUnavailable as error:
                if self._due or self._hooks.now() > until:
                    return logger.warning(
                        "redis away, so the result of %s is not published: %s", result.target_date, error
                    )
                await backoff.wait()


def _log(closed: ClosedDay) -> None:
    if closed.incomplete:
        logger.warning("%s is not complete: %s", closed.day, closed.summary)
    else:
        logger.info("%s is complete", closed.day)

"""Reads ticks from the Redis stream of our own feed, and resumes where an earlier process stopped."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from app import wire
from app.engine.bars.minute_marks import MinuteMarks
from app.engine.bars.tick_intake import TickIntake
from app.finance.bars import DAY
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.wire.backoff import Backoff
from app.wire.client import connect
from app.wire.codec.codec import decode_ticks
from app.wire.events.event import Tick
from app.wire.pubsub.connection import heed_cancellation
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset, ReadForbidden, TickEntry, TickReader

logger = logging.getLogger(__name__)

CATCH_UP_SECONDS = 0.5
MOST_UNREAD = 10_000
"""More than an hour of observations."""

LIVE_SECONDS = 3600.0
"""Most seconds between wall and market time of a live feed: some are delayed by 15 minutes."""


def is_live(wall: float, at: float) -> bool:
    """Whether a tick of market time `at` is from a live feed."""
    return abs(wall - at) <= LIVE_SECONDS


class StreamIntake:
    def __init__(self, redis_url: str, tick_intake: TickIntake) -> None:
        """Reads nothing while `tick_intake` is full."""
        self._client = connect(redis_url)
        self._reader = TickReader(self._client)
        self._tick_intake = tick_intake
        self._marks = MinuteMarks()
        self._id, self._number = BEGINNING, 0
        """Of the last entry that was read."""
        self._backlog_end: int | None = None
        """Number of the newest entry at the start, until it is read."""
        self._backlog_before = math.inf
        """Ticks of the backlog from this market time on are not counted."""
        self._minute = 0.0
        self._ticks = 0
        self._entry_read = asyncio.Event()
        self.read_at = 0.0
        """Monotonic time of the last entry; 0 before the first."""
        self._unread: deque[tuple[int, float]] = deque(maxlen=MOST_UNREAD)
        """Numbers of unread entries, each with the monotonic time at which it was the newest."""
        self.failed = 0
        """Ticks whose handling failed."""
        self.access_denied = False
        """The ACL of Redis denies reading the stream."""

    @property
    def behind(self) -> float:
        """Seconds that the oldest unread entry has waited."""
        while self._unread and self._unread[0][0] <= self._number:
            self._unread.popleft()
        return time.monotonic() - self._unread[0][1] if self._unread else 0.0

    @property
    def caught_up(self) -> bool:
        """Whether entries from before this process are read."""
        return self._backlog_end is None

    async def resume(self, series: SeriesByTimeframe, before: float = math.inf) -> None:
        """Goes back to the checkpoint, and drops bars computed again from there. Raises wire.RedisUnavailable.

        `before`: of a feed that began again in the past; everything that is kept is read, without ticks from that
        market time on."""
        self._marks.begin()
        self._backlog_before = before
        try:
            if before < math.inf:
                self._backlog_end = await self._reader.newest_number() or None
            else:
                await self._resume(series)
        except ReadForbidden as error:
            self._stop_reading(error)

    async def _resume(self, series: SeriesByTimeframe) -> None:
        newest = await self._reader.newest_number()
        checkpoint = await self._reader.checkpoint()
        mark = await self._first_complete_mark(checkpoint, newest) if checkpoint else None
        if checkpoint and mark:
            self._continue_from(mark)
            self._tick_intake.resume(mark.minute, checkpoint.stored_until)
            series.forget_after(checkpoint.stored_until)
        elif checkpoint:
            # Entries after the checkpoint are trimmed: the first one that exists tells the gap.
            self._id, self._number = checkpoint.marks[-1].id, checkpoint.marks[-1].number
        if newest > self._number and not await self._reader.read(self._id, milliseconds=1, most=1):
            # No entry exists: the gap reaches to the newest quote.
            self._continue_from(
                MinuteOffset(self._tick_intake.record_gap("restart", self._tick_intake.quoted_at), self._id, newest)
            )
        self._backlog_end = newest if newest > self._number else None
        if self._backlog_end:
            logger.info("reading the ticks of %d entries again", newest - self._number)

    async def _first_complete_mark(self, checkpoint: Checkpoint, newest: int) -> MinuteOffset | None:
        """The oldest mark after which no entry is trimmed."""
        following = await self._reader.read(checkpoint.marks[0].id, milliseconds=1, most=1)
        before = following[0].number - 1 if following else newest
        return next((mark for mark in checkpoint.marks if before <= mark.number <= newest), None)

    def _continue_from(self, mark: MinuteOffset) -> None:
        self._id, self._number, self._minute = mark.id, mark.number, mark.minute
        self._marks.resume(mark, self._ticks)

    async def run(self) -> None:
        backoff = Backoff()
        while not self.access_denied:
            heed_cancellation()
            try:
                entries = await self._reader.read(self._id)
            except wire.RedisUnavailable:
                await backoff.wait()
                continue
            except ReadForbidden as error:
                self._stop_reading(error)
                return
            backoff.succeeded()
            for entry in entries:
                await self._tick_intake.wait_for_space()
                self._handle(entry)
                # Yields to the event loop: a long backlog is read in one go.
                await asyncio.sleep(0)

    async def is_up_to_date(self) -> bool:
        """Whether all entries of the stream are read, now or within CATCH_UP_SECONDS. Only then is a minute over by the
        clock."""
        if self.access_denied:
            return True
        with suppress(TimeoutError, ReadForbidden):
            newest = await self._reader.newest_number()
            self._unread.append((newest, time.monotonic()))
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while self._number < newest:
                    self._entry_read.clear()
                    await self._entry_read.wait()
            return True
        return False

    async def count(self) -> int:
        """Number of all entries ever written; 0 where access is denied. Raises wire.RedisUnavailable."""
        if not self.access_denied:
            try:
                return await self._reader.newest_number()
            except ReadForbidden as error:
                self._stop_reading(error)
        return 0

    def checkpoint(self) -> Checkpoint | None:
        """Where a restart must read once all closed bars are stored; None without closed bars."""
        return self._marks.checkpoint(self._tick_intake.closed_until) if self._tick_intake.closed_until else None

    async def put(self, checkpoint: Checkpoint) -> None:
        """Raises wire.RedisUnavailable."""
        await self._reader.put_checkpoint(checkpoint)

    async def close(self) -> None:
        await self._client.aclose()

    def _handle(self, entry: TickEntry) -> None:
        now = time.time()
        ticks = self._of_this_run(decode_ticks(entry.payload, now))
        if ticks and self._has_gap_before(entry, ticks):
            first = max(tick.at for tick in ticks)
            logger.warning("ticks are missing before entry %d: the last one read was %d", entry.number, self._number)
            minute = self._tick_intake.record_gap("redis" if self.read_at else "restart", first)
            self._continue_from(MinuteOffset(minute, self._id, entry.number - 1))
        for tick in ticks:
            try:
                self._tick_intake.handle(tick, now)
            except Exception:
                self.failed += 1
                logger.exception("tick of %s not counted", tick.symbol)
        self._mark_minute(len(ticks))
        self._id, self._number = entry.id, entry.number
        self.read_at = time.monotonic()
        if self._backlog_end is not None and self._number >= self._backlog_end:
            self._backlog_end, self._backlog_before = None, math.inf
            self._tick_intake.end_catch_up()
        self._entry_read.set()

    def _of_this_run(self, ticks: Sequence[Tick]) -> Sequence[Tick]:
        if self._backlog_end is None or self._backlog_before == math.inf:
            return ticks
        return [tick for tick in ticks if tick.at < self._backlog_before]

    def _has_gap_before(self, entry: TickEntry, ticks: Sequence[Tick]) -> bool:
        """Whether ticks are missing before the entry: trimmed ones, or those before a live feed's start within the
        minute."""
        if entry.number != self._number + 1:
            return True
        return entry.number == 1 and is_live(entry.written_at, ticks[0].at)

    def _mark_minute(self, count: int) -> None:
        """Marks the entry that follows the last one."""
        minute = self._tick_intake.newest_minute()
        # A minute of the day before is another run of the feed; one that is a little older is a late tick.
        if minute and not self._minute - DAY <= minute <= self._minute:
            mark = MinuteOffset(minute, self._id, self._number)
            if minute < self._minute:
                self._marks.resume(mark, self._ticks)
            else:
                self._marks.add(mark, self._ticks)
            self._minute = minute
        self._ticks += count

    def _stop_reading(self, error: ReadForbidden) -> None:
        self.access_denied = True
        self._backlog_end = None
        logger.warning("redis does not let us read kept ticks, so that a restart misses some: %s", error)

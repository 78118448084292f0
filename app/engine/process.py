"""The engine process, a working stand-in for TickStockPL: it knows Redis, the database and its settings."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from app import db, wire
from app.db import corporate_actions
from app.db.pools import Pool
from app.engine.analysis import retention
from app.engine.analysis.breadth import Groups
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import Close
from app.engine.bars.bar_series import Series
from app.engine.bars.channel_intake import ChannelIntake
from app.engine.bars.feed_state import Feed
from app.engine.bars.stream_intake import StreamIntake
from app.engine.bars.tick_intake import TickIntake
from app.engine.eod.day_close import Event
from app.engine.eod.schedule import Evening, Ways
from app.engine.jobs.loads import Office
from app.engine.jobs.processing import Processing
from app.engine.market_time import seconds_to_close
from app.engine.monitoring.heartbeat import Health, Pulse
from app.engine.monitoring.metrics import Counts, Figures
from app.engine.startup.history import Shipped
from app.engine.startup.start import Start, Unfit
from app.engine.storage import breadth as breadth_queries
from app.engine.storage import tables as keeping
from app.engine.storage.store import Store
from app.finance.clock import MarketClock
from app.settings.load import Settings
from app.wire.channels import JOBS_PROCESSING, Channels
from app.wire.client import connect
from app.wire.jobs.reporter import JobReporter
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state import day_results
from app.wire.state.day_results import DayResult
from app.wire.ticks.reader import Checkpoint

logger = logging.getLogger(__name__)

CONNECTIONS = 4
STATEMENT_MS = 10_000
LOOK_SECONDS = 0.5
SETTLE_SECONDS = 0.02
CONSIDER_SECONDS = 15.0
BEHIND_SECONDS = 5.0
"""A bar that has waited for so long to be analysed, stored or published makes the engine degraded."""
SLOW_SECONDS = 1.0
"""Behind by so much, the engine says which part is slow."""
GOODBYE_SECONDS = 1.0
CANCEL_SECONDS = 0.3


def main(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    database = settings.engine.database_url or settings.database.market_url or settings.database.url
    if settings.redis.url is None or database is None:
        raise SystemExit("engine: REDIS_URL and DATABASE_URL must be set")
    engine = Engine(settings, settings.redis.url.get_secret_value(), database.get_secret_value())
    try:
        asyncio.run(_until_told(engine, ready))
    except ExceptionGroup as group:
        unfit, others = group.split(Unfit)
        if unfit is None or others is not None:
            raise
        raise SystemExit(f"engine: {unfit.exceptions[0]}") from None


async def _until_told(engine: "Engine", ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await engine.run(ready, stop)


class Engine:
    def __init__(self, settings: Settings, redis_url: str, database_url: str) -> None:
        said = settings.engine
        channels = Channels(**settings.channels())
        self._client = connect(redis_url)
        self._feed = Feed(redis_url)
        self._pool = Pool(database_url, "engine", CONNECTIONS, acquire_seconds=5.0, statement_ms=STATEMENT_MS)
        publisher = Publisher(self._client, channels)
        self._series = Series()
        self._store = Store(self._pool, publisher)
        self._min_confidence = said.min_confidence
        self._close = Close(self._series, self._store, Thresholds(said.min_confidence), said.timeframes)
        self._tape = TickIntake(self._store, self._close)
        self._processing = Processing(self._pool, self._store, said.min_confidence)
        telling = JobReporter(self._client, publisher)
        self._office = Office(settings, redis_url, database_url, telling, self._processing.hear)
        forget = partial(retention.forget, self._pool, said.intraday_pattern_days)
        ways = Ways(self._tell, self._settled, self._feed.clock, self._announce, forget=forget)
        self._evening = Evening(self._pool, ways)
        shipped = Shipped(settings.replay.path, settings.replay.history_until)
        self._stream = StreamIntake(redis_url, self._tape)
        self._channel = ChannelIntake(redis_url, channels, self._stream, self._tape)
        self._start = Start(database_url, self._pool, self._feed, self._stream, shipped, said.min_confidence)
        self._subscriber = Subscriber(redis_url, {JOBS_PROCESSING: None}, self._hear)
        self._tasks: list[asyncio.Task[None]] = []
        self._started = False
        self._failed = 0
        self._checkpoint: Checkpoint | None = None
        self._considered_at = time.monotonic()
        figures = Figures(self._counts, self._close.stopwatch)
        self._pulse = Pulse(redis_url, channels, self._health, figures, said.beat_seconds)

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Until `stop` is set; what is found by then is stored. Of minutes that are not over nothing is:
        their ticks come again at the next start."""
        work = asyncio.create_task(self._work(ready))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        while not work.done():
            # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
            for task in (work, *self._tasks):
                task.cancel()
            await asyncio.wait({work}, timeout=CANCEL_SECONDS)
        await self._leave()
        if not work.cancelled():
            work.result()

    async def _work(self, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks.append(tasks.create_task(self._pulse.run()))
            await self._start.run(self._series, self._close, self._tape)
            self._started = True
            # What is there by now stays: the collector need not walk it at every minute's end.
            gc.freeze()
            long = (self._store.run(), self._processing.run(), self._subscriber.run(), self._watch(), self._turn())
            self._tasks.extend(tasks.create_task(running) for running in long)
            self._tasks.extend(tasks.create_task(intake.run()) for intake in (self._stream, self._channel))
            self._tasks.append(tasks.create_task(self._office.run()))
            self._tasks.append(tasks.create_task(self._evening.run()))
            ready()

    async def _hear(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        self._processing.hear(payload)

    async def _turn(self) -> None:
        """Looks at bars that are over, all that come within a moment together."""
        while True:
            await self._tape.something.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                # What is over by now is offered by this turn; minutes that end meanwhile are not.
                checkpoint = self._stream.checkpoint()
                await self._tape.turn()
                if checkpoint:
                    self._store.reach(checkpoint)
            except Exception:
                self._failed += 1
                logger.exception("bars not understood")

    async def _watch(self) -> None:
        """Looks at the market clock: minutes and sessions end although no tick says so."""
        clock: MarketClock | None = None
        while True:
            left = seconds_to_close(clock, time.time())
            await asyncio.sleep(min(LOOK_SECONDS, max(SETTLE_SECONDS, left)))
            try:
                clock = await self._look()
            except wire.Unavailable:
                continue
            except Exception:
                self._failed += 1
                logger.exception("market clock not understood")

    async def _look(self) -> MarketClock | None:
        told, wall = await self._feed.clock(), time.time()
        if self._store.checkpoint and self._store.checkpoint != self._checkpoint:
            await self._stream.put(self._store.checkpoint)
            self._checkpoint = self._store.checkpoint
        await self._consider(time.monotonic())
        # A minute, or a session, is over by the clock when what the feed said until then has been read.
        if not await self._stream.reached():
            return told
        self._tape.tell_time(told, wall)
        day = self._tape.over(told, wall)
        if day and self._tape.close(day, await self._feed.quotes()):
            self._evening.ended(day)
            logger.info("session %s closed", day)
        return told

    async def _consider(self, now: float) -> None:
        """What an operator has switched off or made stricter since, splits, tick sizes, and who is in which
        universe."""
        if now - self._considered_at < CONSIDER_SECONDS:
            return
        self._considered_at = now
        with suppress(db.Unavailable):
            async with self._pool.acquire() as connection:
                self._close.thresholds = await keeping.thresholds(connection, self._min_confidence)
                self._close.split(await corporate_actions.every_split(connection))
                self._close.quote_in(await keeping.tick_sizes(connection))
                members = await breadth_queries.universes(connection)
                self._close.groups = Groups(await keeping.sectors(connection), members)

    def _tell(self, event: Event) -> None:
        self._store.offer(events=[event])

    async def _settled(self) -> None:
        """A day's own bars are on their way while it ends: from the tape, in the store, in a transaction."""
        await self._tape.settled()
        await self._store.stored()

    async def _announce(self, result: DayResult) -> None:
        await day_results.announce(self._client, result, time.time())

    def _health(self) -> Health:
        behind, slow_part = self._behind()
        late = self._store.behind or behind > BEHIND_SECONDS
        starting = not (self._started and self._stream.caught_up)
        status = "starting" if starting else "degraded" if late else "healthy"
        failed, gaps = self._channel.lost
        failed += self._failed + self._stream.failed + self._subscriber.stats.failed + self._evening.failed
        lost = {
            "not understood": self._channel.rejected,
            "not plausible": self._tape.refused,
            "too late": self._tape.late,
            "told twice": self._tape.repeated,
            "dropped": self._store.dropped,
            "failed": failed,
            "gaps": gaps + self._subscriber.stats.gaps,
        }
        counts = self._tape.symbols, self._store.bars, self._store.patterns
        return Health(status, *counts, lost, behind, self._store.waiting, slow_part)

    def _behind(self) -> tuple[float, str]:
        """Seconds, and the part that the others wait for where it is more than a moment."""
        storing, analysing = max(self._store.oldest, self._store.full_seconds), self._tape.behind
        behind = max(storing, analysing, self._stream.behind)
        if behind <= SLOW_SECONDS:
            return behind, ""
        if self._store.full or storing == behind:
            return behind, self._store.slow_part
        return behind, "analysis" if self._tape.full or analysing == behind else "reading"

    def _counts(self) -> Counts:
        store, tape = self._store, self._tape
        refused = {"not plausible": tape.refused, "too late": tape.late, "told twice": tape.repeated}
        status = self._health().status
        return Counts(
            tape.taken, store.bars, store.patterns, store.indicators, refused, tape.symbols, store.waiting, status
        )

    async def _leave(self) -> None:
        self._tape.leave()
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self._store.flush()
        except TimeoutError:
            logger.warning("what was found last is not stored")
        await self._pool.close()
        await self._office.close()
        for link in (self._feed, self._pulse, self._stream):
            await link.close()
        await self._client.aclose()

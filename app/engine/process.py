"""The engine process: closes bars, analyses them, stores the results and publishes their events."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from app import db, wire
from app.db import corporate_actions, past_market
from app.db.pools import Pool
from app.engine.analysis.breadth import Groups
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.channel_intake import ChannelIntake
from app.engine.bars.feed_state import FeedState, MarketBeganAgain
from app.engine.bars.stream_intake import StreamIntake
from app.engine.bars.tick_intake import TickIntake
from app.engine.eod import retention
from app.engine.eod.day_close import Event
from app.engine.eod.schedule import DayCloseSchedule, ScheduleHooks
from app.engine.jobs.load_jobs import LoadJobs
from app.engine.jobs.processing import ProcessingQueue
from app.engine.market_time import seconds_to_close
from app.engine.monitoring.heartbeat import Health, Heartbeat
from app.engine.monitoring.metrics import EngineCounts, EngineMetrics
from app.engine.rules.live_market import LiveMarket
from app.engine.startup.latest_refresh import LatestRefresh
from app.engine.startup.start import HistorySources, IncompatibleSchema, Startup
from app.engine.storage import breadth as breadth_queries
from app.engine.storage import tables as market_tables
from app.engine.storage.store import Store
from app.finance.clock import MarketClock
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.shares import Splits
from app.settings.load import Settings
from app.wire.channels import JOBS_PROCESSING, Channels
from app.wire.client import connect
from app.wire.jobs.reporter import JobReporter
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from app.wire.rules.rule_evaluation import AnnouncedRules, RuleStores
from app.wire.state import day_results
from app.wire.state.day_results import DayResult
from app.wire.ticks.reader import Checkpoint

logger = logging.getLogger(__name__)

CONNECTIONS = 4
STATEMENT_MS = 10_000
CLOCK_SECONDS = 0.5
SETTLE_SECONDS = 0.02
REFRESH_SECONDS = 15.0
BEHIND_SECONDS = 5.0
"""Seconds that a bar may wait to be analysed, stored or published before the engine's status is degraded."""
SLOW_SECONDS = 1.0
"""Seconds of delay from which on the health event names the slow part."""
SHUTDOWN_SECONDS = 1.0
CANCEL_SECONDS = 0.3


def main(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    database = settings.engine.database_url or settings.database.market_url or settings.database.url
    if settings.redis.url is None or database is None:
        raise SystemExit("engine: REDIS_URL and DATABASE_URL must be set")
    engine = Engine(settings, settings.redis.url.get_secret_value(), database.get_secret_value())
    try:
        asyncio.run(_run_until_signal(engine, ready))
    except ExceptionGroup as group:
        unfit, others = group.split((IncompatibleSchema, MarketBeganAgain))
        if unfit is None or others is not None:
            raise
        raise SystemExit(f"engine: {unfit.exceptions[0]}") from None


async def _run_until_signal(engine: "Engine", ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await engine.run(ready, stop)


class Engine:
    def __init__(self, settings: Settings, redis_url: str, database_url: str) -> None:
        options = settings.engine
        channels = Channels(**settings.channels())
        self._client = connect(redis_url)
        self._feed_state = FeedState(redis_url)
        self._pool = Pool(database_url, "engine", CONNECTIONS, acquire_seconds=5.0, statement_ms=STATEMENT_MS)
        publisher = Publisher(self._client, channels)
        self._series = SeriesByTimeframe()
        self._store = Store(self._pool, publisher)
        self._min_confidence = options.min_confidence
        self._bar_close = BarClose(self._series, self._store, Thresholds(options.min_confidence), options.timeframes)
        self._ticks = TickIntake(self._store, self._bar_close)
        self._refresh_latest = LatestRefresh(self._pool, self._series, self._bar_close.latest, self._store)
        self._processing = ProcessingQueue(self._pool, self._store, options.min_confidence, self._reload)
        reporter = JobReporter(self._client, publisher)
        self._load_jobs = LoadJobs(settings, redis_url, database_url, reporter, self._processing.on_message)
        forget = partial(retention.forget, self._pool, options.intraday_pattern_days)
        hooks = ScheduleHooks(self._publish, self._wait_stored, self._feed_state.clock, self._announce, forget=forget)
        self._schedule = DayCloseSchedule(self._pool, hooks)
        self._stream = StreamIntake(redis_url, self._ticks)
        self._channel = ChannelIntake(redis_url, channels, self._stream, self._ticks)
        history = (self._pool, self._feed_state, self._stream, HistorySources.of(settings))
        self._startup = Startup(database_url, *history, options.min_confidence)
        self._live_market = LiveMarket(self._pool, self._series, self._bar_close.expiries, self._ticks.days.bars)
        read_past = partial(past_market.read, self._pool)
        self._rules = AnnouncedRules(redis_url, RuleStores.of(self._client), self._live_market.state, read_past)
        self._subscriber = Subscriber(redis_url, {JOBS_PROCESSING: None}, self._on_message)
        self._tasks: list[asyncio.Task[None]] = []
        self._started = False
        self._failed = 0
        self._checkpoint: Checkpoint | None = None
        self._refreshed_at = time.monotonic()
        metrics = EngineMetrics(self._counts, self._bar_close.stopwatch)
        self._heartbeat = Heartbeat(redis_url, channels, self._health, metrics, options.beat_seconds)

    async def run(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Runs until `stop` is set, then stores closed bars. Unfinished minutes are not stored: the next start reads
        their ticks again."""
        work = asyncio.create_task(self._work(ready))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        while not work.done():
            # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
            for task in (work, *self._tasks):
                task.cancel()
            await asyncio.wait({work}, timeout=CANCEL_SECONDS)
        await self._shut_down()
        if not work.cancelled():
            work.result()

    async def _work(self, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks.append(tasks.create_task(self._heartbeat.run()))
            await self._startup.run(self._series, self._bar_close, self._ticks)
            self._started = True
            # Objects that exist by now stay: the collector need not walk them at every minute's end.
            gc.freeze()
            runners = (self._store, self._processing, self._subscriber, self._stream, self._channel, self._rules)
            others = (self._load_jobs, self._schedule, self._refresh_latest, self._bar_close.latest_updates)
            self._tasks.extend(tasks.create_task(one.run()) for one in (*runners, self._live_market, *others))
            self._tasks.extend(tasks.create_task(work) for work in (self._watch_clock(), self._analyse_bars()))
            ready()

    async def _on_message(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        self._processing.on_message(payload)

    async def _analyse_bars(self) -> None:
        """Analyses closed bars; those that close within SETTLE_SECONDS together."""
        while True:
            await self._ticks.has_closed_bars.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                # Bars that are closed by now belong to this checkpoint; minutes that end meanwhile do not.
                checkpoint = self._stream.checkpoint()
                await self._ticks.analyse_closed()
                self._rules.bars_closed()
                if checkpoint:
                    self._store.set_checkpoint(checkpoint)
            except Exception:
                self._failed += 1
                logger.exception("bars not understood")

    async def _watch_clock(self) -> None:
        """Closes minutes and sessions by the market clock, without a later tick."""
        clock: MarketClock | None = None
        while True:
            left = seconds_to_close(clock, time.time())
            await asyncio.sleep(min(CLOCK_SECONDS, max(SETTLE_SECONDS, left)))
            try:
                clock = await self._check_clock()
            except wire.RedisUnavailable:
                continue
            except MarketBeganAgain:
                raise
            except Exception:
                self._failed += 1
                logger.exception("market clock not understood")

    async def _check_clock(self) -> MarketClock | None:
        clock, wall = await self._feed_state.clock(), time.time()
        if self._store.checkpoint and self._store.checkpoint != self._checkpoint:
            await self._stream.put(self._store.checkpoint)
            self._checkpoint = self._store.checkpoint
        await self._refresh(time.monotonic())
        # A minute or session is over by the clock only when all earlier ticks are read.
        if is_up_to_date := await self._stream.is_up_to_date():
            self._ticks.advance_clock(clock, wall)
        if self._stream.caught_up and not self._live_market.is_current:
            await self._ticks.wait_analysed()
            self._live_market.is_current = True
            self._rules.bars_closed()
        if not is_up_to_date:
            return clock
        day = self._ticks.ended_session(clock, wall)
        if day and self._ticks.close_session(day, await self._feed_state.quotes()):
            self._schedule.add(day)
            logger.info("session %s closed", day)
        return clock

    async def _refresh(self, now: float) -> None:
        """Reads thresholds, splits, tick sizes, sectors and universes again, which others may have changed."""
        if now - self._refreshed_at < REFRESH_SECONDS:
            return
        self._refreshed_at = now
        with suppress(db.Unavailable):
            async with self._pool.acquire() as connection:
                self._bar_close.thresholds = await market_tables.thresholds(connection, self._min_confidence)
                self._set_splits(await corporate_actions.every_split(connection))
                self._bar_close.set_tick_sizes(await market_tables.tick_sizes(connection))
                members = await breadth_queries.universes(connection)
                self._bar_close.groups = Groups(await market_tables.sectors(connection), members)

    async def _reload(self, symbols: Sequence[str]) -> None:
        """After stored bars of these symbols have changed."""
        await self._refresh_latest.reload(symbols)
        self._rules.bars_changed()

    def _set_splits(self, splits: Splits) -> None:
        if splits != self._series.splits:
            self._rules.bars_changed()
        self._bar_close.set_splits(splits)

    def _publish(self, event: Event) -> None:
        self._store.offer(events=[event])

    async def _wait_stored(self) -> None:
        """Waits until the session's closed bars are analysed and stored."""
        await self._ticks.wait_analysed()
        await self._store.wait_stored()

    async def _announce(self, result: DayResult) -> None:
        await day_results.announce(self._client, result, time.time())

    def _health(self) -> Health:
        behind, slow_part = self._behind()
        late = self._store.behind or behind > BEHIND_SECONDS
        starting = not (self._started and self._stream.caught_up)
        status = "starting" if starting else "degraded" if late else "healthy"
        failed, gaps = self._channel.lost
        counters = (
            self._stream,
            self._subscriber.stats,
            self._schedule,
            self._processing,
            self._load_jobs,
            self._rules,
        )
        failed += self._failed + sum(each.failed for each in counters)
        lost = {
            "not understood": self._channel.rejected,
            "not plausible": self._ticks.rejected_ticks,
            "too late": self._ticks.late_ticks,
            "received twice": self._ticks.duplicate_ticks,
            "dropped": self._store.dropped,
            "failed": failed,
            "gaps": gaps + self._subscriber.stats.gaps,
        }
        counts = self._ticks.symbols, self._store.bars, self._store.patterns
        return Health(status, *counts, lost, behind, self._store.waiting, slow_part)

    def _behind(self) -> tuple[float, str]:
        """Seconds of delay, and the slowest part where they exceed SLOW_SECONDS."""
        storing, analysing = max(self._store.oldest, self._store.full_seconds), self._ticks.behind
        behind = max(storing, analysing, self._stream.behind)
        if behind <= SLOW_SECONDS:
            return behind, ""
        if self._store.full or storing == behind:
            return behind, self._store.slow_part
        return behind, "analysis" if self._ticks.full or analysing == behind else "reading"

    def _counts(self) -> EngineCounts:
        store, ticks = self._store, self._ticks
        counts = (ticks.rejected_ticks, ticks.late_ticks, ticks.duplicate_ticks)
        rejected = dict(zip(("not plausible", "too late", "received twice"), counts, strict=True))
        rows = (store.bars, store.patterns, store.indicators)
        return EngineCounts(ticks.accepted_ticks, *rows, rejected, ticks.symbols, store.waiting, self._health().status)

    async def _shut_down(self) -> None:
        self._ticks.flush()
        try:
            async with asyncio.timeout(SHUTDOWN_SECONDS):
                await self._store.flush()
        except TimeoutError:
            logger.warning("what was found last is not stored")
        await self._pool.close()
        await self._load_jobs.close()
        for client in (self._feed_state, self._heartbeat, self._stream):
            await client.close()
        await self._client.aclose()

"""What one web process opens, what it does all the time, and how it closes."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from functools import partial

from quart import Quart

from app import deps, logs, wire
from app.accounts import emails
from app.db import errorlog
from app.delivery.email.sender import EmailSender
from app.deps import AppContext
from app.health.probe import HealthProbe
from app.indicators.board import Board as IndicatorBoard
from app.live import topics
from app.live.bounds import StreamLimits
from app.live.cursors import Cursors
from app.live.hub import Hub
from app.market.board import Board as MarketBoard
from app.patterns.board import Board as PatternBoard
from app.pipeline.receiver import Receiver
from app.pipeline.recovery import CatchUp
from app.pipeline.relay import Boards, Relay
from app.pipeline.resync import Resync
from app.push import Push
from app.quotes import seed
from app.quotes.board import Board as QuoteBoard
from app.quotes.charts.cache import Charts
from app.server.datastores import addresses, pools
from app.server.supervised import kept_running
from app.settings.load import Settings
from app.web import html
from app.wire import client
from app.wire.breaker import RedisBreaker
from app.wire.cache.cache import ALL, Cache
from app.wire.cache.outdated import invalidated_by
from app.wire.channels import BATCHES, BatchChannel, Channels, Meaning
from app.wire.events.event import AnyEvent, LogGap
from app.wire.jobs import job
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.statuses import JobStatusReader
from app.wire.log.log import BEGINNING, Log, StreamPosition, TailGap
from app.wire.pubsub.join_order import JoinOrder
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state.newest_quotes import NewestQuotes
from app.wire.users.rate_limits import RateLimiter
from app.wire.users.sessions import SessionStore
from app.wire.users.stream_counts import StreamCounts

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
SEED_SECONDS = 10.0
INCOMPLETE_SECONDS, LONGEST_INCOMPLETE_SECONDS = 3.0, 60.0
COMPLETE_SECONDS = 300.0
"""Between two looks at what the database knows of the quotes; while the same is unknown each wait is twice as long."""

CLOSING_SECONDS = 2.0
CANCEL_SECONDS = 0.3


def install(app: Quart, settings: Settings) -> None:
    """Nothing is opened before the loop runs, and a dependency that is away then is waited for."""
    works = Runtime(settings)
    deps.install(app, works.house)
    app.while_serving(works.while_serving)


class Runtime:
    """The long tasks, and what they alone touch."""

    def __init__(self, settings: Settings) -> None:
        redis_url, own_url, market_url = addresses(settings)
        self._redis = client.connect(redis_url)
        breaker = RedisBreaker()
        self._requests = client.connect_for_requests(redis_url, breaker)
        self._log = Log(self._redis, redis_url)
        self._newest = NewestQuotes(self._redis)
        self._outbox = Outbox(self._requests)
        self._cache = Cache(self._requests, redis_url)
        self._pools = pools(own_url, market_url, settings.database)
        live = settings.live
        bounds = StreamLimits(live.max_connections, live.streams_per_user, live.stalled_seconds)
        self._hub = Hub(html.patch, live.frame_seconds, live.beat_seconds, bounds)
        self._boards = Boards(QuoteBoard(), Charts(), MarketBoard(), IndicatorBoard(), PatternBoard())
        self._relay = Relay(self._boards, self._hub)
        order = JoinOrder(self._redis, alone=self._alone)
        self._intake = Receiver(self._log.append_once, self._tell, order, self._relay.publish_ticks, self._watched)
        self._boards.indicators.recent = self._intake.indicators.recent
        channels = Channels(**settings.channels())
        names: dict[str, Meaning | BatchChannel] = {**channels.meanings(), **BATCHES}
        self._subscriber = Subscriber(redis_url, names, self._intake.heard, self._gap, order, optional=BATCHES)
        self._gapped = asyncio.Event()
        self._resync = Resync(self._hub, self._relay, self._pools)
        self._tasks: list[asyncio.Task[None]] = []
        self._pulse = HealthProbe(redis_url, self._pools, lambda: self._subscriber.stats, self._intake, self._hub)
        self._courier = EmailSender(self._pools.own, settings.mail, emails.composer(settings.public_url))
        kept = settings.sessions
        self.house = AppContext(
            settings=settings,
            pools=self._pools,
            log=self._log,
            sessions=SessionStore(self._requests, kept.idle_seconds, kept.absolute_seconds),
            crowd=StreamCounts(self._redis, f"{socket.gethostname()} {settings.host} {settings.port}"),
            limits=RateLimiter(redis_url, breaker),
            hub=self._hub,
            catchup=CatchUp(self._hub, self._log, self._relay, self._pools),
            cursors=Cursors(),
            relay=self._relay,
            boards={type(board): board for board in self._boards},
            symbols=self._boards.quotes.instruments,
            intake=self._intake,
            link=lambda: self._subscriber.stats,
            listening=lambda: self._subscriber.stats.connected and bool(self._hub.last_id),
            receivers=partial(job.receivers, self._requests),
            outbox=self._outbox,
            statuses=JobStatusReader(self._requests, self._outbox),
            cache=self._cache,
            courier=self._courier,
        )

    async def while_serving(self) -> AsyncGenerator[None, None]:
        running = asyncio.create_task(self._run())
        yield
        until = time.monotonic() + CLOSING_SECONDS
        while not running.done() and time.monotonic() < until:
            # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
            for task in (running, *self._tasks):
                task.cancel()
            await asyncio.wait({running}, timeout=CANCEL_SECONDS)
        await self._intake.close()
        await self._pulse.close()
        await self._pools.close()
        await client.close(self._redis, self._requests)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, work in (
                ("subscriber", self._subscriber.run),
                ("tail", self._follow_log),
                ("gaps", self._resync.run),
                ("pulse", self._look),
                ("beats", self._hub.run),
                ("seed", self._seed),
                ("error log", self._store_errors),
                ("outbox", self._outbox.run),
                ("cache", self._cache.send_drops),
                ("notices", self._cache.listen),
                ("courier", self._courier.run),
            ):
                self._tasks.append(tasks.create_task(kept_running(name, work, self.house.ailing), name=name))

    async def _follow_log(self) -> None:
        after = StreamPosition.parse(self._hub.last_id)
        if after is None:
            after = await self._log.top()
            self._hub.complete_entry(str(after))
        async with aclosing(self._log.tail(after)) as entries:
            async for entry in entries:
                if isinstance(entry, TailGap):
                    self._tell_lost(entry)
                else:
                    self._tell(entry.event, str(entry.id))

    def _tell(self, event: AnyEvent, id: str | None = None) -> None:  # noqa: A002
        if outdated := invalidated_by(event):
            # Before any browser hears of it, for some ask again at once.
            self._cache.drop(outdated)
        if isinstance(event, LogGap):
            # Who comes back from before it has to be told as well: the ring knows nothing of that.
            self._hub.recent.clear()
            self._resync_logs(self._relay.gap)
        self._relay.publish(event, id)

    def _tell_lost(self, lost: TailGap) -> None:
        """Those who read along are told how much passed them by, and given the list as it is now."""
        self.house.cursors.clear()
        self._hub.recent.clear()
        self._cache.drop((ALL,))
        self._resync_logs(partial(self._relay.missed, lost.missed))
        if lost.missed is None:
            self._hub.complete_entry(str(BEGINNING))

    def _resync_logs(self, notice: Callable[[str], list[Push]]) -> None:
        """Before the position that comes next: who hears of that has the notice, and no position until the list."""
        logs = self._logs()
        self._hub.pending_snapshots.request(logs)
        for push in [push for topic in logs for push in notice(topic)]:
            self._hub.publish(push)

    def _gap(self) -> None:
        """What others heard meanwhile is in the log; of states this process knows nothing newer."""
        self._cache.drop((ALL,))
        self._gapped.set()
        self._resync_topics("symbol")

    async def _alone(self) -> None:
        """Nobody heard what came before. Where nothing ever did, nobody misses it."""
        try:
            new = await self._log.top() == BEGINNING and self._subscriber.stats.lost_at is None
        except wire.Unavailable:
            new = False
        if not new:
            self._intake.unheard()

    def _resync_topics(self, *names: str) -> None:
        """What is heard of these is to be read and sent again."""
        self._hub.pending_snapshots.request(
            topic for topic in self._hub.subscribed_topics if topics.name(topic) in names
        )

    def _watched(self, symbol: str) -> bool:
        """Whether somebody looks at the indicators of a symbol."""
        return self._hub.has_subscribers(topics.symbol_topic(symbol))

    def _logs(self) -> list[str]:
        """The log topics that somebody listens to now."""
        return [topic for topic in self._hub.subscribed_topics if topics.kind(topic) == "log"]

    async def _look(self) -> None:
        while True:
            vitals, clock = await asyncio.gather(self._pulse.vitals(), self._pulse.market_clock())
            self.house.vitals = vitals
            if clock:
                self._relay.publish(clock)
            self._relay.publish(vitals)
            self._boards.indicators.look(self._watched)
            if self._boards.quotes.doubtful(time.time()):
                self._gapped.set()
            if self._hub.last_id != str(BEGINNING):  # from there on would be all of a log, whichever it is by then
                self.house.cursors.add(self._hub.last_id)
            await asyncio.sleep(LOOK_SECONDS)

    async def _seed(self) -> None:
        """Again after each gap; while something is unknown, for the engine may be loading it; and when more is."""
        quotes, unknown, wait = self._boards.quotes, -1, INCOMPLETE_SECONDS
        while True:
            gapped = self._gapped.is_set()
            self._gapped.clear()
            ready = partial(setattr, self.house, "seeded", True)
            await seed.seed(quotes, self._pools, self._newest, ready)
            if gapped:
                self._resync_topics("quotes", "chart")
            before, unknown = unknown, quotes.incomplete
            if not quotes.count or unknown != before:
                wait = INCOMPLETE_SECONDS
            else:
                wait = min(LONGEST_INCOMPLETE_SECONDS, 2 * wait)
            await self._until_gap_or_more_unknown(wait if unknown or not quotes.count else COMPLETE_SECONDS)

    async def _until_gap_or_more_unknown(self, seconds: float) -> None:
        """Of a symbol that is traded for the first time the feed tells where boards start from, and no tick does."""
        quotes, until = self._boards.quotes, time.monotonic() + seconds
        unknown = quotes.incomplete
        while quotes.incomplete <= unknown and (rest := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(rest, INCOMPLETE_SECONDS)):
                    await self._gapped.wait()
                    return

    async def _store_errors(self) -> None:
        spool = logs.spool()
        if spool:
            await errorlog.drain(self._pools.own, spool)

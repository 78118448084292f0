"""Opens, runs and closes what one web process needs: connections, long-running tasks, boards."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from functools import partial

from quart import Quart

from app import deps, logs
from app.accounts import emails
from app.db import errorlog
from app.delivery.email.sender import EmailSender
from app.delivery.email.transport import EmailChannel
from app.deps import AppContext
from app.health.probe import HealthProbe
from app.live.cursors import Cursors
from app.live.hub import Hub
from app.live.limits import StreamLimits
from app.live.topics import symbol_topic
from app.market.overview.load import load
from app.pipeline.boards import empty_boards
from app.pipeline.follower import LogFollower
from app.pipeline.receiver import Receiver
from app.pipeline.recovery import Recovery
from app.pipeline.relay import Relay
from app.pipeline.resync import Resync
from app.pipeline.seeding import Seeding
from app.pipeline.topics import TopicRegistry, families
from app.scans.latest.source import scan_source
from app.scans.matches.leased_evaluation import LeasedEvaluation
from app.scans.matches.watch import RuleWatch, rule_readers
from app.server.datastores import addresses, pools
from app.server.supervised import keep_running
from app.settings.load import Settings
from app.web import html
from app.wire import client
from app.wire.breaker import RedisBreaker
from app.wire.cache.cache import Cache
from app.wire.channels import BATCHES, MATCHES_CHANNEL, BatchChannel, Channels, Meaning
from app.wire.events.event import JobStatus, ProcessingChanged, RunChanged
from app.wire.jobs import job
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.statuses import JobStatusReader
from app.wire.log.log import BEGINNING, Log
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.pubsub.join_order import JoinOrder
from app.wire.pubsub.subscriber import Subscriber
from app.wire.rules.match_lists import decode_batch
from app.wire.rules.rule_evaluation import RuleStores
from app.wire.state.newest_quotes import NewestQuotes
from app.wire.users.rate_limits import RateLimiter
from app.wire.users.sessions import SessionStore
from app.wire.users.stream_counts import StreamCounts

PROBE_SECONDS = 1.0
CLOSING_SECONDS = 2.0
CANCEL_SECONDS = 0.3


def install(app: Quart, settings: Settings) -> None:
    """Nothing is opened before the loop runs, and a dependency that is away then is waited for."""
    runtime = Runtime(settings)
    deps.install(app, runtime.context)
    app.while_serving(runtime.while_serving)


class Runtime:
    """The long-running tasks of a web process, and the objects that only they change."""

    def __init__(self, settings: Settings) -> None:
        redis_url, own_url, market_url = addresses(settings)
        self._redis = client.connect(redis_url)
        breaker = RedisBreaker()
        self._requests = client.connect_for_requests(redis_url, breaker)
        self._log = Log(self._redis, redis_url)
        self._outbox = Outbox(self._requests)
        self._cache = Cache(self._requests, redis_url)
        self._pools = pools(own_url, market_url, settings.database)
        live = settings.live
        bounds = StreamLimits(live.max_connections, live.streams_per_user, live.stalled_seconds)
        self._boards = empty_boards()
        stores = RuleStores.of(self._requests)
        self._rule_watch = RuleWatch(stores, self._boards.matches, lambda: rule_readers(self._hub.connections))
        self._evaluation = LeasedEvaluation(redis_url, self._pools, stores)
        self._match_lists = ChannelListener(
            redis_url, MATCHES_CHANNEL, decode_batch, lambda batch: self._relay.publish(batch), self._rule_watch.on_gap
        )
        self._topics = TopicRegistry(families(self._boards, self._pools, self._rule_watch.look))
        self._hub = Hub(html.patch, self._topics, live.frame_seconds, live.beat_seconds, bounds)
        self._relay = Relay(self._boards, self._topics, self._hub)
        for event in (RunChanged, ProcessingChanged, JobStatus):
            self._relay.add(event, self._evaluation.on_work)
        cursors = Cursors()
        self._follower = LogFollower(self._log, self._topics, self._hub, self._relay, cursors, self._cache)
        order = JoinOrder(self._redis, alone=self._on_joined_alone)
        self._receiver = Receiver(
            self._log.append_once, self._follower.publish, order, self._relay.publish_ticks, self._is_watched
        )
        self._boards.indicators.recent = self._receiver.indicators.recent
        self._boards.overview.load = partial(load, partial(scan_source, self._pools))
        channels = Channels(**settings.channels())
        names: dict[str, Meaning | BatchChannel] = {**channels.meanings(), **BATCHES}
        self._subscriber = Subscriber(
            redis_url, names, self._receiver.on_message, self._on_gap, order, optional=BATCHES
        )
        self._resync = Resync(self._hub, self._topics)
        self._tasks: list[asyncio.Task[None]] = []
        self._probe = HealthProbe(redis_url, self._pools, lambda: self._subscriber.stats, self._receiver, self._hub)
        self._emails = EmailSender(self._pools.own, EmailChannel(settings.mail), emails.composer(settings.public_url))
        self.context = self._context(settings, RateLimiter(redis_url, breaker), cursors)
        ready = partial(setattr, self.context, "seeded", True)
        self._seeding = Seeding(
            self._boards.quotes, self._pools, NewestQuotes(self._redis), ready, self._follower.resync
        )

    def _context(self, settings: Settings, limits: RateLimiter, cursors: Cursors) -> AppContext:
        return AppContext(
            settings=settings,
            pools=self._pools,
            log=self._log,
            sessions=SessionStore(self._requests, settings.sessions.idle_seconds, settings.sessions.absolute_seconds),
            stream_counts=StreamCounts(self._redis, f"{socket.gethostname()} {settings.host} {settings.port}"),
            limits=limits,
            hub=self._hub,
            topics=self._topics,
            recovery=Recovery(self._hub, self._log, self._relay, self._topics),
            cursors=cursors,
            relay=self._relay,
            boards={type(board): board for board in self._boards},
            symbols=self._boards.quotes.instruments,
            receiver=self._receiver,
            subscriber_stats=lambda: self._subscriber.stats,
            is_listening=lambda: self._subscriber.stats.connected and bool(self._hub.last_id),
            count_subscribers=partial(job.receivers, self._requests),
            outbox=self._outbox,
            statuses=JobStatusReader(self._requests, self._outbox),
            cache=self._cache,
            email_queue=self._emails,
            rule_watch=self._rule_watch,
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
        await self._receiver.close()
        await self._probe.close()
        await self._pools.close()
        await client.close(self._redis, self._requests)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, task in (
                ("subscriber", self._subscriber.run),
                ("log", self._follower.run),
                ("gaps", self._resync.run),
                ("health", self._probe_health),
                ("beats", self._hub.run),
                ("seed", self._seeding.run),
                ("error log", self._store_errors),
                ("outbox", self._outbox.run),
                ("cache", self._cache.send_drops),
                ("notices", self._cache.listen),
                ("e-mails", self._emails.run),
                ("match lists", self._match_lists.run),
                ("live rules", self._rule_watch.run),
                ("evaluation", self._evaluation.run),
            ):
                self._tasks.append(tasks.create_task(keep_running(name, task, self.context.failed_tasks), name=name))

    def _on_gap(self) -> None:
        self._follower.on_link_gap()
        self._seeding.request()

    async def _on_joined_alone(self) -> None:
        """No process listened before this one: what was published until now may be missing from the log."""
        if await self._follower.is_log_in_use() or self._subscriber.stats.lost_at is not None:
            self._receiver.log_gap()

    def _is_watched(self, symbol: str) -> bool:
        """Whether somebody looks at the indicators of a symbol."""
        return self._hub.has_subscribers(symbol_topic(symbol))

    async def _probe_health(self) -> None:
        while True:
            health, clock = await asyncio.gather(self._probe.snapshot(), self._probe.market_clock())
            self.context.health = health
            if clock:
                self._relay.publish(clock)
            self._relay.publish(health)
            self._boards.indicators.drop_unwatched(self._is_watched)
            if self._boards.quotes.feed_read_is_due(time.time()):
                self._seeding.request()
            if self._hub.last_id != str(BEGINNING):  # from there on would be all of a log, whichever it is by then
                self.context.cursors.add(self._hub.last_id)
            await asyncio.sleep(PROBE_SECONDS)

    async def _store_errors(self) -> None:
        spool = logs.spool()
        if spool:
            await errorlog.drain(self._pools.own, spool)

"""Typed access to the application context for routes (settings, pools, hub, boards, queues)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from quart import Quart, current_app

from app.db.pools import Pools
from app.finance.symbol_index import SymbolIndex
from app.health.snapshot import HealthSnapshot
from app.live.connection import StreamConnection
from app.live.cursors import Cursors
from app.live.frames import FramePart
from app.live.hub import Hub
from app.live.topics import Kind, RequestedTopics, Subscription
from app.push import Push
from app.rules.live_rule import LiveRule
from app.settings.load import Settings
from app.wire.cache.cache import Cache
from app.wire.channels import BatchChannel, Meaning
from app.wire.events.event import AnyEvent
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.statuses import JobStatusReader
from app.wire.log.log import Log
from app.wire.pubsub.indicator_feed import IndicatorFeed
from app.wire.pubsub.join_order import Joins
from app.wire.pubsub.subscriber import SubscriberStats
from app.wire.rules.match_lists import MatchList
from app.wire.rules.past_tables import PastTable
from app.wire.ticks.feed import TickFeed
from app.wire.users.rate_limits import RateLimiter
from app.wire.users.sessions import SessionStore
from app.wire.users.stream_counts import StreamCounts

T = TypeVar("T")

NO_HEALTH = HealthSnapshot(
    redis=False,
    redis_lost_age=None,
    database=False,
    database_lost_age=None,
    engine_age=None,
    engine_interval=60.0,
    engine_status="",
    feed_age=None,
    job_receivers=0,
    gaps=0,
    rejected=0,
)


class SnapshotFailed(Exception):
    """A feature failed to render a snapshot; the error is logged and counted."""


class EventRelay(Protocol):
    """The relay as used by streams."""

    @property
    def failed(self) -> int: ...

    def pushes(self, event: AnyEvent) -> list[Push]: ...

    def missed(self, count: int | None, topic: str) -> list[Push]: ...

    def gap(self, topic: str) -> list[Push]: ...


class StreamTopics(Protocol):
    """The registry of topics as used by streams."""

    def parse_all(self, text: str) -> RequestedTopics | None: ...

    def kind(self, topic: str) -> Kind: ...

    def by_socket(self, topic: str) -> bool: ...

    def restricted(self, subscribed: Iterable[str]) -> frozenset[str]: ...

    async def permitted(self, subscriptions: Iterable[Subscription]) -> frozenset[Subscription]: ...

    async def snapshot(self, topic: str) -> list[Push]: ...


class StreamRecovery(Protocol):
    """Recovery for a connection that joins or has lagged."""

    async def missed_parts(self, connection: StreamConnection, cursor: str) -> list[FramePart]: ...


class EmailQueue(Protocol):
    """The e-mail queue as used by routes."""

    @property
    def on(self) -> bool: ...

    async def put(self, connection: Any, kind: str, email: str, *, account_only: bool = True) -> None: ...

    def wake(self) -> None: ...


class LiveRuleWatch(Protocol):
    """The match lists of live rules as used by pages."""

    async def matches(self, rule: LiveRule, seconds: float) -> MatchList | None: ...

    async def version(self, rule: LiveRule) -> int: ...

    async def past_table(self, key: str) -> PastTable | None: ...


class EventReceiver(Protocol):
    """The receiver as used by pages."""

    @property
    def rejected(self) -> Mapping[tuple[Meaning | BatchChannel, str], int]: ...

    @property
    def lost(self) -> int: ...

    @property
    def joins(self) -> Joins: ...

    @property
    def ticks(self) -> TickFeed: ...

    @property
    def indicators(self) -> IndicatorFeed: ...


@dataclass(slots=True)
class AppContext:
    """State of one web process. Only its background tasks change it."""

    settings: Settings
    pools: Pools
    log: Log
    sessions: SessionStore
    stream_counts: StreamCounts
    limits: RateLimiter
    hub: Hub
    topics: StreamTopics
    recovery: StreamRecovery
    cursors: Cursors
    relay: EventRelay
    boards: Mapping[type, object]
    symbols: SymbolIndex
    """All symbols known to this process."""
    is_listening: Callable[[], bool]
    """Whether the subscriber is connected and has received the log position."""
    receiver: EventReceiver
    subscriber_stats: Callable[[], SubscriberStats]
    """Statistics of the subscriber, with the last message time of each channel."""
    count_subscribers: Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]
    """Counts the subscribers of each channel in Redis."""
    outbox: Outbox
    statuses: JobStatusReader
    cache: Cache
    email_queue: EmailQueue
    rule_watch: LiveRuleWatch
    health: HealthSnapshot = NO_HEALTH
    seeded: bool = False
    failed_tasks: set[str] = field(default_factory=set)
    """Background tasks that failed and wait for a restart."""


def settings() -> Settings:
    return context().settings


def pools() -> Pools:
    return context().pools


def cache() -> Cache:
    return context().cache


def email_queue() -> EmailQueue:
    return context().email_queue


def rule_watch() -> LiveRuleWatch:
    return context().rule_watch


def sessions() -> SessionStore:
    return context().sessions


def limits() -> RateLimiter:
    return context().limits


def hub() -> Hub:
    return context().hub


def board(kind: type[T]) -> T:
    instance = context().boards[kind]
    assert isinstance(instance, kind)
    return instance


def symbols() -> SymbolIndex:
    return context().symbols


def cursor() -> str:
    """Log position at which the page's stream starts; read it before the page reads its data."""
    return context().cursors.page_start()


def ready() -> Mapping[str, bool]:
    """Readiness checks; the process is ready when all are true."""
    current = context()
    return {
        "redis": current.health.redis,
        "database": current.health.database,
        "listening": current.is_listening() and not current.failed_tasks,
        "seeded": current.seeded,
        "staying": not current.hub.draining,
    }


def install(app: Quart, app_context: AppContext) -> None:
    app.extensions["context"] = app_context


def context_of(app: Quart) -> AppContext:
    current: AppContext = app.extensions["context"]
    return current


def context() -> AppContext:
    return context_of(current_app)

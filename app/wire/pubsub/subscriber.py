"""The one pub/sub loop: listens, watches over its own link, reconnects, and counts what it may have missed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from redis.exceptions import NoPermissionError, RedisError

from app import logs
from app.wire.backoff import Backoff
from app.wire.channels import JOINS_CHANNEL
from app.wire.pubsub.connection import PubSubConnection, heed_cancellation
from app.wire.pubsub.join_order import JoinOrder
from app.wire.pubsub.lag import SubscriberLag
from app.wire.pubsub.outage import Outage
from app.wire.pubsub.rate import RollingRate

logger = logging.getLogger(__name__)

PING_SECONDS = 1.0
SILENCE_SECONDS = 6.0
HANDLING_SECONDS = 75.0
"""More than whoever listens may wait for Redis itself."""

COMPLAINT_SECONDS = 1.0
UNINTERRUPTED, UNINTERRUPTED_SECONDS = 64, 0.01
"""Messages in a row, and time, before everybody else gets a turn: reading what has already arrived never waits."""

_JOINS = JOINS_CHANNEL.encode()

L = TypeVar("L")


def _channel_list(names: Sequence[bytes]) -> str:
    return names[0].decode() if len(names) == 1 else f"{len(names)} channels"


class ChannelStats(NamedTuple):
    messages: int
    last_at: float
    """Wall time of the newest message."""
    per_minute: int
    late: int = 0
    """Events among them that were published long before they came."""


class SubscriberStats(NamedTuple):
    connected: bool
    gaps: int
    """How often the link was lost: what was published meanwhile is gone."""
    lost_at: float | None
    """Wall time when that was last seen."""
    failed: int
    """Messages whose handling raised or took too long."""
    channels: Mapping[str, ChannelStats]
    lag: float = 0.0
    """Seconds from what comes now to what has been published meanwhile: the backlog in Redis and in the socket."""


class _Silent(Exception):
    """The link is open but nothing comes, not even the answer to a ping."""


class _ChannelCounter:
    def __init__(self) -> None:
        self.messages = 0
        self.last_at = 0.0
        self.late = 0
        self.rate = RollingRate()

    def note(self, now: float) -> None:
        self.messages += 1
        self.last_at = now
        self.rate.note(now)


class Subscriber(Generic[L]):
    """Calls `on_message` with the channel's label, the bytes and the time of arrival, one message after the other.

    What `on_message` returns counts as late.
    While `on_message` waits nothing is read, so Redis and the socket hold the backlog and no queue grows here.
    Calls `gapped` once after each gap, when all channels are heard again. With an `order` it joins that too.
    The `optional` ones of the channels are left out where the server's access rules forbid them.
    """

    def __init__(
        self,
        url: str,
        names: Mapping[str, L],
        on_message: Callable[[L, bytes, float], Awaitable[int | None]],
        gapped: Callable[[], object] = lambda: None,
        order: JoinOrder | None = None,
        optional: Iterable[str] = (),
    ) -> None:
        self._url = url
        self._optional = frozenset(name.encode() for name in optional)
        self._labels = {name.encode(): label for name, label in names.items()}
        self._names = (*self._labels, _JOINS) if order else tuple(self._labels)
        self._order = order
        self._on_message = on_message
        self._gapped = gapped
        self._confirmed: set[bytes] = set()
        self._counts: dict[bytes, _ChannelCounter] = {}
        self._sessions = 0
        self._gap_pending = False
        self._gaps = 0
        self._lost_at: float | None = None
        self._failed = 0
        self._lag = SubscriberLag()
        self._outage = Outage(logger, f"the link to Redis for {_channel_list(self._names)}")
        self._complained_at = 0.0

    @property
    def stats(self) -> SubscriberStats:
        now = time.time()
        return SubscriberStats(
            connected=len(self._confirmed) == len(self._names),
            gaps=self._gaps,
            lost_at=self._lost_at,
            failed=self._failed,
            channels={
                name.decode(): ChannelStats(count.messages, count.last_at, count.rate.per_minute(now), count.late)
                for name, count in self._counts.items()
            },
            lag=self._lag.seconds,
        )

    async def run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._session(backoff)
            except (RedisError, OSError, TimeoutError, _Silent) as lost:
                if not (isinstance(lost, NoPermissionError) and self._without_optional()):
                    self._lost_at = time.time()
                    self._outage.began(logs.cause(lost))
            finally:
                self._confirmed.clear()
            heed_cancellation()
            await backoff.wait()

    def _without_optional(self) -> bool:
        """Whether there was anything to leave out."""
        left = tuple(name for name in self._names if name not in self._optional)
        if left == self._names:
            return False
        forbidden = ", ".join(name.decode() for name in sorted(self._optional))
        logger.warning("Redis' access rules forbid one of %s: the same comes one by one", forbidden)
        self._names = left
        return True

    async def _session(self, backoff: Backoff) -> None:
        connection = PubSubConnection(self._url)
        self._lag = SubscriberLag()
        try:
            await connection.open()
            confirmed = await self._subscribe(connection)
            self._sessions += 1
            if self._sessions > 1:
                self._count_gap()
            for kind, channel, payload in confirmed:
                await self._on_reply(kind, channel, payload, backoff)
            await self._listen(connection, backoff)
        finally:
            await connection.close()

    async def _subscribe(self, connection: PubSubConnection) -> list[Any]:
        """The confirmations, where they do not come among the messages."""
        if self._order:
            return await self._order.join(connection, self._names)
        await connection.send((b"SUBSCRIBE", *self._names))
        return []

    async def _listen(self, connection: PubSubConnection, backoff: Backoff) -> None:
        """Reads and watches in one task: with two, a cancellation can meet the end of the other and be lost."""
        read_at = turn_at = time.monotonic()
        unbroken = 0
        while True:
            heed_cancellation()
            message = await connection.read(PING_SECONDS)
            if message is None and time.monotonic() - read_at > SILENCE_SECONDS:
                raise _Silent
            if self._lag.due():
                self._lag.ping_sent()
                await connection.send((b"PING",))
            if message is None:
                continue
            if isinstance(message, list) and len(message) == 3:
                await self._on_reply(message[0], message[1], message[2], backoff)
            else:
                self._lag.ping_answered()
            read_at = time.monotonic()
            unbroken += 1
            if unbroken >= UNINTERRUPTED or read_at - turn_at >= UNINTERRUPTED_SECONDS:
                await asyncio.sleep(0)
                unbroken, turn_at = 0, time.monotonic()

    async def _on_reply(self, kind: bytes, channel: bytes, payload: bytes, backoff: Backoff) -> None:
        if kind == b"message":
            await self._handle(channel, payload, time.time())
        elif kind == b"subscribe":
            if channel in self._confirmed:
                # The client library reconnects without a word: a second confirmation is all there is to see of it.
                self._confirmed.clear()
                self._lost_at = time.time()
                self._count_gap()
            self._confirmed.add(channel)
            if len(self._confirmed) == len(self._names):
                backoff.succeeded()
                self._outage.ended()
                self._report_gap()

    def _count_gap(self) -> None:
        self._gaps += 1
        self._gap_pending = True

    def _report_gap(self) -> None:
        if self._gap_pending:
            self._gap_pending = False
            self._gapped()

    async def _handle(self, channel: bytes, payload: bytes, arrived_at: float) -> None:
        try:
            self._lag.message_started()
            async with asyncio.timeout(HANDLING_SECONDS):
                if self._order and channel == _JOINS:
                    await self._order.on_marker(payload)
                else:
                    count = self._counts.setdefault(channel, _ChannelCounter())
                    count.note(arrived_at)
                    count.late += await self._on_message(self._labels[channel], payload, arrived_at) or 0
        except Exception:
            self._failed += 1
            if arrived_at - self._complained_at >= COMPLAINT_SECONDS:
                self._complained_at = arrived_at
                logger.exception("message on %s not handled", channel.decode())
        finally:
            self._lag.message_handled()

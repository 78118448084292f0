"""Decodes messages from pub/sub, appends events to the log, and passes ticks and states to the relay."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from app.wire import RedisUnavailable
from app.wire.channels import BatchChannel, Meaning
from app.wire.codec.codec import Rejected, decode_each
from app.wire.events.event import LOGGED, AnyEvent, EngineHealth, LogGap, LoggedEvent, Tick
from app.wire.pubsub.indicator_feed import IndicatorFeed
from app.wire.pubsub.join_order import JoinOrder, Joins
from app.wire.ticks.feed import TickFeed

logger = logging.getLogger(__name__)

APPEND_WITHIN_SECONDS = 60.0
"""Seconds for which an append is retried during an outage of Redis before the event counts as lost.

Long without cost: the Redis that refuses it is the one that would deliver the next.
"""

TRY_AGAIN_SECONDS = 0.2
CLOSING_SECONDS = 1.0
WARNING_SECONDS = 1.0
LOGGED_BYTES = 200


class Receiver:
    """`order`: join order of the processes that share a log, where there may be several.

    `publish_ticks` is given the ticks of one message together. `watched`: whether somebody looks at the indicators of
    a symbol; those of others are not decoded.
    """

    def __init__(
        self,
        append: Callable[[LoggedEvent], Awaitable[object]],
        publish: Callable[[AnyEvent], None],
        order: JoinOrder | None = None,
        publish_ticks: Callable[[Sequence[Tick]], None] | None = None,
        watched: Callable[[str], bool] = lambda _symbol: True,
    ) -> None:
        self.ticks = TickFeed()
        self.indicators = IndicatorFeed(watched)
        self.rejected: Counter[tuple[Meaning | BatchChannel, str]] = Counter()
        """Rejected messages by channel and reason."""
        self.lost = 0
        """Events that could not be appended to the log."""
        self.ticked_at: float | None = None
        self.health: EngineHealth | None = None
        self._append = append
        self._publish = publish
        self._publish_ticks = publish_ticks or self._publish_each
        self._order = order
        self._in_order: AbstractAsyncContextManager[object] = order or asyncio.Lock()
        self._appending: set[asyncio.Task[None]] = set()
        self._warned_at = float("-inf")

    async def on_message(self, meaning: Meaning | BatchChannel, payload: bytes, arrived_at: float) -> int:
        """Handles one message; returns how many of its events were late."""
        logged: list[LoggedEvent] = []
        ticks: list[Tick] = []
        late = 0
        for event in self._decoded(meaning, payload, arrived_at):
            if isinstance(event, Rejected):
                self._reject(meaning, event.reason, payload)
                continue
            late += event.late
            if isinstance(event, Tick):
                ticks.append(event)
            elif isinstance(event, LOGGED):
                logged.append(event)
            else:
                self._store_health(event)
                self._publish(event)
        if ticks:
            self.ticked_at = arrived_at
            self._publish_ticks(ticks)
        if logged:
            await self._append_shielded(logged)
        return late

    def _decoded(
        self, meaning: Meaning | BatchChannel, payload: bytes, arrived_at: float
    ) -> Iterable[AnyEvent | Rejected]:
        match meaning:
            case BatchChannel.TICKS:
                return self.ticks.batch(payload, arrived_at)
            case BatchChannel.INDICATORS:
                return self.indicators.batch(payload, arrived_at)
            case Meaning.TICKS:
                return self.ticks.single(payload, arrived_at)
            case Meaning.INDICATORS:
                return self.indicators.single(payload, arrived_at)
            case _:
                return decode_each(meaning, payload, arrived_at)

    def log_gap(self) -> None:
        """Appends a LogGap: events before this moment may be missing from the log."""
        now = time.time()
        self._append_in_task([LogGap(at=now, published_at=now, arrived_at=now)])

    @property
    def joins(self) -> Joins:
        return self._order.joins if self._order else Joins(0, 0, 0.0)

    async def close(self) -> None:
        for task in self._appending:
            task.cancel()
        if self._appending:
            await asyncio.wait(self._appending, timeout=CLOSING_SECONDS)

    def _store_health(self, event: AnyEvent) -> None:
        if isinstance(event, EngineHealth):
            self.health = event

    def _publish_each(self, ticks: Sequence[Tick]) -> None:
        for tick in ticks:
            self._publish(tick)

    async def _append_shielded(self, events: Sequence[LoggedEvent]) -> None:
        """Completes even if the pub/sub connection breaks meanwhile, and before later messages."""
        await asyncio.shield(self._append_in_task(events))

    def _append_in_task(self, events: Sequence[LoggedEvent]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._append_in_order(events))
        self._appending.add(task)
        task.add_done_callback(self._appending.discard)
        return task

    async def _append_in_order(self, events: Sequence[LoggedEvent]) -> None:
        """Appends to the log, whose tail delivers the events to every process."""
        async with self._in_order:
            for event in events:
                await self._append_with_retry(event)

    async def _append_with_retry(self, event: LoggedEvent) -> None:
        until = time.monotonic() + APPEND_WITHIN_SECONDS
        while True:
            try:
                await self._append(event)
                return
            except RedisUnavailable:
                if time.monotonic() > until:
                    self.lost += 1
                    self._warn("lost, for the log is away: %s (%d so far)", type(event).__name__, self.lost)
                    return
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _reject(self, meaning: Meaning | BatchChannel, reason: str, payload: bytes) -> None:
        self.rejected[meaning, reason] += 1
        self._warn("not understood on %s, %s: %r", meaning, reason, payload[:LOGGED_BYTES])

    def _warn(self, words: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._warned_at >= WARNING_SECONDS:
            self._warned_at = now
            logger.warning(words, *values)

"""What the subscriber hears: decoded, then to the log where every event counts, else straight to the relay."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from app.wire import Unavailable
from app.wire.channels import BatchChannel, Meaning
from app.wire.codec.codec import Rejected, decode_each
from app.wire.events.event import LOGGED, AnyEvent, EngineHealth, LogGap, LoggedEvent, Tick
from app.wire.pubsub.indicator_feed import IndicatorFeed
from app.wire.pubsub.join_order import JoinOrder, Joins
from app.wire.ticks.feed import TickFeed

logger = logging.getLogger(__name__)

APPEND_WITHIN_SECONDS = 60.0
"""How long Redis may be away before an event that it had delivered counts as lost.

Long, for it costs nothing: the Redis that does not take it is the one that would bring the next.
"""

TRY_AGAIN_SECONDS = 0.2
CLOSING_SECONDS = 1.0
COMPLAINT_SECONDS = 1.0
SHOWN = 200


class Receiver:
    """`order`: that of the processes that share a log, where there may be several.

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
        """Messages that could not be understood, by channel and reason."""
        self.lost = 0
        """Events that the log never took."""
        self.ticked_at: float | None = None
        self.health: EngineHealth | None = None
        self._append = append
        self._publish = publish
        self._publish_ticks = publish_ticks or self._publish_each
        self._order = order
        self._in_order: AbstractAsyncContextManager[object] = order or asyncio.Lock()
        self._keeping: set[asyncio.Task[None]] = set()
        self._complained_at = float("-inf")

    async def heard(self, meaning: Meaning | BatchChannel, payload: bytes, arrived_at: float) -> int:
        """How many events came late."""
        counting: list[LoggedEvent] = []
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
                counting.append(event)
            else:
                self._note(event)
                self._publish(event)
        if ticks:
            self.ticked_at = arrived_at
            self._publish_ticks(ticks)
        if counting:
            await self._keep(counting)
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

    def unheard(self) -> None:
        """What was said until now may never have been heard by anybody: that has its place in the log too."""
        now = time.time()
        self._keep_logging([LogGap(at=now, published_at=now, arrived_at=now)])

    @property
    def joins(self) -> Joins:
        return self._order.joins if self._order else Joins(0, 0, 0.0)

    async def close(self) -> None:
        for task in self._keeping:
            task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=CLOSING_SECONDS)

    def _note(self, event: AnyEvent) -> None:
        if isinstance(event, EngineHealth):
            self.health = event

    def _publish_each(self, ticks: Sequence[Tick]) -> None:
        for tick in ticks:
            self._publish(tick)

    async def _keep(self, events: Sequence[LoggedEvent]) -> None:
        """Also when the link that brought them breaks meanwhile, and before what the next one brings."""
        await asyncio.shield(self._keep_logging(events))

    def _keep_logging(self, events: Sequence[LoggedEvent]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._log(events))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return task

    async def _log(self, events: Sequence[LoggedEvent]) -> None:
        """They come back by the tail, in this process as in every other."""
        async with self._in_order:
            for event in events:
                await self._enter(event)

    async def _enter(self, event: LoggedEvent) -> None:
        until = time.monotonic() + APPEND_WITHIN_SECONDS
        while True:
            try:
                await self._append(event)
                return
            except Unavailable:
                if time.monotonic() > until:
                    self.lost += 1
                    self._complain("lost, for the log is away: %s (%d so far)", type(event).__name__, self.lost)
                    return
            await asyncio.sleep(TRY_AGAIN_SECONDS)

    def _reject(self, meaning: Meaning | BatchChannel, reason: str, payload: bytes) -> None:
        self.rejected[meaning, reason] += 1
        self._complain("not understood on %s, %s: %r", meaning, reason, payload[:SHOWN])

    def _complain(self, words: str, *values: object) -> None:
        now = time.monotonic()
        if now - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = now
            logger.warning(words, *values)

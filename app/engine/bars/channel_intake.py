"""Reads ticks from the contract's Pub/Sub channel, for a foreign feed that writes no tick stream."""

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress

from app import wire
from app.engine.bars.stream_intake import StreamIntake, is_live
from app.engine.bars.tick_intake import TickIntake
from app.finance.sessions import MINUTE
from app.wire.backoff import Backoff
from app.wire.channels import Channels, Meaning
from app.wire.codec.codec import decode
from app.wire.events.event import Tick
from app.wire.pubsub.connection import heed_cancellation
from app.wire.pubsub.subscriber import Subscriber, SubscriberStats

logger = logging.getLogger(__name__)

STREAM_IDLE_SECONDS = 5.0
"""Seconds without a new stream entry before the channel is read."""
POLL_SECONDS = 0.25
CONNECT_SECONDS = 1.0
"""Seconds that a subscription takes at most."""
MOST_PENDING = 10_000
"""Messages that wait until their feed is known; more stay in the socket and in Redis."""
CANCEL_SECONDS = 0.3


class ChannelIntake:
    """A message is from a foreign feed if no entry was added to the tick stream since before the subscription: our own
    feed adds an entry and publishes its ticks in one step, so an entry of ours is counted after its message has come,
    however late that is read. While our feed writes, the channel is not read. Where both feeds write at once, ours
    alone counts: no tick is read twice."""

    def __init__(
        self, redis_url: str, channels: Channels, stream_intake: StreamIntake, tick_intake: TickIntake
    ) -> None:
        self._redis_url = redis_url
        self._names = {channels.ticks: Meaning.TICKS}
        self._stream_intake = stream_intake
        self._tick_intake = tick_intake
        self._subscriber: Subscriber[Meaning] | None = None
        self._stream_count = 0
        """Entries of the stream before the subscription."""
        self._pending: deque[tuple[bytes, float]] = deque()
        self._message_arrived, self._pending_handled = asyncio.Event(), asyncio.Event()
        self._began_at = 0.0
        self._gap_reason = ""
        """Reason of the running gap, until the next tick ends it; empty without a gap."""
        self._earlier_losses = (0, 0)
        self.rejected, self.failed = 0, 0

    @property
    def connected(self) -> bool:
        return self._subscriber is not None and self._subscriber.stats.connected

    @property
    def lost(self) -> tuple[int, int]:
        """Messages whose handling failed, and lost connections."""
        failed, gaps = self._earlier_losses
        stats: SubscriberStats | None = self._subscriber.stats if self._subscriber else None
        failed, gaps = (failed + stats.failed, gaps + stats.gaps) if stats else (failed, gaps)
        return failed + self.failed, gaps

    async def run(self) -> None:
        """Reads the channel while the stream is idle."""
        while True:
            heed_cancellation()
            if not self._stream_is_idle():
                await asyncio.sleep(POLL_SECONDS)
                continue
            await self._listen()

    def _stream_is_idle(self) -> bool:
        if self._stream_intake.access_denied:
            return True
        read_at = self._stream_intake.read_at
        return self._stream_intake.caught_up and (not read_at or time.monotonic() - read_at >= STREAM_IDLE_SECONDS)

    async def _listen(self) -> None:
        try:
            self._stream_count = await self._stream_intake.count()
        except wire.RedisUnavailable:
            await asyncio.sleep(POLL_SECONDS)
            return
        # Ticks of a foreign feed before the subscription are missing.
        self._gap_reason, self._began_at = self._gap_reason or "restart", time.time()
        self._subscriber = Subscriber(self._redis_url, self._names, self._on_message, self._on_gap)
        tasks = [asyncio.create_task(work) for work in (self._subscriber.run(), self._handle_pending())]
        try:
            while self._stream_is_idle():
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await _cancel(tasks)
            failed, gaps = self.lost
            self._earlier_losses, self._subscriber = (failed - self.failed, gaps), None
            self._pending.clear()

    def _on_gap(self) -> None:
        self._gap_reason = self._gap_reason or "redis"

    async def _on_message(self, _meaning: Meaning, payload: bytes, arrived_at: float) -> None:
        while len(self._pending) >= MOST_PENDING:
            self._pending_handled.clear()
            await self._pending_handled.wait()
        self._pending.append((payload, arrived_at))
        self._message_arrived.set()

    async def _handle_pending(self) -> None:
        backoff = Backoff()
        while True:
            await self._message_arrived.wait()
            self._message_arrived.clear()
            messages = list(self._pending)
            try:
                ours = await self._stream_intake.count() != self._stream_count
            except wire.RedisUnavailable:
                self._message_arrived.set()
                await backoff.wait()
                continue
            for _ in messages:
                self._pending.popleft()
            self._pending_handled.set()
            for payload, arrived_at in () if ours else messages:
                try:
                    self._handle(payload, arrived_at)
                except Exception:
                    self.failed += 1
                    logger.exception("tick not counted")
            await self._tick_intake.wait_for_space()

    def _handle(self, payload: bytes, arrived_at: float) -> None:
        event = decode(Meaning.TICKS, payload, arrived_at)
        if not isinstance(event, Tick):
            self.rejected += 1
            return
        if self._gap_reason:
            self._tick_intake.record_gap(self._gap_reason, event.at, whole=self._is_complete_minute(event))
            self._gap_reason = ""
        self._tick_intake.handle(event, arrived_at)

    def _is_complete_minute(self, first: Tick) -> bool:
        """Whether all ticks of the minute came here. Unknown for a feed that plays the past."""
        if is_live(first.arrived_at, first.at):
            return first.at // MINUTE * MINUTE >= self._complete_since()
        return self._gap_reason == "restart" and not self._tick_intake.has_minutes

    def _complete_since(self) -> float:
        """Wall time since which every message came here."""
        lost_at = self._subscriber.stats.lost_at if self._subscriber else None
        return max(self._began_at, lost_at or 0.0) + CONNECT_SECONDS


async def _cancel(tasks: list["asyncio.Task[None]"]) -> None:
    while pending := [task for task in tasks if not task.done()]:
        # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()

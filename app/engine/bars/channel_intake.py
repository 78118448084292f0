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
"""Without an entry in the stream, before the channel is listened to."""
POLL_SECONDS = 0.25
CONNECT_SECONDS = 1.0
"""That it takes at most to subscribe."""
MOST_PENDING = 10_000
"""Messages that wait until it is known whose they are; more stay in the socket and in Redis."""
CANCEL_SECONDS = 0.3


class ChannelIntake:
    """A message is another feed's if no entry was added to the stream since before we subscribed. Our own feed adds an
    entry and publishes its ticks in one step. So one of its messages that reaches us was published after we subscribed;
    its entry was added then too, and is counted when we look after the message has come. That holds however late the
    message, the reading of the stream or the look is. While our feed writes we do not listen, and where both feeds
    write at once ours alone counts: no tick is taken from both."""

    def __init__(
        self, redis_url: str, channels: Channels, stream_intake: StreamIntake, tick_intake: TickIntake
    ) -> None:
        self._redis_url = redis_url
        self._names = {channels.ticks: Meaning.TICKS}
        self._stream_intake = stream_intake
        self._tick_intake = tick_intake
        self._subscriber: Subscriber[Meaning] | None = None
        self._stream_count = 0
        """Of the stream's entries, before we subscribed."""
        self._pending: deque[tuple[bytes, float]] = deque()
        self._message_arrived, self._pending_handled = asyncio.Event(), asyncio.Event()
        self._began_at = 0.0
        self._gap_reason = ""
        """Why ticks did not come here, until the next one tells which; empty where none are missing."""
        self._earlier_losses = (0, 0)
        self.rejected, self.failed = 0, 0

    @property
    def connected(self) -> bool:
        return self._subscriber is not None and self._subscriber.stats.connected

    @property
    def lost(self) -> tuple[int, int]:
        """Messages whose handling failed, and how often the link was lost."""
        failed, gaps = self._earlier_losses
        stats: SubscriberStats | None = self._subscriber.stats if self._subscriber else None
        failed, gaps = (failed + stats.failed, gaps + stats.gaps) if stats else (failed, gaps)
        return failed + self.failed, gaps

    async def run(self) -> None:
        """Listens whenever the stream is silent."""
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
        except wire.Unavailable:
            await asyncio.sleep(POLL_SECONDS)
            return
        # What another feed said until now did not come here.
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
            except wire.Unavailable:
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
        """Whether every tick of the minute came here. Of a feed that plays the past nobody knows: it may begin now."""
        if is_live(first.arrived_at, first.at):
            return first.at // MINUTE * MINUTE >= self._complete_since()
        return self._gap_reason == "restart" and not self._tick_intake.has_minutes

    def _complete_since(self) -> float:
        """When every message began to come here, on the clock on the wall."""
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

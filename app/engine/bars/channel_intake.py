"""The engine's ticks from the contract's channel, of a feed that is not ours and keeps none."""

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

SILENCE_SECONDS = 5.0
"""Without an entry in the stream, before the channel is listened to."""
LOOK_SECONDS = 0.25
CONNECT_SECONDS = 1.0
"""That it takes at most to subscribe."""
MOST_UNSORTED = 10_000
"""Messages that wait until it is known whose they are; more stay in the socket and in Redis."""
CANCEL_SECONDS = 0.3


class ChannelIntake:
    """A message is another feed's if no entry was added to the stream since before we subscribed. Our own feed adds an
    entry and publishes its ticks in one step. So one of its messages that reaches us was published after we subscribed;
    its entry was added then too, and is counted when we look after the message has come. That holds however late the
    message, the reading of the stream or the look is. While our feed writes we do not listen, and where both feeds
    write at once ours alone counts: no tick is taken from both."""

    def __init__(self, redis_url: str, channels: Channels, stream: StreamIntake, tape: TickIntake) -> None:
        self._redis_url = redis_url
        self._names = {channels.ticks: Meaning.TICKS}
        self._stream = stream
        self._tape = tape
        self._subscriber: Subscriber[Meaning] | None = None
        self._count = 0
        """Of the stream's entries, before we subscribed."""
        self._unsorted: deque[tuple[bytes, float]] = deque()
        self._arrived, self._sorted = asyncio.Event(), asyncio.Event()
        self._began_at = 0.0
        self._interruption = ""
        """Why ticks did not come here, until the next one tells which; empty where none are missing."""
        self._ended = (0, 0)
        self.rejected, self.failed = 0, 0

    @property
    def connected(self) -> bool:
        return self._subscriber is not None and self._subscriber.stats.connected

    @property
    def lost(self) -> tuple[int, int]:
        """Messages whose handling failed, and how often the link was lost."""
        failed, gaps = self._ended
        stats: SubscriberStats | None = self._subscriber.stats if self._subscriber else None
        failed, gaps = (failed + stats.failed, gaps + stats.gaps) if stats else (failed, gaps)
        return failed + self.failed, gaps

    async def run(self) -> None:
        """Listens whenever the stream is silent."""
        while True:
            heed_cancellation()
            if not self._silent():
                await asyncio.sleep(LOOK_SECONDS)
                continue
            await self._listen()

    def _silent(self) -> bool:
        if self._stream.refused:
            return True
        read_at = self._stream.read_at
        return self._stream.caught_up and (not read_at or time.monotonic() - read_at >= SILENCE_SECONDS)

    async def _listen(self) -> None:
        try:
            self._count = await self._stream.count()
        except wire.Unavailable:
            await asyncio.sleep(LOOK_SECONDS)
            return
        # What another feed said until now did not come here.
        self._interruption, self._began_at = self._interruption or "restart", time.time()
        self._subscriber = Subscriber(self._redis_url, self._names, self._hear, self._interrupted)
        tasks = [asyncio.create_task(work) for work in (self._subscriber.run(), self._sort())]
        try:
            while self._silent():
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await _ended(tasks)
            failed, gaps = self.lost
            self._ended, self._subscriber = (failed - self.failed, gaps), None
            self._unsorted.clear()

    def _interrupted(self) -> None:
        self._interruption = self._interruption or "redis"

    async def _hear(self, _meaning: Meaning, payload: bytes, arrived_at: float) -> None:
        while len(self._unsorted) >= MOST_UNSORTED:
            self._sorted.clear()
            await self._sorted.wait()
        self._unsorted.append((payload, arrived_at))
        self._arrived.set()

    async def _sort(self) -> None:
        backoff = Backoff()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            messages = list(self._unsorted)
            try:
                ours = await self._stream.count() != self._count
            except wire.Unavailable:
                self._arrived.set()
                await backoff.wait()
                continue
            for _ in messages:
                self._unsorted.popleft()
            self._sorted.set()
            for payload, arrived_at in () if ours else messages:
                try:
                    self._take(payload, arrived_at)
                except Exception:
                    self.failed += 1
                    logger.exception("tick not counted")
            await self._tape.room()

    def _take(self, payload: bytes, arrived_at: float) -> None:
        event = decode(Meaning.TICKS, payload, arrived_at)
        if not isinstance(event, Tick):
            self.rejected += 1
            return
        if self._interruption:
            self._tape.lost(self._interruption, event.at, whole=self._whole(event))
            self._interruption = ""
        self._tape.take(event, arrived_at)

    def _whole(self, first: Tick) -> bool:
        """Whether every tick of the minute came here. Of a feed that plays the past nobody knows: it may begin now."""
        if is_live(first.arrived_at, first.at):
            return first.at // MINUTE * MINUTE >= self._since()
        return self._interruption == "restart" and not self._tape.knows_minutes

    def _since(self) -> float:
        """When every message began to come here, on the clock on the wall."""
        lost_at = self._subscriber.stats.lost_at if self._subscriber else None
        return max(self._began_at, lost_at or 0.0) + CONNECT_SECONDS


async def _ended(tasks: list["asyncio.Task[None]"]) -> None:
    while pending := [task for task in tasks if not task.done()]:
        # Again if need be: up to Python 3.11 asyncio.wait_for, with which redis sends, can lose a cancellation.
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_SECONDS)
    for task in tasks:
        with suppress(asyncio.CancelledError):
            task.result()

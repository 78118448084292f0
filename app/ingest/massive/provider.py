"""Live US equities from Massive, once Polygon."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from app.finance import calendar
from app.finance.clock import MarketClock, State
from app.finance.sessions import phase, trading_date
from app.ingest.massive.connection import Access, Connected, Disconnected, Item, MassiveConnection, Received
from app.ingest.massive.messages import MessageReader, StatusMessage
from app.ingest.provider import FeedUpdate, Provider
from app.settings.load import Settings
from app.settings.sources import BadSetting
from app.wire.events.event import ErrorReported, Tick

ANNOUNCE_SECONDS = 1.0
MOST_WAITING = 256
"""Messages that are read ahead before the socket waits."""
MOST_TICKS = 500
"""Ticks in one update; somewhat more, since a message is not split."""
REPEAT_SECONDS = 600.0
"""The same error is reported again after this time."""
EXPECTED_STATUSES = {"connected", "auth_success", "success"}
DELAYED = "delayed."


def provider(settings: Settings) -> Provider:
    section = settings.massive
    if section.api_key is None or not section.api_key.get_secret_value():
        raise BadSetting("MASSIVE_API_KEY: is missing, and [ingest] provider is massive")
    subscriptions = [f"{event}.{symbol}" for event in section.events for symbol in section.symbols]
    access = Access(
        section.stream_url,
        section.api_key.get_secret_value(),
        subscriptions,
        section.silence_seconds,
        section.longest_pause,
    )
    return MassiveProvider(access, section.events)


class MassiveProvider:
    name = "massive"
    label = "Massive"

    def __init__(self, access: Access, events: Sequence[str], now: Callable[[], float] = time.time) -> None:
        self._access = access
        self._now = now
        self._reader = MessageReader(events)
        self._connected = False
        self._newest: tuple[float, float] = (0.0, 0.0)
        """Market time of the newest tick, and the time it arrived."""
        self._reported: dict[str, float] = {}
        self.rejections = 0
        if DELAYED in access.url:
            self.label = "Massive, 15 minutes late"

    def previous_close(self, symbol: str, session: str) -> float | None:
        """None: the stored daily bars have it."""
        return None

    def published_ticks(self, position: bytes | None) -> None:
        """None: the provider sends nothing twice."""

    async def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]:
        items: asyncio.Queue[Item] = asyncio.Queue(MOST_WAITING)
        connection = MassiveConnection(self._access, lambda: phase(self._market_time()) == "regular")
        reading = asyncio.create_task(connection.run(items.put))
        try:
            while True:
                yield self._update(await _next_items(items))
                if reading.done():
                    reading.result()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def _update(self, items: Sequence[Item]) -> FeedUpdate:
        ticks: list[Tick] = []
        error_texts: list[str] = []
        for item in items:
            if isinstance(item, Received):
                batch = self._reader.read(item.payload, self._now())
                self.rejections += batch.rejections
                ticks += batch.ticks
                error_texts += [
                    self._describe(status) for status in batch.statuses if status.status not in EXPECTED_STATUSES
                ]
            else:
                self._connected = isinstance(item, Connected)
                error_texts += [item.reason] if isinstance(item, Disconnected) else []
        if ticks:
            self._newest = (max(self._newest[0], *(tick.at for tick in ticks)), self._now())
        errors = tuple(error for text in error_texts if (error := self._error(text)))
        return FeedUpdate(tuple(ticks), self._clock(), b"", errors)

    def _market_time(self) -> float:
        at, arrived_at = self._newest
        return at + max(0.0, self._now() - arrived_at) if at else self._now()

    def _clock(self) -> MarketClock:
        now = self._market_time()
        session = calendar.newest_session(trading_date(now)).isoformat()
        label = self.label if self._connected else f"{self.label}, not connected"
        state: State = "closed" if phase(now) == "closed" else "open"
        return MarketClock(self.name, label, session, now, time.time(), 1.0, state)

    def _describe(self, status: StatusMessage) -> str:
        return f"{status.status}: {status.message}".replace(self._access.key, "(key)")[:200]

    def _error(self, text: str) -> ErrorReported | None:
        """For administrators; the same message at most every REPEAT_SECONDS."""
        now = time.monotonic()
        if now - self._reported.get(text, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return None
        self._reported = {
            reported_text: at for reported_text, at in self._reported.items() if now - at < REPEAT_SECONDS
        }
        self._reported[text] = now
        return ErrorReported(
            at=time.time(), source="TickStock", severity="error", message=f"Massive: {text}", category="feed",
            component="ingest", action="goes on trying",
        )  # fmt: skip


async def _next_items(items: asyncio.Queue[Item]) -> list[Item]:
    """All waiting items; waits for the first until the time-out."""
    try:
        async with asyncio.timeout(ANNOUNCE_SECONDS):
            batch = [await items.get()]
    except TimeoutError:
        return []
    size = 0
    while size < MOST_TICKS and not items.empty():
        batch.append(items.get_nowait())
        size += batch[-1].payload.count(b'"ev"') if isinstance(batch[-1], Received) else 0
    return batch

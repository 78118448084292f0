"""Live US equities from Massive, once Polygon."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from app.finance import calendar
from app.finance.clock import MarketClock, State
from app.finance.sessions import phase, trading_date
from app.ingest.massive.connection import Access, Down, Heard, Item, Link, Up
from app.ingest.massive.messages import Reader, Status
from app.ingest.provider import Beat, Provider
from app.settings.load import Settings
from app.settings.sources import BadSetting
from app.wire.events.event import ErrorReported, Tick

ANNOUNCE_SECONDS = 1.0
MOST_WAITING = 256
"""Messages that are read ahead; then the socket waits."""
MOST_TICKS = 500
"""In one beat, or somewhat more: a message is not divided."""
REPEAT_SECONDS = 600.0
"""The same trouble is told again after so long."""
FINE = {"connected", "auth_success", "success"}
DELAYED = "delayed."


def provider(settings: Settings) -> Provider:
    said = settings.massive
    if said.api_key is None or not said.api_key.get_secret_value():
        raise BadSetting("MASSIVE_API_KEY: is missing, and [ingest] provider is massive")
    subscriptions = [f"{event}.{symbol}" for event in said.events for symbol in said.symbols]
    access = Access(
        said.stream_url, said.api_key.get_secret_value(), subscriptions, said.silence_seconds, said.longest_pause
    )
    return Massive(access, said.events)


class Massive:
    name = "massive"
    label = "Massive"

    def __init__(self, access: Access, events: Sequence[str], now: Callable[[], float] = time.time) -> None:
        self._access = access
        self._now = now
        self._reader = Reader(events)
        self._up = False
        self._newest: tuple[float, float] = (0.0, 0.0)
        """Market time of the newest tick, and when it came."""
        self._told: dict[str, float] = {}
        self.refused = 0
        if DELAYED in access.url:
            self.label = "Massive, 15 minutes late"

    def previous_close(self, symbol: str, session: str) -> float | None:
        """The stored daily bars say it."""
        return None

    def so_far(self, bookmark: bytes | None) -> None:
        """It does not say again what it said."""

    async def beats(self, bookmark: bytes | None) -> AsyncGenerator[Beat, None]:
        items: asyncio.Queue[Item] = asyncio.Queue(MOST_WAITING)
        link = Link(self._access, lambda: phase(self._market_time()) == "regular")
        reading = asyncio.create_task(link.run(items.put))
        try:
            while True:
                yield self._beat(await _gathered(items))
                if reading.done():
                    reading.result()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    def _beat(self, items: Sequence[Item]) -> Beat:
        ticks: list[Tick] = []
        troubles: list[str] = []
        for item in items:
            if isinstance(item, Heard):
                read = self._reader.read(item.payload, self._now())
                self.refused += read.refused
                ticks += read.ticks
                troubles += [self._words(status) for status in read.said if status.status not in FINE]
            else:
                self._up = isinstance(item, Up)
                troubles += [item.why] if isinstance(item, Down) else []
        if ticks:
            self._newest = (max(self._newest[0], *(tick.at for tick in ticks)), self._now())
        errors = tuple(error for text in troubles if (error := self._error(text)))
        return Beat(tuple(ticks), self._clock(), b"", errors)

    def _market_time(self) -> float:
        at, came = self._newest
        return at + max(0.0, self._now() - came) if at else self._now()

    def _clock(self) -> MarketClock:
        now = self._market_time()
        session = calendar.newest_session(trading_date(now)).isoformat()
        label = self.label if self._up else f"{self.label}, not connected"
        state: State = "closed" if phase(now) == "closed" else "open"
        return MarketClock(self.name, label, session, now, time.time(), 1.0, state)

    def _words(self, status: Status) -> str:
        return f"{status.status}: {status.message}".replace(self._access.key, "(key)")[:200]

    def _error(self, text: str) -> ErrorReported | None:
        """For those who look after the desk; the same words not again and again."""
        now = time.monotonic()
        if now - self._told.get(text, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return None
        self._told = {known: at for known, at in self._told.items() if now - at < REPEAT_SECONDS}
        self._told[text] = now
        return ErrorReported(
            at=time.time(), source="TickStock", severity="error", message=f"Massive: {text}", category="feed",
            component="ingest", action="goes on trying",
        )  # fmt: skip


async def _gathered(items: asyncio.Queue[Item]) -> list[Item]:
    """What is there, at least one unless nothing comes in time."""
    try:
        async with asyncio.timeout(ANNOUNCE_SECONDS):
            found = [await items.get()]
    except TimeoutError:
        return []
    size = 0
    while size < MOST_TICKS and not items.empty():
        found.append(items.get_nowait())
        size += found[-1].payload.count(b'"ev"') if isinstance(found[-1], Heard) else 0
    return found

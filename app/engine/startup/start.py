"""Start of the engine: migrates or checks the schema, loads the history and restores the state."""

import logging
import math
from datetime import date
from typing import NamedTuple

from app import db, wire
from app.db.errors import CONNECT_ERRORS
from app.db.migrate import ForeignSchema, NewerSchema, migrate
from app.db.pools import Pool
from app.engine.bars.bar_close import BarClose
from app.engine.bars.feed_state import FeedState
from app.engine.bars.stream_intake import StreamIntake
from app.engine.bars.tick_intake import TickIntake
from app.engine.startup import history, invented_history, restore
from app.engine.startup.invented_history import InventedHistory
from app.engine.storage import schema
from app.finance.invented import schedule
from app.finance.quote import NewestQuote
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE, extended
from app.settings.load import Settings
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

AWAY: tuple[type[BaseException], ...] = (db.Unavailable, wire.RedisUnavailable, *CONNECT_ERRORS)


class IncompatibleSchema(Exception):
    """The market tables are foreign and cannot take what the engine writes."""


class HistorySources(NamedTuple):
    """What is stored before the feed begins; `invented` None where another market is played."""

    shipped: history.ShippedHistory
    invented: InventedHistory | None = None

    @classmethod
    def of(cls, settings: Settings) -> "HistorySources":
        """Beside the invented market all shipped days are past: no feed plays them."""
        replay, section = settings.replay, settings.invented
        if not settings.ingest.on or settings.ingest.provider != schedule.PROVIDER:
            return cls(history.ShippedHistory(replay.path, replay.history_until))
        spacing = section.speed / section.ticks_per_second
        return cls(history.ShippedHistory(replay.path, date.max), InventedHistory(section.path, section.seed, spacing))


class Startup:
    def __init__(
        self,
        url: str,
        pool: Pool,
        feed: FeedState,
        stream: StreamIntake,
        sources: HistorySources,
        min_confidence: float,
    ) -> None:
        self._url = url
        self._pool = pool
        self._feed = feed
        self._stream = stream
        self._sources = sources
        self._began_again = False
        """Whether days after the one that is played now were stored, and are deleted."""
        self._min_confidence = min_confidence

    async def run(self, series: SeriesByTimeframe, close: BarClose, tick_intake: TickIntake) -> None:
        """Waits for a database that is away; raises IncompatibleSchema where waiting would not help."""
        backoff = Backoff()
        while True:
            try:
                await self._prepare(series, close, tick_intake)
            except AWAY as error:
                logger.warning("database or redis not ready: %s", type(error).__name__)
                await backoff.wait()
            else:
                return

    async def _prepare(self, series: SeriesByTimeframe, close: BarClose, tick_intake: TickIntake) -> None:
        if await self._migrate():
            await self._load_histories()
        # What the feed wrote and published before it began again is of days that are deleted.
        played = await self._played_session(schedule.PROVIDER) if self._began_again else None
        quotes = {} if played else await self._quotes()
        minutes = await history.restore_bars(self._pool, series, quotes)
        newest = max((bar.start for bar in minutes), default=-MINUTE)
        tick_intake.seed(quotes, newest + MINUTE)
        # Before any tick is counted: the last minutes are read again.
        await self._stream.resume(series, extended(date.fromisoformat(played)).closes if played else math.inf)
        await restore.restore_patterns(self._pool, series, close, self._min_confidence)

    async def _load_histories(self) -> None:
        shipped, invented = self._sources
        await history.load(self._pool, shipped.before(await self._played_session("replay")), self._min_confidence)
        if invented:
            played = await self._played_session(schedule.PROVIDER)
            result = await invented_history.load(self._pool, invented, played, self._min_confidence)
            self._began_again = self._began_again or result.began_again

    async def _migrate(self) -> bool:
        """Whether the tables are ours; then they are migrated. Foreign tables are used as they are, without the shipped
        history."""
        try:
            await migrate("market", self._url)
        except ForeignSchema:
            missing = await schema.missing(self._pool)
            if missing:
                raise IncompatibleSchema(f"the market tables are not ours and lack {'; '.join(missing)}") from None
            logger.warning("the market tables are not ours: written to, never altered")
            return False
        except NewerSchema as newer:
            raise IncompatibleSchema(str(newer)) from None
        return True

    async def _played_session(self, provider: str) -> str | None:
        """The session (ISO date) that this provider plays now."""
        try:
            clock = await self._feed.clock()
        except wire.RedisUnavailable:
            return None
        return clock.session if clock and clock.provider == provider else None

    async def _quotes(self) -> dict[str, NewestQuote]:
        try:
            return await self._feed.quotes()
        except wire.RedisUnavailable:
            return {}

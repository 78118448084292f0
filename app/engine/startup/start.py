"""From whatever database there is to one that the engine can work on."""

import logging

from app import db, wire
from app.db.errors import REFUSED
from app.db.migrate import ForeignSchema, NewerSchema, migrate
from app.db.pools import Pool
from app.engine.bars.bar_close import Close
from app.engine.bars.bar_series import Series
from app.engine.bars.feed_state import Feed
from app.engine.bars.stream_intake import StreamIntake
from app.engine.bars.tick_intake import TickIntake
from app.engine.startup import history, restore
from app.engine.storage import schema
from app.finance.quote import NewestQuote
from app.finance.sessions import MINUTE
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

AWAY: tuple[type[BaseException], ...] = (db.Unavailable, wire.Unavailable, *REFUSED)


class Unfit(Exception):
    """The database's tables are not ours and cannot take what the engine writes."""


class Start:
    def __init__(
        self, url: str, pool: Pool, feed: Feed, stream: StreamIntake, shipped: history.Shipped, min_confidence: float
    ) -> None:
        self._url = url
        self._pool = pool
        self._feed = feed
        self._stream = stream
        self._shipped = shipped
        self._min_confidence = min_confidence

    async def run(self, series: Series, close: Close, tape: TickIntake) -> None:
        """Waits for a database that is away; raises Unfit where waiting would not help."""
        backoff = Backoff()
        while True:
            try:
                await self._prepare(series, close, tape)
            except AWAY as error:
                logger.warning("database or redis not ready: %s", type(error).__name__)
                await backoff.wait()
            else:
                return

    async def _prepare(self, series: Series, close: Close, tape: TickIntake) -> None:
        if await self._ours():
            await history.load(self._pool, self._shipped.before(await self._session()), self._min_confidence)
        quotes = await self._quotes()
        minutes = await history.recall(self._pool, series, quotes)
        newest = max((bar.start for bar in minutes), default=-MINUTE)
        tape.seed(quotes, newest + MINUTE)
        # Before anything is counted in the bars in memory: the last minutes may come again.
        await self._stream.resume(series)
        await restore.findings(self._pool, series, close, self._min_confidence)

    async def _ours(self) -> bool:
        """Brought up to date if so; tables that we did not make are used as they are, and get no shipped history."""
        try:
            await migrate("market", self._url)
        except ForeignSchema:
            missing = await schema.missing(self._pool)
            if missing:
                raise Unfit(f"the market tables are not ours and lack {'; '.join(missing)}") from None
            logger.warning("the market tables are not ours: written to, never altered")
            return False
        except NewerSchema as newer:
            raise Unfit(str(newer)) from None
        return True

    async def _session(self) -> str | None:
        """What the replay plays now, if it has begun."""
        try:
            told = await self._feed.clock()
        except wire.Unavailable:
            return None
        return told.session if told and told.provider == "replay" else None

    async def _quotes(self) -> dict[str, NewestQuote]:
        try:
            return await self._feed.quotes()
        except wire.Unavailable:
            return {}

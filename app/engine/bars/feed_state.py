"""Reads the market clock and the newest quotes that the feed keeps in Redis."""

from app.finance.clock import MarketClock
from app.finance.invented import schedule
from app.finance.quote import NewestQuote
from app.finance.symbols import is_storable
from app.wire.client import connect
from app.wire.state import market_clock
from app.wire.state.newest_quotes import NewestQuotes


class MarketBeganAgain(Exception):
    """The invented market is played again from a session in the past: its stored days have to be loaded anew."""


class FeedState:
    """Raises wire.RedisUnavailable."""

    def __init__(self, redis_url: str) -> None:
        self._session = ""
        """The newest one of the invented market, ISO date."""
        self._client = connect(redis_url)
        self._newest = NewestQuotes(self._client)

    async def clock(self) -> MarketClock | None:
        """Raises MarketBeganAgain."""
        clock = await market_clock.read(self._client)
        if clock and clock.provider == schedule.PROVIDER:
            if clock.session < self._session:
                raise MarketBeganAgain(f"the invented market begins again at {clock.session}")
            self._session = clock.session
        return clock

    async def quotes(self) -> dict[str, NewestQuote]:
        """Quotes of symbols that the tables can store."""
        quotes = await self._newest.all()
        return {symbol: quote for symbol, quote in quotes.items() if is_storable(symbol)}

    async def close(self) -> None:
        await self._client.aclose()

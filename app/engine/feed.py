"""What the feed leaves in Redis beside its ticks: the market clock and the newest quotes."""

from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.wire import clock
from app.wire.client import connect
from app.wire.newest import Newest


class Feed:
    """Raises wire.Unavailable when Redis is away."""

    def __init__(self, redis_url: str) -> None:
        self._client = connect(redis_url)
        self._newest = Newest(self._client)

    async def clock(self) -> MarketClock | None:
        return await clock.read(self._client)

    async def quotes(self) -> dict[str, NewestQuote]:
        return await self._newest.all()

    async def close(self) -> None:
        await self._client.aclose()

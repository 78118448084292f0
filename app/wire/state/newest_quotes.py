"""The newest quote of every symbol in one Redis hash: the feed writes it, boards start from it."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from app.finance.quote import NewestQuote
from app.wire.channels import NEWEST_QUOTES_KEY
from app.wire.client import reachable


class NewestQuotes:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def put(self, quotes: Sequence[NewestQuote]) -> None:
        if not quotes:
            return
        with reachable():
            await self._client.hset(
                NEWEST_QUOTES_KEY, mapping={quote.symbol: msgspec.json.encode(quote) for quote in quotes}
            )

    async def symbols(self) -> list[str]:
        """Those that have a quote. What may read the hash may not always list its fields alone (HKEYS)."""
        with reachable():
            quotes = await self._client.hgetall(NEWEST_QUOTES_KEY)
        return [name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in quotes]

    async def of(self, symbols: Sequence[str]) -> dict[str, NewestQuote]:
        """Of those of them that have one."""
        if not symbols:
            return {}
        with reachable():
            values = await self._client.hmget(NEWEST_QUOTES_KEY, list(symbols))
        quotes = (_read(value) for value in values if value is not None)
        return {quote.symbol: quote for quote in quotes if quote is not None}

    async def all(self) -> dict[str, NewestQuote]:
        with reachable():
            values = await self._client.hgetall(NEWEST_QUOTES_KEY)
        quotes = (_read(value) for value in values.values())
        return {quote.symbol: quote for quote in quotes if quote is not None}


def _read(value: bytes | str) -> NewestQuote | None:
    try:
        return msgspec.json.decode(value, type=NewestQuote)
    except msgspec.MsgspecError:
        return None

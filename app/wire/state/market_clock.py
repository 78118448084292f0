"""The market clock in its Redis key: the feed writes it, all processes read it."""

import msgspec
from redis.asyncio import Redis

from app.finance.clock import MarketClock
from app.wire.channels import CLOCK_KEY
from app.wire.client import reachable


async def announce(client: Redis, clock: MarketClock) -> None:
    with reachable():
        await client.set(CLOCK_KEY, msgspec.json.encode(clock))


async def read(client: Redis) -> MarketClock | None:
    with reachable():
        value = await client.get(CLOCK_KEY)
    if not isinstance(value, bytes):
        return None
    try:
        return msgspec.json.decode(value, type=MarketClock)
    except msgspec.MsgspecError:
        return None

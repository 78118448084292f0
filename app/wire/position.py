"""Where a feed stopped, so that it goes on from there."""

from redis.asyncio import Redis

from app.wire.channels import POSITION_PREFIX
from app.wire.client import reachable


async def save(client: Redis, name: str, position: bytes) -> None:
    with reachable():
        await client.set(POSITION_PREFIX + name, position)


async def load(client: Redis, name: str) -> bytes | None:
    with reachable():
        found = await client.get(POSITION_PREFIX + name)
    return found if isinstance(found, bytes) else None

"""Where a feed stopped, so that it goes on from there."""

from redis.asyncio import Redis

from app.wire.channels import POSITION_PREFIX
from app.wire.client import reachable


def key(name: str) -> str:
    """Under which the position of that provider is kept."""
    return POSITION_PREFIX + name


async def load(client: Redis, name: str) -> bytes | None:
    with reachable():
        found = await client.get(key(name))
    return found if isinstance(found, bytes) else None

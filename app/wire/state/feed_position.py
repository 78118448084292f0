"""The position of a feed, from which it continues after a restart."""

from redis.asyncio import Redis

from app.wire.channels import POSITION_PREFIX
from app.wire.client import reachable


def key(name: str) -> str:
    """Under which the position of that provider is kept."""
    return POSITION_PREFIX + name


async def load(client: Redis, name: str) -> bytes | None:
    with reachable():
        value = await client.get(key(name))
    return value if isinstance(value, bytes) else None

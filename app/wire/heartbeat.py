"""The engine's heartbeat key, which engines of every make write as text."""

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from app.wire.channels import HEARTBEAT_KEY
from app.wire.client import reachable
from app.wire.codec.moments import moment


async def beat(client: Redis, at: float) -> None:
    with reachable():
        await client.set(HEARTBEAT_KEY, repr(at))


async def read(client: Redis) -> float | None:
    """Wall time of the last beat; None where there is none or it makes no sense."""
    with reachable():
        try:
            found = await client.get(HEARTBEAT_KEY)
        except ResponseError:
            return None
    return moment(found.decode("ascii", "replace")) if isinstance(found, bytes) else None

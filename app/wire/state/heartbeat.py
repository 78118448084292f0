"""The engine's heartbeat keys, which engines of every make write as text; some the one, some the other."""

from redis.asyncio import Redis

from app.wire.channels import HEARTBEAT_KEY, OTHER_HEARTBEAT_KEY
from app.wire.client import reachable
from app.wire.codec.moments import epoch_seconds


async def beat(client: Redis, at: float) -> None:
    with reachable():
        await client.set(HEARTBEAT_KEY, repr(at))


async def read(client: Redis) -> float | None:
    """Wall time of the last beat; None where there is none or it makes no sense."""
    with reachable():
        values = await client.mget(HEARTBEAT_KEY, OTHER_HEARTBEAT_KEY)
    beats = (epoch_seconds(each.decode("ascii", "replace")) for each in values if isinstance(each, bytes))
    return max((beat for beat in beats if beat is not None), default=None)

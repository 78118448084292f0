"""The result of the newest trading day: published once, and stored for a day."""

import msgspec
from redis.asyncio import Redis

from app.wire.channels import EOD_COMPLETION, EOD_STATUS_KEY
from app.wire.client import reachable
from app.wire.codec.moments import iso

KEPT_SECONDS = 86_400


class DayResult(msgspec.Struct, frozen=True, kw_only=True):
    """`status`: COMPLETE, INCOMPLETE or ERROR. From `completed_symbols` on it is as the original checks."""

    status: str
    target_date: str
    processing_time_minutes: float
    total_symbols: int = 0
    completion_rate: float = 0.0
    validation_status: str
    completed_symbols: int = 0
    missing_symbols: int = 0
    missing_symbol_list: tuple[str, ...] = ()
    """The first of them."""
    error: str = ""


async def announce(client: Redis, result: DayResult, at: float) -> None:
    """`at`: epoch seconds. Kept before it is published: who hears of it finds it. Raises Unavailable."""
    message = {"type": "eod_completion", "timestamp": iso(at), "results": result}
    with reachable():
        await client.set(EOD_STATUS_KEY, msgspec.json.encode(result), ex=KEPT_SECONDS)
        await client.publish(EOD_COMPLETION, msgspec.json.encode(message))

"""Jobs for the engine, and how many engines would hear one."""

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis

from app.wire.client import reachable
from app.wire.codec import MAX_BYTES, Rejected

START_DAILY_PROCESSING = "START_DAILY_PROCESSING"


class ProcessingParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Empty symbols or patterns mean all of them."""

    symbols: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    force: bool = False
    run_id: str = ""


class ProcessingCommand(msgspec.Struct, frozen=True, kw_only=True):
    command: str
    parameters: ProcessingParameters = ProcessingParameters()


def encode(command: ProcessingCommand) -> bytes:
    return msgspec.json.encode(command)


def decode(payload: bytes) -> ProcessingCommand | Rejected:
    if len(payload) > MAX_BYTES:
        return Rejected("too-big")
    try:
        return msgspec.json.decode(payload, type=ProcessingCommand)
    except (ValueError, RecursionError):
        return Rejected("bad-job")


async def receivers(client: Redis, channels: Sequence[str]) -> dict[str, int]:
    """Subscribers by channel: 0 would lose a job, 2 would do it twice."""
    with reachable():
        found = await client.pubsub_numsub(*channels)
    return {_name(channel): int(count) for channel, count in found}


def _name(channel: bytes | str) -> str:
    return channel.decode() if isinstance(channel, bytes) else channel

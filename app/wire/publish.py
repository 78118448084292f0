"""Events go out, each on the channel that the contract has for it."""

import time
from collections.abc import Mapping

from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.channels import Channels
from app.wire.client import reachable
from app.wire.codec import encode
from app.wire.events import (
    AnyEvent,
    EngineHealth,
    ErrorReported,
    IndicatorCalculated,
    PatternDetected,
    ProcessingChanged,
    Tick,
)


class Publisher:
    def __init__(self, client: Redis, channels: Channels) -> None:
        self._client = client
        self._channels: Mapping[type[AnyEvent], str] = {
            Tick: channels.ticks,
            PatternDetected: channels.patterns,
            IndicatorCalculated: channels.indicators,
            ProcessingChanged: channels.processing,
            EngineHealth: channels.health,
            ErrorReported: channels.errors,
        }

    async def publish(self, event: AnyEvent) -> int:
        """How many subscribers heard it: 0 means that nobody did."""
        return await self.publish_to(self._channels[type(event)], event)

    async def publish_to(self, channel: str, event: AnyEvent) -> int:
        stamped = event if event.published_at else replace(event, published_at=time.time())
        with reachable():
            return int(await self._client.publish(channel, encode(stamped)))

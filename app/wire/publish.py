"""Events go out, each on the channel that the contract has for it."""

import time
from collections.abc import Sequence

from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire import codec
from app.wire.channels import Channels
from app.wire.client import reachable
from app.wire.events import AnyEvent


class Publisher:
    def __init__(self, client: Redis, channels: Channels) -> None:
        self._client = client
        self._channels = channels

    async def publish(self, event: AnyEvent) -> int:
        """How many subscribers heard it: 0 means that nobody did."""
        return await self.publish_to(codec.channel(event, self._channels), event)

    async def publish_all(self, events: Sequence[AnyEvent]) -> None:
        """In their order and in one go: nothing waits for Redis between two of them."""
        now = time.time()
        pipeline = self._client.pipeline(transaction=False)
        for event in events:
            channel = codec.channel(event, self._channels)
            stamped = event if event.published_at else replace(event, published_at=now)
            pipeline.publish(channel, codec.encode_for(channel, stamped))
        with reachable():
            await pipeline.execute()

    async def publish_to(self, channel: str, event: AnyEvent) -> int:
        stamped = event if event.published_at else replace(event, published_at=time.time())
        with reachable():
            return int(await self._client.publish(channel, codec.encode_for(channel, stamped)))

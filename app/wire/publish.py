"""Events go out, each on the channel that the contract has for it."""

import time
from collections.abc import Sequence

from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire import codec
from app.wire.channels import Channels
from app.wire.client import reachable
from app.wire.events import AnyEvent

_PUBLISH = "for at = 1, #ARGV, 2 do redis.call('publish', ARGV[at], ARGV[at + 1]) end"
"""One command instead of hundreds: packing them and reading their replies costs more than all the rest."""


class Publisher:
    def __init__(self, client: Redis, channels: Channels) -> None:
        self._client = client
        self._channels = channels

    async def publish(self, event: AnyEvent) -> int:
        """How many subscribers heard it: 0 means that nobody did."""
        return await self.publish_to(codec.channel(event, self._channels), event)

    async def publish_all(self, events: Sequence[AnyEvent]) -> None:
        """In their order and in one go, as many as a script may hold Redis up for: some hundred."""
        now = time.time()
        said: list[str | bytes] = []
        for event in events:
            channel = codec.channel(event, self._channels)
            said += (
                channel,
                codec.encode_for(channel, event if event.published_at else replace(event, published_at=now)),
            )
        if said:
            with reachable():
                await self._client.eval(_PUBLISH, 0, *said)

    async def publish_to(self, channel: str, event: AnyEvent) -> int:
        stamped = event if event.published_at else replace(event, published_at=time.time())
        with reachable():
            return int(await self._client.publish(channel, codec.encode_for(channel, stamped)))

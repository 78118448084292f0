"""Publishes events on the contract's channels; ticks and indicators also in batches for readers of batches."""

import time
from collections.abc import Sequence

from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from app.wire import lua
from app.wire.channels import INDICATORS_CHANNEL, TICKS_CHANNEL, Channels
from app.wire.client import reachable
from app.wire.codec import codec
from app.wire.events.event import AnyEvent, IndicatorCalculated, Tick
from app.wire.pubsub.listeners import listeners
from app.wire.ticks.retention import Retention
from app.wire.ticks.stream import TickWriter

_PUBLISH = lua.read(__file__, "publish")
"""One command instead of hundreds: packing them and reading their replies costs more than all the rest."""


class Publisher:
    def __init__(self, client: Redis, channels: Channels, retention: Retention | None = None) -> None:
        """`retention`: of the ticks that it publishes."""
        self._client = client
        self._channels = channels
        self._ticks = TickWriter(client, retention or Retention())

    async def publish(self, event: AnyEvent) -> int:
        """The number of subscribers that received it."""
        return await self.publish_to(codec.channel(event, self._channels), event)

    async def publish_all(self, events: Sequence[AnyEvent]) -> None:
        """In their order and in one go, as many as a script may hold Redis up for: some hundred.

        Indicators go in batches to those who subscribe to batches, before the rest; and one by one on the contract's
        channel only while anybody else may listen there.
        """
        indicators = [event for event in events if isinstance(event, IndicatorCalculated)]
        if indicators and await self._batched(indicators):
            events = [event for event in events if not isinstance(event, IndicatorCalculated)]
        await self._publish_each([(codec.channel(event, self._channels), event) for event in events])

    async def _batched(self, events: Sequence[IndicatorCalculated]) -> bool:
        """Whether everybody who listens has them now."""
        audience = await listeners(self._client, self._channels.indicators, INDICATORS_CHANNEL)
        if audience.batches:
            for message in codec.encode_indicators(events, time.time()):
                if not await self._publish_allowed(INDICATORS_CHANNEL, message):
                    return False
        return not audience.others

    async def _publish_allowed(self, channel: str, message: bytes) -> bool:
        """False where the server's access rules forbid the channel."""
        with reachable():
            try:
                await self._client.publish(channel, message)
            except NoPermissionError:
                return False
        return True

    async def publish_and_set(self, ticks: Sequence[Tick], also_to: Sequence[str], key: str, value: bytes) -> None:
        """All of them in the stream of ticks and in batches; each on those channels in `also_to`, and on its own while
        anybody listens there who reads no batches, one message each and in their order; and a key that says how far
        this went. All is done or nothing, so that who is killed repeats nothing when it begins again."""
        contract = self._channels.ticks
        audience = await listeners(self._client, contract, TICKS_CHANNEL)

        def messages(batched: bool) -> list[str | bytes]:
            channels = also_to if batched and not audience.others else (contract, *also_to)
            return _encoded([(channel, tick) for tick in ticks for channel in channels if codec.carries(channel, tick)])

        with reachable():
            await self._ticks.write(ticks, messages, key, value)

    async def _publish_each(self, addressed: Sequence[tuple[str, AnyEvent]]) -> None:
        if addressed:
            with reachable():
                await self._client.eval(_PUBLISH, 0, *_encoded(addressed))

    async def publish_to(self, channel: str, event: AnyEvent) -> int:
        stamped = event if event.published_at else replace(event, published_at=time.time())
        with reachable():
            return int(await self._client.publish(channel, codec.encode_for(channel, stamped)))


def _encoded(addressed: Sequence[tuple[str, AnyEvent]]) -> list[str | bytes]:
    """Channel and message in turn."""
    now = time.time()
    words: list[str | bytes] = []
    for channel, event in addressed:
        stamped = event if event.published_at else replace(event, published_at=now)
        words += (channel, codec.encode_for(channel, stamped))
    return words

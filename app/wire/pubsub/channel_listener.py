"""Subscribes to one channel of messages between our own processes."""

from collections.abc import Callable
from typing import Generic, TypeVar

from app.wire.pubsub.subscriber import Subscriber

M = TypeVar("M")


class ChannelListener(Generic[M]):
    """Calls `on_message` with each message; `gapped` is called when some may have been missed.

    `decode` returns None for bytes that are no such message, which are counted.
    """

    def __init__(
        self,
        url: str,
        channel: str,
        decode: Callable[[bytes], M | None],
        on_message: Callable[[M], object],
        gapped: Callable[[], object],
    ) -> None:
        self._decode, self._on_message = decode, on_message
        self._subscriber = Subscriber(url, {channel: None}, self._receive, gapped)
        self.not_understood = 0

    @property
    def connected(self) -> bool:
        return self._subscriber.stats.connected

    async def run(self) -> None:
        await self._subscriber.run()

    async def _receive(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        message = self._decode(payload)
        if message is None:
            self.not_understood += 1
        else:
            self._on_message(message)

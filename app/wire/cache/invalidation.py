"""Messages between processes that invalidate cache entries, on one internal channel."""

from collections.abc import Callable

import msgspec

from app.wire.channels import INTERNAL_CHANNEL
from app.wire.pubsub.subscriber import Subscriber


class CacheDropped(msgspec.Struct, frozen=True, tag="cache-dropped", tag_field="notice"):
    """What carries one of these tags is out of date in every process."""

    sender: str
    tags: tuple[str, ...]


def encode(notice: CacheDropped) -> bytes:
    return msgspec.json.encode(notice)


class InvalidationListener:
    """Subscribes to them; `gapped` is called when some may have been missed."""

    def __init__(self, url: str, on_dropped: Callable[[CacheDropped], None], gapped: Callable[[], object]) -> None:
        self._on_dropped = on_dropped
        self._subscriber = Subscriber(url, {INTERNAL_CHANNEL: None}, self._on_message, gapped)
        self.not_understood = 0

    @property
    def connected(self) -> bool:
        return self._subscriber.stats.connected

    async def run(self) -> None:
        await self._subscriber.run()

    async def _on_message(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        try:
            notice = msgspec.json.decode(payload, type=CacheDropped)
        except (ValueError, RecursionError):
            self.not_understood += 1
            return
        self._on_dropped(notice)

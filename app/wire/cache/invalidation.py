"""What our own processes tell each other, over one channel that nobody else may publish on."""

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


class Notices:
    """Hears them; `gapped` is called when some may have been missed."""

    def __init__(self, url: str, heard: Callable[[CacheDropped], None], gapped: Callable[[], object]) -> None:
        self._heard = heard
        self._subscriber = Subscriber(url, {INTERNAL_CHANNEL: None}, self._hear, gapped)
        self.not_understood = 0

    @property
    def connected(self) -> bool:
        return self._subscriber.stats.connected

    async def run(self) -> None:
        await self._subscriber.run()

    async def _hear(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        try:
            notice = msgspec.json.decode(payload, type=CacheDropped)
        except (ValueError, RecursionError):
            self.not_understood += 1
            return
        self._heard(notice)

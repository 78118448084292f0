"""Commands to the feed of an invented market: an administrator begins the next session."""

import asyncio
from contextlib import suppress
from typing import Protocol, runtime_checkable

from app.wire.channels import JOBS_MARKET
from app.wire.codec.codec import Rejected
from app.wire.jobs.job import decode_market
from app.wire.pubsub.subscriber import Subscriber


@runtime_checkable
class PausingProvider(Protocol):
    """A provider whose market pauses between sessions."""

    def end_pause(self) -> None:
        """Begins the next session, where the market is closed."""
        ...


class MarketCommands:
    def __init__(self, redis_url: str, provider: object) -> None:
        """Does nothing for a provider that does not pause."""
        self._subscriber = Subscriber(redis_url, {JOBS_MARKET: None}, self._on_message)
        self._provider = provider if isinstance(provider, PausingProvider) else None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._provider:
            self._task = asyncio.create_task(self._subscriber.run())

    async def stop(self, seconds: float) -> None:
        if self._task:
            self._task.cancel()
            with suppress(TimeoutError):
                await asyncio.wait({self._task}, timeout=seconds)

    async def _on_message(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        if self._provider and not isinstance(decode_market(payload), Rejected):
            self._provider.end_pause()

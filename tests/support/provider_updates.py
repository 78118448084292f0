"""Reads the updates of a live provider."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from app.ingest.provider import FeedUpdate
from app.wire.events.event import Tick


async def until(updates: AsyncGenerator[FeedUpdate, None], enough: Callable[[FeedUpdate], bool]) -> list[FeedUpdate]:
    """All updates up to the first that is `enough`."""
    received = []
    async with asyncio.timeout(20), aclosing(updates):
        async for update in updates:
            received.append(update)
            if enough(update):
                break
    return received


def ticks_of(updates: list[FeedUpdate]) -> list[Tick]:
    return [tick for update in updates for tick in update.ticks]

"""Entries of the log of events, appended and tailed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from app.wire.events.event import PatternDetected
from app.wire.log.log import Log, LogEntry, StreamPosition, TailGap


def detected(number: int, **changes: object) -> PatternDetected:
    event = PatternDetected(
        at=1000.0 + number, published_at=2000.0, symbol="BRK.B", pattern="Doji", timeframe="1min", confidence=0.8
    )
    return replace(event, **changes)


@asynccontextmanager
async def tailing(log: Log, after: StreamPosition) -> AsyncIterator[list[LogEntry | TailGap]]:
    entries: list[LogEntry | TailGap] = []

    async def follow() -> None:
        nonlocal entries
        async for entry in log.tail(after):
            entries += [entry]

    task = asyncio.create_task(follow())
    try:
        yield entries
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def append(log: Log, *numbers: int) -> list[StreamPosition]:
    ids = [await log.append_once(detected(number)) for number in numbers]
    assert None not in ids
    return [id_ for id_ in ids if id_]

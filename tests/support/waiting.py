"""Waits for conditions that have no event."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

STEP_SECONDS = 0.01


async def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while True:
        if holds():
            return
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def loop_clock() -> AsyncIterator[Callable[[], float]]:
    """A clock of seconds that the event loop lived through: what a busy machine takes from it counts as one step.

    For an upper bound on how long something waits, which a timeout would exceed and a slow machine must not.
    """
    lived = 0.0

    async def live() -> None:
        nonlocal lived
        while True:
            await asyncio.sleep(STEP_SECONDS)
            lived += STEP_SECONDS

    task = asyncio.create_task(live())
    try:
        yield lambda: lived
    finally:
        task.cancel()
        await asyncio.wait([task])

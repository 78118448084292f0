"""Waiting for what has no event to await."""

import asyncio
import time
from collections.abc import Callable


async def until(holds: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while True:
        if holds():
            return
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.01)

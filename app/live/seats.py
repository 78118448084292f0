"""How many streams one person may hold open; a seat is held by the task that sends."""

import asyncio
from collections import Counter
from typing import Any

from app.live.hub import Full


class Seats:
    def __init__(self, most: int = 6) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()
        self._holders: set[asyncio.Task[Any]] = set()

    def take(self, owner: str) -> None:
        """Held until the current task is done: a response that is never begun gives its seat back as well."""
        holder = asyncio.current_task()
        if holder is None or self._taken[owner] >= self._most:
            raise Full
        self._taken[owner] += 1
        self._holders.add(holder)
        holder.add_done_callback(lambda done: self._free(owner, done))

    async def emptied(self, seconds: float) -> None:
        """All have left, or were made to after this time."""
        if not self._holders:
            return
        _, staying = await asyncio.wait(self._holders, timeout=seconds)
        for holder in staying:
            holder.cancel()

    def _free(self, owner: str, holder: asyncio.Task[Any]) -> None:
        self._holders.discard(holder)
        self._taken[owner] -= 1
        if self._taken[owner] <= 0:
            del self._taken[owner]

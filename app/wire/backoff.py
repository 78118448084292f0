"""How long to wait before trying again: anything up to a ceiling that doubles, so that nobody returns in step."""

import asyncio
import random

FIRST_SECONDS = 0.2
LAST_SECONDS = 5.0


class Backoff:
    def __init__(self, first: float = FIRST_SECONDS, last: float = LAST_SECONDS) -> None:
        self._first = first
        self._last = last
        self._ceiling = first

    def succeeded(self) -> None:
        self._ceiling = self._first

    async def wait(self) -> None:
        ceiling, self._ceiling = self._ceiling, min(self._last, self._ceiling * 2)
        await asyncio.sleep(random.uniform(0.0, ceiling))  # noqa: S311 - spreads load, guards nothing

"""Rate limit of requests per minute, and a sleep that can be cancelled."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class Stopped(Exception):
    """The load was cancelled."""


async def wait(seconds: float, stop: asyncio.Event | None) -> None:
    """Raises Stopped as soon as `stop` is set."""
    if stop is None:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
    raise Stopped


class RequestPace:
    """`per_minute` below 1 means less than one request in a minute."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = max(1, int(per_minute))
        self._span = MINUTE * self._most / per_minute
        self._clock = clock
        self._request_times: deque[float] = deque(maxlen=self._most)

    def delay(self) -> float:
        """Seconds until the next request may be sent."""
        if len(self._request_times) < self._most:
            return 0.0
        return max(0.0, self._request_times[0] + self._span - self._clock())

    def note(self) -> None:
        """Counts a request that is sent now."""
        self._request_times.append(self._clock())

    async def wait_turn(self, stop: asyncio.Event | None) -> None:
        while (delay := self.delay()) > 0:
            await wait(delay, stop)
        self.note()

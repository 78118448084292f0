"""An event loop that knows for how long it was held: the CPU time between two of its looks at its sockets."""

import asyncio
import selectors
import time
from typing import Any


class Watched(selectors.DefaultSelector):
    """Counts this thread's CPU time alone: what else the machine does is no fault of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.thread_time()
        self.longest = 0.0
        """Seconds, since `reset`."""

    def select(self, timeout: float | None = None) -> Any:
        self.longest = max(self.longest, time.thread_time() - self._since)
        ready = super().select(timeout)
        self._since = time.thread_time()
        return ready

    def reset(self) -> None:
        self.longest = 0.0


def watched() -> tuple[asyncio.AbstractEventLoop, Watched]:
    selector = Watched()
    return asyncio.SelectorEventLoop(selector), selector

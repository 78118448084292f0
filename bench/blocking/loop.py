"""An event loop that measures for how long it was blocked: the CPU time between two polls of its sockets."""

import asyncio
import selectors
import time
from typing import Any


class Watched(selectors.DefaultSelector):
    """Counts only the CPU time of this thread, so that other work on the machine does not matter."""

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

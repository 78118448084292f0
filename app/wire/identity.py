"""What makes two messages the same event, in whichever process and however often they arrive."""

import time
from collections import OrderedDict
from hashlib import blake2b

from msgspec import json
from msgspec.structs import replace

from app.wire.events import PatternDetected

WINDOW_SECONDS = 15 * 60.0
MAX_REMEMBERED = 10_000


class Identities:
    """An event without a time of its own is told apart by its content and by how often that was heard lately:
    processes that hear the same messages count alike."""

    def __init__(self) -> None:
        self._occurrences: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def of(self, event: PatternDetected) -> str:
        if event.published_at:
            return _digest(f"{event.symbol}\n{event.pattern}\n{event.timeframe}\n{event.at!r}".encode())
        if event.flow_id:
            return _digest(f"flow\n{event.flow_id}".encode())
        return self._next(_digest(json.encode(replace(event, at=0.0, arrived_at=0.0))))

    def _next(self, content: str) -> str:
        now = time.monotonic()
        since, count = self._occurrences.pop(content, (now, 0))
        if now - since > WINDOW_SECONDS:
            since, count = now, 0
        self._occurrences[content] = (since, count + 1)
        while len(self._occurrences) > MAX_REMEMBERED:
            self._occurrences.popitem(last=False)
        return f"{content}.{count + 1}"


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()

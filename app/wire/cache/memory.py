"""The first tier of the cache: what this process remembers itself, bounded in entries, bytes and time."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

LARGEST_SHARE = 8
"""One value may take an eighth of all bytes at most."""


class _Kept(NamedTuple):
    value: bytes
    tags: frozenset[str]
    until: float


class Memory:
    def __init__(self, max_entries: int, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._tagged: dict[str, set[str]] = defaultdict(set)
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return kept.value

    def put(self, key: str, value: bytes, tags: frozenset[str], seconds: float) -> None:
        if key in self._kept:
            self._forget(key)
        if len(value) > self._max_bytes // LARGEST_SHARE or seconds <= 0:
            return
        self._kept[key] = _Kept(value, tags, self._clock() + seconds)
        self.bytes += len(value)
        for tag in tags:
            self._tagged[tag].add(key)
        while len(self._kept) > self._max_entries or self.bytes > self._max_bytes:
            self._forget(next(iter(self._kept)))

    def drop(self, tags: Iterable[str]) -> int:
        keys = {key for tag in tags for key in self._tagged.get(tag, ())}
        for key in keys:
            self._forget(key)
        return len(keys)

    def clear(self) -> None:
        self._kept.clear()
        self._tagged.clear()
        self.bytes = 0

    def _forget(self, key: str) -> None:
        kept = self._kept.pop(key)
        self.bytes -= len(kept.value)
        for tag in kept.tags:
            self._tagged[tag].discard(key)
            if not self._tagged[tag]:
                del self._tagged[tag]

"""The first tier of the cache: this process' memory, bounded in entries, bytes and time."""

import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

LARGEST_SHARE = 8
"""One value may take an eighth of all bytes at most."""


class _MemoryEntry(NamedTuple):
    value: bytes
    tags: frozenset[str]
    until: float


class MemoryCache:
    def __init__(self, max_entries: int, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[str, _MemoryEntry] = OrderedDict()
        self._tagged: dict[str, set[str]] = defaultdict(set)
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until <= self._clock():
            self._evict(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: bytes, tags: frozenset[str], seconds: float) -> None:
        if key in self._entries:
            self._evict(key)
        if len(value) > self._max_bytes // LARGEST_SHARE or seconds <= 0:
            return
        self._entries[key] = _MemoryEntry(value, tags, self._clock() + seconds)
        self.bytes += len(value)
        for tag in tags:
            self._tagged[tag].add(key)
        while len(self._entries) > self._max_entries or self.bytes > self._max_bytes:
            self._evict(next(iter(self._entries)))

    def drop(self, tags: Iterable[str]) -> int:
        keys = {key for tag in tags for key in self._tagged.get(tag, ())}
        for key in keys:
            self._evict(key)
        return len(keys)

    def clear(self) -> None:
        self._entries.clear()
        self._tagged.clear()
        self.bytes = 0

    def _evict(self, key: str) -> None:
        entry = self._entries.pop(key)
        self.bytes -= len(entry.value)
        for tag in entry.tags:
            self._tagged[tag].discard(key)
            if not self._tagged[tag]:
                del self._tagged[tag]

"""Keeps the newest log entries in memory, so that a short disconnect is recovered without a read from Redis."""

from collections import deque
from typing import NamedTuple

from app.live.frames import RenderedPush


class _Entry(NamedTuple):
    id: str
    changes: tuple[RenderedPush, ...]


class RecentEntries:
    def __init__(self, limit: int = 512) -> None:
        self._entries: deque[_Entry] = deque(maxlen=limit)

    def add(self, id: str, changes: tuple[RenderedPush, ...]) -> None:  # noqa: A002 (the id of the log's entry)
        """Adds the next entry. Entries must be consecutive; call `clear` first where one may be missing."""
        self._entries.append(_Entry(id, changes))

    def clear(self) -> None:
        self._entries.clear()

    def between(self, after: str, upto: str) -> tuple[RenderedPush, ...] | None:
        """Changes of the entries in (after, upto]; None if some are no longer kept."""
        entries: list[_Entry] = []
        within = False
        for entry in reversed(self._entries):
            within = within or entry.id == upto
            if entry.id == after:
                return tuple(change for each in reversed(entries) for change in each.changes) if within else None
            if within:
                entries.append(entry)
        return None

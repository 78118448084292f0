"""The newest entries of the log as they were published, so that who was away for a moment asks nobody for them."""

from collections import deque
from typing import NamedTuple

from app.live.frames import RenderedPush


class _Entry(NamedTuple):
    id: str
    drawings: tuple[RenderedPush, ...]


class RecentEntries:
    def __init__(self, most: int = 512) -> None:
        self._entries: deque[_Entry] = deque(maxlen=most)

    def add(self, id: str, drawings: tuple[RenderedPush, ...]) -> None:  # noqa: A002 (the id of the log's entry)
        """One after the other and none left out; whoever cannot be sure of that begins with `forget`."""
        self._entries.append(_Entry(id, drawings))

    def forget(self) -> None:
        self._entries.clear()

    def between(self, after: str, upto: str) -> tuple[RenderedPush, ...] | None:
        """What the entries in (after, upto] changed; None where it does not know them all."""
        found: list[_Entry] = []
        wanted = False
        for entry in reversed(self._entries):
            wanted = wanted or entry.id == upto
            if entry.id == after:
                return tuple(drawing for each in reversed(found) for drawing in each.drawings) if wanted else None
            if wanted:
                found.append(entry)
        return None

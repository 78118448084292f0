"""Whole lists that the readers of a log topic were promised and have not been sent yet."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from app.live import topics as grammar

NO_POSITION = "?"
"""An id that is no place in the log: whoever comes back with it is given the list as it is."""


class OwedLists:
    """Of states, too, so that they are read again; but a reader who comes back is given every state anyway."""

    def __init__(self) -> None:
        self._versions: Counter[str] = Counter()
        self._owed_logs: set[str] = set()
        self._more = asyncio.Event()

    def owe(self, topics: Iterable[str]) -> None:
        """What is in the list now is not enough: it is to be read after this."""
        for topic in topics:
            self._versions[topic] += 1
            if grammar.kind(topic) == "log":
                self._owed_logs.add(topic)
        self._more.set()

    async def wait(self) -> tuple[str, ...]:
        """Until more is owed, then all that is."""
        await self._more.wait()
        self._more.clear()
        return tuple(sorted(self._versions))

    def version(self, topic: str) -> int:
        """To be asked for before the list is read."""
        return self._versions[topic]

    def settle(self, topic: str, version: int) -> None:
        """The list was published, as read after that version was asked for."""
        if self._versions[topic] == version:
            del self._versions[topic]
            self._owed_logs.discard(topic)

    def position(self, topics: frozenset[str], newest: str) -> str:
        """How far a reader of these topics has come when all up to `newest` was published."""
        return newest if self._owed_logs.isdisjoint(topics) else NO_POSITION

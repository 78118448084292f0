"""Times as files write them, to the key of a bar: a date or an instant."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta

import numpy as np

from app.engine.loads.datetimes import Ambiguous, Bad, Order, read
from app.engine.loads.frames import Frame, period

EARLIEST = date(1900, 1, 1)
MOST_KEPT = 200_000
SUNDAY = 6


class Moments:
    """Remembers what it has read: the rows of a file share their days."""

    def __init__(self, frame: Frame, until: date, order: Order | None = None) -> None:
        self._frame = frame
        self._until = until
        self._keys: dict[str, str] = {}
        self._instants: dict[str, str] = {}
        self._first: dict[str, str] = {}
        """Of each key of a dated bar the first instant that was read."""
        self._order = order
        self.ambiguous = False
        """Whether a date was read that could be two."""
        self.several = False
        """Whether two instants were read that would be one bar, of whatever symbols."""

    def decide(self, proven: set[Order]) -> None:
        """By what the dates of a file prove, unless the order was given."""
        self._order = self._order or (next(iter(proven)) if len(proven) == 1 else None)
        self._keys.clear()
        self._instants.clear()

    def keys(self, column: list[str]) -> list[str]:
        """As PostgreSQL reads them, and sorts them; empty where there is no sense in it."""
        return self._read(column, self._keys)

    def instants(self, column: list[str]) -> list[str]:
        """Of dated bars, as they are written; empty where there is no sense in it."""
        return self._read(column, self._instants)

    def _read(self, column: list[str], kept: dict[str, str]) -> list[str]:
        try:
            return [kept[text] for text in column]
        except KeyError:
            if len(kept) > MOST_KEPT:
                self._keys.clear()
                self._instants.clear()
        for text in set(column) - kept.keys():
            self._add(text)
        return [kept[text] for text in column]

    def _add(self, text: str) -> None:
        try:
            key, instant = self._key(text)
        except Bad as bad:
            self.ambiguous |= isinstance(bad, Ambiguous)
            key = instant = ""
        else:
            self.several |= self._frame.dated and self._first.setdefault(key, instant) != instant
        self._keys[text], self._instants[text] = key, instant

    def key(self, text: str) -> str:
        """Raises Bad."""
        return self._key(text)[0]

    def _key(self, text: str) -> tuple[str, str]:
        """And, of a dated bar, the day and time of day as they are written."""
        at, timed = read(text.strip(), self._order)
        day = at.date()
        try:
            at_utc = at.astimezone(UTC)
        except OverflowError:
            raise Bad(f"time: {text[:40]!r} does not exist") from None
        if day < EARLIEST or at_utc.date() > self._until:
            raise Bad(f"time: {text[:40]!r} lies before 1900 or in the future")
        if self._frame.dated:
            return self._period(day).isoformat(), at.replace(tzinfo=None).isoformat()
        if not timed:
            raise Bad(f"time: {text[:40]!r} has no time of day; bars of whole days are loaded with --timeframe daily")
        if at_utc.second or at_utc.microsecond:
            raise Bad(f"time: {text[:40]!r} is no whole minute; write the minute in which the bar begins")
        return at_utc.strftime("%Y-%m-%d %H:%M:00+00"), ""

    def _period(self, day: date) -> date:
        """A week that is written as beginning on Sunday is the one of the Monday after."""
        if self._frame.name == "weekly" and day.weekday() == SUNDAY:
            return day + timedelta(days=1)
        return period(self._frame, day)


def shared(chunks: Iterable[tuple[list[str], list[str]]]) -> frozenset[int]:
    """Hashes of the keys that come with several instants. Each chunk has keys, and as many instants."""
    hashes = [np.array([list(map(hash, keys)), list(map(hash, instants))], dtype=np.int64) for keys, instants in chunks]
    keys, instants = np.concatenate(hashes, axis=1) if hashes else np.zeros((2, 0), dtype=np.int64)
    order = np.lexsort((instants, keys))
    keys, instants = keys[order], instants[order]
    return frozenset(keys[1:][(keys[1:] == keys[:-1]) & (instants[1:] != instants[:-1])].tolist())

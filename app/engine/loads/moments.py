"""Times as files write them, to the key of a bar: a date or an instant."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import numpy as np

from app.engine.loads.datetimes import Ambiguous, Bad, Order, read
from app.engine.loads.frames import Frame, period

EARLIEST = date(1900, 1, 1)
MOST_KEPT = 200_000
SUNDAY = 6
MINUTES = len("2012-09-04 09:30")

_UTC_MINUTE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::00(?:\.0{1,9})?)?(?: ?(?:Z|\+00(?::?00)?))?"
)
"""How most files write the minutes of bars; to be read without making a datetime of each."""


class Moments:
    """Remembers what it has read: the rows of a file share their days."""

    def __init__(self, frame: Frame, until: date, order: Order | None = None) -> None:
        self._frame = frame
        self._until = until
        self._keys: dict[str, str] = {}
        self._instants: dict[str, str] = {}
        self._first: dict[str, str] = {}
        """Of each key of a dated bar the first instant that was read."""
        self._days: dict[str, bool] = {}
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
                self._days.clear()
        for text in set(column) - kept.keys():
            self._add(text)
        return [kept[text] for text in column]

    def _add(self, text: str) -> None:
        if not self._frame.dated and (match := _UTC_MINUTE.fullmatch(text)) and self._is_day(match[1]):
            self._keys[text] = f"{match[1]} {match[2]}:00+00"
            return
        try:
            at = self._at(text)
        except Bad as bad:
            self.ambiguous |= isinstance(bad, Ambiguous)
            self._keys[text] = self._instants[text] = ""
            return
        self._keys[text] = key = self._key(at)
        if self._frame.dated:
            self._instants[text] = instant = at.replace(tzinfo=None).isoformat()
            self.several |= self._first.setdefault(key, instant) != instant

    def _is_day(self, text: str) -> bool:
        """Whether a bar may be of that day."""
        allowed = self._days.get(text)
        if allowed is None:
            try:
                allowed = EARLIEST <= date.fromisoformat(text) <= self._until
            except ValueError:
                allowed = False
            self._days[text] = allowed
        return allowed

    def key(self, text: str) -> str:
        """Raises Bad."""
        return self._key(self._at(text))

    def _key(self, at: datetime) -> str:
        if self._frame.dated:
            return self._period(at.date()).isoformat()
        return f"{at.isoformat(' ', 'minutes')[:MINUTES]}:00+00"

    def _at(self, text: str) -> datetime:
        """The instant, of a dated bar with the offset that is written, else in UTC. Raises Bad."""
        at, timed = read(text.strip(), self._order)
        try:
            at_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
        except OverflowError:
            raise Bad(f"time: {text[:40]!r} does not exist") from None
        if at.date() < EARLIEST or at_utc.date() > self._until:
            raise Bad(f"time: {text[:40]!r} lies before 1900 or in the future")
        if self._frame.dated:
            return at
        if not timed:
            raise Bad(f"time: {text[:40]!r} has no time of day; bars of whole days are loaded with --timeframe daily")
        if at_utc.second or at_utc.microsecond:
            raise Bad(f"time: {text[:40]!r} is no whole minute; write the minute in which the bar begins")
        return at_utc

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

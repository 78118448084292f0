"""Parses times of bars to keys of their tables: a date, or an instant in UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import numpy as np

from app.engine.loads.sources.datetimes import AmbiguousTime, DateOrder, InvalidTime, parse_time
from app.engine.loads.sources.timeframes import LoadTimeframe, period

EARLIEST = date(1900, 1, 1)
MOST_CACHED = 200_000
SUNDAY = 6
MOST_WITHIN = {"hourly": 2, "daily": 1, "weekly": 1, "monthly": 1}
"""Start times of a symbol in one hour, day, week or month: a session from 9:30 on has hourly bars at 9:00 and 9:30."""
MINUTES = len("2012-09-04 09:30")

_UTC_MINUTE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::00(?:\.0{1,9})?)?(?: ?(?:Z|\+00(?::?00)?))?"
)
"""The most frequent format of minutes, read without a datetime for each."""


class TimeParser:
    """Caches what it parses: rows of a file share their days."""

    def __init__(self, frame: LoadTimeframe, until: date, order: DateOrder | None = None) -> None:
        self._frame = frame
        self._until = until
        self._keys: dict[str, str] = {}
        self._instants: dict[str, str] = {}
        self._within: dict[str, set[str]] = {}
        """The start times that were read, by period."""
        self._days: dict[str, bool] = {}
        self._order = order
        self.ambiguous = False
        """Whether a date was read whose order is ambiguous."""
        self.overfull = False
        """Whether a period has more start times than bars, of whatever symbols."""

    def decide(self, orders: set[DateOrder]) -> None:
        """Sets the order that the dates of a file prove, unless it was given."""
        self._order = self._order or (next(iter(orders)) if len(orders) == 1 else None)
        self._keys.clear()
        self._instants.clear()

    def keys(self, column: list[str]) -> list[str]:
        """In PostgreSQL's notation, which sorts; empty where the text is invalid."""
        return self._read(column, self._keys)

    def instants(self, column: list[str]) -> list[str]:
        """Of dated bars as written, else in UTC; empty where the text is invalid."""
        return self._read(column, self._instants if self._frame.dated else self._keys)

    def _read(self, column: list[str], cache: dict[str, str]) -> list[str]:
        try:
            return [cache[text] for text in column]
        except KeyError:
            if len(cache) > MOST_CACHED:
                self._keys.clear()
                self._instants.clear()
                self._days.clear()
        for text in set(column) - cache.keys():
            self._add(text)
        return [cache[text] for text in column]

    def _add(self, text: str) -> None:
        if not self._frame.dated and (match := _UTC_MINUTE.fullmatch(text)) and self._is_day(match[1]):
            self._remember(text, key := f"{match[1]} {match[2]}:00+00", key)
            return
        try:
            at = self._instant(text)
        except InvalidTime as bad:
            self.ambiguous |= isinstance(bad, AmbiguousTime)
            self._keys[text] = self._instants[text] = ""
            return
        key = self._key(at)
        self._remember(text, key, at.replace(tzinfo=None).isoformat() if self._frame.dated else key)

    def _remember(self, text: str, key: str, instant: str) -> None:
        self._keys[text] = key
        if most := MOST_WITHIN.get(self._frame.name):
            self._instants[text] = instant
            within = self._within.setdefault(slot(self._frame, key), set())
            within.add(instant)
            self.overfull |= len(within) > most

    def _is_day(self, text: str) -> bool:
        """Whether the day is between EARLIEST and `until`."""
        allowed = self._days.get(text)
        if allowed is None:
            try:
                allowed = EARLIEST <= date.fromisoformat(text) <= self._until
            except ValueError:
                allowed = False
            self._days[text] = allowed
        return allowed

    def key(self, text: str) -> str:
        """Raises InvalidTime."""
        return self._key(self._instant(text))

    def _key(self, at: datetime) -> str:
        if self._frame.dated:
            return self._period(at.date()).isoformat()
        return f"{at.isoformat(' ', 'minutes')[:MINUTES]}:00+00"

    def _instant(self, text: str) -> datetime:
        """With the written offset for a dated bar, else in UTC. Raises InvalidTime."""
        at, timed = parse_time(text.strip(), self._order)
        try:
            at_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
        except OverflowError:
            raise InvalidTime(f"time: {text[:40]!r} does not exist") from None
        if at.date() < EARLIEST or at_utc.date() > self._until:
            raise InvalidTime(f"time: {text[:40]!r} lies before 1900 or in the future")
        if self._frame.dated:
            return at
        if not timed:
            raise InvalidTime(
                f"time: {text[:40]!r} has no time of day; bars of whole days are loaded with --timeframe daily"
            )
        if at_utc.second or at_utc.microsecond:
            raise InvalidTime(f"time: {text[:40]!r} is no whole minute; write the minute in which the bar begins")
        return at_utc

    def _period(self, day: date) -> date:
        """A week that begins on Sunday is the one of the next Monday."""
        if self._frame.name == "weekly" and day.weekday() == SUNDAY:
            return day + timedelta(days=1)
        return period(self._frame, day)


def slot(frame: LoadTimeframe, key: str) -> str:
    """The day, week or month of a bar, or the full hour; of a key with or without its symbol."""
    return key if frame.dated else key[: -len(":30:00+00")]


def overfull_slots(chunks: Iterable[tuple[list[str], list[str]]], most: int) -> frozenset[int]:
    """Hashes of the periods with more than `most` start times. A chunk: periods of symbols, and as many instants."""
    hashes = [np.array([list(map(hash, slots)), list(map(hash, times))], dtype=np.int64) for slots, times in chunks]
    slots, instants = np.concatenate(hashes, axis=1) if hashes else np.zeros((2, 0), dtype=np.int64)
    order = np.lexsort((instants, slots))
    slots, instants = slots[order], instants[order]
    first = np.append(True, (slots[1:] != slots[:-1]) | (instants[1:] != instants[:-1]))[: len(slots)]
    different, counts = np.unique(slots[first], return_counts=True)
    return frozenset(different[counts > most].tolist())

"""The match lists of this process with their changes, and what a page lacks that shows an older one."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from app.rules.live_rule import MOST_LIVE
from app.rules.matching import Departure
from app.wire.rules.match_lists import MatchBatch, MatchList

KEPT_SECONDS = 4 * 3600.0
MOST_VERSIONS = 240
PENDING_SECONDS = 120.0
"""A page that was drawn so long before the first list at most shows the symbols of that list."""
STRUCK_SECONDS = 60.0
"""For which a row that left stays, struck through."""
ANNOUNCE_SECONDS = 10.0
"""Between two changes that are announced."""


class MatchVersion(NamedTuple):
    """`added`, `removals`: symbols beside the version before in this process. `before`: the one before it for whoever
    evaluates the rule."""

    version: int
    before: int
    at: float
    as_of: float
    added: frozenset[str]
    removals: Mapping[str, Departure]


class LeftSymbol(NamedTuple):
    """`at`: when it left, UTC epoch seconds; `as_of`: market time of that."""

    symbol: str
    at: float
    as_of: float
    departure: Departure


class MatchChanges(NamedTuple):
    """What a page lacks that was drawn with an older list."""

    since: float
    """Market time of that list."""
    new: tuple[str, ...] = ()
    """Symbols that match and have no row there, or a row that was struck through."""
    left: tuple[LeftSymbol, ...] = ()
    """Symbols with a row there that match no more, in the order in which they left."""


class _History:
    def __init__(self, newest: MatchList) -> None:
        self.newest = newest
        self.versions = deque(
            (MatchVersion(newest.version, newest.version_before, newest.at, newest.as_of, frozenset(), {}),),
            maxlen=MOST_VERSIONS,
        )

        self.announcement = (newest.version, 0.0)
        """The version that was last announced, and when."""

    def has_announcement(self, now: float) -> bool:
        version, at = self.announcement
        return version != self.newest.version and now - at >= ANNOUNCE_SECONDS

    def add(self, newer: MatchList) -> None:
        before, after = frozenset(self.newest.symbols), frozenset(newer.symbols)
        removals = {symbol: newer.departures.get(symbol, Departure()) for symbol in before - after}
        self.versions.append(
            MatchVersion(newer.version, newer.version_before, newer.at, newer.as_of, after - before, removals)
        )
        self.newest = newer
        while self.versions[0].at < newer.at - KEPT_SECONDS:
            self.versions.popleft()

    def since(self, version: int) -> Iterator[MatchVersion] | None:
        """The base of a page and all later versions; None where the base is not known: it is of long ago, or of before
        this process began."""
        base = max((place for place, each in enumerate(self.versions) if each.version <= version), default=None)
        if base is None:
            first = self.versions[0]
            if version <= first.before or first.version > version + 1000 * PENDING_SECONDS:
                return None
            base = 0
        return iter([*self.versions][base:])


class MatchBoard:
    """Lists of at most MOST_LIVE rules, those of which was heard last."""

    def __init__(self) -> None:
        self._histories: OrderedDict[str, _History] = OrderedDict()
        self._waiting: dict[str, asyncio.Event] = {}
        self._symbols: dict[str, str] = {}
        """Each symbol once: lists have many in common."""
        self._struck_until = 0.0
        self._with_past: set[str] = set()

    def apply(self, batch: MatchBatch) -> list[str]:
        """Keys of the lists that changed."""
        changed = [each.key for each in batch.lists if self.put(each)]
        for key, left in batch.same.items():
            if history := self._histories.get(key):
                history.newest = replace(history.newest, as_of=batch.as_of, left=left)
                self._histories.move_to_end(key)
        return changed

    def put(self, match_list: MatchList) -> bool:
        """Whether it is newer than the known one."""
        key, history = match_list.key, self._histories.get(match_list.key)
        symbols = tuple(self._symbols.setdefault(symbol, symbol) for symbol in match_list.symbols)
        newer = replace(match_list, symbols=symbols)
        is_newer = history is None or newer.version > history.newest.version
        if newer.past and (history is None or history.newest.past != newer.past):
            self._with_past.add(key)
        if history is None:
            self._histories[key] = _History(newer)
        elif is_newer:
            history.add(newer)
        elif newer.version == history.newest.version:
            history.newest = newer
        self._histories.move_to_end(key)
        if len(self._histories) > MOST_LIVE:
            self._histories.popitem(last=False)
        if waiting := self._waiting.pop(key, None):
            waiting.set()
        return is_newer

    def forget(self, key: str) -> None:
        self._histories.pop(key, None)

    def newest(self, key: str) -> MatchList | None:
        history = self._histories.get(key)
        return history.newest if history else None

    def next_list(self, key: str) -> asyncio.Event:
        """Set when a list of the rule comes, changed or not."""
        return self._waiting.setdefault(key, asyncio.Event())

    def changes(self, key: str, version: int) -> MatchChanges | None:
        """`version`: of the page's list, or the time in milliseconds at which it was drawn without one. None where the
        list of that time is not known."""
        history = self._histories.get(key)
        versions = history.since(version) if history else None
        if history is None or versions is None:
            return None
        since = next(versions).as_of
        added: set[str] = set()
        left: dict[str, LeftSymbol] = {}
        for each in versions:
            left |= {
                symbol: LeftSymbol(symbol, each.at, each.as_of, departure)
                for symbol, departure in sorted(each.removals.items())
                if symbol not in added and symbol not in left
            }
            added |= each.added
        current = frozenset(history.newest.symbols)
        new = tuple(symbol for symbol in history.newest.symbols if symbol in added)
        return MatchChanges(since, new, tuple(one for symbol, one in left.items() if symbol not in current))

    def take_ended(self, now: float) -> dict[str, frozenset[str]]:
        """By key, the symbols whose rows have been struck through for long enough since this was last asked."""
        until, after = now - STRUCK_SECONDS, self._struck_until
        self._struck_until = until
        return {
            key: symbols
            for key, history in self._histories.items()
            if (symbols := _departures(history.versions, until, after))
        }

    def take_past(self) -> frozenset[str]:
        """Keys of lists whose past matches came since this was last asked."""
        keys, self._with_past = frozenset(self._with_past), set()
        return keys

    def take_announcements(self, now: float) -> frozenset[str]:
        """Keys of lists that changed since this named them, none of them more often than every ANNOUNCE_SECONDS."""
        keys = {key for key, history in self._histories.items() if history.has_announcement(now)}
        for key in keys:
            self._histories[key].announcement = (self._histories[key].newest.version, now)
        return frozenset(keys)


def _departures(versions: deque[MatchVersion], until: float, after: float) -> frozenset[str]:
    symbols = (each.removals.keys() for each in reversed(versions) if after < each.at <= until)
    return frozenset[str]().union(*symbols)


def is_struck(left: LeftSymbol, now: float | None = None) -> bool:
    return left.at > (time.time() if now is None else now) - STRUCK_SECONDS

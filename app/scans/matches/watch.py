"""Tells whoever evaluates rules which ones readers of this process look at."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from app.live.connection import StreamConnection
from app.live.topics import name
from app.rules.live_rule import MOST_LIVE, LiveRule
from app.scans.matches.board import MatchBoard
from app.scans.matches.stream import RULE, rule_key
from app.wire.client import RedisUnavailable
from app.wire.rules.live_rules import Announcement
from app.wire.rules.match_lists import MatchList
from app.wire.rules.past_tables import PastTable
from app.wire.rules.rule_evaluation import RuleStores

BEAT_SECONDS = 10.0
RECENT_SECONDS = 30.0
"""For which an announced rule certainly stays live."""
MOST_KEPT = 2 * MOST_LIVE
NO_PLACE = f"People look at {MOST_LIVE} rules that are evaluated live, and there is no place for one more."


class RuleWatch:
    def __init__(self, stores: RuleStores, board: MatchBoard, readers: Callable[[], Mapping[str, int]]) -> None:
        """`readers`: how many streams of this process have each topic of a rule."""
        self._rules, self._lists, self._tables = stores
        self._board, self._readers = board, readers
        self._since: OrderedDict[str, float] = OrderedDict()
        """When a rule was first looked at here, by key."""
        self._announced: dict[str, float] = {}
        """When it was last announced, by the loop's clock."""
        self._due, self._gap = asyncio.Event(), False

    async def matches(self, rule: LiveRule, seconds: float) -> MatchList | None:
        """The match list of a rule that is looked at now, or a problem; None if none comes within `seconds`. Raises
        RedisUnavailable."""
        newest = self._board.newest(rule.key)
        if newest and self._is_announced(rule.key):
            return newest
        waiting = self._board.next_list(rule.key)
        if not await self._begin(rule.key, rule):
            return MatchList(rule.key, 0, time.time(), 0.0, problem=NO_PLACE)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await waiting.wait()
            return self._board.newest(rule.key)
        return None

    async def past_table(self, key: str) -> PastTable | None:
        """The values of a match list of a past moment; None where they are not there. Raises RedisUnavailable."""
        table = await self._tables.read(key)
        if table is None:
            self._board.forget(key)
            self._announced.pop(key, None)
        return table

    async def version(self, rule: LiveRule) -> int:
        """Of the match list of a rule whose table is drawn from stored rows now; the time in milliseconds if there is
        none."""
        newest = self._board.newest(rule.key)
        if newest and self._is_announced(rule.key):
            return newest.version
        with suppress(RedisUnavailable):
            if not self._is_announced(rule.key):
                # What is known of it is of a time when somebody else looked at it.
                self._board.forget(rule.key)
                await self._begin(rule.key, rule)
        return int(time.time() * 1000)

    async def look(self, key: str) -> None:
        """Somebody reads the stream of a rule whose page was drawn here or elsewhere. Raises RedisUnavailable."""
        if not self._is_announced(key):
            await self._begin(key)
        if self._board.newest(key) is None:
            for match_list in (await self._lists.newest([key])).values():
                self._board.put(match_list)

    def on_gap(self) -> None:
        """Lists may have been missed."""
        self._announced.clear()
        self._gap = True
        self._due.set()

    async def run(self) -> None:
        """Announces again what is looked at, while it is."""
        while True:
            # What Redis does not take now is announced with the next beat.
            with suppress(RedisUnavailable):
                await self._beat()
            self._due.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._due.wait()

    async def _beat(self) -> None:
        readers: Counter[str] = Counter()
        for topic, number in self._readers().items():
            readers[rule_key(topic)] += number
        if not readers:
            return
        live = await self._announce({key: number > 1 for key, number in readers.items()})
        for key in live.intersection(readers) if self._gap else ():
            await self._rules.wake(key)
        self._gap = False

    async def _begin(self, key: str, rule: LiveRule | None = None) -> bool:
        """Whether the rule has a place among the live ones. `rule`: to be stored, where that was not done yet."""
        if rule:
            await self._rules.put(rule)
        is_live = key in await self._announce({key: False})
        if is_live:
            await self._rules.wake(key)
        return is_live

    async def _announce(self, keys: Mapping[str, bool]) -> frozenset[str]:
        """With whether several look at each; the keys of all that are live then."""
        for key in keys:
            self._since.setdefault(key, time.time())
            self._since.move_to_end(key)
        while len(self._since) > MOST_KEPT:
            self._announced.pop(self._since.popitem(last=False)[0], None)
        newest_first = sorted(keys, key=lambda key: (keys[key], self._since.get(key, 0.0)), reverse=True)
        candidates = newest_first[:MOST_LIVE]
        live = await self._rules.announce([Announcement(key, self._since[key], keys[key]) for key in candidates])
        now = asyncio.get_running_loop().time()
        self._announced.update(dict.fromkeys(set(candidates).intersection(live), now))
        for key in set(candidates).difference(live):
            self._announced.pop(key, None)
        return frozenset(live)

    def _is_announced(self, key: str) -> bool:
        at = self._announced.get(key)
        return at is not None and asyncio.get_running_loop().time() - at < RECENT_SECONDS


def rule_readers(connections: Iterable[StreamConnection]) -> Counter[str]:
    """How many of them have each topic of a rule."""
    audiences = Counter(connection.audience for connection in connections)
    readers: Counter[str] = Counter()
    for audience, number in audiences.items():
        readers.update({topic: number for topic in audience.topics if name(topic) == RULE})
    return readers

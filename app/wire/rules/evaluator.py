"""Evaluates the live rules when bars have closed, and new ones at once, and publishes what has changed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import reduce
from operator import or_

from app.rules.identity import DIGITS
from app.rules.live_rule import MOST_LIVE, MarketNeeds
from app.wire.backoff import Backoff
from app.wire.channels import RULES_CHANNEL
from app.wire.client import RedisUnavailable
from app.wire.pubsub.connection import heed_cancellation
from app.wire.pubsub.subscriber import Subscriber
from app.wire.rules.evaluation import CheckedRule, MarketState, RuleResults, changed, checked
from app.wire.rules.live_rules import LiveRules
from app.wire.rules.match_lists import MatchList, MatchLists

PAUSE_SECONDS = 1.0
PAUSE_SHARE = 4
"""The pause behind an evaluation of all rules is at least so many times as long as that took."""
AT_ONCE = 60
"""Rules that are evaluated in one go in a thread."""
IDLE_STEP, LATE_STEP, IDLE_STEPS, LONGEST_WAIT = 0.005, 0.0075, 2, 1.0
"""Seconds. The event loop is idle when so many sleeps of a step in a row took less than LATE_STEP; it is awaited for
LONGEST_WAIT. What closes the bars holds the interpreter, for which a thread of many short computations would compete:
that takes several times as long as behind it, and more CPU."""
PAST_SECONDS = 2.0
"""For which an evaluation of all rules also computes what they would have matched, after a session or a load."""

ReadMarket = Callable[[MarketNeeds], Awaitable[MarketState | None]]
"""None where there are no bars."""


class NoMarket(Exception):
    """There are no bars to evaluate rules on."""


class LiveRuleEvaluator:
    def __init__(self, redis_url: str, rules: LiveRules, lists: MatchLists, read_market: ReadMarket) -> None:
        self.failed = 0
        """Rules that broke off."""
        self.seconds = 0.0
        """From the beginning of the last evaluation of all live rules until all was published."""
        self._rules, self._lists, self._read_market = rules, lists, read_market
        self._subscriber = Subscriber(redis_url, {RULES_CHANNEL: None}, self._on_announced, self.bars_closed)
        self._checked: dict[str, CheckedRule] = {}
        self._newest: dict[str, MatchList] = {}
        """Of the live rules that were evaluated here."""
        self._earlier: dict[str, MatchList] = {}
        """Of the others, as somebody else published them: versions go on behind these."""
        self._results: RuleResults | None = None
        self._announced: set[str] = set()
        """Keys of rules that are to be evaluated and published whole, however they stand."""
        self._bars_closed = False
        self._due = 0.0
        """From when on, by the loop's clock, all rules may be evaluated again."""
        self._work = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._subscriber.stats.connected

    def bars_closed(self) -> None:
        """All live rules are evaluated again, soon."""
        self._bars_closed = True
        self._work.set()

    async def run(self) -> None:
        """Begins with all live rules: who looked at them while nobody evaluated them waits for the lists."""
        self.bars_closed()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._evaluate_when_due())

    async def _on_announced(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        if len(self._announced) < MOST_LIVE:
            self._announced.add(payload[: 2 * DIGITS].decode("ascii", "replace"))
        self._work.set()

    async def _evaluate_when_due(self) -> None:
        loop, backoff = asyncio.get_running_loop(), Backoff()
        while True:
            heed_cancellation()
            await self._work.wait()
            self._work.clear()
            everything = self._is_due
            if self._bars_closed and not everything:
                loop.call_at(self._due, self._work.set)
            if not everything and not self._announced:
                continue
            if everything and len(self._checked) > AT_ONCE:
                await _wait_idle()
            self._bars_closed = self._bars_closed and not everything
            began = time.monotonic()
            try:
                announced = await self._evaluate(everything)
                if everything:
                    self.seconds = time.monotonic() - began
                    self._due = loop.time() + max(PAUSE_SECONDS, PAUSE_SHARE * self.seconds)
                await self._publish_all_past(announced, everything)
            except (RedisUnavailable, NoMarket):
                self.bars_closed()
                await backoff.wait()
                continue
            backoff.succeeded()

    @property
    def _is_due(self) -> bool:
        """Whether all live rules are to be evaluated now."""
        return self._bars_closed and asyncio.get_running_loop().time() >= self._due

    async def _evaluate(self, everything: bool) -> frozenset[str]:
        """All live rules, or those that were announced since, whose keys it returns."""
        announced = frozenset(self._announced)
        await self._read_rules()
        if not self._newest:
            announced |= self._checked.keys()
        if not self._checked:
            self._results, self._announced = None, self._announced - announced
            return frozenset()
        needs = reduce(or_, (each.needs for each in self._checked.values()))
        if everything or self._results is None or not needs <= self._results.has:
            state = await self._read_market(needs)
            if state is None:
                raise NoMarket
            self._results, everything = RuleResults(state, needs, self._results), True
        rules = [each for key, each in self._checked.items() if everything or key in announced]
        for first in range(0, len(rules), AT_ONCE):
            await self._publish(self._results, rules[first : first + AT_ONCE], announced)
        self._announced -= announced
        self.failed += self._results.failed
        self._results.failed = 0
        return announced

    async def _read_rules(self) -> None:
        live = {key: rule for key, rule in (await self._rules.live()).items() if not rule.at}
        self._checked = {key: self._checked.get(key) or checked(rule) for key, rule in live.items()}
        self._earlier = await self._lists.newest([key for key in self._checked if key not in self._newest])
        self._newest = {key: each for key, each in self._newest.items() if key in self._checked}

    async def _publish_all_past(self, announced: frozenset[str], everything: bool) -> None:
        """Of the announced rules, and of the others as far as time allows; not while bars that have closed wait."""
        data, until = await self._lists.data_version(), time.monotonic() + PAST_SECONDS
        for key in sorted(self._newest, key=lambda key: (key not in announced, bool(self._newest[key].past))):
            rule, match_list, results = self._checked[key], self._newest[key], self._results
            is_wanted = key in announced or (everything and time.monotonic() < until)
            if self._is_due or results is None:
                return
            if is_wanted and results.lacks_past(rule, match_list, data):
                self._newest[key] = match_list = await asyncio.to_thread(results.with_past, rule, match_list, data)
                await self._lists.publish([match_list], [])

    async def _publish(self, results: RuleResults, rules: list[CheckedRule], whole: frozenset[str]) -> None:
        """`whole`: keys of lists that are published even if they did not change."""
        earlier = {**self._earlier, **self._newest}
        lists = await asyncio.to_thread(results.lists, rules, earlier)
        await self._lists.publish(*changed(lists, earlier, whole))
        self._newest.update((each.key, each) for each in lists)
        # What broke off once is not tried again while it is live.
        self._checked.update(
            (each.live.key, each._replace(problem=own.problem)) for each, own in zip(rules, lists, strict=True)
        )


async def _wait_idle() -> None:
    loop, idle_steps = asyncio.get_running_loop(), 0
    until = loop.time() + LONGEST_WAIT
    while idle_steps < IDLE_STEPS and loop.time() < until:
        began = loop.time()
        await asyncio.sleep(IDLE_STEP)
        idle_steps = idle_steps + 1 if loop.time() - began < LATE_STEP else 0

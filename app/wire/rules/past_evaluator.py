"""Evaluates rules at moments in the past, one after the other, beside those that are live."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from app.finance.bars import DAY
from app.finance.sessions import NEW_YORK
from app.rules.catalogue import TIMEFRAMES
from app.rules.identity import DIGITS
from app.rules.live_rule import MOST_LIVE, LiveRule
from app.rules.past_matching import PastMarket, PastNeeds, matches_at, past_needs
from app.wire.backoff import Backoff
from app.wire.channels import RULES_CHANNEL
from app.wire.client import RedisUnavailable
from app.wire.pubsub.connection import heed_cancellation
from app.wire.pubsub.subscriber import Subscriber
from app.wire.rules.evaluation import CheckedRule, checked
from app.wire.rules.live_rules import LiveRules
from app.wire.rules.match_lists import MatchList, MatchLists
from app.wire.rules.past_tables import PastTable, PastTables

logger = logging.getLogger(__name__)

CACHE_SECONDS = 60.0
"""For which the bars of a moment are remembered after a rule was evaluated: 100 MB for 5,000 symbols."""

ReadPast = Callable[[PastNeeds, float], Awaitable[PastMarket | None]]
"""At a moment, UTC epoch seconds; None while nothing can be read."""


class CachedMarket(NamedTuple):
    """`data`: version of the stored bars."""

    needs: PastNeeds
    at: float
    data: int
    market: PastMarket


class PastRuleEvaluator:
    def __init__(
        self, redis_url: str, rules: LiveRules, lists: MatchLists, tables: PastTables, read_market: ReadPast
    ) -> None:
        self.failed = 0
        """Rules that broke off."""
        self._rules, self._lists, self._tables, self._read_market = rules, lists, tables, read_market
        self._subscriber = Subscriber(redis_url, {RULES_CHANNEL: None}, self._on_announced, self.bars_changed)
        self._market: CachedMarket | None = None
        self._announced: dict[str, None] = {}
        """Keys, the oldest first."""
        self._bars_changed = False
        self._forgetting: asyncio.TimerHandle | None = None
        self._work = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._subscriber.stats.connected

    def bars_changed(self) -> None:
        """All rules that somebody looks at are looked at again, soon."""
        self._bars_changed = True
        self._work.set()

    async def run(self) -> None:
        # What was announced before this began.
        self.bars_changed()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._evaluate_announced())

    async def _on_announced(self, _label: None, payload: bytes, _arrived_at: float) -> None:
        if len(self._announced) < MOST_LIVE:
            self._announced[payload[: 2 * DIGITS].decode("ascii", "replace")] = None
        self._work.set()

    async def _evaluate_announced(self) -> None:
        backoff = Backoff()
        while True:
            heed_cancellation()
            if self._market:
                self._forget_later()
            await self._work.wait()
            self._work.clear()
            try:
                is_complete = await self._evaluate()
            except RedisUnavailable:
                is_complete = False
            if is_complete:
                backoff.succeeded()
            else:
                self._work.set()
                await backoff.wait()

    async def _evaluate(self) -> bool:
        """Whether all that was announced is published."""
        if self._bars_changed:
            self._announced |= {key: None for key, rule in (await self._rules.live()).items() if rule.at}
            self._bars_changed = False
        while self._announced:
            key = next(iter(self._announced))
            # One that nobody looks at any more is left out.
            rule = (await self._rules.live()).get(key)
            if rule and rule.at and not await self._publish(rule):
                return False
            self._announced.pop(key, None)
        return True

    async def _publish(self, rule: LiveRule) -> bool:
        """Whether there is a list. What was computed from the same bars is published again."""
        data = await self._lists.data_version()
        earlier = (await self._lists.newest([rule.key])).get(rule.key)
        if earlier and is_current(earlier, data, rule.at) and (earlier.problem or await self._tables.keep(rule.key)):
            await self._lists.publish([earlier], [])
            return True
        if earlier:
            # The bars of the moment may have come since.
            self._market = None
        own, at = checked(rule), time.time()
        version = max(earlier.version + 1 if earlier else 0, int(at * 1000))
        match_list = MatchList(rule.key, version, at, rule.at, data=data)
        if own.problem:
            await self._lists.publish([replace(match_list, problem=own.problem)], [])
            return True
        past = await self._read(past_needs(own.rule, rule.timeframe), rule.at, data)
        if past is None:
            return False
        match_list, table = await asyncio.to_thread(self._evaluated, own, match_list, past)
        if table:
            await self._tables.put(rule.key, table)
        await self._lists.publish([match_list], [])
        return True

    async def _read(self, needs: PastNeeds, at: float, data: int) -> PastMarket | None:
        """Whoever tries one rule at a moment tries others: its bars are remembered for some time."""
        before = self._market
        if before and before[:3] == (needs, at, data):
            return before.market
        self._market = None
        market = await self._read_market(needs, at)
        if market:
            self._market = CachedMarket(needs, at, data, market)
        return market

    def _forget_later(self) -> None:
        if self._forgetting:
            self._forgetting.cancel()
        self._forgetting = asyncio.get_running_loop().call_later(CACHE_SECONDS, self._forget)

    def _forget(self) -> None:
        self._market = None

    def _evaluated(
        self, rule: CheckedRule, match_list: MatchList, past: PastMarket
    ) -> tuple[MatchList, PastTable | None]:
        try:
            matches = matches_at(past, rule.rule, rule.live.timeframe, rule.scope)
        except Exception:
            self.failed += 1
            logger.exception("rule not evaluated: %s", rule.live.text)
            return replace(match_list, problem="This rule could not be evaluated."), None
        if matches is None:
            return replace(match_list, problem=no_bars(rule.live)), None
        symbols, left = matches.symbols, matches.left
        fresh = replace(match_list, as_of=matches.as_of, symbols=symbols, left=left)
        return fresh, PastTable(symbols, matches.operands, matches.values)


def is_current(match_list: MatchList, data: int, at: float) -> bool:
    """Whether it is of the bars that are stored now. The bar of a moment that was not long ago may have come since."""
    return match_list.data == data and (match_list.as_of >= at or match_list.at > at + DAY)


def no_bars(rule: LiveRule) -> str:
    moment = datetime.fromtimestamp(rule.at, NEW_YORK)
    return f"No {TIMEFRAMES[rule.timeframe]} bars are stored that closed by {moment:%Y-%m-%d %H:%M} in New York."

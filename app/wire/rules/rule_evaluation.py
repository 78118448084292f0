"""Evaluates the rules that web processes announced: live ones when bars close, and those of past moments."""

import asyncio
from typing import NamedTuple

from redis.asyncio import Redis

from app.wire.backoff import Backoff
from app.wire.client import RedisUnavailable
from app.wire.pubsub.connection import heed_cancellation
from app.wire.rules.evaluator import LiveRuleEvaluator, ReadMarket
from app.wire.rules.live_rules import LiveRules
from app.wire.rules.match_lists import MatchLists
from app.wire.rules.past_evaluator import PastRuleEvaluator, ReadPast
from app.wire.rules.past_tables import PastTables


class RuleStores(NamedTuple):
    rules: LiveRules
    lists: MatchLists
    tables: PastTables

    @classmethod
    def of(cls, client: Redis) -> "RuleStores":
        return cls(LiveRules(client), MatchLists(client), PastTables(client))


class AnnouncedRules:
    def __init__(self, redis_url: str, stores: RuleStores, read_market: ReadMarket, read_past: ReadPast) -> None:
        self._lists = stores.lists
        self._live = LiveRuleEvaluator(redis_url, stores.rules, stores.lists, read_market)
        self._past = PastRuleEvaluator(redis_url, *stores, read_past)
        self._bars_changed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._live.connected and self._past.connected

    @property
    def failed(self) -> int:
        """Rules that broke off."""
        return self._live.failed + self._past.failed

    def bars_closed(self) -> None:
        """All live rules are evaluated again, soon."""
        self._live.bars_closed()

    def bars_changed(self) -> None:
        """Stored bars of the past have changed: what was computed from them is computed again."""
        self._bars_changed.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for run in (self._live.run, self._past.run, self._renew_data_version):
                tasks.create_task(run())

    async def _renew_data_version(self) -> None:
        backoff = Backoff()
        while True:
            heed_cancellation()
            await self._bars_changed.wait()
            self._bars_changed.clear()
            try:
                await self._lists.renew_data_version()
            except RedisUnavailable:
                self._bars_changed.set()
                await backoff.wait()
                continue
            backoff.succeeded()
            self._live.bars_closed()
            self._past.bars_changed()

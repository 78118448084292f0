"""An evaluator of live rules on a real Redis, with a market of the test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from app.wire.rules.evaluator import LiveRuleEvaluator, ReadMarket
from app.wire.rules.live_rules import LiveRules
from app.wire.rules.match_lists import MatchLists
from tests.wire.conftest import cancel_tasks, eventually


@asynccontextmanager
async def evaluating(redis_url: str, client: Redis, read_market: ReadMarket) -> AsyncIterator[LiveRuleEvaluator]:
    evaluator = LiveRuleEvaluator(redis_url, LiveRules(client), MatchLists(client), read_market)
    task = asyncio.create_task(evaluator.run())
    await eventually(lambda: evaluator.connected)
    yield evaluator
    await cancel_tasks(task)

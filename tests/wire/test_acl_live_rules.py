"""The users of config/redis-acl.conf may do what live rules need."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from app.rules.live_rule import MarketNeeds, live_rule
from app.rules.parse import parse
from app.wire.channels import MATCHES_CHANNEL, RULES_CHANNEL
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.rules.evaluation import MarketState
from app.wire.rules.evaluator import LiveRuleEvaluator
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchBatch, MatchLists, decode_batch
from tests.support.market_snapshots import random_market
from tests.support.restricted_redis import address, engine, path, url, web
from tests.wire.conftest import cancel_tasks, eventually

__all__ = ["engine", "path", "url", "web"]


async def read_market(_needs: MarketNeeds) -> MarketState:
    return MarketState(random_market(1).snapshot(), 1.0, frozenset(), 256)


@pytest.mark.parametrize("evaluating", ["engine", "web"])
async def test_rules_go_from_web_processes_to_whoever_evaluates_and_lists_come_back(
    web: Redis, engine: Redis, path: Path, evaluating: str
) -> None:
    """That is an engine, or a web process where there is none."""
    rule, batches = live_rule(parse("close:gt:0"), "d", (), None), list[MatchBatch]()
    client = {"engine": engine, "web": web}[evaluating]
    listener = ChannelListener(address(path, "web"), MATCHES_CHANNEL, decode_batch, batches.append, lambda: None)
    stores = LiveRules(client), MatchLists(client)
    evaluator = LiveRuleEvaluator(address(path, evaluating), *stores, read_market, 256)
    tasks = [asyncio.create_task(each.run()) for each in (listener, evaluator)]
    await eventually(lambda: listener.connected and evaluator.connected)
    await LiveRules(web).put(rule)
    assert await LiveRules(web).announce([Announcement(rule.key, 1.0)]) == [rule.key]
    await LiveRules(web).wake(rule.key)
    await eventually(lambda: batches)

    assert (await MatchLists(web).newest([rule.key]))[rule.key].symbols == batches[0].lists[0].symbols
    await cancel_tasks(*tasks)


async def test_an_engine_announces_no_rule_and_hears_no_list(engine: Redis) -> None:
    for command in (f"PUBLISH {RULES_CHANNEL} x", f"SUBSCRIBE {MATCHES_CHANNEL}"):
        with pytest.raises(NoPermissionError):
            await engine.execute_command(*command.split())

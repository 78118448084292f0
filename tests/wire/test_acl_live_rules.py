"""The users of config/redis-acl.conf may do what live rules need."""

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from app.rules.live_rule import MarketNeeds, live_rule
from app.rules.parse import parse
from app.rules.past_matching import PastMarket, PastNeeds
from app.wire.channels import MATCHES_CHANNEL, RULES_CHANNEL
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.rules.evaluation import MarketState
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchBatch, MatchLists, decode_batch
from app.wire.rules.past_tables import PastTables
from app.wire.rules.rule_evaluation import AnnouncedRules, RuleStores
from tests.support.market_snapshots import random_market
from tests.support.restricted_redis import address, engine, path, url, web
from tests.wire.conftest import cancel_tasks, eventually

__all__ = ["engine", "path", "url", "web"]


async def read_market(_needs: MarketNeeds) -> MarketState:
    return MarketState(random_market(1).snapshot(), 1.0, frozenset())


async def read_past(_needs: PastNeeds, at: float) -> PastMarket:
    return PastMarket(random_market(1).snapshot(until=at))


@pytest.mark.parametrize("evaluating", ["engine", "web"])
async def test_rules_go_from_web_processes_to_whoever_evaluates_and_lists_come_back(
    web: Redis, engine: Redis, path: Path, evaluating: str
) -> None:
    """That is an engine, or a web process where there is none."""
    rule, batches = live_rule(parse("close:gt:0"), "d", (), None), list[MatchBatch]()
    past = live_rule(parse("close:gt:0"), "d", (), None, at=1_346_869_860.0)
    client = {"engine": engine, "web": web}[evaluating]
    listener = ChannelListener(address(path, "web"), MATCHES_CHANNEL, decode_batch, batches.append, lambda: None)
    evaluation = AnnouncedRules(address(path, evaluating), RuleStores.of(client), read_market, read_past)
    tasks = [asyncio.create_task(each.run()) for each in (listener, evaluation)]
    await eventually(lambda: listener.connected and evaluation.connected)
    await LiveRules(web).put(rule)
    assert rule.key in await LiveRules(web).announce([Announcement(rule.key, 1.0)])
    await LiveRules(web).wake(rule.key)
    await eventually(lambda: batches)

    assert (await MatchLists(web).newest([rule.key]))[rule.key].symbols == batches[0].lists[0].symbols
    for _ in ("new", "kept", "after bars have changed"):
        batches.clear()
        await LiveRules(web).put(past)
        await LiveRules(web).announce([Announcement(past.key, 1.0)])
        await LiveRules(web).wake(past.key)
        await eventually(lambda: any(each.key == past.key for batch in batches for each in batch.lists))
        table = await PastTables(web).read(past.key)
        assert table
        assert table.symbols == (await MatchLists(web).newest([past.key]))[past.key].symbols
        evaluation.bars_changed()
    await cancel_tasks(*tasks)


async def test_an_engine_announces_no_rule_and_hears_no_list(engine: Redis) -> None:
    for command in (f"PUBLISH {RULES_CHANNEL} x", f"SUBSCRIBE {MATCHES_CHANNEL}"):
        with pytest.raises(NoPermissionError):
            await engine.execute_command(*command.split())

"""Live rules: announced in Redis, evaluated when bars close, published as match lists."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from app.rules.live_rule import MOST_LIVE, LiveRule, MarketNeeds, live_rule
from app.rules.market_bars import MarketSnapshot
from app.rules.matching import Departure
from app.rules.parse import parse
from app.wire.channels import LIVE_RULES_KEY, MATCHES_CHANNEL, MATCHES_PREFIX, RULE_PREFIX
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.rules import evaluator as evaluators
from app.wire.rules.evaluation import MarketState
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchBatch, MatchList, MatchLists, decode_batch
from tests.support.market_snapshots import random_market
from tests.support.rule_evaluators import evaluating
from tests.wire.conftest import cancel_tasks, eventually

EARLY, LATE = random_market(1).snapshot(until=1_332_000_000.0), random_market(1).snapshot()


class Market:
    """The market that the rules are evaluated on."""

    def __init__(self, snapshot: MarketSnapshot, as_of: float = 1000.0) -> None:
        self.snapshot, self.reads, self.as_of = snapshot, 0, as_of

    async def read(self, _needs: MarketNeeds) -> MarketState:
        self.reads += 1
        return MarketState(self.snapshot, self.as_of + self.reads, frozenset())


def rule(text: str, timeframe: str = "d") -> LiveRule:
    return live_rule(parse(text, timeframe), timeframe, (), None)


@asynccontextmanager
async def listening(redis_url: str) -> AsyncIterator[list[MatchBatch]]:
    batches: list[MatchBatch] = []
    listener = ChannelListener(redis_url, MATCHES_CHANNEL, decode_batch, batches.append, lambda: None)
    task = asyncio.create_task(listener.run())
    await eventually(lambda: listener.connected)
    yield batches
    await cancel_tasks(task)


async def announce(client: Redis, *rules: LiveRule) -> None:
    own = LiveRules(client)
    for each in rules:
        await own.put(each)
        await own.announce([Announcement(each.key, 1.0)])
        await own.wake(each.key)


def lists(batches: list[MatchBatch]) -> list[MatchList]:
    return [each for batch in batches for each in batch.lists]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluators, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(evaluators, "PAUSE_SHARE", 0)


async def test_a_rule_is_evaluated_at_once_and_again_when_bars_close(redis_url: str, client: Redis) -> None:
    market, above = Market(EARLY), rule("close:gt:20")
    async with listening(redis_url) as batches, evaluating(redis_url, client, market.read) as evaluator:
        await announce(client, above)
        await eventually(lambda: lists(batches))
        before = lists(batches)[0]
        evaluator.bars_closed()
        await eventually(lambda: any(batch.same for batch in batches))
        market.snapshot = LATE
        evaluator.bars_closed()
        await eventually(lambda: len(lists(batches)) == 2)

        after = lists(batches)[1]
        newest = (await MatchLists(client).newest([above.key]))[above.key]

    assert (before.key, before.left[-1]) == (above.key, len(before.symbols))
    assert before.symbols != after.symbols
    assert after.version > before.version
    assert after.as_of > before.as_of
    assert newest == after
    assert set(after.departures) == set(before.symbols) - set(after.symbols)
    for departure in after.departures.values():
        condition, value = Departure(*departure)
        assert condition == "Close above 20"
        assert value is not None
        assert value <= 20


async def test_bars_that_close_do_not_wait_until_the_past_of_all_rules_is_computed(
    redis_url: str, client: Redis
) -> None:
    market, own, rules = Market(LATE, 2e9), LiveRules(client), [rule(f"close:gt:{number}") for number in range(1, 101)]
    for each in rules:
        await own.put(each)
    await own.announce([Announcement(each.key, 1.0) for each in rules])

    def with_past() -> int:
        return len({each.key for each in lists(batches) if each.past})

    async with listening(redis_url) as batches, evaluating(redis_url, client, market.read) as evaluator:
        await eventually(with_past)
        evaluator.bars_closed()
        await eventually(lambda: market.reads == 2)
        count = with_past()
        await eventually(lambda: with_past() == len(rules))

    assert count < len(rules)


async def test_many_rules_are_evaluated_also_where_the_event_loop_is_never_idle(
    redis_url: str, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluators, "LONGEST_WAIT", 0.05)
    market, rules = Market(LATE), [rule(f"close:gt:{number}") for number in range(1, evaluators.AT_ONCE + 2)]
    for each in rules:
        await LiveRules(client).put(each)
    await LiveRules(client).announce([Announcement(each.key, 1.0) for each in rules])

    async def occupy() -> None:
        while True:
            sum(range(1_000_000))
            await asyncio.sleep(0)

    async with listening(redis_url) as batches, evaluating(redis_url, client, market.read) as evaluator:
        await eventually(lambda: len({each.key for each in lists(batches)}) == len(rules))
        occupation = asyncio.create_task(occupy())
        reads = market.reads
        evaluator.bars_closed()
        await eventually(lambda: market.reads > reads)
        await cancel_tasks(occupation)


async def test_versions_go_on_behind_those_of_another_evaluator(redis_url: str, client: Redis) -> None:
    own, ahead = rule("close:gt:20"), 2**52
    lists_there = MatchLists(client)
    await lists_there.publish([MatchList(own.key, ahead, 1.0, 1.0, ("GONE",))], [])
    async with listening(redis_url) as batches, evaluating(redis_url, client, Market(LATE).read):
        await announce(client, own)
        await eventually(lambda: lists(batches))

    assert lists(batches)[0].version == ahead + 1
    assert lists(batches)[0].departures == {"GONE": Departure()}


async def test_of_too_many_rules_the_shared_and_the_newest_are_live(client: Redis) -> None:
    own = LiveRules(client)
    await own.announce([Announcement(f"old{place}", 1.0 + place) for place in range(MOST_LIVE)])

    live = await own.announce([Announcement("newest", 1000.0), Announcement("shared", 0.0, shared=True)])

    assert len(live) == MOST_LIVE
    assert live[:2] == ["shared", "newest"]
    assert {"old0", "old1"}.isdisjoint(live)
    assert await client.hlen(LIVE_RULES_KEY) == MOST_LIVE


async def test_a_rule_that_nobody_announces_again_is_forgotten(client: Redis) -> None:
    await client.hset(LIVE_RULES_KEY, mapping={"stale": "5 1000.0", "odd": "nonsense", "late": "5 nonsense"})

    assert await LiveRules(client).announce([Announcement("fresh", 1.0)]) == ["fresh"]
    assert await client.hkeys(LIVE_RULES_KEY) == [b"fresh"]


async def test_rules_that_cannot_be_evaluated_are_published_with_the_problem(redis_url: str, client: Redis) -> None:
    wrong, long = LiveRule("wrong", "closs:gt:5"), rule("in252(close:gt:max252(high)@1)")
    market = Market(LATE)
    async with listening(redis_url) as batches, evaluating(redis_url, client, market.read) as evaluator:
        await announce(client, wrong, long)
        await eventually(lambda: len({each.key for each in lists(batches)}) == 2)
        reads = market.reads
        evaluator.bars_closed()
        await eventually(lambda: market.reads > reads)
        await announce(client, rule("close:gt:1"))
        await eventually(lambda: len({each.key for each in lists(batches)}) == 3)

    problems = {each.key: each.problem for each in lists(batches)}
    assert "no field closs" in problems["wrong"]
    assert problems[long.key] == ""


@pytest.mark.parametrize(
    "value",
    [b"", b"[]", b"{", b'{"key":"k","text":5}', b'{"key":"other","text":"close:1.."}', b"x" * 500_000, b"[" * 90_000],
)
async def test_what_is_no_rule_is_left_out(client: Redis, value: bytes) -> None:
    await client.set(RULE_PREFIX + "k", value)

    assert await LiveRules(client).read(["k"]) == {}


@pytest.mark.parametrize(
    "value",
    [
        b"", b"{", b'{"as_of":1,"lists":5}', b'{"as_of":-1}', b"[" * 90_000,
        b'{"as_of":1,"lists":[{"key":"k","version":1,"at":1,"as_of":1,"symbols":["<b>"]}]}',
        b'{"as_of":1,"lists":[{"key":"k","version":1,"at":99999999999,"as_of":1}]}',
        b'{"as_of":1,"lists":[{"key":"k","version":-1,"at":1,"as_of":1}]}',
    ],
)  # fmt: skip
async def test_what_is_no_batch_is_counted(redis_url: str, client: Redis, value: bytes) -> None:
    batches: list[MatchBatch] = []
    listener = ChannelListener(redis_url, MATCHES_CHANNEL, decode_batch, batches.append, lambda: None)
    task = asyncio.create_task(listener.run())
    await eventually(lambda: listener.connected)
    await client.publish(MATCHES_CHANNEL, value)
    await client.set(MATCHES_PREFIX + "k", value)
    await eventually(lambda: listener.not_understood)

    assert batches == []
    assert await MatchLists(client).newest(["k"]) == {}
    await cancel_tasks(task)


async def test_what_a_rule_would_have_matched_is_kept_until_stored_bars_change(redis_url: str, client: Redis) -> None:
    market, above, own = Market(LATE, 1e10), rule("close:gt:20"), MatchLists(client)
    async with listening(redis_url) as batches, evaluating(redis_url, client, market.read) as evaluator:
        await announce(client, above)
        await eventually(lambda: any(each.past for each in lists(batches)))
        before = lists(batches)[-1]
        evaluator.bars_closed()
        await eventually(lambda: any(batch.same for batch in batches))
        assert (await own.newest([above.key]))[above.key].past == before.past

        market.snapshot = EARLY
        await own.renew_data_version()
        evaluator.bars_closed()
        await eventually(lambda: lists(batches)[-1].past not in (None, before.past))
        after = lists(batches)[-1]

    assert after.data == await own.data_version() > before.data
    assert after.past
    assert before.past
    assert after.past.days < before.past.days

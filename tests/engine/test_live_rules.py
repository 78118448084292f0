"""The engine evaluates live rules on its bars, the day as it stands included."""

import asyncio

import asyncpg
from redis.asyncio import Redis

from app.finance.bars import day_start
from app.finance.sessions import regular
from app.rules.live_rule import LiveRule, live_rule
from app.rules.parse import parse
from app.wire.channels import JOBS_PROCESSING, MATCHES_CHANNEL
from app.wire.pubsub.channel_listener import ChannelListener
from app.wire.rules.live_rules import Announcement, LiveRules
from app.wire.rules.match_lists import MatchBatch, MatchList, MatchLists, decode_batch
from tests.support.running_engine import EXACT, SLOW, UNTIL, eventually, running_engine, running_feed, session_is_closed
from tests.wire.conftest import cancel_tasks

CLOSES = """
select symbol, array_agg(close::float8 order by date) from ohlcv_daily where date between '2012-08-24' and $1 group by 1
"""
RISING, ALWAYS = "for2(close:gt:close@1)", "close:gt:0"
FAR = "close:gt:max252(close)*1.15@200"
"""Further back than the bars that are kept in memory."""
FAR_CLOSES = """
select symbol, array_agg(close::float8 order by date desc) from ohlcv_daily where date <= $1 group by 1
"""


def rule(text: str) -> LiveRule:
    return live_rule(parse(text), "d", (), None)


async def test_match_lists_follow_the_session_and_go_on_after_a_restart(
    redis_url: str, client: Redis, database_url: str, link: asyncpg.Connection
) -> None:
    newest: dict[str, MatchList] = {}
    versions: dict[str, list[int]] = {}

    def on_batch(batch: MatchBatch) -> None:
        for each in batch.lists:
            newest[each.key] = each
            versions.setdefault(each.key, []).append(each.version)

    listener = ChannelListener(redis_url, MATCHES_CHANNEL, decode_batch, on_batch, lambda: None)
    task = asyncio.create_task(listener.run())
    await eventually(lambda: listener.connected)
    rules = [rule(RISING), rule(ALWAYS), rule(FAR)]
    for each in rules:
        await LiveRules(client).put(each)
    await LiveRules(client).announce([Announcement(each.key, 1.0) for each in rules])
    rising, always, far = (each.key for each in rules)

    async with running_engine(redis_url, database_url):
        await LiveRules(client).wake(rising)
        await eventually(lambda: len(newest) == 3)
        closes = {symbol: own for symbol, own in await link.fetch(FAR_CLOSES, UNTIL) if len(own) >= 452}
        assert set(newest[far].symbols) == {
            symbol for symbol, own in closes.items() if own[0] > 1.15 * max(own[200:452])
        }
        assert 0 < len(newest[far].symbols) < len(closes)
        await eventually(lambda: newest[rising].past)
        before = newest[rising]
        assert before.past
        assert (len(before.past.days), before.past.days[-1]) == (30, day_start(UNTIL))
        assert before.past.outcomes > before.past.rises > 0
        async with running_feed(redis_url, SLOW):
            await eventually(lambda: session_is_closed(redis_url))
        closes = dict(await link.fetch(CLOSES, UNTIL))
        day = {bar.symbol: bar.close for bar in EXACT}
        expected = {
            symbol for symbol, own in closes.items()
            if symbol in day and len(own) > 1 and day[symbol] > own[-1] > own[-2]
        }  # fmt: skip
        assert 0 < len(expected) < len(day)
        await eventually(lambda: set(newest[rising].symbols) & day.keys() == expected)
    assert before.version < newest[rising].version
    assert versions[rising] == sorted(versions[rising])
    assert len(set(versions[always])) == 1
    assert newest[always].left == (len(newest[always].symbols),) * 2

    past = live_rule(parse("close:gt:close@1"), "d", (), None, regular(UNTIL).closes)
    await LiveRules(client).put(past)
    await LiveRules(client).announce([Announcement(past.key, 1.0)])
    count = len(versions[rising])
    async with running_engine(redis_url, database_url):
        await LiveRules(client).announce([Announcement(rising, 1.0)])
        await LiveRules(client).wake(rising)
        fresh = rule("close:gt:1")
        await LiveRules(client).put(fresh)
        await LiveRules(client).announce([Announcement(fresh.key, 1.0)])
        await LiveRules(client).wake(fresh.key)
        await eventually(lambda: fresh.key in newest)
        await eventually(lambda: past.key in newest)
        rose = {symbol for symbol, own in closes.items() if len(own) > 1 and own[-1] > own[-2]}
        assert set(newest[past.key].symbols) == rose
        assert 0 < len(rose) < len(closes)

        # A job that computes indicators anew reads stored bars again, and what was computed from them.
        assert await MatchLists(client).data_version() == 0
        await client.publish(JOBS_PROCESSING, b'{"command":"START_DAILY_PROCESSING","parameters":{"symbols":["IBM"]}}')
        await eventually(lambda: newest[past.key].data)
        assert newest[past.key].data == await MatchLists(client).data_version()
        assert set(newest[past.key].symbols) == rose
    assert versions[rising] == sorted(versions[rising])
    assert len(set(versions[rising][count:])) <= 1
    await cancel_tasks(task)


async def test_no_match_list_is_of_an_earlier_time_after_a_restart_in_mid_session(
    redis_url: str, client: Redis, database_url: str
) -> None:
    batches: list[MatchBatch] = []
    listener = ChannelListener(redis_url, MATCHES_CHANNEL, decode_batch, batches.append, lambda: None)
    task = asyncio.create_task(listener.run())
    await eventually(lambda: listener.connected)
    rising = rule(RISING)
    await LiveRules(client).put(rising)
    await LiveRules(client).announce([Announcement(rising.key, 1.0)])

    async with running_feed(redis_url, SLOW._replace(speed=1_000)):
        async with running_engine(redis_url, database_url):
            await eventually(lambda: len({batch.as_of for batch in batches}) > 1)
        before = len(batches)
        async with running_engine(redis_url, database_url):
            await eventually(lambda: len(batches) > before)
    await cancel_tasks(task)

    times = [batch.as_of for batch in batches]
    assert times == sorted(times)

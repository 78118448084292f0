"""The users of config/redis-acl.conf may do what they need and nothing else."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from app.finance.clock import MarketClock
from app.finance.quote import NewestQuote
from app.settings.load import Settings
from app.settings.sections import DatabaseSection
from app.settings.sections import RedisSection as RedisSettings
from app.wire.cache.cache import Cache
from app.wire.channels import (
    HEARTBEAT_KEY,
    INTERNAL_CHANNEL,
    JOB_STATUS_PREFIX,
    JOBS_DATA_LOAD,
    JOBS_PROCESSING,
    LOG_KEY,
    SESSION_PREFIX,
    Channels,
)
from app.wire.client import RedisUnavailable, close, connect
from app.wire.events.event import PatternDetected, Tick
from app.wire.jobs.job import HistoricalLoad, receivers
from app.wire.jobs.outbox import Outbox
from app.wire.jobs.statuses import JobStatusReader
from app.wire.log.log import BEGINNING, Log, LogEntry
from app.wire.pubsub.publisher import Publisher
from app.wire.pubsub.subscriber import Subscriber
from app.wire.state import feed_position, heartbeat, market_clock
from app.wire.state.newest_quotes import NewestQuotes
from app.wire.users.rate_limits import RateLimiter
from app.wire.users.sessions import SessionStore
from app.wire.users.stream_counts import StreamCounts
from tests.conftest import Databases
from tests.pipeline.conftest import Desk
from tests.support.restricted_redis import address, engine, path, url, web
from tests.wire.conftest import cancel_tasks, eventually

__all__ = ["engine", "path", "url", "web"]

DETECTED = PatternDetected(at=1.0, published_at=2.0, symbol="IBM", pattern="Doji", timeframe="daily", confidence=0.9)
TICK = Tick(at=1.0, symbol="IBM", price=1.0)
QUOTE = NewestQuote("IBM", 1.0, 1.0, "2012-09-04", 1.0, 1.0, 1.0, 1, None)
LOAD = HistoricalLoad(job_id="desk-1", requested_by="alice", symbols=("IBM",))
CLOCK = MarketClock("replay", "replay", "2012-09-04", 1.0, 2.0, 60.0, "open")


async def test_the_web_user_may_handle_sessions_and_rate_limits(web: Redis, url: str) -> None:
    sessions, user = SessionStore(web, 60, 600), uuid4()
    assert await StreamCounts(web, "a").exchange({user: 1}) == {}

    first, second = await sessions.create(user, "agent", "::1"), await sessions.create(user, "agent", "::1")
    loaded = await sessions.load(first)
    assert loaded
    assert loaded.user_id == user
    assert len(await sessions.of(user)) == 2
    await sessions.end(first)
    third = await sessions.load(await sessions.create(user, "agent", "::1"))
    assert third
    assert await sessions.end_one(user, third.hash)
    assert await sessions.end_all(user) == 1
    assert await sessions.load(second) is None

    limits = RateLimiter(url)
    assert [await limits.hit("login", "alice", "1/5minute") is None for _ in range(2)] == [True, False]


async def test_the_web_user_may_subscribe_log_and_follow_events(web: Redis, engine: Redis, url: str) -> None:
    events: list[bytes] = []

    async def on_message(_label: object, payload: bytes, _at: float) -> None:
        events.append(payload)

    log = Log(web, url)
    subscriber = Subscriber(url, Channels().meanings(), on_message)
    listening = asyncio.create_task(subscriber.run())
    await eventually(lambda: subscriber.stats.connected)
    publisher = Publisher(engine, Channels())
    assert [await publisher.publish(event) for event in (DETECTED, TICK)] == [1, 1]
    await eventually(lambda: len(events) == 2)
    await cancel_tasks(listening)

    appended = await log.append_once(DETECTED)
    assert appended
    assert await log.append_once(DETECTED) is None
    assert await log.top() == appended
    assert await log.since(BEGINNING, appended) == (LogEntry(appended, DETECTED),)
    async for entry in log.tail(BEGINNING):
        assert entry == LogEntry(appended, DETECTED)
        break


async def test_a_desk_runs_with_the_web_user(
    path: Path, engine: Redis, databases: Databases, port: int, tmp_path: Path
) -> None:
    own, market = SecretStr(databases.own), SecretStr(databases.market)
    settings = Settings(
        environment="testing",
        host="127.0.0.1",
        port=port,
        data_dir=tmp_path,
        redis=RedisSettings(url=SecretStr(address(path, "web"))),
        database=DatabaseSection(url=own, market_url=market),
    )
    desk = Desk(settings)
    await desk.start()
    await desk.enter()
    try:
        before = desk.context.hub.last_id
        async with desk.client() as visitor:
            await Publisher(engine, Channels()).publish(replace(DETECTED, symbol="BRK.B"))
            await eventually(lambda: desk.context.hub.last_id != before)
            assert (await visitor.get("/patterns")).status_code == 200
            assert (await visitor.get("/ready")).status_code == 200
        assert not desk.context.failed_tasks
        assert (await desk.context.outbox.submit(LOAD, "desk")).state == "waiting"
        assert await desk.context.outbox.withdraw(LOAD.job_id)
    finally:
        await desk.stop()


async def test_the_web_user_may_send_jobs_and_read_their_status(web: Redis, engine: Redis, url: str) -> None:
    outbox = Outbox(web)
    load = HistoricalLoad(job_id="j1", requested_by="alice", symbols=("IBM",))
    assert (await outbox.submit(load, "once")).state == "waiting"
    assert await outbox.withdraw("j1")
    listening = engine.pubsub()
    await listening.subscribe(JOBS_DATA_LOAD)
    await listening.get_message(timeout=5)
    again = HistoricalLoad(job_id="j2", requested_by="alice", symbols=("IBM",))
    assert (await outbox.submit(again, "again")).state == "delivered"
    await heartbeat.beat(engine, time.time())
    assert await outbox.offer_waiting() == 0
    assert await receivers(web, [JOBS_PROCESSING]) == {JOBS_PROCESSING: 0}
    await close(listening)

    statuses = JobStatusReader(web, outbox)
    assert await statuses.read("j2")
    await engine.set(JOB_STATUS_PREFIX + "j2", '{"status":"running"}')
    status = await statuses.read("j2")
    assert status
    assert status.reported


async def test_the_web_user_may_cache_and_invalidate(web: Redis, url: str) -> None:
    async def load() -> bytes:
        return b"answer"

    caches = [Cache(web, url) for _ in range(2)]
    running = [asyncio.create_task(cache.listen()) for cache in caches]
    await eventually(lambda: all(cache._notices.connected for cache in caches))
    for cache in caches:
        assert await cache.get("a:b", 60, load) == b"answer"
    assert caches[1].stats.redis.hits == 1

    assert await caches[0].invalidate("a")

    await eventually(lambda: not caches[1].stats.entries)
    await cancel_tasks(*running)


async def test_the_engine_user_writes_what_the_web_user_reads(web: Redis, engine: Redis) -> None:
    await market_clock.announce(engine, CLOCK)
    await heartbeat.beat(engine, 1_758_900_000.0)
    await NewestQuotes(engine).put([QUOTE])
    await Publisher(engine, Channels()).publish_and_set([TICK], (), feed_position.key("replay"), b"here")

    assert await market_clock.read(web) == CLOCK
    assert await heartbeat.read(web) == 1_758_900_000.0
    assert await NewestQuotes(web).all() == {"IBM": QUOTE}
    assert (await feed_position.load(engine, "replay"), len(await engine.xread({"ts:ticks": "0"}))) == (b"here", 1)


@pytest.mark.parametrize("channel", sorted({*Channels()} - {""}))
async def test_only_the_engine_user_may_publish_events(web: Redis, engine: Redis, channel: str) -> None:
    assert await engine.publish(channel, "{}") == 0
    with pytest.raises(NoPermissionError):
        await web.publish(channel, "{}")
    with pytest.raises(ResponseError, match=r"(?i)permission|acl"):
        await web.eval("return redis.call('PUBLISH', ARGV[1], '{}')", 0, channel)  # type: ignore[misc]


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SCAN 0",
        "CONFIG GET maxmemory",
        "CONFIG SET maxmemory 1",
        "CLIENT LIST",
        "CLIENT KILL TYPE pubsub",
        "MONITOR",
        "ACL LIST",
        "SHUTDOWN",
        "SCRIPT FLUSH",
        "FUNCTION LIST",
        "PSUBSCRIBE *",
        f"SET {HEARTBEAT_KEY} 1",
        f"SET {JOB_STATUS_PREFIX}j 1",
        "SET ts:clock 1",
        "GET ts:ingest:position:replay",
        "GET somebody:else",
        "SUBSCRIBE somebody.else",
        "XTRIM ts:log MAXLEN 0",
    ],
)
async def test_the_web_user_is_denied_other_commands(web: Redis, command: str) -> None:
    with pytest.raises(NoPermissionError):
        await web.execute_command(*command.split())


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "KEYS *",
        "CONFIG GET maxmemory",
        f"HGETALL {SESSION_PREFIX}x",
        f"XADD {LOG_KEY} * e x",
        f"PUBLISH {INTERNAL_CHANNEL} x",
        f"PUBLISH {JOBS_PROCESSING} x",
        f"SUBSCRIBE {INTERNAL_CHANNEL}",
    ],
)
async def test_the_engine_user_is_denied_other_commands(engine: Redis, command: str) -> None:
    with pytest.raises(NoPermissionError):
        await engine.execute_command(*command.split())


async def test_the_default_user_may_do_nothing(path: Path) -> None:
    stranger = connect(f"unix://{path}")

    with pytest.raises(RedisUnavailable):
        await heartbeat.read(stranger)
    await close(stranger)

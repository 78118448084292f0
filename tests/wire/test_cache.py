"""The cache loads nothing twice, serves nothing that was dropped, and is bounded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec import json
from msgspec.structs import replace
from redis.asyncio import Redis

from app.wire.cache.cache import Cache
from app.wire.cache.memory import MemoryCache
from app.wire.cache.outdated import invalidated_by
from app.wire.channels import CACHE_PREFIX, INTERNAL_CHANNEL, Meaning
from app.wire.client import close, connect
from app.wire.codec.codec import Rejected, decode
from app.wire.events.event import BacktestFinished, PatternDetected, RunChanged, Tick
from tests.support.messages import enveloped
from tests.wire.conftest import Server, cancel_tasks, eventually


class Source:
    """What is slow to ask; every answer says how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> bytes:
        self.calls += 1
        answer = b"%d" % self.calls
        await self.open.wait()
        return answer


@asynccontextmanager
async def running(cache: Cache) -> AsyncIterator[Cache]:
    tasks = [asyncio.create_task(work()) for work in (cache.send_drops, cache.listen)]
    await eventually(lambda: cache._notices.connected)
    yield cache
    await cancel_tasks(*tasks)


@pytest.fixture
async def cache(client: Redis, redis_url: str) -> AsyncIterator[Cache]:
    async with running(Cache(client, redis_url)) as own:
        yield own


@pytest.fixture
async def other(client: Redis, redis_url: str) -> AsyncIterator[Cache]:
    """Another process' cache over the same Redis."""
    async with running(Cache(client, redis_url)) as second:
        yield second


@pytest.fixture
def source() -> Source:
    return Source()


async def turned(cache: Cache, source: Callable[[], Awaitable[bytes]], expected: bytes, *tags: str) -> None:
    async def holds() -> bool:
        return await cache.get("a:b", 60, source, tags) == expected

    async with asyncio.timeout(5):
        while not await holds():
            await asyncio.sleep(0.01)


async def test_a_value_is_read_from_memory_then_redis_then_the_source(
    cache: Cache, other: Cache, source: Source
) -> None:
    assert [await cache.get("a:b", 60, source) for _ in range(4)] == [b"1"] * 4
    assert await other.get("a:b", 60, source) == b"1"

    assert source.calls == 1
    assert (cache.stats.memory, cache.stats.redis) == ((3, 1), (0, 1))
    assert (other.stats.memory, other.stats.redis) == ((0, 1), (1, 0))
    assert cache.stats.memory.rate == 0.75
    assert cache.stats.entries == 1


async def test_a_hundred_simultaneous_reads_load_the_source_once(cache: Cache, source: Source) -> None:
    source.open.clear()
    asking = [asyncio.create_task(cache.get("a:b", 60, source)) for _ in range(100)]
    await eventually(lambda: source.calls)
    asking[0].cancel()
    source.open.set()

    answers = await asyncio.gather(*asking[1:])

    assert answers == [b"1"] * 99
    assert source.calls == 1


async def test_a_failed_load_reaches_all_waiting_readers_and_is_not_cached(cache: Cache, source: Source) -> None:
    async def fails() -> bytes:
        await source()
        raise LookupError("gone")

    answers = await asyncio.gather(*(cache.get("a:b", 60, fails) for _ in range(5)), return_exceptions=True)

    assert [type(answer) for answer in answers] == [LookupError] * 5
    assert await cache.get("a:b", 60, source) == b"2"


async def test_values_expire(cache: Cache, client: Redis, source: Source) -> None:
    await cache.get("a:b", 0.05, source)
    await turned(cache, source, b"2")

    [key] = [key async for key in client.scan_iter(match=CACHE_PREFIX + "entry:*")]
    assert 0 < await client.ttl(key) <= 60


@pytest.mark.parametrize("tag", ["a", "a:b", "mine", "*"])
async def test_dropping_a_tag_or_key_prefix_reaches_every_process(
    cache: Cache, other: Cache, source: Source, tag: str
) -> None:
    for each in (cache, other):
        await each.get("a:b", 60, source, tags=("mine",))
        await each.get("ab:b", 60, Source())

    assert await cache.invalidate(tag)

    assert await cache.get("a:b", 60, source, tags=("mine",)) == b"2"
    await turned(other, source, b"2", "mine")
    assert source.calls == 2
    if tag != "*":
        assert other.stats.entries == 2


async def test_a_value_loaded_before_a_drop_is_not_served_after_it(cache: Cache, other: Cache, source: Source) -> None:
    source.open.clear()
    early = asyncio.create_task(cache.get("a:b", 60, source))
    await eventually(lambda: source.calls)

    await cache.invalidate("a")
    late = asyncio.create_task(cache.get("a:b", 60, source))
    source.open.set()

    assert (await early, await late) == (b"1", b"2")
    assert await cache.get("a:b", 60, source) == b"2"
    assert await other.get("a:b", 60, source) == b"2"


async def test_a_drop_takes_effect_locally_before_redis_has_it(cache: Cache, other: Cache, source: Source) -> None:
    await cache.get("a:b", 60, source)

    cache.drop(["a"])

    assert await cache.get("a:b", 60, source) == b"2"
    await turned(other, source, b"3")


async def test_a_drop_during_an_invalidation_is_sent_again(cache: Cache, other: Cache, source: Source) -> None:
    telling = [asyncio.create_task(cache.invalidate("a")) for _ in range(3)]
    await asyncio.sleep(0)
    await other.get("a:b", 60, source)
    cache.drop(["a"])
    assert await asyncio.gather(*telling) == [True] * 3

    await eventually(lambda: not (cache._pending_tags or cache._sending_tags or other.stats.entries))
    assert await other.get("a:b", 60, source) == b"2"


async def test_too_many_pending_tags_drop_everything(
    client: Redis, redis_url: str, other: Cache, source: Source
) -> None:
    cache = Cache(client, redis_url)
    await other.get("a:b", 60, source)

    cache.drop(f"symbol:{number}" for number in range(501))
    assert await cache.invalidate()

    await eventually(lambda: not other.stats.entries)


async def test_after_a_gap_the_memory_tier_is_emptied(cache: Cache, client: Redis, source: Source) -> None:
    await cache.get("a:b", 60, source)
    await client.client_kill_filter(_type="pubsub")

    await eventually(lambda: not cache.stats.entries)

    assert await cache.get("a:b", 60, source) == b"1"
    assert cache.stats.redis.hits == 1


async def test_a_malformed_invalidation_changes_nothing(cache: Cache, client: Redis, source: Source) -> None:
    await cache.get("a:b", 60, source)
    for noise in (b"", b"\xff", b"{}", b'{"notice":"cache-dropped"}', b'{"notice":"other"}'):
        await client.publish(INTERNAL_CHANNEL, noise)

    await eventually(lambda: cache._notices.not_understood == 5)
    assert await cache.get("a:b", 60, source) == b"1"


async def test_without_redis_the_memory_tier_works_alone(server: Server, source: Source) -> None:
    link = connect(server.url)
    async with running(Cache(link, server.url)) as cache:
        server.kill()
        assert [await cache.get("a:b", 60, source) for _ in range(3)] == [b"1"] * 3
        assert cache.stats.memory.hits == 2
        assert cache.stats.away == 1

        assert not await cache.invalidate("a")
        assert await cache.get("a:b", 60, source) == b"2"

        server.start()
        await eventually(lambda: not cache._pending_tags)
    await close(link)


async def test_a_value_too_large_for_redis_stays_in_memory(client: Redis, redis_url: str) -> None:
    cache = Cache(client, redis_url)

    async def large() -> bytes:
        return b"x" * 1_100_000

    await cache.get("a:b", 60, large)
    await cache.get("a:b", 60, large)

    assert cache.stats.memory.hits == 1
    assert [key async for key in client.scan_iter(match=CACHE_PREFIX + "entry:*")] == []


def test_the_memory_tier_is_bounded_in_entries_bytes_and_age() -> None:
    now = 0.0
    memory = MemoryCache(3, 80, lambda: now)
    tags = frozenset({"t"})
    for name in "abcd":
        memory.put(name, b"12345", tags, 10)
        memory.get("a")
    assert [name for name in "abcd" if memory.get(name)] == ["a", "c", "d"]

    memory.put("e", b"x" * 11, tags, 10)
    assert memory.get("e") is None
    memory.put("a", b"1234567890", tags, 20)
    assert memory.bytes == 20

    now = 10.0
    assert [name for name in "acd" if memory.get(name)] == ["a"]
    assert memory.drop(["t", "u"]) == 1
    assert (len(memory), memory.bytes) == (0, 0)


@pytest.mark.parametrize(
    ("meaning", "engine_event", "key"),
    [
        (Meaning.PATTERNS, enveloped("pattern_detected", symbol="IBM", pattern="Doji"), "patterns:scan"),
        (Meaning.PATTERN_RUNS, enveloped("pattern_processing_completed", run_id="r"), "patterns:scan"),
        (Meaning.INDICATOR_RUNS, enveloped("indicator_processing_completed", run_id="r"), "indicators:IBM"),
        (Meaning.IMPORTS, enveloped("data_import_completed", run_id="r", success=False), "bars:IBM"),
        (Meaning.CACHES, {"job_id": "c", "status": "completed", "total_changes": 1}, "universes:dow_30"),
        (Meaning.UNIVERSES, {"removed_count": 4}, "symbols:all"),
        (Meaning.PROCESSING, enveloped("daily_processing_completed", run_id="r"), "universes:dow_30"),
        (Meaning.JOBS, {"job_id": "j", "status": "completed_with_errors"}, "bars:IBM"),
        (Meaning.BACKTESTS, {"job_id": "b", "results": {"roi": 1}}, "backtests:b"),
    ],
)
async def test_engine_events_drop_changed_values_from_both_tiers(
    client: Redis, redis_url: str, meaning: Meaning, engine_event: dict[str, object], key: str
) -> None:
    cache, elsewhere, source = Cache(client, redis_url), Cache(client, redis_url), Source()
    assert await cache.get(key, 60, source) == b"1"
    event = decode(meaning, json.encode(engine_event), 9e9)
    assert not isinstance(event, Rejected)

    assert await cache.invalidate(*invalidated_by(event))

    assert await cache.get(key, 60, source) == b"2"
    assert await elsewhere.get(key, 60, source) == b"2"


def test_engine_events_name_the_values_that_they_change() -> None:
    detected = PatternDetected(at=1.0, symbol="IBM", pattern="Doji", timeframe="daily", confidence=0.9)
    synced = RunChanged(at=1.0, work="cache", run_id="r", status="completed")

    assert invalidated_by(detected) == ("patterns",)
    assert invalidated_by(synced) == ("symbols", "universes")
    assert invalidated_by(replace(synced, status="started")) == ()
    assert invalidated_by(Tick(at=1.0, symbol="IBM", price=1.0)) == ()
    assert "backtests" in invalidated_by(BacktestFinished(at=1.0, job_id="b", status="completed"))

"""A checkpoint is reached when earlier rows are stored and their events are published."""

from pathlib import Path

import asyncpg

from app.db.pools import Pool
from app.engine.storage.store import Store
from app.finance.bars import Bar
from app.wire.channels import Channels
from app.wire.client import close, connect
from app.wire.events.event import PatternDetected
from app.wire.pubsub.publisher import Publisher
from app.wire.ticks.reader import BEGINNING, Checkpoint, MinuteOffset, TickReader
from tests.conftest import Databases
from tests.support.engine_ticks import OPENS

FIRST = Checkpoint(OPENS + 60, (MinuteOffset(0.0, BEGINNING, 0), MinuteOffset(OPENS, "5-0", 5)))
SECOND = Checkpoint(OPENS + 120, (MinuteOffset(OPENS, "5-0", 5),))
BAR = Bar("IBM", "1min", OPENS, 1.0, 1.0, 1.0, 1.0, 1)
EVENT = PatternDetected(at=OPENS + 60, symbol="IBM", pattern="Doji", timeframe="1min", confidence=0.9)


def store(redis_url: str, database_url: str) -> Store:
    pool = Pool(database_url, "engine", 2, acquire_seconds=2.0, statement_ms=5000)
    return Store(pool, Publisher(connect(redis_url), Channels()))


async def test_a_checkpoint_is_reached_when_earlier_rows_are_stored(redis_url: str, databases: Databases) -> None:
    own = store(redis_url, databases.engine)
    own.offer([BAR], events=[EVENT])
    own.set_checkpoint(FIRST)
    assert own.checkpoint is None

    assert await own.flush()

    assert own.checkpoint == FIRST
    link = await asyncpg.connect(databases.engine)
    assert await link.fetchval("select count(*) from ohlcv_1min") == 1
    await link.close()


async def test_a_checkpoint_is_not_reached_while_the_database_is_down(redis_url: str, tmp_path: Path) -> None:
    own = store(redis_url, f"postgresql:///none?host={tmp_path}")
    own.offer([BAR])
    own.set_checkpoint(FIRST)
    assert not await own.flush()
    own.offer([BAR._replace(start=OPENS + 60)])
    own.set_checkpoint(SECOND)

    assert not await own.flush()

    assert own.checkpoint is None


async def test_a_checkpoint_is_not_reached_while_redis_is_down_and_is_reached_later(
    databases: Databases, redis_url: str
) -> None:
    own = store("redis://127.0.0.1:1", databases.engine)
    own.offer([BAR], events=[EVENT])
    own.set_checkpoint(FIRST)
    assert not await own.flush()
    assert own.checkpoint is None

    own._publisher = Publisher(connect(redis_url), Channels())

    assert await own.flush()
    assert own.checkpoint == FIRST


async def test_a_checkpoint_survives_a_round_trip_through_redis(redis_url: str) -> None:
    client = connect(redis_url)
    reader = TickReader(client)
    assert await reader.checkpoint() is None

    await reader.put_checkpoint(FIRST)
    assert await reader.checkpoint() == FIRST
    for nonsense in (b"{", b"[]", b"[1.0, []]", b'[1.0, [["x"]]]', b"null"):
        await client.set("ts:ticks:stored", nonsense)
        assert await reader.checkpoint() is None
    await close(client)

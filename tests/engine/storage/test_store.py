"""Results of the engine are stored in bounded slices, whatever the database does."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.analysis.analyse import identity
from app.engine.storage.store import MOST_FACTS, SLICE, Store
from app.finance.bars import DAY as DAY_SECONDS
from app.finance.bars import Bar
from app.finance.sessions import regular
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import AnyEvent, IndicatorCalculated, PatternDetected
from app.wire.pubsub.publisher import Publisher
from tests.support.running_engine import DAY, events_of, eventually, recorded_events

OPENS = regular(DAY).opens
SYMBOLS = [f"SYN{number:03d}" for number in range(500)]
MINUTES = 130
STUDIES = [f"STUDY{number}" for number in range(10)]


@pytest.fixture
async def store(database_url: str, redis_url: str) -> AsyncIterator[Store]:
    pool = Pool(database_url, "engine", 4, acquire_seconds=5.0, statement_ms=10_000)
    client = connect(redis_url)
    yield Store(pool, Publisher(client, Channels()))
    await pool.close()
    await client.aclose()


@asynccontextmanager
async def locked_tables(database_url: str, *tables: str) -> AsyncIterator[None]:
    link = await asyncpg.connect(database_url)
    async with link.transaction():
        await link.execute(f"lock table {', '.join(tables)} in access exclusive mode")
        yield
    await link.close()


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[None]:
    task = asyncio.create_task(store.run())
    yield
    task.cancel()
    await asyncio.wait([task])


def bar(symbol: str, minute: int, close: float = 1.5, volume: int = 9) -> Bar:
    return Bar(symbol, "1min", OPENS + 60 * minute, 1.0, 2.0, 1.0, close, volume)


def pattern(symbol: str, name: str = "Hammer", minute: int = 0) -> PatternDetected:
    at = OPENS + 60 * minute
    flow = identity(symbol, name, "1min", at)
    return PatternDetected(
        at=at, symbol=symbol, pattern=name, timeframe="1min", confidence=0.8, flow_id=flow, tier="intraday",
        expires_at=at + 3600,
    )  # fmt: skip


def value(symbol: str, study: str, at: float, value: float, timeframe: str = "1min") -> IndicatorCalculated:
    return IndicatorCalculated(at=at, symbol=symbol, indicator=study, timeframe=timeframe, value=value, signal="")


def values(minute: int) -> Iterator[IndicatorCalculated]:
    return (value(symbol, study, OPENS + 60 * minute, float(minute)) for symbol in SYMBOLS for study in STUDIES)


async def minutes(store: Store, count: int, waiting: list[int]) -> bool:
    """Offers so many of all symbols as the analysis does; whether it had to wait for room."""
    was_full = False
    for minute in range(count):
        was_full |= store.full
        await store.wait_for_space()
        bars = [bar(symbol, minute) for symbol in SYMBOLS]
        store.offer(bars, indicators=values(minute), events=[pattern(SYMBOLS[minute], minute=minute)])
        waiting.append(store.waiting)
        await asyncio.sleep(0)
    return was_full


async def test_a_stalled_database_loses_nothing_and_gets_bounded_transactions(
    store: Store, database_url: str, redis_url: str
) -> None:
    waiting: list[int] = []
    async with recorded_events(redis_url) as events, running(store):
        async with locked_tables(database_url, "ohlcv_1min", "intraday_indicators"):
            offering = asyncio.create_task(minutes(store, MINUTES, waiting))
            await eventually(lambda: store.full and store.behind)
            held_at = len(waiting)
            await eventually(lambda: store.oldest > 2.5)
            assert len(waiting) == held_at
        assert await offering
        await eventually(lambda: store.quiet)

    link = await asyncpg.connect(database_url)
    most = "select max(count) from (select count(*) from {} group by xmin::text) as transactions"
    assert await link.fetchval("select count(*) from ohlcv_1min") == len(SYMBOLS) * MINUTES
    assert await link.fetchval(most.format("ohlcv_1min")) <= SLICE + len(SYMBOLS)
    assert await link.fetchval(most.format("intraday_indicators")) <= SLICE
    newest = "select count(*) from intraday_indicators where (value_data ->> 'value')::float8 = $1"
    assert await link.fetchval(newest, MINUTES - 1) == len(SYMBOLS) * len(STUDIES)
    await link.close()
    assert (store.dropped, store.behind, store.full) == (0, False, False)
    assert max(waiting) <= MOST_FACTS + len(SYMBOLS) + 1 + 2 * len(SYMBOLS) * len(STUDIES)
    assert [event.symbol for event in events_of(PatternDetected, events)] == SYMBOLS[:MINUTES]
    indicators = {(event.symbol, event.indicator): event.value for event in events_of(IndicatorCalculated, events)}
    assert set(indicators.values()) == {MINUTES - 1.0}
    assert len(indicators) == len(SYMBOLS) * len(STUDIES)


@pytest.mark.parametrize(
    "wrong",
    [bar("SYN007", 0, volume=2**63), bar("SYN007", 0, close=1e12), bar("SYN007".ljust(21, "X"), 0)],
    ids=["volume", "price", "name"],
)
async def test_a_row_refused_by_the_database_is_lost_alone(store: Store, database_url: str, wrong: Bar) -> None:
    others = [bar(symbol, 1) for symbol in SYMBOLS]

    store.offer([*others[:40], wrong, *others[40:]], outcomes=())

    assert await store.flush()
    link = await asyncpg.connect(database_url)
    assert await link.fetchval("select count(*) from ohlcv_1min") == len(SYMBOLS)
    await link.close()
    assert store.dropped == 1


async def test_a_pattern_that_is_not_stored_is_not_published(store: Store, database_url: str, redis_url: str) -> None:
    patterns = [pattern("SYN001"), pattern("SYN002", "Ham\0mer"), pattern("SYN003")]

    async with recorded_events(redis_url) as events:
        store.offer([bar("SYN001", 0)], patterns, events=patterns)
        assert await store.flush()

    assert [event.symbol for event in events_of(PatternDetected, events)] == ["SYN001", "SYN003"]
    link = await asyncpg.connect(database_url)
    assert await link.fetchval("select count(*) from intraday_patterns where pattern_type = 'Hammer'") == 2
    assert await link.fetchval("select count(*) from ohlcv_1min") == 1
    await link.close()


async def test_an_unwritable_table_loses_only_its_own_rows(
    store: Store, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = await asyncpg.connect(database_url)
    assert await store.flush()
    store.offer([bar("SYN001", 0)])
    assert await store.flush()
    await link.execute("alter table intraday_patterns rename column levels to steps")

    store.offer([bar(symbol, 1) for symbol in SYMBOLS], [pattern(symbol, minute=1) for symbol in SYMBOLS])

    assert await store.flush()
    assert await link.fetchval("select count(*) from ohlcv_1min") == 1 + len(SYMBOLS)
    await link.close()
    assert store.dropped == len(SYMBOLS)
    assert [record.message for record in caplog.records] == ["500 rows could not be stored"]


async def test_only_the_newest_minute_value_and_every_daily_value_is_stored(store: Store, database_url: str) -> None:
    for number in range(3):
        store.offer(
            indicators=[
                value("IBM", "RSI14", OPENS + 60 * number, float(number)),
                value("IBM", "RSI14", OPENS + DAY_SECONDS * number, float(number), "daily"),
            ]
        )

    assert await store.flush()

    link = await asyncpg.connect(database_url)
    text = (
        "select (value_data ->> 'value')::float8 from {} where symbol = 'IBM'"
        " and calculation_timestamp >= to_timestamp($1) order by 1"
    )
    minutes, days = [await link.fetch(text.format(f"{tier}_indicators"), OPENS) for tier in ("intraday", "daily")]
    assert [row[0] for row in minutes] == [2.0]
    assert [row[0] for row in days] == [0.0, 1.0, 2.0]
    await link.close()


async def test_wait_stored_waits_for_earlier_rows_and_not_for_later_ones(store: Store, database_url: str) -> None:
    async with running(store):
        async with locked_tables(database_url, "ohlcv_1min"):
            store.offer([bar("SYN001", 0)])
            first = asyncio.create_task(store.wait_stored())
            await eventually(lambda: store.behind)
            before = first.done()
        await first
        minutes_after = await _minutes_of(database_url, "SYN001")
        async with locked_tables(database_url, "ohlcv_1min"):
            store.offer([bar("SYN002", 0)])
            await eventually(lambda: store.behind)
            await first

    assert (before, minutes_after) == (False, [OPENS])


async def test_many_expired_values_are_deleted_in_slices(store: Store, database_url: str) -> None:
    link = await asyncpg.connect(database_url)
    await link.execute(
        """
        insert into intraday_indicators (symbol, indicator_type, timeframe, calculation_timestamp,
                                         expiration_timestamp, value_data)
        select 'IBM', 'RSI14', '1min', to_timestamp($1 - n), to_timestamp($1 - n), '{}'
          from generate_series(-9, 25000) as n
        """,
        OPENS,
    )

    store.forget_before(OPENS)

    assert await store.flush()
    assert await link.fetchval("select count(*) from intraday_indicators") == 10
    await link.close()


async def _minutes_of(database_url: str, symbol: str) -> Sequence[float]:
    link = await asyncpg.connect(database_url)
    rows = await link.fetch("select extract(epoch from timestamp)::float8 from ohlcv_1min where symbol = $1", symbol)
    await link.close()
    return [row[0] for row in rows]


def test_a_full_store_drops_no_event(store: Store) -> None:
    events: list[AnyEvent] = [pattern(symbol) for symbol in SYMBOLS] * 150

    store.offer(events=events)

    assert (store.waiting, store.full) == (len(events), True)

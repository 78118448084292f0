"""TimescaleDB, with either licence, gives the same answers as plain PostgreSQL."""

import importlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import ModuleType

import asyncpg
import pytest

from app.db import market, timescale
from app.db.migrate import head, migrate, version
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.result import Coverage, CoverageQuery
from app.engine.eod import queries as closing
from app.engine.loads import queries as loads
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.storage.bars import last_bars, put_symbols
from app.finance import sessions
from app.finance.bars import Bar
from tests.support import faulty_minutes
from tests.support.timescale import Place, downgrade, needs_timescale, new_place, put_bars

START = 1346765400.0
BARS = [Bar("BRK.B", "1min", START + 60 * number, 10, 12, 9, 11, number) for number in range(300)]
CHECKSUM = "select md5(string_agg(bars::text, ';' order by symbol, timestamp)) from ohlcv_1min as bars"
LICENSED = "select current_setting('timescaledb.license', true) = 'timescale'"
COMPRESS = "select count(compress_chunk(chunk)) from show_chunks('ohlcv_1min') as chunk"
EVERY = CoverageQuery("1min")


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async for created in new_place():
        await migrate("market", created.engine)
        yield created


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(place.engine, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


async def stored_twice(link: asyncpg.Connection) -> list[Bar]:
    await put_symbols(link, ["BRK.B"])
    for _ in range(2):
        await put_bars(link, BARS, "ohlcv_1min")
    return await last_bars(link, "BRK.B", "1min", None)


async def load(link: asyncpg.Connection, lines: Sequence[str]) -> int:
    async with link.transaction():
        return await loads.put_bars(link, LOAD_TIMEFRAMES["1min"], lines)


def migration(name: str) -> ModuleType:
    return importlib.import_module(f"app.db.migrations.market.versions.{name}")


def line(row: faulty_minutes.Row) -> str:
    return ",".join([row[0], row[1].isoformat(), *map(str, row[2:])])


async def gaps(link: asyncpg.Connection, counts: str | None = None) -> Coverage:
    return await measure_coverage(link, await market.inspect(link, exact=True), EVERY, counts)


async def compress(link: asyncpg.Connection) -> bool:
    """Whether the licence allows it."""
    if not await link.fetchval(LICENSED):
        return False
    assert await link.fetchval(COMPRESS) > 0
    return True


async def test_without_the_extension_tables_are_plain_ones(empty_url: str) -> None:
    await migrate("market", empty_url)
    link = await asyncpg.connect(empty_url)

    assert await stored_twice(link) == BARS
    assert await link.fetchval("select count(*) from pg_extension where extname = 'timescaledb'") == 0
    assert await timescale.minute_counts(link) is None
    await link.close()


async def test_without_the_extension_migrations_go_down_and_up_without_a_notice(empty_url: str) -> None:
    link = await asyncpg.connect(empty_url)
    await migrate("market", empty_url)
    messages: list[object] = []
    link.add_log_listener(lambda _, message: messages.append(message))
    for statement in (migration("0006_compression").COMPRESS, migration("0007_minute_counts").KEEP):
        await link.execute(statement)
    await link.execute(migration("0008_hour_chunks").CHUNKS)
    assert messages == []
    await put_bars(link, BARS, "ohlcv_1min")

    await downgrade(empty_url, "0005")
    assert await last_bars(link, "BRK.B", "1min", None) == BARS
    await migrate("market", empty_url)

    assert await last_bars(link, "BRK.B", "1min", None) == BARS
    await link.close()


@needs_timescale
async def test_with_the_extension_minutes_and_hours_are_hypertables(engine: asyncpg.Connection) -> None:
    rows = await engine.fetch(
        "select hypertable_name::text, time_interval from timescaledb_information.dimensions"
        # Where the licence allows it, that of the counts has a dimension too, in a schema of the extension.
        " where hypertable_schema = 'public' order by 1"
    )

    assert [(row[0], row[1].days) for row in rows] == [("ohlcv_1min", 7), ("ohlcv_hourly", 365)]
    assert await stored_twice(engine) == BARS


@needs_timescale
async def test_only_features_of_the_licence_are_set_up(engine: asyncpg.Connection) -> None:
    licensed = await engine.fetchval(LICENSED)
    jobs = await engine.fetch(
        "select proc_name::text from timescaledb_information.jobs where proc_name like 'policy_%' order by 1"
    )

    expected = ["policy_compression", "policy_compression", "policy_refresh_continuous_aggregate"] if licensed else []
    assert [row[0] for row in jobs if row[0] in {*expected, "policy_compression"}] == expected
    assert await timescale.minute_counts(engine) == ("public.minute_counts" if licensed else None)


@needs_timescale
async def test_compressed_bars_can_be_corrected(engine: asyncpg.Connection) -> None:
    await stored_twice(engine)
    await compress(engine)

    await put_bars(engine, [BARS[7]._replace(volume=99)], "ohlcv_1min")

    bars = await last_bars(engine, "BRK.B", "1min", None)
    assert bars == [bar._replace(volume=99) if number == 7 else bar for number, bar in enumerate(BARS)]


@needs_timescale
async def test_the_same_load_again_changes_nothing(engine: asyncpg.Connection) -> None:
    lines = [line(each) for each in faulty_minutes.odd()]
    assert await load(engine, lines) == len(lines)
    before = await engine.fetchval(CHECKSUM)

    assert await load(engine, lines) == 0
    assert await engine.fetchval(CHECKSUM) == before
    await compress(engine)
    assert await load(engine, lines) == 0
    assert await load(engine, [lines[9].rpartition(",")[0] + ",77"]) == 1
    assert await load(engine, lines) == 1
    assert await engine.fetchval(CHECKSUM) == before


@needs_timescale
async def test_late_bars_of_any_number_of_symbols_are_stored(engine: asyncpg.Connection) -> None:
    """More than the hundred thousand bars that a statement may unpack unless it is told."""
    await engine.execute(
        """
        insert into ohlcv_1min
        select 'S' || symbol, to_timestamp($1) + minute * interval '1 minute', 1, 2, 1, 2, 3
          from generate_series(1, 130) as symbol, generate_series(0, 999) as minute
        """,
        START,
    )
    await compress(engine)
    moment = datetime.fromtimestamp(START + 60 * 500, UTC).isoformat()

    assert await load(engine, [f"S{symbol},{moment},1,2,1,2,4" for symbol in range(1, 131)]) == 130

    counts = await engine.fetch("select volume, count(*) from ohlcv_1min group by 1 order by 1")
    assert [tuple(row) for row in counts] == [(3, 129_870), (4, 130)]


@needs_timescale
async def test_the_decompression_limit_is_lifted_for_one_transaction_only(engine: asyncpg.Connection) -> None:
    usual = await engine.fetchval("select current_setting($1)", timescale.LIMIT)

    async with engine.transaction():
        await timescale.open_old_bars(engine)
        assert await engine.fetchval("select current_setting($1)", timescale.LIMIT) == "0"

    assert usual != "0"
    assert await engine.fetchval("select current_setting($1)", timescale.LIMIT) == usual


@needs_timescale
async def test_a_day_is_closed_from_its_minutes(engine: asyncpg.Connection) -> None:
    await put_symbols(engine, faulty_minutes.SYMBOLS)
    await faulty_minutes.store(engine)
    await compress(engine)
    day = faulty_minutes.DAYS[4]
    session = sessions.regular(day)

    assert await closing.fill(engine, day, session.opens, session.closes) == 2

    rows = [
        each
        for each in faulty_minutes.odd()
        if each[0] == "A" and session.opens <= each[1].timestamp() < session.closes
    ]
    row = await engine.fetchrow("select high, low, volume from ohlcv_daily where symbol = 'A'")
    assert tuple(row) == (max(each[3] for each in rows), min(each[4] for each in rows), sum(each[6] for each in rows))


@needs_timescale
async def test_coverage_is_equal_with_and_without_minute_counts(engine: asyncpg.Connection) -> None:
    """The migration's own query, of which no continuous aggregate is made here, as a view like any other."""
    await faulty_minutes.store(engine)
    await engine.execute(f"create view counted as {migration('0007_minute_counts').COUNTS}")

    coverage = await gaps(engine, "counted")

    assert coverage == await gaps(engine)
    assert coverage.missing
    assert {fault for each in coverage.suspects for fault in each.faults} == {"no_price", "crossed", "no_volume"}


@needs_timescale
async def test_a_continuous_aggregate_includes_late_bars(engine: asyncpg.Connection) -> None:
    if not await engine.fetchval(LICENSED):
        pytest.skip("this edition has no continuous aggregates")
    await faulty_minutes.store(engine)
    assert await gaps(engine, await timescale.minute_counts(engine)) == await gaps(engine)
    before = await gaps(engine)
    await compress(engine)

    day = faulty_minutes.DAYS[3]
    whole = [Bar("A", "1min", at, 10, 12, 9, 11, 5) for at in sessions.regular(day).minutes]
    await put_bars(engine, whole, "ohlcv_1min")
    await engine.execute(
        "delete from ohlcv_1min where symbol = 'BRK.B' and timestamp < $1", datetime(2012, 11, 6, tzinfo=UTC)
    )

    after = await gaps(engine, await timescale.minute_counts(engine))
    assert after == await gaps(engine)
    assert after != before


@needs_timescale
async def test_migrations_go_down_and_up_again_over_bars(place: Place, engine: asyncpg.Connection) -> None:
    await stored_twice(engine)
    await compress(engine)

    await downgrade(place.engine, "0005")
    assert await last_bars(engine, "BRK.B", "1min", None) == BARS
    await migrate("market", place.engine)

    assert await last_bars(engine, "BRK.B", "1min", None) == BARS
    await downgrade(place.engine, "base")
    assert await engine.fetchval("select count(*) from timescaledb_information.hypertables") == 0
    await migrate("market", place.engine)
    assert await version("market", place.engine) == head("market")


@needs_timescale
async def test_the_reader_role_can_only_read(place: Place, engine: asyncpg.Connection) -> None:
    await stored_twice(engine)
    await compress(engine)
    chunk = await engine.fetchval("select show_chunks('ohlcv_1min')::text limit 1")
    reader = await asyncpg.connect(place.market, server_settings={"default_transaction_read_only": "off"})

    assert await last_bars(reader, "BRK.B", "1min", None) == BARS
    assert (await market.inspect(reader)).writable is False
    assert await timescale.minute_counts(reader) is None
    for statement in (
        "delete from ohlcv_1min",
        "insert into ohlcv_1min select * from ohlcv_1min",
        f"update {chunk} set volume = 0",
        f"drop table {chunk}",
        "truncate ohlcv_hourly",
        "select drop_chunks('ohlcv_1min', older_than => interval '1 day')",
        "select set_chunk_time_interval('ohlcv_1min', interval '1 day')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute(statement)
    if await reader.fetchval(LICENSED):
        assert await reader.fetchval("select sum(held) from minute_counts") == len(BARS)
    await reader.close()


@needs_timescale
async def test_installing_the_extension_later_converts_existing_bars() -> None:
    async for place in new_place(extension=False):
        await migrate("market", place.engine)
        link = await asyncpg.connect(place.superuser, server_settings={"timezone": "UTC"})
        await faulty_minutes.store(link)
        before, coverage = await link.fetchval(CHECKSUM), await gaps(link)

        await link.execute("create extension timescaledb")
        await link.close()
        link = await asyncpg.connect(place.engine, server_settings={"timezone": "UTC"})
        await link.execute("select create_hypertable('ohlcv_1min', 'timestamp', migrate_data => true)")

        assert await link.fetchval("select count(*) from show_chunks('ohlcv_1min')") > 4
        assert (await link.fetchval(CHECKSUM), await gaps(link)) == (before, coverage)
        assert await load(link, [line(each) for each in faulty_minutes.odd()]) == 0
        await link.close()

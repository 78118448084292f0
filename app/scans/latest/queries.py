"""Bars and facts of all symbols of a market database, and our own tables of newest bars that are made of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from asyncpg import Connection

from app.db import stored_bars
from app.db.bar_columns import read_columns
from app.db.latest_rows import insert, insert_values
from app.db.market import MarketShape
from app.finance.adjust import Split
from app.finance.bars import Timeframe
from app.finance.columns import Columns
from app.rules.latest_row import LatestRow
from app.rules.scan_tables import ScanTables

# Only names of MarketShape and of ours enter SQL.
# ruff: noqa: S608

MOST_SYMBOLS = 10_000
MOST_MEMBERS = 500_000
OWN_TABLES = ScanTables(
    "app.latest", "app.latest_symbols", "app.latest_universes", patterns=None, splits="app.latest_splits"
)
INSERT = insert(OWN_TABLES.latest)


class MarketFacts(NamedTuple):
    """`symbols`: symbol, name, exchange, type, active, sector, industry, cap. `members`: of universes: name, key,
    symbol. `splits`: symbol, day, ratio."""

    symbols: Sequence[Sequence[object]]
    members: Sequence[Sequence[object]] = ()
    splits: Sequence[Sequence[object]] = ()


async def symbols(connection: Connection, shape: MarketShape) -> list[str]:
    """That have daily bars; and those that the market names."""
    names = await stored_bars.symbols(connection, shape)
    if shape.instruments:
        rows = await connection.fetch(
            f"select symbol from {shape.instruments} as facts where active order by 1 limit {MOST_SYMBOLS}"
        )
        names += [row["symbol"] for row in rows]
    return list(dict.fromkeys(names))[:MOST_SYMBOLS]


async def with_short_bars(connection: Connection, shape: MarketShape, names: Sequence[str]) -> list[str]:
    """Those that have minutes or hours."""
    tables = [table for table in (shape.minute_bars, shape.hourly_bars) if table]
    if not tables:
        return []
    tests = " or ".join(f"exists (select from {table} as bars where symbol = name)" for table in tables)
    rows = await connection.fetch(f"select name from unnest($1::text[]) as listed (name) where {tests}", list(names))
    return [row["name"] for row in rows]


async def bars_since(
    connection: Connection, shape: MarketShape, timeframe: Timeframe, since: Mapping[str, float], count: int
) -> Columns:
    """The newest `count` bars of each symbol that start at `since` or later. None without a table of that timeframe."""
    table, names = shape.bars(timeframe), list(since)
    key, first = ("day", "(to_timestamp(since) at time zone 'UTC')::date") if timeframe == "daily" else INSTANT
    start = "day::timestamp at time zone 'UTC'" if timeframe == "daily" else "at"
    statement = f"""
        select place::int4, extract(epoch from {start})::float8, open::float8, high::float8, low::float8,
               close::float8, coalesce(volume, 0)::float8
          from unnest($1::text[], $2::float8[]) with ordinality as listed (name, since, place)
         cross join lateral (
           select {key}, open, high, low, close, volume from {table} as bars
            where symbol = name and whole and {key} >= {first} order by {key} desc limit $3
         ) as newest
    """
    return await read_columns(connection, timeframe, names, statement, names, list(since.values()), count)


INSTANT = ("at", "to_timestamp(since)")


async def facts(connection: Connection, shape: MarketShape, names: Collection[str]) -> MarketFacts:
    """Of these symbols, each once."""
    by_symbol: dict[str, Sequence[object]] = {name: (name, *[None] * 3, True, *[None] * 3) for name in names}
    members: list[Sequence[object]] = []
    if shape.instruments:
        rows = await connection.fetch(
            "select symbol, name, exchange, type, active, sector, industry, cap"
            f" from {shape.instruments} as facts where symbol = any($1::text[])",
            list(names),
        )
        by_symbol |= {row["symbol"]: tuple(row) for row in rows}
    if shape.universes:
        rows = await connection.fetch(
            f"select distinct name, key, symbol from {shape.universes} as listed where symbol = any($1::text[])"
            f" and name is not null and key is not null limit {MOST_MEMBERS}",
            list(names),
        )
        members = [tuple(row) for row in rows]
    return MarketFacts(list(by_symbol.values()), members)


def split_rows(splits: Mapping[str, Iterable[Split]], names: Collection[str]) -> list[tuple[object, ...]]:
    """Of MarketFacts."""
    every = ((symbol, split.day, split.ratio) for symbol, own in splits.items() if symbol in names for split in own)
    return list({row[:2]: row for row in every}.values())


async def put_rows(connection: Connection, rows: Iterable[LatestRow]) -> None:
    await connection.execute(INSERT, *insert_values(rows))


async def put_facts(connection: Connection, facts: MarketFacts) -> None:
    """In the place of all others."""
    for table, rows in (
        ("latest_symbols", facts.symbols),
        ("latest_universes", facts.members),
        ("latest_splits", facts.splits),
    ):
        await connection.execute(f"delete from app.{table}")
        await connection.copy_records_to_table(table, schema_name="app", records=rows)


async def keep_rows(connection: Connection, timeframe: Timeframe, names: Collection[str]) -> None:
    """Deletes the rows of other symbols."""
    await connection.execute(
        "delete from app.latest where timeframe = $1 and not symbol = any($2::text[])", timeframe, list(names)
    )


async def is_complete(connection: Connection) -> bool:
    """Whether the newest bars of all symbols have been stored in our own tables."""
    return bool(await connection.fetchval("select exists (select from app.latest_symbols)"))

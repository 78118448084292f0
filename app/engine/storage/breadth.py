"""Reads and writes market breadth."""

from collections.abc import Iterable
from datetime import UTC, datetime

from asyncpg import Connection

from app.engine.analysis.breadth import MarketConditions
from app.engine.universes import queries as universe_queries

COUNTS = {"advancing_count", "declining_count", "advance_decline_ratio"}
MARKET_COLUMNS = {"timestamp", *COUNTS, "overall_volume", "data_source"}
SECTOR_COLUMNS = {"timestamp", "sector", "symbols", "advancing", "declining", "change", "volume"}
SOURCE = "engine"
PUT_GROUP = """
insert into {group}_conditions (timestamp, {group}, symbols, advancing, declining, change, volume)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (timestamp, {group}) do update
   set symbols = excluded.symbols, advancing = excluded.advancing, declining = excluded.declining,
       change = excluded.change, volume = excluded.volume
"""


async def put_conditions(connection: Connection, minutes: Iterable[MarketConditions]) -> None:
    for one in minutes:
        at = datetime.fromtimestamp(one.at, UTC)
        whole = one.whole
        ratio = round(whole.advancing / whole.declining, 4) if whole.declining else None
        await connection.execute(
            """
            insert into market_conditions (timestamp, advancing_count, declining_count, advance_decline_ratio,
                                           overall_volume, mean_change, symbols_count, data_source)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (timestamp) do update
               set advancing_count = excluded.advancing_count, declining_count = excluded.declining_count,
                   advance_decline_ratio = excluded.advance_decline_ratio, overall_volume = excluded.overall_volume,
                   mean_change = excluded.mean_change, symbols_count = excluded.symbols_count, calculated_at = now()
            """,
            at, whole.advancing, whole.declining, ratio, whole.volume, whole.change, whole.symbols, SOURCE,
        )  # fmt: skip
        sectors = [(at, sector, *breadth) for sector, breadth in sorted(one.sectors.items())]
        await connection.executemany(PUT_GROUP.format(group="sector"), sectors)
        if one.universes and await _keeps_universes(connection):
            universes = [(at, universe, *breadth) for universe, breadth in sorted(one.universes.items())]
            await connection.executemany(PUT_GROUP.format(group="universe"), universes)


async def sectors(connection: Connection) -> dict[str, str]:
    """By symbol."""
    rows = await connection.fetch("select symbol, sector from symbols where sector is not null and sector <> ''")
    return {row["symbol"]: row["sector"] for row in rows}


async def universes(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The members by title."""
    return {each.title: each.members for each in await universe_queries.all_of(connection)}


async def forget(connection: Connection, before: float) -> None:
    """Deletes breadth of the market and sectors after a year, and of universes after a month."""
    at = datetime.fromtimestamp(before, UTC)
    await connection.execute("delete from market_conditions where timestamp < $1::timestamptz - interval '1 year'", at)
    await connection.execute("delete from sector_conditions where timestamp < $1::timestamptz - interval '1 year'", at)
    if await _keeps_universes(connection):
        await connection.execute(
            "delete from universe_conditions where timestamp < $1::timestamptz - interval '1 month'", at
        )


async def _keeps_universes(connection: Connection) -> bool:
    """Foreign schemas have no such table."""
    return bool(await connection.fetchval("select to_regclass('public.universe_conditions') is not null"))

"""Stored figures of all symbols: the newest daily values, sectors, and members of universes."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from asyncpg import Connection

from app.finance.panel import Floats
from app.market.overview.stored import COLUMNS, NewestDays
from app.rules.scan_tables import ScanTables

# Only names of ScanTables and of the catalogue enter SQL.
# ruff: noqa: S608

MOST_SYMBOLS = 20_000
MOST_MEMBERS = 200_000


async def newest_days(connection: Connection, tables: ScanTables) -> NewestDays:
    """The newest daily row of each symbol."""
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    rows = await connection.fetch(
        f"select symbol, (at at time zone 'America/New_York')::date as day, array[{names}] as values"
        f" from {tables.latest} as stored where timeframe = 'daily' and running limit {MOST_SYMBOLS}"
    )
    days: list[date] = [row["day"] for row in rows]
    return NewestDays({row["symbol"]: place for place, row in enumerate(rows)}, days, _values(rows))


async def sectors(connection: Connection, tables: ScanTables) -> dict[str, str]:
    """By symbol; without those that have none."""
    if tables.instruments is None:
        return {}
    rows = await connection.fetch(
        f"select symbol, sector from {tables.instruments} as facts where sector is not null limit {MOST_SYMBOLS}"
    )
    return {row["symbol"]: row["sector"] for row in rows}


async def universes(connection: Connection, tables: ScanTables) -> dict[str, list[str]]:
    """Members by NAME:KEY, as a scan's `in` takes it."""
    members: dict[str, list[str]] = {}
    if tables.universes is None:
        return members
    rows = await connection.fetch(
        f"select distinct name, key, symbol from {tables.universes} as listed"
        f" where symbol is not null and name is not null and key is not null order by 1, 2, 3 limit {MOST_MEMBERS}"
    )
    for name, key, symbol in rows:
        members.setdefault(f"{name}:{key}", []).append(symbol)
    return members


def _values(rows: Sequence[object]) -> Floats:
    if not rows:
        return np.full((0, len(COLUMNS)), np.nan)
    return np.array([row["values"] for row in rows], dtype=np.float64)  # type: ignore[index]

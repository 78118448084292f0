"""Reads and writes the newest bar of each symbol and timeframe with its indicators; the last write counts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from asyncpg import Connection

from app.engine.storage.bars import Statement
from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow

TABLE = "latest"
KEY = ("timeframe", "running", "symbol")
COLUMNS = {*KEY, "at", "bars", "split_1", *EVERY}


def _insert() -> str:
    """One array holds the values of all rows: an array for each column takes PostgreSQL longer to unpack."""
    names = ", ".join(f'"{name}"' for name in EVERY)
    row = f"(number - 1) * {len(EVERY)}"
    values = ", ".join(f"nullif(($7::float8[])[{row} + {place}], 'NaN')" for place in range(1, len(EVERY) + 1))
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in ("at", "bars", "split_1", *EVERY))
    return f"""
    insert into {TABLE} (timeframe, running, symbol, at, bars, split_1, {names})
    select timeframe, running, symbol, at, bars, split_1, {values}
      from unnest($1::text[], $2::boolean[], $3::text[], $4::timestamptz[], $5::int[], $6::float8[])
           with ordinality as rows (timeframe, running, symbol, at, bars, split_1, number)
    on conflict (timeframe, running, symbol) do update set {changed}
    """  # noqa: S608 - names of the catalogue


INSERT = _insert()


def latest_insert(rows: Iterable[LatestRow]) -> list[Statement]:
    ordered = sorted(rows, key=lambda row: (row.timeframe, row.running, row.symbol))
    if not ordered:
        return []
    keys = [(row.timeframe, row.running, row.symbol, _moment(row.at), row.bars, row.split_1) for row in ordered]
    values = np.concatenate([row.values for row in ordered]).tolist()
    return [Statement(INSERT, [*zip(*keys, strict=True), values])]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class StoredLatest(NamedTuple):
    """What tells whether a stored row is of a symbol's newest bar; `at` in UTC epoch seconds."""

    at: float
    bars: int
    close: float | None


async def rows(connection: Connection) -> dict[tuple[str, str, bool], StoredLatest]:
    """By the key of a row."""
    records = await connection.fetch(
        "select symbol, timeframe, running, extract(epoch from at)::float8, bars, close from latest"
    )
    return {(symbol, timeframe, running): StoredLatest(*values) for symbol, timeframe, running, *values in records}

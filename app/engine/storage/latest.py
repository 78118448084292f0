"""Reads and writes the newest bar of each symbol and timeframe with its indicators."""

from collections.abc import Collection
from typing import NamedTuple

from asyncpg import Connection

from app.db.latest_rows import insert, insert_values
from app.engine.storage.bars import Statement
from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow

TABLE = "latest"
KEY = ("timeframe", "running", "symbol")
COLUMNS = {*KEY, "at", "bars", "split_1", *EVERY}
INSERT = insert(TABLE)


def latest_insert(rows: Collection[LatestRow]) -> list[Statement]:
    return [Statement(INSERT, insert_values(rows))] if rows else []


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

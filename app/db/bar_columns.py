"""Bars of many symbols in one statement, as columns: COPY makes no Python object of a value."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from asyncpg import Connection

from app.finance.bars import Timeframe
from app.finance.columns import Columns, gather

HEADER = 19
"""Bytes before the first row: signature, flags and the length of an unused extension."""
TRAILER = 2

ROW = np.dtype(
    [
        ("fields", ">i2"),
        *[("place_length", ">i4"), ("place", ">i4")],
        *[part for at in range(6) for part in ((f"length{at}", ">i4"), (f"value{at}", ">f8"))],
    ]
)
"""A row of COPY without nulls: each value follows its length."""


async def read_columns(
    connection: Connection, timeframe: Timeframe, symbols: Sequence[str], statement: str, *values: object
) -> Columns:
    """`statement` selects `place int4`, from 1, of the symbol, then start, open, high, low, close and volume as float8,
    none of them null; `values` are its parameters."""
    copied = BytesIO()

    async def take(some: bytes) -> None:
        copied.write(some)

    await connection.copy_from_query(statement, *values, output=take, format="binary")
    rows = np.frombuffer(copied.getbuffer()[HEADER:-TRAILER], dtype=ROW)
    bars = [rows[f"value{at}"].astype(np.float64) for at in range(6)]
    unknown = np.full(len(rows), np.nan)
    return gather(timeframe, symbols, rows["place"].astype(np.int64) - 1, np.array([*bars, unknown]))

"""Writes the newest bar of each symbol and timeframe with its indicators; the last write counts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np

from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow


def insert(table: str) -> str:
    """One array holds the values of all rows: an array for each column takes PostgreSQL longer to unpack."""
    names = ", ".join(f'"{name}"' for name in EVERY)
    row = f"(number - 1) * {len(EVERY)}"
    values = ", ".join(f"nullif(($7::float8[])[{row} + {place}], 'NaN')" for place in range(1, len(EVERY) + 1))
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in ("at", "bars", "split_1", *EVERY))
    return f"""
    insert into {table} (timeframe, running, symbol, at, bars, split_1, {names})
    select timeframe, running, symbol, at, bars, split_1, {values}
      from unnest($1::text[], $2::boolean[], $3::text[], $4::timestamptz[], $5::int[], $6::float8[])
           with ordinality as rows (timeframe, running, symbol, at, bars, split_1, number)
    on conflict (timeframe, running, symbol) do update set {changed}
    """  # noqa: S608 - names of the catalogue


def insert_values(rows: Iterable[LatestRow]) -> list[Sequence[object]]:
    """The parameters of insert(): at least one row."""
    ordered = sorted(rows, key=lambda row: (row.timeframe, row.running, row.symbol))
    keys = [(row.timeframe, row.running, row.symbol, _moment(row.at), row.bars, row.split_1) for row in ordered]
    values = np.concatenate([row.values for row in ordered]).tolist()
    return [*zip(*keys, strict=True), values]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)

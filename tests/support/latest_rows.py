"""Rows of the table `latest` as a test wants them."""

from collections.abc import Iterable, Mapping

import asyncpg
import numpy as np

from app.engine.storage.latest import latest_insert
from app.finance.bars import Timeframe
from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow


def latest_row(
    symbol: str, values: Mapping[str, float], timeframe: Timeframe = "daily", at: float = 0.0, split_1: float = 1.0
) -> LatestRow:
    """Of the day as it stands, or the newest closed bar of another timeframe; what `values` lacks is missing."""
    columns = np.array([values.get(name, np.nan) for name in EVERY])
    return LatestRow(symbol, timeframe, timeframe == "daily", at, 256, split_1, columns)


async def put_latest(link: asyncpg.Connection, rows: Iterable[LatestRow]) -> None:
    for insert in latest_insert(list(rows)):
        await insert.run(link)

"""Deletes old intraday detections after some months of market time; statistics of them stay."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from app.db.pools import Pool
from app.engine.storage import retention

logger = logging.getLogger(__name__)

TABLES = ("intraday_patterns", "daily_intraday_patterns")
SLICE = 5_000
"""Detections that one transaction deletes: minute bars are stored between two of them."""
PAUSE_SECONDS = 0.05


async def forget(pool: Pool, days: int, day: date, enough: Callable[[], bool] = lambda: False) -> int:
    """Deletes detections more than `days` days before `day`, and returns their number; 0 days keeps all. Each slice and
    its statistics are one transaction; the next one begins unless `enough()`. Foreign tables are left alone. Raises
    db.Unavailable."""
    if not days:
        return 0
    async with pool.acquire() as connection:
        if not await retention.keeps_statistics(connection):
            return 0
    before = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=days)
    total = 0
    for table in TABLES:
        deleted = SLICE
        while deleted == SLICE:
            async with pool.acquire() as connection:
                deleted = await retention.delete(connection, table, before, SLICE)
            total += deleted
            if enough():
                return total
            await asyncio.sleep(PAUSE_SECONDS)
    if total:
        logger.info("%d detections from before %s are statistics now", total, before.date())
    return total

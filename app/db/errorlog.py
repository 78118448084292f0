"""Moves spooled log records to app.error_logs in batches; while the database is away they stay in the spool."""

import asyncio
from datetime import UTC, datetime
from typing import NoReturn
from uuid import uuid4

from app.db.errors import BadValue, Unavailable
from app.db.pools import Pool
from app.logs import LogRecord, Spool

BATCH = 100
IDLE_SECONDS = 1.0

_INSERT = """
insert into app.error_logs (error_id, source, severity, category, message, component, traceback, context, timestamp)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9)
"""


async def drain(pool: Pool, spool: Spool) -> NoReturn:
    while True:
        if not await store(pool, spool):
            await asyncio.sleep(IDLE_SECONDS)


async def store(pool: Pool, spool: Spool) -> bool:
    """Stores one batch. False if there was none, or the database is away."""
    records = spool.take(BATCH)
    if not records:
        return False
    try:
        async with pool.acquire() as connection:
            await connection.executemany(_INSERT, [_row(record) for record in records])
    except Unavailable:
        spool.give_back(records)
        return False
    except BadValue:
        # A record that no column takes must not block the others.
        spool.dropped += len(records)
    return True


def _row(record: LogRecord) -> tuple[object, ...]:
    at = datetime.fromtimestamp(record.at, UTC)
    texts = (record.severity, record.category, record.message, record.component, record.traceback, record.context_json)
    severity, category, message, component, traceback, context = texts
    return (str(uuid4()), record.source, severity, category, message, component, traceback, context, at)

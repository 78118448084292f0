"""Writes batches into the market's tables: each in one transaction, whose rows are made before it begins. Of a batch
that the database refuses it finds the rows that are wrong, and writes the others."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from app import db
from app.db.errors import CONNECT_ERRORS, RETRYABLE_ERRORS, ROW_ERRORS
from app.db.pools import Pool
from app.engine.storage import tables as market_tables
from app.engine.storage.batch import StorageBatch
from app.wire.events.event import AnyEvent, PatternEvent

logger = logging.getLogger(__name__)

AWAY: tuple[type[BaseException], ...] = (db.Unavailable, *RETRYABLE_ERRORS)
"""Errors after which the same write may succeed."""


class Writer:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._symbols: set[str] = set()
        """Symbols that are in their table."""
        self._tables: Collection[str] = ()
        self.bars = 0
        self.patterns = 0
        self.indicators = 0
        self.rejected_rows = 0
        """Rows that the database rejected."""

    async def write(self, batch: StorageBatch) -> list[AnyEvent]:
        """The batch's events that may be published now. Raises one of AWAY where rows are missing: the batch may be
        written again."""
        rejected = StorageBatch()
        await self._write(batch, rejected)
        self.rejected_rows += rejected.rows
        return (
            [event for event in batch.events if not _is_of_rejected(event, rejected)] if rejected.rows else batch.events
        )

    async def mark_expired(self, until: float) -> None:
        """Stores that patterns which expired until then were published. Raises one of AWAY."""
        there = await self._existing_tables()
        with _refusal_logged("a mark"):
            async with self._pool.acquire() as connection:
                await market_tables.mark_expired(connection, until, there)

    async def forget(self, before: float) -> bool:
        """Deletes some rows that expired before that market time; whether more are left. Raises one of AWAY."""
        there, left = await self._existing_tables(), False
        with _refusal_logged("what is over"):
            async with self._pool.acquire() as connection, connection.transaction():
                left = await market_tables.forget(connection, before, there)
        return left

    async def _write(self, batch: StorageBatch, rejected: StorageBatch) -> None:
        try:
            await self._store(batch)
        except AWAY:
            raise
        except Exception as error:
            # The database would reject these rows again: others must not wait behind them.
            for part in _parts(batch, error):
                await self._write(part, rejected)
            if not _parts(batch, error):
                logger.exception("%d rows could not be stored", batch.rows)
                rejected.add_rows(batch)

    async def _store(self, batch: StorageBatch) -> None:
        if not batch.rows:
            return
        new = {bar.symbol for bar in batch.bars.values()} - self._symbols
        writing = market_tables.plan_writes(batch, new, await self._existing_tables())
        async with self._pool.acquire() as connection, connection.transaction():
            await writing.run(connection)
        self._symbols |= new
        self.bars += len(batch.bars)
        self.patterns += len(batch.patterns)
        self.indicators += len(batch.indicators)

    async def _existing_tables(self) -> Collection[str]:
        if not self._tables:
            async with self._pool.acquire() as connection:
                self._tables = await market_tables.tables(connection)
        return self._tables


@contextmanager
def _refusal_logged(what: str) -> Iterator[None]:
    """Logs the refusal of a write that nothing depends on."""
    try:
        yield
    except AWAY:
        raise
    except CONNECT_ERRORS as error:
        logger.warning("the database does not let %s be written: %s", what, error)


def _parts(batch: StorageBatch, error: Exception) -> list[StorageBatch]:
    """Parts to be tried one by one; empty where another try would fail too."""
    kinds = batch.split_by_kind()
    if len(kinds) > 1:
        return kinds
    return batch.split_in_half() if batch.rows > 1 and isinstance(error, ROW_ERRORS) else []


def _is_of_rejected(event: AnyEvent, rejected: StorageBatch) -> bool:
    """Whether the event is of a pattern that was rejected."""
    if not isinstance(event, PatternEvent):
        return False
    return (event.symbol, event.pattern, event.timeframe, event.at) in rejected.patterns

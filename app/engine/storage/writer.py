"""Writes batches into the market's tables: each in one transaction, whose rows are made before it begins. Of a batch
that the database refuses it finds the rows that are wrong, and writes the others."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from app import db
from app.db.errors import COLLIDED, OF_A_ROW, REFUSED
from app.db.pools import Pool
from app.engine.storage import tables as market_tables
from app.engine.storage.batch import StorageBatch
from app.wire.events.event import AnyEvent, PatternEvent

logger = logging.getLogger(__name__)

AWAY: tuple[type[BaseException], ...] = (db.Unavailable, *COLLIDED)
"""Where the same once more may succeed."""


class Writer:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._symbols: set[str] = set()
        """Those that the table of symbols has."""
        self._tables: Collection[str] = ()
        self.bars = 0
        self.patterns = 0
        self.indicators = 0
        self.rejected_rows = 0
        """Rows that the database does not take."""

    async def write(self, batch: StorageBatch) -> list[AnyEvent]:
        """The batch's events that may be published now. Raises one of AWAY where nothing or not all is written: the
        same batch may be written again."""
        rejected = StorageBatch()
        await self._write(batch, rejected)
        self.rejected_rows += rejected.rows
        return (
            [event for event in batch.events if not _is_of_rejected(event, rejected)] if rejected.rows else batch.events
        )

    async def mark_expired(self, until: float) -> None:
        """That no pattern is to be told of again that expired until then. Raises one of AWAY."""
        there = await self._existing_tables()
        with _refusal_logged("a mark"):
            async with self._pool.acquire() as connection:
                await market_tables.mark_expired(connection, until, there)

    async def forget(self, before: float) -> bool:
        """Deletes some of what is of no use after that market time; whether more is left. Raises one of AWAY."""
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
            # What the database refuses once it refuses always: nothing else may wait behind it.
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
    """Of a write that nothing else depends on."""
    try:
        yield
    except AWAY:
        raise
    except REFUSED as error:
        logger.warning("the database does not let %s be written: %s", what, error)


def _parts(batch: StorageBatch, error: Exception) -> list[StorageBatch]:
    """What is tried by itself when the whole was refused; nothing where another try would be refused too."""
    kinds = batch.split_by_kind()
    if len(kinds) > 1:
        return kinds
    return batch.split_in_half() if batch.rows > 1 and isinstance(error, OF_A_ROW) else []


def _is_of_rejected(event: AnyEvent, rejected: StorageBatch) -> bool:
    """Whether it tells of a pattern that is not stored."""
    if not isinstance(event, PatternEvent):
        return False
    return (event.symbol, event.pattern, event.timeframe, event.at) in rejected.patterns

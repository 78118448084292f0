"""Runs processing commands from the job channel, one at a time, and publishes their progress."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from app import db
from app.db import corporate_actions
from app.db.pools import Pool
from app.engine.startup.history import LEAD_DAYS, PATTERN_DAYS, Growth, HistoryContext, evaluate, growth, store_batch
from app.engine.storage import bars as bar_queries
from app.engine.storage import tables as market_tables
from app.engine.storage.bars import ProcessingRun
from app.engine.storage.batch import StorageBatch
from app.engine.storage.store import Store
from app.finance.bars import Bar
from app.finance.shares import Splits
from app.wire.codec.codec import Rejected
from app.wire.events.event import ProcessingChanged, ProcessingProgressed
from app.wire.jobs.job import START_DAILY_PROCESSING, ProcessingCommand, ProcessingParameters, decode

logger = logging.getLogger(__name__)

MOST_WAITING = 8
PHASE = "analysis"


Reload = Callable[[Sequence[str]], Awaitable[None]]


class ProcessingQueue:
    def __init__(self, pool: Pool, store: Store, min_confidence: float, reload: Reload) -> None:
        """`reload`: takes the symbols whose stored bars may have changed."""
        self._pool = pool
        self._store = store
        self._min_confidence = min_confidence
        self._reload = reload
        self.failed = 0
        self._waiting: asyncio.Queue[tuple[str, ProcessingCommand]] = asyncio.Queue(MOST_WAITING)

    def on_message(self, payload: bytes) -> None:
        command = decode(payload)
        if isinstance(command, Rejected):
            self._publish_status(_new_id(), "failed", message=f"the job was not understood ({command.reason})")
            return
        run_id = command.parameters.run_id[:64] or _new_id()
        if command.command != START_DAILY_PROCESSING:
            self._publish_status(run_id, "failed", message=f"unknown command {command.command[:40]!r}")
        elif self._waiting.full():
            self._publish_status(run_id, "failed", message=f"{MOST_WAITING} jobs wait already")
        else:
            self._waiting.put_nowait((run_id, command))

    async def run(self) -> None:
        while True:
            run_id, command = await self._waiting.get()
            try:
                await self._process(run_id, command.parameters)
            except db.Unavailable:
                self._publish_status(run_id, "failed", message="the database is away")
            except Exception as error:
                self.failed += 1
                logger.exception("processing run %s failed", run_id)
                self._publish_status(run_id, "failed", message=type(error).__name__)

    async def _process(self, run_id: str, parameters: ProcessingParameters) -> None:
        started_at = time.time()
        async with self._pool.acquire() as connection:
            stored_symbols = await bar_queries.symbols_with_days(connection)
            symbols = [symbol for symbol in stored_symbols if not parameters.symbols or symbol in parameters.symbols]
            splits = await corporate_actions.every_split(connection)
            tick_sizes = await market_tables.tick_sizes(connection)
            thresholds = (await market_tables.thresholds(connection, self._min_confidence)).only(parameters.patterns)
            run = ProcessingRun(run_id, "running", PHASE, started_at, total=len(symbols))
            await bar_queries.put_run(connection, run)
        self._publish_status(run_id, "started", (0, len(symbols)))
        growth_by_start = await self._growth(stored_symbols, parameters, splits) if symbols else {}
        for done, symbol in enumerate(symbols, 1):
            context = HistoryContext(thresholds, growth_by_start, splits.get(symbol, ()), tick_sizes.get(symbol))
            await self._analyse(symbol, parameters, context)
            self._publish_status(run_id, "running", (done, len(symbols)), symbol)
        await self._reload(symbols)
        error = None if symbols else "no stored symbol was asked for"
        end = ProcessingRun(run_id, "failed" if error else "success", PHASE, started_at, time.time())
        async with self._pool.acquire() as connection:
            await bar_queries.put_run(connection, end._replace(total=len(symbols), done=len(symbols), error=error))
        self._publish_status(run_id, "failed" if error else "completed", (len(symbols), len(symbols)), error or "")

    async def _growth(self, symbols: Sequence[str], parameters: ProcessingParameters, splits: Splits) -> Growth:
        """From all stored symbols, whatever was requested."""
        days = [await self._days(symbol, parameters) for symbol in symbols]
        return await asyncio.to_thread(growth, days, splits)

    async def _days(self, symbol: str, parameters: ProcessingParameters) -> list[Bar]:
        """The last year, or with `force` all stored daily bars."""
        async with self._pool.acquire() as connection:
            count = None if parameters.force else PATTERN_DAYS + LEAD_DAYS
            return await bar_queries.last_bars(connection, symbol, "daily", count)

    async def _analyse(self, symbol: str, parameters: ProcessingParameters, context: HistoryContext) -> None:
        bars = await self._days(symbol, parameters)
        analysis, outcomes = await evaluate(bars, context, len(bars) if parameters.force else None)
        batch = StorageBatch()
        batch.add_indicators(analysis.indicators)
        batch.add_patterns(analysis.patterns)
        batch.add_outcomes(outcomes)
        await store_batch(self._pool, batch)

    def _publish_status(
        self, run_id: str, status: str, progress: tuple[int, int] | None = None, message: str = ""
    ) -> None:
        done, total = progress or (None, None)
        kind = ProcessingProgressed if status == "running" else ProcessingChanged
        event = kind(
            at=time.time(),
            source="TickStockPL",
            run_id=run_id,
            status=status,
            phase=PHASE,
            done=done,
            total=total,
            message=message,
        )
        self._store.offer(events=[event])


def _new_id() -> str:
    return str(uuid4())

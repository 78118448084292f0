"""Loads a provider's history symbol by symbol, and resumes each where an earlier load stopped."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from app.engine.loads.providers.provider import BarPage, DateRange, HistoryProvider
from app.engine.loads.providers.records import BadRecord
from app.engine.loads.providers.request_pace import Stopped
from app.engine.loads.queries import LoadLogEntry
from app.engine.loads.sources.checker import RowChecker
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.loads.writer import BarWriter

MOST_REFUSALS = 100


class HistoryRequest(NamedTuple):
    symbols: tuple[str, ...]
    frame: LoadTimeframe
    span: DateRange
    until: str
    """As given: a load until "yesterday" is the same load tomorrow."""
    reference: bool = True
    """Whether to load names, splits and dividends too."""

    def load(self, provider: str) -> str:
        """The load's name in the database."""
        return f"{provider} {self.frame.name} {self.span.first} {self.until}"


class ProviderProgress(NamedTuple):
    status: str
    """running, completed, completed_with_errors or cancelled."""
    total: int
    successful: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    current: str = ""
    good_records: int = 0
    new_bars: int = 0
    rejected_records: int = 0
    rejections: tuple[tuple[str, BadRecord], ...] = ()
    """By symbol."""
    seconds: float = 0.0
    requests: int = 0


class ProviderLoad:
    """Raises ProviderRefused, ProviderUnreachable and db.Unavailable: stored bars stay, and the load can be resumed.

    `until`: no bar of a later day is stored. `stop`: cancels the load.
    """

    def __init__(
        self,
        request: HistoryRequest,
        provider: HistoryProvider,
        writer: BarWriter,
        on_progress: Callable[[ProviderProgress], object],
        until: date,
        stop: asyncio.Event | None = None,
    ) -> None:
        self._request = request
        self._client = provider.connect(stop)
        self._source = provider.name
        self._load_name = request.load(provider.name)
        self._writer = writer
        self._on_progress = on_progress
        self._checker = RowChecker(request.frame, until)
        self._progress = ProviderProgress("running", len(request.symbols))
        self._began = time.monotonic()

    async def run(self) -> ProviderProgress:
        try:
            await self._load_symbols()
        except Stopped:
            self._update(self._progress._replace(status="cancelled", current=""))
        else:
            errors = self._progress.failed or self._progress.rejected_records
            status = "completed_with_errors" if errors else "completed"
            self._update(self._progress._replace(status=status, current=""))
        finally:
            await self._client.close()
        over = self._progress.status != "cancelled"
        await self._writer.close(self._load_name, self._request.symbols, self._log_entry(), over=over)
        return self._progress

    async def _load_symbols(self) -> None:
        for symbol in self._request.symbols:
            self._update(self._progress._replace(current=symbol))
            if await self._load_symbol(symbol):
                self._update(self._progress._replace(successful=(*self._progress.successful, symbol)))
            else:
                self._update(self._progress._replace(failed=(*self._progress.failed, symbol)))

    async def _load_symbol(self, symbol: str) -> bool:
        """Whether the provider has bars of the symbol."""
        request = self._request
        reached, complete = await self._writer.reached(self._load_name, symbol)
        if complete and reached >= request.span.last.toordinal():
            return True
        first = max(request.span.first, date.fromordinal(reached)) if reached else request.span.first
        has_data = reached > 0
        async for batch in self._client.bars(symbol, request.frame, DateRange(first, request.span.last)):
            has_data = has_data or batch.reached is not None
            await self._write(symbol, batch)
        if has_data and request.reference:
            reference = await self._client.reference(symbol)
            self._add_rejected(symbol, reference.bad)
            await self._writer.write_reference(reference.details, reference.splits, reference.dividends, self._source)
        if has_data:
            await self._writer.complete(self._load_name, symbol, request.span.last.toordinal())
        return has_data

    async def _write(self, symbol: str, batch: BarPage) -> None:
        checked = self._checker.check(batch.rows)
        new_bars = 0
        if batch.reached:
            reached = min(batch.reached, self._request.span.last).toordinal()
            new_bars = await self._writer.write(self._load_name, symbol, checked.lines, checked.symbols, reached)
        self._add_rejected(symbol, [*batch.bad, *(BadRecord("bar", *refusal) for refusal in checked.rejections)])
        now = self._progress
        good = now.good_records + len(checked.keys)
        self._update(now._replace(good_records=good, new_bars=now.new_bars + new_bars))

    def _add_rejected(self, symbol: str, bad: Sequence[BadRecord]) -> None:
        """Counts each record; lists the first MOST_REFUSALS of a load."""
        now = self._progress
        rejections = (*now.rejections, *((symbol, record) for record in bad))[:MOST_REFUSALS]
        self._progress = now._replace(rejected_records=now.rejected_records + len(bad), rejections=rejections)

    def _update(self, now: ProviderProgress) -> None:
        self._progress = now._replace(seconds=time.monotonic() - self._began, requests=self._client.requests)
        self._on_progress(self._progress)

    def _log_entry(self) -> LoadLogEntry:
        now, done = self._progress, len(self._progress.successful)
        messages = [f"nothing of {', '.join(now.failed[:20])}"] if now.failed else []
        if now.rejected_records:
            rejections = "; ".join(f"{symbol} {record}" for symbol, record in now.rejections[:5])
            messages.append(f"{now.rejected_records} records refused; {rejections}")
        error = "; ".join(messages) or None
        counts = (done, self._writer.new_symbols, now.new_bars)
        return LoadLogEntry(self._load_name, *counts, now.status, error, now.seconds)

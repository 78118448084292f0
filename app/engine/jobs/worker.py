"""Runs a load plan: from the provider, or from the shipped history where no provider is configured."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from app.db.pools import Pool
from app.engine.jobs.plan import LoadPlan
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.providers.history import HistoryRequest, ProviderLoad, ProviderProgress
from app.engine.loads.providers.provider import HistoryProvider
from app.engine.loads.providers.vendors import history_provider
from app.engine.loads.sources.shipped import SOURCE, ShippedSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, LoadTimeframe
from app.engine.loads.writer import BarWriter
from app.settings.load import Settings


class BarOrigin(NamedTuple):
    """The sources of bars."""

    history: Path
    history_until: date
    provider: HistoryProvider

    @classmethod
    def configured(cls, settings: Settings) -> "BarOrigin":
        return cls(settings.replay.path, settings.replay.history_until, history_provider(settings))

    @property
    def shipped_alone(self) -> str:
        """What a load that asks no provider says."""
        return f"from the shipped history; {self.provider.configuration_error}, and without it there is no more"


class LoadProgress(NamedTuple):
    """Progress of a job. `done` and `total` count each symbol once for each timeframe."""

    total: int
    done: int = 0
    current: str = ""
    successful: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    new_bars: int = 0
    rejected_rows: int = 0
    share: float = 0.0
    note: str = ""


class LoadWorker:
    """Raises UnreadableSource, ProviderRefused, ProviderUnreachable and db.Unavailable."""

    def __init__(
        self,
        plan: LoadPlan,
        origin: BarOrigin,
        pool: Pool,
        on_progress: Callable[[LoadProgress], object],
        stop: asyncio.Event,
    ) -> None:
        self._plan = plan
        self._origin = origin
        self._pool = pool
        self._on_progress = on_progress
        self._stop = stop
        self._missing_symbols: set[str] = set()
        self.progress = LoadProgress(len(plan.symbols) * max(1, len(plan.frames)))

    async def run(self) -> LoadProgress:
        """Returns early once `stop` is set."""
        if not self._plan.frames:
            await (await self._bar_writer(LOAD_TIMEFRAMES["daily"])).put_symbols(self._plan.symbols)
        for at, frame in enumerate(self._plan.frames):
            if self._stop.is_set():
                return self.progress
            base = at * len(self._plan.symbols)
            shipped_alone = self._origin.provider.configuration_error
            await (self._from_shipped(frame, base) if shipped_alone else self._from_provider(frame, base))
        if not self._stop.is_set():
            good = tuple(symbol for symbol in self._plan.symbols if symbol not in self._missing_symbols)
            self._update(done=self.progress.total, current="", successful=good, share=1.0)
        return self.progress

    async def _from_provider(self, frame: LoadTimeframe, base: int) -> None:
        provider, span, before = self._origin.provider, self._plan.span, self.progress

        def on_progress(now: ProviderProgress) -> None:
            done = base + len(now.successful) + len(now.failed)
            bars, rejected = before.new_bars + now.new_bars, before.rejected_rows + now.rejected_records
            share = done / before.total
            self._update(done=done, current=now.current, new_bars=bars, rejected_rows=rejected, share=share)

        # The dates are part of the load's name: the same job tomorrow is another load.
        request = HistoryRequest(self._plan.symbols, frame, span, str(span.last), frame == self._plan.frames[0])
        writer = await self._bar_writer(frame)
        done = await ProviderLoad(request, provider, writer, on_progress, span.last, self._stop).run()
        self._add_missing(set(done.failed))

    async def _from_shipped(self, frame: LoadTimeframe, base: int) -> None:
        before, symbols = self.progress, frozenset(self._plan.symbols)
        loaded: frozenset[str] = frozenset()
        if frame.name == "daily":
            source = ShippedSource(self._origin.history, self._origin.history_until, symbols)

            def on_progress(now: SourceResult) -> None:
                share = (base + now.share * len(symbols)) / before.total
                bars, rejected = before.new_bars + now.new_bars, before.rejected_rows + now.rejected_rows
                self._update(new_bars=bars, rejected_rows=rejected, share=share)

            today = datetime.now(UTC).date()
            writer = await self._bar_writer(frame)
            outcome = await load_source(source, frame, writer, today, on_progress, self._stop)
            await writer.add_splits(source.splits, SOURCE)
            loaded = outcome.symbols
        self._add_missing(set(symbols - loaded))
        self._update(done=base + len(symbols), note=self._origin.shipped_alone)

    async def _bar_writer(self, frame: LoadTimeframe) -> BarWriter:
        writer = BarWriter(self._pool, frame)
        await writer.open()
        return writer

    def _add_missing(self, symbols: set[str]) -> None:
        if not self._stop.is_set():
            self._missing_symbols |= symbols
            self._update(failed=tuple(symbol for symbol in self._plan.symbols if symbol in self._missing_symbols))

    def _update(self, **changed: object) -> None:
        self.progress = self.progress._replace(**changed)  # type: ignore[arg-type]
        self._on_progress(self.progress)

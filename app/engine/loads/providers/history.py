"""A provider's history of many symbols, one after the other, each from where an earlier try stopped."""

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from app.engine.loads.providers import massive
from app.engine.loads.providers.massive import Span
from app.engine.loads.providers.records import BadRecord
from app.engine.loads.providers.request_pace import Stopped
from app.engine.loads.providers.rest import Rest
from app.engine.loads.queries import Entry
from app.engine.loads.sources.checker import Checker
from app.engine.loads.sources.timeframes import Frame
from app.engine.loads.writer import Keeper

MOST_REFUSALS = 100
SOURCE = "massive"


class Wanted(NamedTuple):
    symbols: tuple[str, ...]
    frame: Frame
    span: Span
    until: str
    """As it was said: a load until yesterday goes on tomorrow as the same load."""
    reference: bool = True
    """Names, splits and dividends as well."""

    @property
    def load(self) -> str:
        return f"{SOURCE} {self.frame.name} {self.span.first} {self.until}"


class Progress(NamedTuple):
    status: str
    """running, completed, completed_with_errors or cancelled."""
    total: int
    successful: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    current: str = ""
    good: int = 0
    stored: int = 0
    refused: int = 0
    refusals: tuple[tuple[str, BadRecord], ...] = ()
    """By symbol."""
    seconds: float = 0.0


class ProviderLoad:
    """Raises Refused, Unreachable and db.Unavailable: what is stored by then stays, and the load may go on later."""

    def __init__(
        self, wanted: Wanted, rest: Rest, keeper: Keeper, told: Callable[[Progress], object], until: date
    ) -> None:
        self._wanted = wanted
        self._rest = rest
        self._keeper = keeper
        self._told = told
        self._checker = Checker(wanted.frame, until)
        self._now = Progress("running", len(wanted.symbols))
        self._began = time.monotonic()

    async def run(self) -> Progress:
        try:
            for symbol in self._wanted.symbols:
                self._say(self._now._replace(current=symbol))
                if await self._symbol(symbol):
                    self._say(self._now._replace(successful=(*self._now.successful, symbol)))
                else:
                    self._say(self._now._replace(failed=(*self._now.failed, symbol)))
        except Stopped:
            self._say(self._now._replace(status="cancelled", current=""))
        else:
            status = "completed_with_errors" if self._now.failed or self._now.refused else "completed"
            self._say(self._now._replace(status=status, current=""))
        await self._keeper.close(
            self._wanted.load, self._wanted.symbols, self._entry(), over=self._now.status != "cancelled"
        )
        return self._now

    async def _symbol(self, symbol: str) -> bool:
        """Whether the provider has anything of it."""
        wanted = self._wanted
        reached, complete = await self._keeper.reached(wanted.load, symbol)
        if complete and reached >= wanted.span.last.toordinal():
            return True
        first = max(wanted.span.first, date.fromordinal(reached)) if reached else wanted.span.first
        found = reached > 0
        async for batch in massive.bars(self._rest, symbol, wanted.frame, Span(first, wanted.span.last)):
            found = found or batch.reached is not None
            await self._keep(symbol, batch)
        if found and wanted.reference:
            told = await massive.reference(self._rest, symbol)
            self._refuse(symbol, told.bad)
            await self._keeper.keep_reference(told.named, told.splits, told.dividends, SOURCE)
        if found:
            await self._keeper.complete(wanted.load, symbol, wanted.span.last.toordinal())
        return found

    async def _keep(self, symbol: str, batch: massive.Batch) -> None:
        checked = self._checker.check(batch.rows)
        stored = 0
        if batch.reached:
            reached = min(batch.reached, self._wanted.span.last).toordinal()
            stored = await self._keeper.keep(self._wanted.load, symbol, checked.lines, checked.symbols, reached)
        self._refuse(symbol, [*batch.bad, *(BadRecord("bar", *refusal) for refusal in checked.refused)])
        now = self._now
        self._say(now._replace(good=now.good + len(checked.keys), stored=now.stored + stored))

    def _refuse(self, symbol: str, bad: Sequence[BadRecord]) -> None:
        """Each is counted; the first of a load are named."""
        now = self._now
        named = (*now.refusals, *((symbol, record) for record in bad))[:MOST_REFUSALS]
        self._now = now._replace(refused=now.refused + len(bad), refusals=named)

    def _say(self, now: Progress) -> None:
        self._now = now._replace(seconds=time.monotonic() - self._began)
        self._told(self._now)

    def _entry(self) -> Entry:
        now, done = self._now, len(self._now.successful)
        said = [f"nothing of {', '.join(now.failed[:20])}"] if now.failed else []
        if now.refused:
            named = "; ".join(f"{symbol} {record}" for symbol, record in now.refusals[:5])
            said.append(f"{now.refused} records refused; {named}")
        error = "; ".join(said) or None
        return Entry(self._wanted.load, done, self._keeper.fresh, now.stored, now.status, error, now.seconds)


def minutes(requests: int, per_minute: float) -> float:
    """The least that so many requests take; the first ones need not wait."""
    return max(0.0, (requests - max(1.0, per_minute)) / per_minute)

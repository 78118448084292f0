"""The interface of a vendor of history. Everything that is the vendor's own is in a folder of its name."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import NamedTuple, Protocol

from app.engine.loads.providers.records import BadRecord
from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.storage.reference import DividendRecord, SplitRecord, SymbolDetails


class ProviderRefused(Exception):
    """The provider rejects the request. The message is one line for people, without the key."""


class ProviderUnreachable(Exception):
    """The provider did not answer in time, or with an unreadable answer."""


class DateRange(NamedTuple):
    """Both days are included."""

    first: date
    last: date


class BarPage(NamedTuple):
    """`rows` as a file would have them: texts, times in UTC milliseconds."""

    rows: Rows
    reached: date | None
    """Day of the last bar; None without a readable one."""
    bad: list[BadRecord]


class ReferenceData(NamedTuple):
    """Of one symbol. What a vendor does not have stays empty."""

    details: tuple[SymbolDetails, ...] = ()
    splits: tuple[SplitRecord, ...] = ()
    dividends: tuple[DividendRecord, ...] = ()
    bad: tuple[BadRecord, ...] = ()


class Estimate(NamedTuple):
    requests: int
    """At most."""
    per_minute: float

    @property
    def minutes(self) -> float:
        """At least; the first `per_minute` requests do not wait."""
        return max(0.0, (self.requests - max(1.0, self.per_minute)) / self.per_minute)


class HistoryClient(Protocol):
    """A connection to the vendor for one load. Every method but `close` raises ProviderRefused, ProviderUnreachable
    and, once the load is cancelled, Stopped."""

    @property
    def requests(self) -> int:
        """Sent so far, repeated ones included."""
        ...

    def bars(self, symbol: str, frame: LoadTimeframe, span: DateRange) -> AsyncIterator[BarPage]:
        """Oldest first, as traded (not adjusted for splits). A symbol that the vendor does not have has no page; a
        timeframe that it does not have is refused."""
        ...

    async def reference(self, symbol: str) -> ReferenceData: ...

    async def close(self) -> None: ...


class HistoryProvider(Protocol):
    """Made once a process, because requests are limited by key and not by load."""

    @property
    def name(self) -> str:
        """As in VENDORS. Loads, splits and dividends are stored under it: a load is resumed by the same name."""
        ...

    @property
    def configuration_error(self) -> str:
        """Why nothing can be asked, such as "MASSIVE_API_KEY is not set"; or ""."""
        ...

    def estimate(self, symbols: int, frame: LoadTimeframe, span: DateRange) -> Estimate:
        """What a load of so many symbols takes, reference data included. Asks nothing."""
        ...

    def connect(self, stop: asyncio.Event | None = None) -> HistoryClient:
        """`stop`: cancels the load."""
        ...

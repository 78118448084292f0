"""Jobs that start and cancel a load of history."""

import re
from uuid import uuid4

from msgspec import Struct, field

from app.wire.jobs import bounds

TIMESPANS = ("day", "minute", "hour")
TIMEFRAMES = ("minute", "hour", "day", "week", "month")
UNIVERSES = ("SP500", "NASDAQ100", "ETF", "CUSTOM")
MOST_YEARS = 50

_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_UNIVERSE = re.compile(r"[A-Za-z0-9_:-]{1,64}")


class Load(Struct, frozen=True, kw_only=True, tag_field="job_type"):
    """`timestamp` is local time without a zone, as every loader so far has been told."""

    job_id: str = field(default_factory=lambda: str(uuid4()))
    requested_by: str
    timestamp: str = field(default_factory=bounds.local_now)

    def __post_init__(self) -> None:
        bounds.words(64, job_id=self.job_id, requested_by=self.requested_by, timestamp=self.timestamp)


class HistoricalLoad(Load, frozen=True, kw_only=True, tag="historical_load"):
    symbols: tuple[str, ...]
    years: int = 1
    timespan: str = "day"

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds.symbols(self.symbols)
        bounds.between(1, MOST_YEARS, years=self.years)
        bounds.one_of(TIMESPANS, timespan=self.timespan)


class UniverseSeed(Load, frozen=True, kw_only=True, tag="universe_seed", omit_defaults=True):
    universe_type: str
    years: int
    refresh: bool = False
    """Written only where it is true."""

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds.one_of(UNIVERSES, universe_type=self.universe_type)
        bounds.between(1, MOST_YEARS, years=self.years)


class MultiTimeframeLoad(Load, frozen=True, kw_only=True, tag="multi_timeframe_load"):
    symbols: tuple[str, ...]
    timeframes: tuple[str, ...] = ("hour", "day")
    years: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds.symbols(self.symbols)
        _timeframes(self.timeframes)
        bounds.between(1, MOST_YEARS, years=self.years)


class CsvUniverseLoad(Load, frozen=True, kw_only=True, tag="csv_universe_load"):
    """`years` may be a fraction: a day is 1/365. `csv_file` is a name among the engine's own files, no path."""

    csv_file: str
    universe_type: str
    years: float = 1.0
    include_ohlcv: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _FILE.fullmatch(self.csv_file) or ".." in self.csv_file:
            raise ValueError("csv_file must be a plain file name")
        if not _UNIVERSE.fullmatch(self.universe_type):
            raise ValueError("universe_type must be a universe's name")
        bounds.above(0, MOST_YEARS, years=self.years)


class UniverseLoad(Load, frozen=True, kw_only=True, tag="csv_universe_load"):
    """The later form under the same name: a universe of the database, its symbols spelt out."""

    source: str = "tickstock_appv2"
    universe_key: str
    symbols: tuple[str, ...]
    timeframes: tuple[str, ...] = ("hour", "day")
    years: float = 1.0
    run_analysis_after_import: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        bounds.words(64, source=self.source)
        if not _UNIVERSE.fullmatch(self.universe_key):
            raise ValueError("universe_key must be a universe's name")
        bounds.symbols(self.symbols)
        _timeframes(self.timeframes)
        bounds.above(0, MOST_YEARS, years=self.years)


class CancelLoad(Struct, frozen=True, kw_only=True, tag_field="action", tag="cancel"):
    """`job_id` is the load's."""

    job_id: str
    requested_by: str
    timestamp: str = field(default_factory=bounds.local_now)

    def __post_init__(self) -> None:
        bounds.words(64, job_id=self.job_id, requested_by=self.requested_by, timestamp=self.timestamp)


def _timeframes(values: tuple[str, ...]) -> None:
    bounds.listed("timeframes", values, most=len(TIMEFRAMES))
    for value in values:
        bounds.one_of(TIMEFRAMES, timeframes=value)

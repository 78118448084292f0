"""Test scenarios as a source: invented bars under symbols that begin with TEST_."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.source import Chunk, UnreadableSource
from app.engine.storage.reference import SymbolDetails
from app.finance import scenarios
from app.finance.bars import Bar

ALL = "all"
DAYS = 50
"""Days of one chunk."""


def _daily(bar: Bar) -> Sequence[Bar]:
    return (bar,)


EACH: Mapping[str, Callable[[Bar], Sequence[Bar]]] = {"daily": _daily, "1min": scenarios.minutes}
"""The bars of a day, by timeframe."""


class ScenarioBars:
    def __init__(self, name: str, timeframe: str) -> None:
        self.name = f"scenario {name}"
        self._scenario = name
        self._timeframe = timeframe

    @property
    def details(self) -> SymbolDetails:
        symbol, name, exchange, currency = scenarios.instrument(self._scenario)[:4]
        return SymbolDetails(symbol, name, exchange, "stocks", None, currency, None, True, None, None)

    def identity(self) -> str:
        return f"{self.name} {sha256(repr(scenarios.daily(self._scenario)).encode()).hexdigest()[:16]}"

    def chunks(self) -> Iterator[Chunk]:
        days, each = scenarios.daily(self._scenario), EACH[self._timeframe]
        reached = 0
        for first in range(0, len(days), DAYS):
            bars = [bar for day in days[first : first + DAYS] for bar in each(day)]
            rows = _rows(bars, reached + 1)
            reached += len(bars)
            yield Chunk(rows, [], reached, min(1.0, (first + DAYS) / len(days)))


def scenario_sources(name: str, timeframe: str) -> list[ScenarioBars]:
    """Raises UnreadableSource."""
    if name != ALL and name not in scenarios.SCENARIOS:
        raise UnreadableSource(f"{name[:40]!r} is no scenario; there are {', '.join(scenarios.SCENARIOS)}, and {ALL}")
    if timeframe not in EACH:
        raise UnreadableSource(f"scenarios have bars of {' and '.join(EACH)}, not {timeframe}")
    return [ScenarioBars(one, timeframe) for one in (scenarios.SCENARIOS if name == ALL else (name,))]


def _rows(bars: Sequence[Bar], first: int) -> Rows:
    prices = ([repr(bar[at]) for bar in bars] for at in range(3, 8))
    return Rows(range(first, first + len(bars)), [bar.symbol for bar in bars], [_moment(bar) for bar in bars], *prices)


def _moment(bar: Bar) -> str:
    at = datetime.fromtimestamp(bar.start, UTC)
    return at.date().isoformat() if bar.timeframe == "daily" else at.isoformat(timespec="minutes")

"""The newest value of every indicator, by symbol and timeframe."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from app.finance.bars import DAY
from app.finance.periods import WEEK, order
from app.wire.events.event import IndicatorCalculated

FIGURES = re.compile(r"(\d+)")
MOST_SYMBOLS = 5_000
READINGS_PER_SYMBOL = 128
"""Values of one symbol."""


class Reading(NamedTuple):
    """`at` is the end of the bar that was calculated with, market time; `value` is in the indicator's own unit."""

    symbol: str
    indicator: str
    timeframe: str
    value: float
    at: float
    signal: str = ""
    live: bool = False
    """Received by this process, not read from the database."""


class TimeframeReadings(NamedTuple):
    """The readings of one timeframe, by name; `at` is that of the newest."""

    timeframe: str
    at: float
    readings: tuple[Reading, ...]


class IndicatorBoard:
    """Keeps the most recently used symbols, with as many values each as a page shows.

    Receives published values only of watched symbols; the values of other symbols are read from the database on
    request.
    """

    def __init__(self, symbols: int = MOST_SYMBOLS, each: int = READINGS_PER_SYMBOL) -> None:
        self.recent: Callable[[str], Iterable[IndicatorCalculated]] = lambda _symbol: ()
        """Values of an unwatched symbol that were just published and may not be stored yet."""
        self._max_symbols = symbols
        self._max_readings = each
        self._live: set[str] = set()
        """Symbols of which every value since the oldest kept one was received."""
        self._readings: OrderedDict[str, dict[tuple[str, str], Reading]] = OrderedDict()
        self._computed: OrderedDict[str, Sequence[Reading]] = OrderedDict()

    def apply(self, event: IndicatorCalculated) -> bool:
        """Whether the value is new. One that is older by more than a day counts: its feed began again in the past."""
        before = self._readings.get(event.symbol, {}).get((event.timeframe, event.indicator))
        if before is not None and before.at - DAY <= event.at < before.at:
            return False
        reading = Reading(
            event.symbol, event.indicator, event.timeframe, event.value, event.at, event.signal, live=True
        )
        self._live.add(event.symbol)
        return reading != before and self._put(reading)

    def drop_unwatched(self, watched: Callable[[str], bool]) -> None:
        """Stops counting symbols without subscribers as live."""
        self._live = set(filter(watched, self._live))

    def seed(self, symbol: str, readings: Iterable[Reading]) -> None:
        """Adds stored values. While the symbol is watched they fill gaps and overwrite nothing received.

        Otherwise they replace all values, and recently published ones are added.
        """
        if symbol not in self._live:
            self._readings.pop(symbol, None)
        for reading in readings:
            before = self._readings.get(reading.symbol, {}).get((reading.timeframe, reading.indicator))
            if before is None or not before.live or before.at < reading.at <= before.at + WEEK:
                self._put(reading)
        self.catch_up(symbol)

    def catch_up(self, symbol: str) -> None:
        """Adds recently published values."""
        for event in self.recent(symbol):
            self.apply(event)

    def put_computed(self, symbol: str, readings: Sequence[Reading]) -> None:
        """Values of ours, in the place of those before: they fill gaps between those of the engine."""
        self._computed[symbol] = readings
        self._computed.move_to_end(symbol)
        if len(self._computed) > self._max_symbols:
            self._computed.popitem(last=False)

    def has(self, symbol: str, timeframe: str, indicator: str) -> bool:
        """Whether the engine sent or stored such a value."""
        return (timeframe, indicator) in self._readings.get(symbol, {})

    def of(self, symbol: str) -> tuple[TimeframeReadings, ...]:
        """What the engine sent or stored, shortest timeframe first; unknown timeframes last."""
        return _grouped(self._readings.get(symbol, {}).values())

    def with_computed(self, symbol: str) -> tuple[TimeframeReadings, ...]:
        """As of(), with what only we have a value of."""
        own = self._readings.get(symbol, {})
        gaps = [each for each in self._computed.get(symbol, ()) if (each.timeframe, each.indicator) not in own]
        return _grouped([*own.values(), *gaps])

    def _put(self, reading: Reading) -> bool:
        readings = self._readings.setdefault(reading.symbol, {})
        self._readings.move_to_end(reading.symbol)
        key = reading.timeframe, reading.indicator
        if key not in readings and len(readings) >= self._max_readings:
            return False
        readings[key] = reading
        if len(self._readings) > self._max_symbols:
            self._live.discard(self._readings.popitem(last=False)[0])
        return True


def _grouped(readings: Iterable[Reading]) -> tuple[TimeframeReadings, ...]:
    by_timeframe: dict[str, list[Reading]] = {}
    for reading in sorted(readings, key=_in_order):
        by_timeframe.setdefault(reading.timeframe, []).append(reading)
    return tuple(
        TimeframeReadings(timeframe, max(reading.at for reading in own), tuple(own))
        for timeframe, own in sorted(by_timeframe.items(), key=lambda item: order(item[0]))
    )


def _in_order(reading: Reading) -> list[str]:
    """SMA20, SMA50, SMA200."""
    parts = FIGURES.split(reading.indicator.lower())
    return [part.zfill(8) if part.isdigit() else part for part in parts]

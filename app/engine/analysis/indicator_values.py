"""Values of indicators that wait to be published and stored. They are states: what a newer value has overtaken while
it waited, nobody reads any more."""

from collections.abc import Iterable
from itertools import islice

from app.finance import periods
from app.wire.events.event import IndicatorCalculated

Key = tuple[str, str, str, float]


class IndicatorValues:
    """Bounded by the number of symbols: the newest value of each indicator is published. Of intraday values the newest
    is stored, of daily and longer ones every one."""

    def __init__(self) -> None:
        self._unpublished: dict[Key, IndicatorCalculated] = {}
        self._unstored: dict[Key, IndicatorCalculated] = {}

    def __len__(self) -> int:
        return len(self._unpublished) + len(self._unstored)

    @property
    def unpublished(self) -> int:
        return len(self._unpublished)

    def add(self, values: Iterable[IndicatorCalculated], *, publish: bool) -> None:
        for value in values:
            newest = (value.symbol, value.indicator, value.timeframe, 0.0)
            passing = value.timeframe in periods.SECONDS
            self._unstored[newest if passing else (*newest[:3], value.at)] = value
            if publish:
                self._unpublished[newest] = value

    def to_publish(self, count: int) -> list[IndicatorCalculated]:
        """Those that wait longest; they stay until `mark_published`."""
        return list(islice(self._unpublished.values(), count))

    def to_store(self, count: int) -> list[IndicatorCalculated]:
        """Those that wait longest; they stay until `mark_stored`."""
        return list(islice(self._unstored.values(), count))

    def mark_published(self, values: Iterable[IndicatorCalculated]) -> None:
        for value in values:
            _remove(self._unpublished, (value.symbol, value.indicator, value.timeframe, 0.0), value)

    def mark_stored(self, values: Iterable[IndicatorCalculated]) -> None:
        for value in values:
            key = value.symbol, value.indicator, value.timeframe
            _remove(self._unstored, (*key, 0.0 if value.timeframe in periods.SECONDS else value.at), value)


def _remove(waiting: dict[Key, IndicatorCalculated], key: Key, value: IndicatorCalculated) -> None:
    """Keeps a newer value that has replaced it."""
    if waiting.get(key) is value:
        del waiting[key]

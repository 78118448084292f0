"""What every symbol has done in the session so far, for the hash that boards and the engine start from."""

from collections.abc import Callable, Iterable

from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.wire.events import Tick


class Day:
    def __init__(self, previous_close: Callable[[str, str], float | None]) -> None:
        self._bars = Rollup("daily")
        self._newest: dict[str, Tick] = {}
        self._previous_close = previous_close

    def add(self, ticks: Iterable[Tick]) -> None:
        for tick in ticks:
            self._bars.add(tick)
            self._newest[tick.symbol] = tick

    def take(self) -> list[NewestQuote]:
        """Of the symbols that had a tick since this was last asked."""
        quotes = [self._quote(tick) for tick in self._newest.values()]
        self._newest.clear()
        return [quote for quote in quotes if quote]

    def _quote(self, tick: Tick) -> NewestQuote | None:
        bar = self._bars.running(tick.symbol)
        if bar is None:
            return None
        session = bar.day.isoformat()
        return NewestQuote(
            symbol=tick.symbol,
            price=tick.price,
            at=tick.at,
            session=session,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            volume=bar.volume,
            previous_close=self._previous_close(tick.symbol, session),
        )

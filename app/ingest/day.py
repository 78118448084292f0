"""What every symbol has done in the session so far, for the hash that boards and the engine start from."""

from collections.abc import Callable, Iterable
from datetime import date

from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.finance.sessions import in_session, regular, trading_date
from app.wire.events import Tick


class Day:
    """Open, high, low and volume are of the regular hours; the price goes on before and after them."""

    def __init__(self, previous_close: Callable[[str, str], float | None]) -> None:
        self._bars = Rollup("daily")
        self._outside: dict[str, tuple[date, int]] = {}
        self._newest: dict[str, Tick] = {}
        self._previous_close = previous_close

    def add(self, ticks: Iterable[Tick]) -> None:
        for tick in ticks:
            if in_session(tick.symbol, tick.at):
                self._bars.add(tick)
            else:
                self._outside[tick.symbol] = (trading_date(tick.at), self._traded_outside(tick) + tick.volume)
            self._newest[tick.symbol] = tick

    def take(self) -> list[NewestQuote]:
        """Of the symbols that had a tick since this was last asked."""
        quotes = [self._quote(tick) for tick in self._newest.values()]
        self._newest.clear()
        return quotes

    def _traded_outside(self, tick: Tick) -> int:
        """On the tick's day."""
        day, volume = self._outside.get(tick.symbol, (None, 0))
        return volume if day == trading_date(tick.at) else 0

    def _quote(self, tick: Tick) -> NewestQuote:
        day = trading_date(tick.at)
        bar = self._bars.running(tick.symbol)
        session = day.isoformat()
        quote = NewestQuote(
            symbol=tick.symbol,
            price=tick.price,
            at=tick.at,
            session=session,
            open=tick.price,
            high=tick.price,
            low=tick.price,
            volume=0,
            previous_close=self._previous_close(tick.symbol, session),
            outside=self._traded_outside(tick),
        )
        if bar is None or bar.day != day:
            return quote
        close = bar.close if not in_session(tick.symbol, tick.at) and tick.at > regular(day).closes else None
        return quote._replace(open=bar.open, high=bar.high, low=bar.low, volume=bar.volume, close=close)

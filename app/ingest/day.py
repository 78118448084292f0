"""The newest quote of every symbol in the session, for the Redis hash that boards and the engine start from."""

from collections.abc import Callable, Iterable

from app.finance.quote import NewestQuote
from app.finance.session_days import SessionDay, SessionDays
from app.wire.events.event import Tick


class SessionQuotes:
    """Open, high, low and volume are of the regular hours; the price goes on before and after them."""

    def __init__(self, previous_close: Callable[[str, str], float | None]) -> None:
        self._days = SessionDays()
        self._spreads: dict[str, tuple[float | None, float | None]] = {}
        self._changed: set[str] = set()
        self._previous_close = previous_close

    def seed(self, quotes: Iterable[NewestQuote]) -> None:
        """Starts from the quotes of an earlier process."""
        for quote in quotes:
            self._days.put(SessionDay.from_quote(quote))
            self._spreads[quote.symbol] = quote.bid, quote.ask

    def add(self, ticks: Iterable[Tick]) -> None:
        for tick in ticks:
            if tick.kind == "Q":
                self._spreads[tick.symbol] = tick.bid, tick.ask
                self._changed.add(tick.symbol)
            elif self._days.add(tick):
                self._changed.add(tick.symbol)

    def changed(self, now: float) -> list[NewestQuote]:
        """Quotes of the symbols that changed since the last call; `now`: UTC epoch seconds of writing."""
        days = (self._days.get(symbol) for symbol in self._changed)
        quotes = [self._quote(day, now) for day in days if day]
        self._changed.clear()
        return quotes

    def _quote(self, day: SessionDay, now: float) -> NewestQuote:
        bid, ask = self._spreads.get(day.symbol, (None, None))
        previous_close = self._previous_close(day.symbol, day.day.isoformat())
        return day.quote(previous_close)._replace(bid=bid, ask=ask, written_at=now)

"""What an earlier engine process stored and counted, so that ticks read again are not counted twice."""

import math
from collections.abc import Iterable

from app.engine.bars.bar_close import BarClose
from app.finance.bars import Bar
from app.finance.quote import NewestQuote
from app.wire.events.event import Tick


class Predecessor:
    def __init__(self) -> None:
        self.minutes_until = 0.0
        """End of the newest stored minute, market time; 0 without one."""
        self.stored_until = 0.0
        """Minutes that start earlier are stored, and their events are published."""
        self.quoted_at = 0.0
        """Market time of the newest quote that the feed had written when this process began."""
        self._written_at: dict[str, float] = {}
        """When the feed wrote the quote of a symbol."""

    def seed(self, quotes: Iterable[NewestQuote], minutes_until: float) -> None:
        for quote in quotes:
            self._written_at[quote.symbol] = quote.written_at
            self.quoted_at = max(self.quoted_at, quote.at)
        self.minutes_until = minutes_until

    def end_catch_up(self) -> None:
        """From now on every tick is new: no earlier process has read it."""
        self._written_at.clear()

    def has_counted(self, tick: Tick) -> bool:
        """Whether the feed's quote, from which the session was restored, contains the tick."""
        return bool(self._written_at) and tick.published_at <= self._written_at.get(tick.symbol, -math.inf)

    def not_stored(self, bars: list[Bar], close: BarClose) -> list[Bar]:
        """The bars without minutes that are stored with the same values."""
        if not self.stored_until:
            return bars
        before = [bar for bar in bars if bar.timeframe == "1min" and bar.start < self.stored_until]
        stored_minutes = {bar for bar in before if close.is_stored(bar)}
        close.restore_minutes(stored_minutes)
        return [bar for bar in bars if bar not in stored_minutes]

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
        """Where the newest minute ends that is stored; market time, 0 when there is none."""
        self.stored_until = 0.0
        """Minutes that start earlier are stored, and what was found in them is published."""
        self.quoted_at = 0.0
        """The market's time of the newest quote that the feed had written when this process began."""
        self._written_at: dict[str, float] = {}
        """When the feed wrote what is known of a symbol's session."""

    def seed(self, quotes: Iterable[NewestQuote], minutes_until: float) -> None:
        for quote in quotes:
            self._written_at[quote.symbol] = quote.written_at
            self.quoted_at = max(self.quoted_at, quote.at)
        self.minutes_until = minutes_until

    def end_catch_up(self) -> None:
        """What comes from now on came to no process before."""
        self._written_at.clear()

    def has_counted(self, tick: Tick) -> bool:
        """Whether the tick is in the session as the feed had written it: all is that was published by then."""
        return bool(self._written_at) and tick.published_at <= self._written_at.get(tick.symbol, -math.inf)

    def not_stored(self, bars: list[Bar], close: BarClose) -> list[Bar]:
        """Without minutes that it stored as they are."""
        if not self.stored_until:
            return bars
        before = [bar for bar in bars if bar.timeframe == "1min" and bar.start < self.stored_until]
        stored_minutes = {bar for bar in before if close.is_stored(bar)}
        close.restore_minutes(stored_minutes)
        return [bar for bar in bars if bar not in stored_minutes]

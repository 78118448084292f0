"""What an engine before this one stored of the ticks that come again, and what the feed had written of them."""

import math
from collections.abc import Iterable

from app.engine.bars.bar_close import Close
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
        self._written: dict[str, float] = {}
        """When the feed wrote what is known of a symbol's session."""

    def seed(self, quotes: Iterable[NewestQuote], minutes_until: float) -> None:
        for quote in quotes:
            self._written[quote.symbol] = quote.written_at
            self.quoted_at = max(self.quoted_at, quote.at)
        self.minutes_until = minutes_until

    def caught_up(self) -> None:
        """What comes from now on came to no process before."""
        self._written.clear()

    def counts(self, tick: Tick) -> bool:
        """Whether the tick is in the session as the feed had written it: all is that was published by then."""
        return bool(self._written) and tick.published_at <= self._written.get(tick.symbol, -math.inf)

    def unseen(self, over: list[Bar], close: Close) -> list[Bar]:
        """Without minutes that it stored as they are."""
        if not self.stored_until:
            return over
        before = [bar for bar in over if bar.timeframe == "1min" and bar.start < self.stored_until]
        stored = {bar for bar in before if close.stored(bar)}
        close.remember(stored)
        return [bar for bar in over if bar not in stored]

"""The newest that this process knows about the feed, the engine, Redis and the database."""

import time

from app.finance.clock import MarketClock
from app.market import runs
from app.market.delays import Behind, Delays
from app.market.lamps import Lamp, lamps
from app.market.runs import Run
from app.vitals import Vitals


class Board:
    def __init__(self) -> None:
        self.clock: MarketClock | None = None
        self._vitals: Vitals | None = None
        self._delays = Delays()
        self._behind = Behind()
        self._run: Run | None = None
        self._said = {lamp.key: lamp.said for lamp in self.lamps()}

    def hear(self, vitals: Vitals) -> list[Lamp]:
        """The lamps that say something else than before; time alone can make one of them do so."""
        self._vitals = vitals
        self._behind = self._delays.look(vitals, self.clock)
        return self._news()

    def tell(self, clock: MarketClock) -> tuple[bool, list[Lamp]]:
        """Whether the clock itself is news, and the lamps that it changed."""
        news = clock != self.clock
        self.clock = clock
        return news, self._news() if news else []

    def process(self, run: Run) -> list[Lamp]:
        """Told once more with the next vitals: a reader who catches up may be the only one to hear this."""
        if not runs.follows(run, self._run):
            return []
        self._run = run
        self._said.pop(runs.KEY, None)
        return [runs.lamp(run, time.time())]

    def lamps(self) -> list[Lamp]:
        return [*lamps(self._vitals, self.clock, self._behind), runs.lamp(self._run, time.time())]

    def _news(self) -> list[Lamp]:
        news = [lamp for lamp in self.lamps() if self._said.get(lamp.key) != lamp.said]
        self._said |= {lamp.key: lamp.said for lamp in news}
        return news

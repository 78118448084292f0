"""The newest that this process knows about the feed, the engine, Redis and the database."""

from app.finance.clock import MarketClock
from app.market.lamps import Lamp, lamps
from app.vitals import Vitals


class Board:
    def __init__(self) -> None:
        self.clock: MarketClock | None = None
        self._vitals: Vitals | None = None

    def hear(self, vitals: Vitals) -> list[Lamp]:
        """The lamps that say something else than before."""
        before = {lamp.key: lamp.said for lamp in self.lamps()}
        self._vitals = vitals
        return [lamp for lamp in self.lamps() if before.get(lamp.key) != lamp.said]

    def tell(self, clock: MarketClock) -> bool:
        """Whether this is news."""
        news = clock != self.clock
        self.clock = clock
        return news

    def lamps(self) -> list[Lamp]:
        return lamps(self._vitals, self.clock)

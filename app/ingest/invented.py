"""The invented provider: a market of 120 invented companies, played as a year that ends before today."""

import time
from collections.abc import Sequence
from datetime import date

from app.finance.invented import companies, schedule
from app.finance.invented.prices import InventedPrices
from app.finance.invented.session import InventedSession
from app.finance.sessions import trading_date
from app.ingest.market_player import MarketPlayer, MarketPosition
from app.ingest.provider import Provider
from app.ingest.replay import ReplaySpeed
from app.settings.load import Settings
from app.wire.events.event import Tick


def provider(settings: Settings) -> Provider:
    section = settings.invented
    prices = InventedPrices(companies.read(section.path), section.seed)
    return InventedProvider(prices, ReplaySpeed(section.speed, section.ticks_per_second, section.pause_seconds))


class InventedProvider(MarketPlayer):
    name = schedule.PROVIDER
    label = "invented market, no real company or price"
    source = "invented"

    def __init__(self, prices: InventedPrices, pace: ReplaySpeed, today: date | None = None) -> None:
        """`today`: of the wall in New York, where it is not now."""
        self._prices = prices
        self._fixed_today = today
        super().__init__(prices, prices.identity, pace)

    def previous_close(self, symbol: str, session: str) -> float | None:
        number = self._prices.numbers.get(symbol)
        return None if number is None else self._prices.previous_close(number, date.fromisoformat(session))

    def first_position(self) -> MarketPosition:
        """In an open session, of which the first minutes count as published."""
        first = schedule.first_session(self._today)
        day = self.session(first)
        return self.position(first, day.session.since + schedule.BEGINS_AT_MINUTE, since=day.session.since)

    def published_ticks(self, position: bytes | None) -> Sequence[Tick]:
        """Of an unknown position those of the first one: they are stored already."""
        return self.ticks_until(self.read(position) or self.first_position())

    def session(self, day: date) -> InventedSession:
        return self._prices.session(day)

    def may_be_played(self, day: date) -> bool:
        return schedule.may_be_played(day, self._today)

    @property
    def _today(self) -> date:
        return self._fixed_today or trading_date(time.time())

"""Synthetic symbols and their prices from day to day; the same seed gives the same market."""

from datetime import date

import numpy as np

from app.finance import calendar
from app.finance.invented.session import Floats, SessionPrices

DAILY_VOLATILITY = (0.008, 0.035)
MARKET_CORRELATION = 0.5
"""Weight of the market's return in that of a symbol."""
MEAN_REVERSION = 0.003
"""Share of the distance to its first price by which a price reverts in a day."""
GAP = (0.03, 0.08)
"""Range of the overnight gap of the few symbols that have one, as a fraction."""

CACHED_SESSIONS = 8
"""Sessions in the cache; an evicted one is computed again from the first."""


class SyntheticUniverse:
    def __init__(self, seed: int, size: int, first: date, gaps: int) -> None:
        """`first`: the first session. `gaps`: how many symbols open each day far from their last close."""
        self._seed = seed
        self._first = calendar.newest_session(first)
        self._gaps = min(gaps, size)
        self.symbols = tuple(f"SYN{number:0{max(3, len(str(size)))}d}" for number in range(1, size + 1))
        self.numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        generator = self.generator(0)
        self._base: Floats = generator.uniform(np.log(8), np.log(400), size)
        self.volatility: Floats = generator.uniform(*DAILY_VOLATILITY, size)
        self._daily_volume: Floats = np.exp(generator.uniform(np.log(2e5), np.log(2e7), size))
        busy = generator.lognormal(0.0, 0.4, size)
        self.activity: Floats = busy / busy.mean()
        self._prices: dict[date, SessionPrices] = {}

    def generator(self, *about: int) -> np.random.Generator:
        """A random generator seeded by the market and `about`, independent of every other one."""
        return np.random.default_rng([self._seed, *about])

    def volumes(self, day: date) -> Floats:
        """Shares traded in a session."""
        del day  # the same in each
        return self._daily_volume

    def steps(self, generator: np.random.Generator, minutes: int) -> Floats:
        """Standardised returns of all symbols in each minute."""
        return generator.standard_normal((len(self.symbols), minutes))

    def previous_close(self, number: int, day: date) -> float:
        return max(0.01, round(float(np.exp(self.prices(day).previous[number])), 2))

    def prices(self, day: date) -> SessionPrices:
        """Log prices before, at the open and at the close of a session; each session follows from the one before."""
        if day not in self._prices:
            last = max((earlier for earlier in self._prices if earlier < day), default=None)
            closes = self._prices[last].closes if last else self._base
            for session in calendar.sessions(max(self._first, last + calendar.DAY) if last else self._first, day):
                self._cache(session, self._next(session, closes))
                closes = self._prices[session].closes
        return self._prices.get(day) or SessionPrices(self._base, self._base, self._base)

    def _cache(self, day: date, night: SessionPrices) -> None:
        self._prices[day] = night
        if len(self._prices) > CACHED_SESSIONS:
            del self._prices[next(iter(self._prices))]

    def _next(self, day: date, previous: Floats) -> SessionPrices:
        generator = self.generator(1, day.toordinal())
        gaps = generator.normal(0.0, 0.2, len(self.symbols)) * self.volatility
        leaps = generator.choice(len(self.symbols), self._gaps, replace=False)
        gaps[leaps] = generator.uniform(*GAP, self._gaps) * generator.choice([-1.0, 1.0], self._gaps)
        opens = previous + gaps
        return SessionPrices(previous, opens, opens + self._returns(previous, generator))

    def _returns(self, previous: Floats, generator: np.random.Generator) -> Floats:
        own = generator.standard_normal(len(self.symbols))
        market = generator.standard_normal()
        mixed = MARKET_CORRELATION * market + np.sqrt(1 - MARKET_CORRELATION**2) * own
        return np.asarray(self.volatility * mixed - MEAN_REVERSION * (previous - self._base))

"""Invented companies and how their prices go from day to day; the same seed gives the same market."""

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.finance import calendar

Floats = NDArray[np.float64]
DAILY_SWING = (0.008, 0.035)
SHARED = 0.5
"""How much of a move is the whole market's."""
PULL = 0.003
"""Of the way back to where it began that a price makes in a day: nothing grows or vanishes for ever."""
GAP = (0.03, 0.08)
"""Between a close and the next open, of those few that something happened to overnight."""

KEPT = 8
"""Sessions that are remembered; earlier ones are gone through again from the first."""


class Night(NamedTuple):
    """Logarithms of prices, one of each symbol."""

    previous: Floats
    opens: Floats
    closes: Floats


class Universe:
    def __init__(self, seed: int, size: int, first: date, gaps: int) -> None:
        """`first` is the first session; `gaps` symbols open each day far from their last close."""
        self._seed = seed
        self._first = calendar.newest_session(first)
        self._gaps = min(gaps, size)
        self.symbols = tuple(f"SYN{number:0{max(3, len(str(size)))}d}" for number in range(1, size + 1))
        self.numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        dice = self.dice(0)
        self._base: Floats = dice.uniform(np.log(8), np.log(400), size)
        self.swing: Floats = dice.uniform(*DAILY_SWING, size)
        self.traded: Floats = np.exp(dice.uniform(np.log(2e5), np.log(2e7), size))
        """Shares in a day."""
        busy = dice.lognormal(0.0, 0.4, size)
        self.busy: Floats = busy / busy.mean()
        self._played: dict[date, Night] = {}

    def dice(self, *about: int) -> np.random.Generator:
        """Chance, always the same for the same thing: what is drawn here depends on nothing drawn elsewhere."""
        return np.random.default_rng([self._seed, *about])

    def previous_close(self, number: int, day: date) -> float:
        return max(0.01, round(float(np.exp(self.night(day).previous[number])), 2))

    def night(self, day: date) -> Night:
        """What a session starts from and where it goes. Each follows from the one before, from the first one on."""
        if day not in self._played:
            last = max((played for played in self._played if played < day), default=None)
            closes = self._played[last].closes if last else self._base
            for session in calendar.sessions(max(self._first, last + calendar.DAY) if last else self._first, day):
                self._keep(session, self._next(session, closes))
                closes = self._played[session].closes
        return self._played.get(day) or Night(self._base, self._base, self._base)

    def _keep(self, day: date, night: Night) -> None:
        self._played[day] = night
        if len(self._played) > KEPT:
            del self._played[next(iter(self._played))]

    def _next(self, day: date, previous: Floats) -> Night:
        dice = self.dice(1, day.toordinal())
        gaps = dice.normal(0.0, 0.2, len(self.symbols)) * self.swing
        leaps = dice.choice(len(self.symbols), self._gaps, replace=False)
        gaps[leaps] = dice.uniform(*GAP, self._gaps) * dice.choice([-1.0, 1.0], self._gaps)
        opens = previous + gaps
        return Night(previous, opens, opens + self._moves(previous, dice))

    def _moves(self, previous: Floats, dice: np.random.Generator) -> Floats:
        own = dice.standard_normal(len(self.symbols))
        market = dice.standard_normal()
        mixed = SHARED * market + np.sqrt(1 - SHARED**2) * own
        return np.asarray(self.swing * mixed - PULL * (previous - self._base))

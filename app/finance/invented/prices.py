"""Prices of the invented market from session to session, the same on every machine for one seed.

A return is a sum of the market's, the sector's and the company's own part, each with fat tails, and calm and stormy
months follow each other. Prices are drawn back to a line of growth, so that no company vanishes or explodes.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.finance import calendar
from app.finance.invented import schedule
from app.finance.invented.companies import COMPANY, INDEX, WHOLE_MARKET, InventedInstrument
from app.finance.invented.schedule import FIRST_SESSION
from app.finance.invented.session import Floats, InventedSession, SessionEvents, SessionPrices
from app.finance.sessions import regular

VERSION = 1
"""Of the numbers here: another one makes stored positions invalid."""
EVENTS = SessionEvents(halts=1, outages=0, outage_minutes=1)
MARKET_PART, SECTOR_PART = 0.5, 0.35
OWN_PART = (1 - MARKET_PART**2 - SECTOR_PART**2) ** 0.5
NIGHT_PART = 0.4
"""Of a day's standard deviation, what happens between a close and the next open."""
FREEDOM = 4
"""Degrees of freedom of Student's t: the smaller, the fatter the tails."""
REVERSION = 0.0012
"""Share of its distance to the line of growth by which a price reverts in a session."""
GROWTH = (-0.02, 0.13)
"""Range of a year's growth."""
YEAR = 252
QUARTER = 63
"""Sessions from one report, or dividend, of a company to its next."""
REPORT_MOVE = 1.8
"""Standard deviations of a usual day by which a report moves the price overnight."""
REPORT_VOLUME = 2.5
CALM, STORM = 0.975, 0.11
"""Persistence of the market's logarithmic volatility, and its standard deviation in a session."""
MEAN_STORM = STORM**2 / (1 - CALM**2)
"""Subtracted from it, so that the mean variance is the companies' own."""
TURNOVER = (0.0025, 0.011)
"""Share of the outstanding shares that is traded in a usual session."""
HALF_DAY_HOURS = 4
SPLIT_ABOVE = (250.0, 700.0)
"""Range of the price from which a company splits its shares."""
SPLIT_TO = 130.0
RATIOS = (2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
MERGED_BELOW = 4.0
MERGED = 0.1
FUND_PRICE = 100.0


class SessionFigures(NamedTuple):
    """One row per symbol. Log prices are as traded; `previous` is the close before, in the shares of this session."""

    day: date
    prices: SessionPrices
    volumes: Floats
    ratios: Floats
    """Shares held from this session on for one before; 1 without a split."""
    payouts: Floats
    """Dividend of a share bought before this session, USD."""


class _WalkState(NamedTuple):
    values: Floats
    """Log worth of what was one share of each company at the beginning."""
    shares: Floats
    """Shares that it has become."""
    storm: float
    activity: Floats


class InventedPrices:
    def __init__(self, instruments: Sequence[InventedInstrument], seed: int) -> None:
        """`instruments`: companies first."""
        self._seed = seed
        self._companies = [each for each in instruments if each.kind == COMPANY]
        self._baskets = [each for each in instruments if each.kind != COMPANY]
        self.instruments = tuple(instruments)
        self.symbols = tuple(each.symbol for each in instruments)
        self.numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._sectors = sorted({each.sector for each in self._companies})
        self._sector_numbers = np.array([self._sectors.index(each.sector) for each in self._companies])
        self._base = np.log([each.price for each in self._companies])
        self._shares: Floats = np.array([each.shares for each in self._companies], dtype=np.float64)
        self._yields: Floats = np.array([each.dividend_yield for each in self._companies])
        self._members = np.array([self._weights(each) for each in self._baskets])
        self._company_volatility: Floats = np.array([each.volatility for each in self._companies]) / YEAR**0.5
        generator, count = self.generator(0), len(self._companies)
        self._growth: Floats = generator.uniform(*GROWTH, count) / YEAR
        self._limits: Floats = generator.uniform(*SPLIT_ABOVE, count)
        self._turnover: Floats = generator.uniform(*TURNOVER, count)
        self._phases: NDArray[np.int64] = generator.integers(0, QUARTER, count)
        self._basket_steps = self._members * self._shares * np.exp(self._base) * self._company_volatility
        worth = self._members @ (self._shares * np.exp(self._base))
        self._basket_steps /= worth[:, None]
        first = [each.price if each.kind == INDEX else FUND_PRICE for each in self._baskets]
        self._basket_base: Floats = np.log(first) - np.log(worth)
        self.volatility: Floats = np.concatenate([self._company_volatility, self._basket_volatility()])
        """Standard deviation of a session's returns."""
        money = self._shares * np.exp(self._base) * self._turnover
        busy = np.clip((money / np.median(money)) ** 0.35, 0.4, 3.0)
        self.activity: Floats = np.concatenate([busy / busy.mean(), np.full(len(self._baskets), 2.0)])
        """Trades of a session as a multiple of the average."""
        self._sessions: dict[date, SessionFigures] = {}
        self._state = _WalkState(self._base, np.ones(count), 0.0, np.zeros(count))

    def generator(self, *about: int) -> np.random.Generator:
        """A random generator seeded by the market and `about`, independent of every other one."""
        return np.random.default_rng([self._seed, *about])

    def figures(self, day: date) -> SessionFigures:
        """Of a session from FIRST_SESSION on. Each follows from the one before; all are kept."""
        if day not in self._sessions:
            last = max(self._sessions, default=FIRST_SESSION - calendar.DAY)
            for session in calendar.sessions(last + calendar.DAY, day):
                self._sessions[session] = self._next(session)
        return self._sessions[day]

    def prices(self, day: date) -> SessionPrices:
        return self.figures(day).prices

    def volumes(self, day: date) -> Floats:
        """Shares traded in the session."""
        return self.figures(day).volumes

    def shares_outstanding(self, day: date) -> dict[str, int]:
        """Of the companies, in the shares of that session."""
        self.figures(day)
        ratios = np.prod([each.ratios for session, each in self._sessions.items() if session <= day], axis=0)
        counts = np.round(self._shares * ratios[: len(self._companies)]).astype(np.int64)
        return dict(zip(self.symbols, counts.tolist(), strict=False))

    def previous_close(self, number: int, day: date) -> float:
        """As it was traded, before a split of that day."""
        figures = self.figures(day)
        return float(cents(figures.prices.previous + np.log(figures.ratios))[number])

    def steps(self, generator: np.random.Generator, minutes: int) -> Floats:
        """Standardised returns of all symbols in each minute, with the market's and the sectors' part in them."""
        own = generator.standard_normal((len(self._companies), minutes))
        sectors = generator.standard_normal((len(self._sectors), minutes))[self._sector_numbers]
        companies = MARKET_PART * generator.standard_normal(minutes) + SECTOR_PART * sectors + OWN_PART * own
        baskets = self._basket_steps @ companies / self.volatility[len(self._companies) :, None]
        return np.concatenate([companies, baskets])

    @property
    def identity(self) -> str:
        """Of the market in stored positions."""
        return f"{self._seed} {len(self.symbols)} {VERSION}"

    def session(self, day: date) -> InventedSession:
        return InventedSession(self, schedule.hours(day), EVENTS)

    def _weights(self, basket: InventedInstrument) -> list[float]:
        return [float(basket.sector in (WHOLE_MARKET, company.sector)) for company in self._companies]

    def _basket_volatility(self) -> Floats:
        """Of the sums of what they hold."""
        same = self._sector_numbers[:, None] == self._sector_numbers
        correlations = MARKET_PART**2 + SECTOR_PART**2 * same + OWN_PART**2 * np.eye(len(self._companies))
        weights = self._basket_steps
        return np.asarray(np.sqrt(np.einsum("bi,ij,bj->b", weights, correlations, weights)))

    def _next(self, day: date) -> SessionFigures:
        before, number = self._state, len(self._sessions)
        generator = self.generator(1, day.toordinal())
        storm = CALM * before.storm + STORM * generator.standard_normal()
        scale = self._company_volatility * np.exp(storm - MEAN_STORM)
        night, session = self._returns(generator), self._returns(generator)
        reports = (number + self._phases) % QUARTER == 0
        night = scale * np.where(reports, REPORT_MOVE * night, NIGHT_PART * night)
        payouts = self._payouts(number, before)
        line = self._base + self._growth * number
        opens = before.values + night + self._growth - REVERSION * (before.values - line) - _drop(payouts, before)
        session *= scale * (1 - NIGHT_PART**2) ** 0.5
        ratios = self._split_ratios(before)
        values, shares = opens + session, before.shares * ratios
        activity = 0.75 * before.activity + 0.22 * generator.standard_normal(len(shares))
        self._state = _WalkState(values, shares, storm, activity)
        moves = np.abs(night + session) / self._company_volatility
        volumes = self._shares * shares * self._turnover * np.exp(activity) * (0.7 + 0.35 * moves)
        volumes *= np.where(reports, REPORT_VOLUME, 1.0) * (0.55 if _is_short(day) else 1.0)
        in_shares = np.log(shares)
        prices = SessionPrices(
            self._with_baskets(before.values, before.values - in_shares),
            self._with_baskets(opens, opens - in_shares),
            self._with_baskets(values, values - in_shares),
        )
        nothing = np.zeros(len(self._baskets))
        return SessionFigures(
            day,
            prices,
            np.concatenate([volumes, self._basket_volumes(moves)]),
            np.concatenate([ratios, nothing + 1]),
            np.concatenate([payouts, nothing]),
        )

    def _returns(self, generator: np.random.Generator) -> Floats:
        """One for each company, with a standard deviation of 1."""
        sectors = generator.standard_t(FREEDOM, len(self._sectors))[self._sector_numbers]
        own = generator.standard_t(FREEDOM, len(self._companies))
        mixed = MARKET_PART * generator.standard_t(FREEDOM) + SECTOR_PART * sectors + OWN_PART * own
        return np.asarray(mixed / (FREEDOM / (FREEDOM - 2)) ** 0.5)

    def _payouts(self, number: int, before: _WalkState) -> Floats:
        due = (number + self._phases + QUARTER // 2) % QUARTER == 0
        amounts = np.round(np.exp(before.values) / before.shares * self._yields / 4, 2)
        return np.where(due, amounts, 0.0)

    def _split_ratios(self, before: _WalkState) -> Floats:
        prices = np.exp(before.values) / before.shares
        ratios = np.ones(len(prices))
        for number in np.flatnonzero(prices > self._limits):
            ratios[number] = next(ratio for ratio in RATIOS if prices[number] / ratio < SPLIT_TO or ratio == RATIOS[-1])
        ratios[prices < MERGED_BELOW] = MERGED
        return ratios

    def _with_baskets(self, values: Floats, companies: Floats) -> Floats:
        """Log prices of all symbols: those of index and funds follow from the worth of what they hold."""
        worth = self._members @ (self._shares * np.exp(values))
        return np.concatenate([companies, self._basket_base + np.log(worth)])

    def _basket_volumes(self, moves: Floats) -> Floats:
        """An index is not traded."""
        shares = np.array([each.shares for each in self._baskets], dtype=np.float64)
        return np.asarray(shares * 0.03 * (0.7 + 0.35 * moves.mean()))


def cents(logs: Floats) -> Floats:
    """Prices in USD, of at least a cent."""
    return np.maximum(0.01, np.round(np.exp(logs), 2))


def _drop(payouts: Floats, before: _WalkState) -> Floats:
    return payouts * before.shares / np.exp(before.values)


def _is_short(day: date) -> bool:
    hours = regular(day)
    return hours.closes - hours.opens <= HALF_DAY_HOURS * 3600

"""An invented session minute by minute: volume by time of day, halts, feed outages, and trading around it."""

from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from app.finance.bars import Bar
from app.finance.sessions import MINUTE, Session, regular

Floats = NDArray[np.float64]

EXTENDED_ACTIVITY = 0.06
"""Activity of the extended hours, as a multiple of the session's average."""
HALT_MINUTES = (5, 15)
HALT_JUMP = (0.03, 0.07)
"""Range of the price jump over a halt, as a fraction."""
EVENTLESS_MINUTES = 20
"""Minutes at both ends of the session without halts and outages."""
JITTER = 0.0002
"""Noise of a price from trade to trade, as a fraction."""


class SessionEvents(NamedTuple):
    """How many halts and feed outages a session has."""

    halts: int
    outages: int
    outage_minutes: int


class MinuteRange(NamedTuple):
    """Minutes since the start of the day; `until` is exclusive."""

    since: int
    until: int


class SessionPrices(NamedTuple):
    """Log prices, one per symbol."""

    previous: Floats
    opens: Floats
    closes: Floats


class InventedMarket(Protocol):
    """One row per symbol in every array."""

    symbols: tuple[str, ...]
    volatility: Floats
    """Standard deviation of a session's returns."""
    activity: Floats
    """Trades of a session as a multiple of the average."""

    def generator(self, *about: int) -> np.random.Generator: ...

    def prices(self, day: date) -> SessionPrices: ...

    def volumes(self, day: date) -> Floats:
        """Shares traded in the session."""
        ...

    def steps(self, generator: np.random.Generator, minutes: int) -> Floats:
        """Standardised returns in each minute."""
        ...


class MinuteTrades(NamedTuple):
    """Trades of one minute, in order of time; `symbols` are indices."""

    symbols: NDArray[np.int64]
    times: Floats
    prices: Floats
    volumes: NDArray[np.int64]


class InventedSession:
    def __init__(self, market: InventedMarket, whole: Session, events: SessionEvents) -> None:
        """`whole`: the regular hours, or more: what is traded before and after the session."""
        day, hours = whole.day, regular(whole.day)
        self.begins, self.ends = whole.opens, whole.closes
        self.minutes = int(whole.closes - whole.opens) // MINUTE
        self.session = MinuteRange(_minutes(whole.opens, hours.opens), _minutes(whole.opens, hours.closes))
        self._market = market
        self._daily_volumes = market.volumes(day)
        self.day = day
        self._session_prices = market.prices(day)
        self._activity = self._profile()
        generator = market.generator(2, self.day.toordinal())
        numbers = generator.choice(len(market.symbols), min(events.halts, len(market.symbols)), replace=False)
        self.halts = {int(number): self._halt(generator) for number in numbers}
        self.outages = self._outages(generator, events)
        self._paths = self._walks(generator)

    def in_outage(self, minute: int) -> bool:
        """Whether the feed is down in that minute: trades of that minute are never published."""
        return any(outage.since <= minute < outage.until for outage in self.outages)

    def trades(self, minute: int, spacing: float) -> MinuteTrades:
        """`spacing`: seconds from one trade of a symbol to its next, on the session's average."""
        generator = self._market.generator(3, self.day.toordinal(), minute)
        expected = self._activity[minute] * self._market.activity * MINUTE / spacing
        counts = np.floor(expected + generator.random(len(expected))).astype(np.int64)
        opening, closing = minute == self.session.since, minute == self.session.until - 1
        counts = np.maximum(counts, int(opening or closing))
        for number, halt in self.halts.items():
            counts[number] = 0 if halt.since <= minute < halt.until else counts[number]
        symbols = np.repeat(np.arange(len(counts)), counts)
        turn = np.arange(len(symbols)) - np.repeat(np.cumsum(counts) - counts, counts)
        shares = (turn + 0.9 * generator.random(len(symbols))) / counts[symbols]
        prices = self._prices(minute, symbols, shares, generator)
        if opening:
            prices[turn == 0] = _cents(self._session_prices.opens)
        if closing:
            prices[turn == counts[symbols] - 1] = _cents(self._session_prices.closes)
        volumes = self._volumes(minute, symbols, expected, generator)
        order = np.argsort(shares, kind="stable")
        times = np.round(self.begins + MINUTE * (minute + shares), 3)
        return MinuteTrades(symbols[order], times[order], prices[order], volumes[order])

    def bars(self, minute: int, spacing: float) -> list[Bar]:
        """Of the symbols that are traded in that minute."""
        trades = self.trades(minute, spacing)
        if not len(trades.symbols):
            return []
        order = np.argsort(trades.symbols, kind="stable")
        numbers, prices, volumes = trades.symbols[order], trades.prices[order], trades.volumes[order]
        begins = np.concatenate([[0], np.flatnonzero(np.diff(numbers)) + 1])
        ends = np.append(begins[1:], len(numbers)) - 1
        columns = (
            numbers[begins], prices[begins], np.maximum.reduceat(prices, begins), np.minimum.reduceat(prices, begins),
            prices[ends], np.add.reduceat(volumes, begins), ends - begins + 1,
        )  # fmt: skip
        start, symbols = self.begins + minute * MINUTE, self._market.symbols
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [Bar(symbols[number], "1min", start, *figures) for number, *figures in rows]

    def _profile(self) -> Floats:
        """Activity of each minute as a multiple of the session's average."""
        length = self.session.until - self.session.since
        minute = np.arange(length)
        burst, rush = 5 * np.exp(-minute / 8), 2.5 * np.exp(-(length - 1 - minute) / 12)
        lull = 0.55 * np.exp(-(((minute - length * 0.45) / (length * 0.14)) ** 2))
        busy = 1 + burst + rush - lull
        profile = np.full(self.minutes, EXTENDED_ACTIVITY)
        profile[self.session.since : self.session.until] = busy / busy.mean()
        return profile

    def _halt(self, generator: np.random.Generator) -> MinuteRange:
        return self._random_range(generator, int(generator.integers(*HALT_MINUTES)))

    def _outages(self, generator: np.random.Generator, events: SessionEvents) -> tuple[MinuteRange, ...]:
        longest = self.session.until - self.session.since - 2 * EVENTLESS_MINUTES - 1
        length = min(events.outage_minutes, longest)
        return tuple(sorted(self._random_range(generator, length) for _ in range(events.outages)))

    def _random_range(self, generator: np.random.Generator, length: int) -> MinuteRange:
        first = self.session.since + EVENTLESS_MINUTES
        since = int(generator.integers(first, self.session.until - EVENTLESS_MINUTES - length))
        return MinuteRange(since, since + length)

    def _walks(self, generator: np.random.Generator) -> Floats:
        """Log prices at the ends of all minutes, one row per symbol."""
        swing = self._market.volatility
        since, until = self.session
        steps = self._market.steps(generator, self.minutes) * np.sqrt(self._activity / (until - since))
        steps *= swing[:, None]
        for number, halt in self.halts.items():
            steps[number, halt.since : halt.until] = 0.0
            steps[number, halt.until - 1] = generator.uniform(*HALT_JUMP) * generator.choice([-1.0, 1.0])
        session_prices = self._session_prices
        last = session_prices.closes + generator.normal(0.0, 0.1, len(swing)) * swing
        parts = (
            _bridges(session_prices.previous, session_prices.opens, steps[:, :since]),
            _bridges(session_prices.opens, session_prices.closes, steps[:, since:until]),
            _bridges(session_prices.closes, last, steps[:, until:]),
        )
        return np.concatenate([(session_prices.previous if since else session_prices.opens)[:, None], *parts], axis=1)

    def _prices(
        self, minute: int, symbols: NDArray[np.int64], shares: Floats, generator: np.random.Generator
    ) -> NDArray[np.float64]:
        begin, end = self._paths[symbols, minute], self._paths[symbols, minute + 1]
        if minute == self.session.since:
            begin = self._session_prices.opens[symbols]
        return _cents(begin + (end - begin) * shares + JITTER * generator.standard_normal(len(symbols)))

    def _volumes(
        self, minute: int, symbols: NDArray[np.int64], expected: Floats, generator: np.random.Generator
    ) -> NDArray[np.int64]:
        length = self.session.until - self.session.since
        shares = self._daily_volumes * self._activity[minute] / length / np.maximum(expected, 0.02)
        volumes = shares[symbols] * generator.lognormal(-0.18, 0.6, len(symbols))
        return np.asarray(np.maximum(1, volumes), dtype=np.int64)


def _bridges(begin: Floats, end: Floats, steps: Floats) -> Floats:
    """Random walks of these steps, bent so that they lead from `begin` to `end`."""
    count = steps.shape[1]
    if not count:
        return steps
    walked = np.cumsum(steps, axis=1)
    share = np.arange(1, count + 1) / count
    return np.asarray(begin[:, None] + walked + (end - begin - walked[:, -1])[:, None] * share)


def _cents(logs: Floats) -> Floats:
    return np.maximum(0.01, np.round(np.exp(logs), 2))


def _minutes(begin: float, end: float) -> int:
    return int(end - begin) // MINUTE

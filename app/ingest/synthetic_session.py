"""A synthetic session minute by minute: volume by time of day, halts, feed outages, and extended hours."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.finance.sessions import MINUTE, extended, regular
from app.ingest.synthetic_universe import Floats, SyntheticUniverse
from app.wire.events.event import Tick

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


class MinuteTrades(NamedTuple):
    """Trades of one minute, in order of time; `symbols` are indices."""

    symbols: NDArray[np.int64]
    times: Floats
    prices: Floats
    volumes: NDArray[np.int64]


class SyntheticSession:
    def __init__(self, universe: SyntheticUniverse, day: date, events: SessionEvents, *, around: bool) -> None:
        """`around`: includes trading before and after the session."""
        hours = regular(day)
        whole = extended(day) if around else hours
        self.begins, self.ends = whole.opens, whole.closes
        self.minutes = int(whole.closes - whole.opens) // MINUTE
        self.session = MinuteRange(_minutes(whole.opens, hours.opens), _minutes(whole.opens, hours.closes))
        self._universe = universe
        self.day = day
        self._session_prices = universe.prices(day)
        self._activity = self._profile()
        generator = universe.generator(2, self.day.toordinal())
        numbers = generator.choice(len(universe.symbols), min(events.halts, len(universe.symbols)), replace=False)
        self.halts = {int(number): self._halt(generator) for number in numbers}
        self.outages = self._outages(generator, events)
        self._paths = self._walks(generator)

    def in_outage(self, minute: int) -> bool:
        """Whether the feed is down in that minute: trades of that minute are never published."""
        return any(outage.since <= minute < outage.until for outage in self.outages)

    def trades(self, minute: int, spacing: float) -> MinuteTrades:
        """`spacing`: seconds from one trade of a symbol to its next, on the session's average."""
        generator = self._universe.generator(3, self.day.toordinal(), minute)
        expected = self._activity[minute] * self._universe.activity * MINUTE / spacing
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

    def ticks(self, minute: int, spacing: float) -> list[Tick]:
        trades, names = self.trades(minute, spacing), self._universe.symbols
        rows = zip(*(column.tolist() for column in trades), strict=True)
        return [
            Tick(at=at, source="synthetic", symbol=names[number], price=price, volume=volume)
            for number, at, price, volume in rows
        ]

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
        swing = self._universe.volatility
        since, until = self.session
        steps = generator.standard_normal((len(swing), self.minutes)) * np.sqrt(self._activity / (until - since))
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
        shares = self._universe.daily_volume * self._activity[minute] / length / np.maximum(expected, 0.02)
        volumes = shares[symbols] * generator.lognormal(-0.18, 0.6, len(symbols))
        return np.asarray(np.maximum(1, volumes), dtype=np.int64)


def summary(day: SyntheticSession, minutes: range, spacing: float, symbols: tuple[str, ...]) -> Iterator[Tick]:
    """One tick per symbol that sums up its trades in these minutes."""
    trades = [day.trades(minute, spacing) for minute in minutes if not day.in_outage(minute)]
    if not trades:
        return
    numbers, times, prices, volumes = (np.concatenate(column) for column in zip(*trades, strict=True))
    order = np.argsort(numbers, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        number, trade_prices = int(numbers[rows[0]]), prices[rows]
        yield Tick(
            at=float(times[rows[-1]]), source="synthetic", symbol=symbols[number], price=float(trade_prices[-1]),
            volume=int(volumes[rows].sum()), open=float(trade_prices[0]), high=float(trade_prices.max()),
            low=float(trade_prices.min()), close=float(trade_prices[-1]),
        )  # fmt: skip


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

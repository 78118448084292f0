"""One invented trading day, minute by minute: the rush at the open, the lull at noon, halts, and hours around it."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.finance.sessions import MINUTE, extended, regular
from app.ingest.synthetic_universe import Floats, Universe
from app.wire.events.event import Tick

QUIET = 0.06
"""How busy the hours around the session are, beside its average."""
HALT_MINUTES = (5, 15)
HALT_LEAP = (0.03, 0.07)
"""Between the last price before a halt and the first one after it."""
UNDISTURBED = 20
"""Minutes at both ends of the session in which nothing is halted and no feed fails."""
JITTER = 0.0002
"""Of a price, from trade to trade."""


class Events(NamedTuple):
    """What is to happen in a day."""

    halts: int
    outages: int
    outage_minutes: int


class Span(NamedTuple):
    """Minutes since the day began; `until` is the first one after it."""

    since: int
    until: int


class Trades(NamedTuple):
    """Of one minute, in order of time; `symbols` are numbers."""

    symbols: NDArray[np.int64]
    times: Floats
    prices: Floats
    volumes: NDArray[np.int64]


class InventedDay:
    def __init__(self, universe: Universe, day: date, events: Events, *, around: bool) -> None:
        """`around`: with the trading before and after the session."""
        hours = regular(day)
        whole = extended(day) if around else hours
        self.begins, self.ends = whole.opens, whole.closes
        self.minutes = int(whole.closes - whole.opens) // MINUTE
        self.session = Span(_minutes(whole.opens, hours.opens), _minutes(whole.opens, hours.closes))
        self._universe = universe
        self.day = day
        self._night = universe.night(day)
        self._activity = self._profile()
        dice = universe.dice(2, self.day.toordinal())
        halted = dice.choice(len(universe.symbols), min(events.halts, len(universe.symbols)), replace=False)
        self.halts = {int(number): self._halt(dice) for number in halted}
        self.outages = self._breaks(dice, events)
        self._paths = self._walks(dice)

    def out(self, minute: int) -> bool:
        """Whether the feed fails in that minute: what is traded then is never heard of."""
        return any(outage.since <= minute < outage.until for outage in self.outages)

    def trades(self, minute: int, spacing: float) -> Trades:
        """`spacing`: seconds from one trade of a symbol to its next, on the session's average."""
        dice = self._universe.dice(3, self.day.toordinal(), minute)
        expected = self._activity[minute] * self._universe.busy * MINUTE / spacing
        counts = np.floor(expected + dice.random(len(expected))).astype(np.int64)
        opening, closing = minute == self.session.since, minute == self.session.until - 1
        counts = np.maximum(counts, int(opening or closing))
        for number, halt in self.halts.items():
            counts[number] = 0 if halt.since <= minute < halt.until else counts[number]
        symbols = np.repeat(np.arange(len(counts)), counts)
        turn = np.arange(len(symbols)) - np.repeat(np.cumsum(counts) - counts, counts)
        shares = (turn + 0.9 * dice.random(len(symbols))) / counts[symbols]
        prices = self._prices(minute, symbols, shares, dice)
        if opening:
            prices[turn == 0] = _cents(self._night.opens)
        if closing:
            prices[turn == counts[symbols] - 1] = _cents(self._night.closes)
        volumes = self._volumes(minute, symbols, expected, dice)
        order = np.argsort(shares, kind="stable")
        times = np.round(self.begins + MINUTE * (minute + shares), 3)
        return Trades(symbols[order], times[order], prices[order], volumes[order])

    def ticks(self, minute: int, spacing: float) -> list[Tick]:
        trades, names = self.trades(minute, spacing), self._universe.symbols
        rows = zip(*(column.tolist() for column in trades), strict=True)
        return [
            Tick(at=at, source="synthetic", symbol=names[number], price=price, volume=volume)
            for number, at, price, volume in rows
        ]

    def _profile(self) -> Floats:
        """How busy each minute is; 1 on the session's average."""
        length = self.session.until - self.session.since
        minute = np.arange(length)
        burst, rush = 5 * np.exp(-minute / 8), 2.5 * np.exp(-(length - 1 - minute) / 12)
        lull = 0.55 * np.exp(-(((minute - length * 0.45) / (length * 0.14)) ** 2))
        busy = 1 + burst + rush - lull
        profile = np.full(self.minutes, QUIET)
        profile[self.session.since : self.session.until] = busy / busy.mean()
        return profile

    def _halt(self, dice: np.random.Generator) -> Span:
        return self._somewhere(dice, int(dice.integers(*HALT_MINUTES)))

    def _breaks(self, dice: np.random.Generator, events: Events) -> tuple[Span, ...]:
        longest = self.session.until - self.session.since - 2 * UNDISTURBED - 1
        length = min(events.outage_minutes, longest)
        return tuple(sorted(self._somewhere(dice, length) for _ in range(events.outages)))

    def _somewhere(self, dice: np.random.Generator, length: int) -> Span:
        first = self.session.since + UNDISTURBED
        since = int(dice.integers(first, self.session.until - UNDISTURBED - length))
        return Span(since, since + length)

    def _walks(self, dice: np.random.Generator) -> Floats:
        """Logarithms of prices at the ends of all minutes, a row for each symbol."""
        swing = self._universe.swing
        since, until = self.session
        steps = dice.standard_normal((len(swing), self.minutes)) * np.sqrt(self._activity / (until - since))
        steps *= swing[:, None]
        for number, halt in self.halts.items():
            steps[number, halt.since : halt.until] = 0.0
            steps[number, halt.until - 1] = dice.uniform(*HALT_LEAP) * dice.choice([-1.0, 1.0])
        night = self._night
        last = night.closes + dice.normal(0.0, 0.1, len(swing)) * swing
        parts = (
            _bridges(night.previous, night.opens, steps[:, :since]),
            _bridges(night.opens, night.closes, steps[:, since:until]),
            _bridges(night.closes, last, steps[:, until:]),
        )
        return np.concatenate([(night.previous if since else night.opens)[:, None], *parts], axis=1)

    def _prices(
        self, minute: int, symbols: NDArray[np.int64], shares: Floats, dice: np.random.Generator
    ) -> NDArray[np.float64]:
        begin, end = self._paths[symbols, minute], self._paths[symbols, minute + 1]
        if minute == self.session.since:
            begin = self._night.opens[symbols]
        return _cents(begin + (end - begin) * shares + JITTER * dice.standard_normal(len(symbols)))

    def _volumes(
        self, minute: int, symbols: NDArray[np.int64], expected: Floats, dice: np.random.Generator
    ) -> NDArray[np.int64]:
        length = self.session.until - self.session.since
        shares = self._universe.traded * self._activity[minute] / length / np.maximum(expected, 0.02)
        drawn = shares[symbols] * dice.lognormal(-0.18, 0.6, len(symbols))
        return np.asarray(np.maximum(1, drawn), dtype=np.int64)


def summary(day: InventedDay, minutes: range, spacing: float, symbols: tuple[str, ...]) -> Iterator[Tick]:
    """All trades of a symbol in these minutes as one tick, for whoever has to know what went before."""
    heard = [day.trades(minute, spacing) for minute in minutes if not day.out(minute)]
    if not heard:
        return
    numbers, times, prices, volumes = (np.concatenate(column) for column in zip(*heard, strict=True))
    order = np.argsort(numbers, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        number, paid = int(numbers[own[0]]), prices[own]
        yield Tick(
            at=float(times[own[-1]]), source="synthetic", symbol=symbols[number], price=float(paid[-1]),
            volume=int(volumes[own].sum()), open=float(paid[0]), high=float(paid.max()), low=float(paid.min()),
            close=float(paid[-1]),
        )  # fmt: skip


def _bridges(begin: Floats, end: Floats, steps: Floats) -> Floats:
    """Walks of these steps, bent so that they lead from `begin` to `end`."""
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

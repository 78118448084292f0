"""Which bars of less than a day are of the same hours, regular or extended, and of the same session."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np

from app.finance import sessions
from app.finance.markets import market
from app.finance.panel import Counts, Floats, Mask
from app.finance.sessions import MINUTE

MOST_MINUTES = 2_000_000
"""Four years."""
BEFORE_OPENING = 0.5
"""What the number of a session is less by before the exchange opens."""


def regular_hours(starts: Floats) -> Mask:
    """Which bars start in the exchange's regular hours; those without a start (NaN) do not."""
    return _each(starts, _is_regular) > 0


def hourless(symbols: Sequence[str]) -> Mask:
    """Coins and currencies have no regular hours."""
    return np.array([market(symbol) != "exchange" for symbol in symbols], dtype=np.bool_)


def same_hours(symbols: Sequence[str], starts: Floats) -> Mask:
    """(rows, width - 1): which bars are of the same hours as the last one."""
    regular = regular_hours(starts)
    alike: Mask = (regular[:, :-1] == regular[:, -1:]) | hourless(symbols)[:, None]
    return alike


def session_numbers(symbols: Sequence[str], ends: Floats) -> Floats:
    """A number for each session, by the instants at which its bars end. The bar in which an exchange opens is the
    first one of its session; what is traded before on that day is a session of its own."""
    numbers = np.full(ends.shape, np.nan)
    rows_by_kind: dict[str, list[int]] = {}
    for row, symbol in enumerate(symbols):
        rows_by_kind.setdefault(market(symbol), []).append(row)
    for kind, rows in rows_by_kind.items():
        number = _exchange_session if kind == "exchange" else partial(_session, symbols[rows[0]])
        numbers[rows] = _each(ends[rows], number)
    return numbers


def _each(instants: Floats, function: Callable[[float], float]) -> Floats:
    """NaN where there is no instant."""
    minutes = _minutes(instants)
    if minutes is None:
        different, places = np.unique(instants, return_inverse=True)
    else:
        marks = np.zeros(int(minutes.max(initial=0)) + 1, dtype=np.bool_)
        marks[minutes] = True
        places = (np.cumsum(marks) - 1)[minutes]
        different = np.flatnonzero(marks) * MINUTE + np.fmin.reduce(instants, axis=None)
    values = np.array([np.nan if np.isnan(at) else function(at) for at in different.tolist()], dtype=np.float64)
    return np.where(np.isnan(instants), np.nan, values[places].reshape(instants.shape))


def _minutes(instants: Floats) -> Counts | None:
    """Minutes after the first instant, 0 where there is none; None unless all are whole minutes within MOST_MINUTES.
    To count them takes a tenth of the time of sorting them."""
    if not instants.size or np.isnan(first := np.fmin.reduce(instants, axis=None)):
        return None
    minutes = np.nan_to_num((instants - first) / MINUTE, nan=0.0)
    if minutes.max() > MOST_MINUTES or (minutes % 1).any():
        return None
    counts: Counts = minutes.astype(np.int64)
    return counts


@lru_cache(maxsize=65_536)
def _is_regular(start: float) -> bool:
    return sessions.phase(start) == "regular"


@lru_cache(maxsize=65_536)
def _exchange_session(end: float) -> float:
    last_second = end - 1
    day = sessions.trading_date(last_second)
    return day.toordinal() - (BEFORE_OPENING if last_second < sessions.regular(day).opens else 0)


def _session(symbol: str, end: float) -> float:
    """Of a coin or a currency."""
    return float(sessions.hours(symbol, end - 1).day.toordinal())

"""Trades of an invented session as ticks."""

from collections.abc import Iterator

import numpy as np

from app.finance.invented.session import InventedSession
from app.wire.events.event import Tick


def ticks(session: InventedSession, symbols: tuple[str, ...], minute: int, spacing: float, source: str) -> list[Tick]:
    """`spacing`: seconds from one trade of a symbol to its next, on the session's average."""
    trades = session.trades(minute, spacing)
    rows = zip(*(column.tolist() for column in trades), strict=True)
    return [
        Tick(at=at, source=source, symbol=symbols[number], price=price, volume=volume)
        for number, at, price, volume in rows
    ]


def summary(
    session: InventedSession, symbols: tuple[str, ...], minutes: range, spacing: float, source: str
) -> Iterator[Tick]:
    """One tick per symbol that sums up its trades in these minutes."""
    trades = [session.trades(minute, spacing) for minute in minutes if not session.in_outage(minute)]
    if not trades:
        return
    numbers, times, prices, volumes = (np.concatenate(column) for column in zip(*trades, strict=True))
    order = np.argsort(numbers, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        number, trade_prices = int(numbers[rows[0]]), prices[rows]
        yield Tick(
            at=float(times[rows[-1]]), source=source, symbol=symbols[number], price=float(trade_prices[-1]),
            volume=int(volumes[rows].sum()), open=float(trade_prices[0]), high=float(trade_prices.max()),
            low=float(trade_prices.min()), close=float(trade_prices[-1]),
        )  # fmt: skip

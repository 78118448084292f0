"""Detects repeated ticks after a feed restarts."""

from collections import deque

from app.finance.trades import Trade

TICKS_PER_SYMBOL = 64
"""Ticks kept per symbol to find repeats."""


class RepeatFilter:
    def __init__(self) -> None:
        self._recent: dict[str, deque[int]] = {}
        self._newest: dict[str, float] = {}

    def is_repeat(self, tick: Trade) -> bool:
        """Whether one with the same id, time, prices and volume was among the symbol's last ones; else it is now."""
        fingerprint = hash((tick.at, tick.price, tick.volume, tick.open, tick.high, tick.low, tick.trade_id))
        recent = self._recent.get(tick.symbol)
        if recent is None:
            recent = self._recent[tick.symbol] = deque(maxlen=TICKS_PER_SYMBOL)
            self._newest[tick.symbol] = tick.at
        elif tick.at > self._newest[tick.symbol]:
            self._newest[tick.symbol] = tick.at
        elif fingerprint in recent:
            return True
        recent.append(fingerprint)
        return False

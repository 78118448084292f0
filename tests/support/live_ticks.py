"""Ticks and patterns for a desk in a browser, each later than all before.

Tests share a desk, in whatever order: a price is that of the latest tick, and the latest patterns come first in a feed.
"""

import json
from itertools import count
from uuid import uuid4

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
NAMES = ("Hammer", "Doji", "MorningStar", "ShootingStar", "HangingMan")
FIRST_TICK = 1_346_770_800
"""2012-09-04 11:00 in New York."""
FIRST_PATTERN = 1_400_000_000
"""Later than what the engine found in the history."""
_seconds, _minutes = count(FIRST_TICK), count(FIRST_PATTERN, 60)


def tick(symbol: str, price: float) -> bytes:
    """A second of the session after the one before."""
    trade = {"ticker": symbol, "price": price, "volume": 100, "timestamp": float(next(_seconds))}
    return json.dumps({**trade, "event_type": "T", "source": "test"}).encode()


def pattern(symbol: str = "", name: str = "") -> tuple[str, bytes]:
    """Its place in the feed, a market minute after the one before, and its message."""
    at = next(_minutes)
    turn = at // 60 % 5
    data = {"symbol": symbol or SYMBOLS[turn], "pattern": name or NAMES[turn], "confidence": 0.9, "timeframe": "1min"}
    message = {"event_type": "pattern_detected", "source": "TickStockPL", "timestamp": at}
    return str(at), json.dumps({**message, "data": {**data, "timestamp": at, "flow_id": str(uuid4())}}).encode()

"""A tick for a desk in a browser."""

import json


def tick(symbol: str, price: float, at: float) -> bytes:
    return json.dumps(
        {"ticker": symbol, "price": price, "volume": 100, "timestamp": at, "event_type": "T", "source": "test"}
    ).encode()

"""Which market a symbol is traded on, as far as its spelling says: exchanges, coins and currencies keep other hours."""

import re
from functools import lru_cache
from typing import Literal

Market = Literal["exchange", "coin", "currency"]

_COIN = re.compile(r"X:.+|[A-Z0-9]+-(?:USD|USDT|USDC|EUR|GBP|JPY|BTC|ETH)")
_CURRENCY = re.compile(r"C:.+|[A-Z]{3,6}=X")


@lru_cache(maxsize=65_536)
def market(symbol: str) -> Market:
    """By the prefixes of Massive (X:BTCUSD, C:EURUSD) and the endings of Yahoo (BTC-USD, EURUSD=X)."""
    if _COIN.fullmatch(symbol):
        return "coin"
    return "currency" if _CURRENCY.fullmatch(symbol) else "exchange"

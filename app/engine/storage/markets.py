"""SQL condition for symbols that trade on the exchange; see finance.markets for the same in Python."""

NO_EXCHANGE = "^([A-Z0-9]+-(USD|USDT|USDC|EUR|GBP|JPY|BTC|ETH)|[A-Z]{3,6}=X)$"
"""Coins and currencies in Yahoo's notation."""


def on_exchange(symbol: str) -> str:
    """The condition for that column. Symbols with a colon are coins, currencies and indices of Massive, which do not
    follow the exchange's calendar. The pattern costs most of such a query, and few symbols need it."""
    return (
        f"(strpos({symbol}, ':') = 0 and"
        f" (strpos({symbol}, '-') + strpos({symbol}, '=') = 0 or {symbol} !~ '{NO_EXCHANGE}'))"
    )


ON_EXCHANGE = on_exchange("symbol")

"""SQL condition for symbols that trade on the exchange; see finance.markets for the same in Python."""

NO_EXCHANGE = "^([A-Z0-9]+-(USD|USDT|USDC|EUR|GBP|JPY|BTC|ETH)|[A-Z]{3,6}=X)$"
"""Coins and currencies as Yahoo spells them."""


def on_exchange(symbol: str) -> str:
    """A condition on that column. With a colon stand coins, currencies and indices of Massive, which have no bars that
    could be held against the exchange's calendar. Few symbols need the pattern: it costs most of such a query."""
    return (
        f"(strpos({symbol}, ':') = 0 and"
        f" (strpos({symbol}, '-') + strpos({symbol}, '=') = 0 or {symbol} !~ '{NO_EXCHANGE}'))"
    )


ON_EXCHANGE = on_exchange("symbol")

"""An instrument: symbol, name, exchange, currency and tick size."""

from typing import NamedTuple


class Instrument(NamedTuple):
    symbol: str
    name: str = ""
    exchange: str = ""
    currency: str = "USD"
    """ISO 4217; GBp for pence."""
    tick_size: float = 0.01
    """The least difference between two of its prices, in its currency."""

"""The companies, index and funds of the invented market, as config/invented/instruments.csv names them."""

import csv
from pathlib import Path
from typing import NamedTuple

INDEX, FUND, COMPANY = "INDEX", "ETF", "CS"
WHOLE_MARKET = ""
"""The sector of the index, and of a fund that holds all companies."""


class InventedInstrument(NamedTuple):
    symbol: str
    name: str
    kind: str
    """INDEX, FUND or COMPANY, as the column `type` of the symbols has it."""
    exchange: str
    """ISO 10383."""
    sector: str
    industry: str
    shares: int
    """Outstanding when the market begins; 0 of an index."""
    price: float
    """USD when the market begins; of the index its points. Funds follow from what they hold."""
    volatility: float
    """Standard deviation of a year's returns, 0.3 for 30 %; 0 of index and funds."""
    dividend_yield: float
    """Of a year, 0.02 for 2 %."""


def read(path: Path) -> tuple[InventedInstrument, ...]:
    """Companies first, then funds, then the index; each kind in the order of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [_instrument(row) for row in csv.DictReader(file)]
    return tuple(sorted(rows, key=lambda row: (COMPANY, FUND, INDEX).index(row.kind)))


def _instrument(row: dict[str, str]) -> InventedInstrument:
    return InventedInstrument(
        row["symbol"],
        row["name"],
        row["type"],
        row["exchange"],
        row["sector"],
        row["industry"],
        int(row["shares"] or 0),
        float(row["price"] or 0),
        float(row["volatility"] or 0) / 100,
        float(row["dividend_yield"] or 0) / 100,
    )

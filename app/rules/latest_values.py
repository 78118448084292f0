"""The values of the newest bar and of the bar before that are stored for scans."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.finance.bars import Timeframe
from app.finance.matrix import BarMatrix
from app.finance.panel import Floats
from app.rules.catalogue import COLUMNS, FIELDS
from app.rules.evaluate import PREFIXES
from app.rules.operand_series import OperandSeries
from app.rules.tree import Rolling, Series

OF_MARKET = frozenset({"rs", "beta", "corr"})
"""Fields that are measured against the market."""
BARS = 2


class MarketValues(NamedTuple):
    """Values of the fields OF_MARKET at the last bars of all symbols."""

    places: Mapping[str, int]
    """The row by symbol."""
    values: Mapping[Series | Rolling, Floats]


def market_values(matrix: BarMatrix) -> MarketValues:
    """Of a matrix of all symbols."""
    series = OperandSeries(matrix)
    values = {operand: series.values(operand, BARS) for operand in operands(matrix.timeframe) if _is_of_market(operand)}
    return MarketValues({symbol: place for place, symbol in enumerate(matrix.symbols)}, values)


def latest_values(matrix: BarMatrix, market: MarketValues | None = None) -> Floats:
    """Of latest_columns.EVERY, in shape (rows, columns); NaN where missing. `market`: where the matrix has neither the
    benchmark nor all symbols."""
    values = np.full((len(COLUMNS), len(matrix.symbols), BARS), np.nan)
    places = [market.places[symbol] for symbol in matrix.symbols] if market else []
    series, own = OperandSeries(matrix), set(operands(matrix.timeframe))
    for number, operand in enumerate(COLUMNS):
        if market and operand in market.values:
            values[number] = market.values[operand][places]
        elif operand in own:
            values[number] = series.values(operand, BARS)
    values[~np.isfinite(values)] = np.nan
    return np.concatenate([values[:, :, 1].T, values[:, :, 0].T], axis=1)


def operands(timeframe: Timeframe) -> Sequence[Series | Rolling]:
    """Those that are stored of that timeframe."""
    return [operand for operand in COLUMNS if PREFIXES[timeframe] in FIELDS[_field(operand)].timeframes]


def _is_of_market(operand: Series | Rolling) -> bool:
    return _field(operand) in OF_MARKET


def _field(operand: Series | Rolling) -> str:
    return operand.field if isinstance(operand, Series) else _field(operand.of)

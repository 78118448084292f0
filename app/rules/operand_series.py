"""Values of operands at the bars of one timeframe, each computed once."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from app.finance import rolling
from app.finance.matrix import BarMatrix, MatrixChange
from app.finance.panel import Counts, Floats
from app.finance.rolling import lagged
from app.finance.series.functions import FUNCTIONS as SERIES_FUNCTIONS
from app.finance.series.functions import newest_values, rounded_prices, rounded_to, series
from app.finance.series.newest import NEWEST
from app.rules.catalogue import Unit
from app.rules.tree import Rolling, Series
from app.rules.units import unit_of

OtherSeries = Callable[[BarMatrix, Series, int], Floats | None]
"""Values of a field that is not computed from bars, at the last columns; None for any other field."""

FUNCTIONS: Mapping[str, Callable[[Floats, int, int], Floats]] = {
    "max": rolling.highest, "min": rolling.lowest, "avg": rolling.mean, "sum": rolling.total, "std": rolling.deviation,
}  # fmt: skip
BAR_FIELDS = frozenset(field for field, _ in SERIES_FUNCTIONS)
COMPARING = ("rs", "beta", "corr")
"""Fields of a row that depend on other rows."""
EXACT = ("max", "min")
"""Functions whose values need no rounding."""


class ComputedValues(NamedTuple):
    """What was computed from bars alone: the values, and the states of indicators at the bar before the newest."""

    values: Mapping[Series | Rolling, Floats] = MappingProxyType({})
    states: Mapping[Series, Floats] = MappingProxyType({})


NO_VALUES = ComputedValues()


def no_other(_matrix: BarMatrix, _operand: Series, _columns: int) -> None:
    return None


class OperandSeries:
    def __init__(
        self,
        matrix: BarMatrix,
        other: OtherSeries = no_other,
        earlier: ComputedValues = NO_VALUES,
        change: MatrixChange | None = None,
    ) -> None:
        """`earlier`: values of a matrix before, as of of_bars(), and how this one differs from it. Still right are
        those of other rows than the changed ones: all but the newest column, or all if that is unchanged too. The
        others are written in their place: who gives them away does not use them any more."""
        self.matrix = matrix
        self._other = other
        self._values: dict[Series | Rolling, Floats] = {}
        self._states: dict[Series, Floats] = {}
        self._earlier, self._earlier_states = (dict(earlier.values), dict(earlier.states)) if change else ({}, {})
        self._changed = change.rows if change else None
        if change and not change.newest and not len(change.rows):
            self._values, self._earlier = self._earlier, {}
            self._states, self._earlier_states = self._earlier_states, {}
        self._has_splits = not bool(np.all((matrix.traded == 1) | np.isnan(matrix.traded)))

    def values(self, operand: Series | Rolling, columns: int, *, traded: bool = False) -> Floats:
        """(rows, columns) at the last bars, at most as many as there are; NaN where a value is missing. Prices and
        volumes are in the share of the row's last bar or, as `traded`, of the bar that the operand looks back to."""
        columns = min(columns, self.matrix.width)
        values = lagged(self._cached(_plain(operand), columns + operand.lag), operand.lag, columns)
        if traded and self._has_splits:
            traded_share = lagged(self.matrix.traded, operand.lag, columns)
            values = rounded_to(in_share(values, unit_of(operand), traded_share))
        return values if operand.times == 1 else values * operand.times

    def of_bars(self) -> ComputedValues:
        values = {operand: values for operand, values in self._values.items() if _field(operand) in BAR_FIELDS}
        return ComputedValues(values, self._states)

    def _cached(self, operand: Series | Rolling, columns: int) -> Floats:
        columns = min(columns, self.matrix.width)
        values = self._values.get(operand)
        if values is None or values.shape[1] < columns:
            values = self._values[operand] = self._computed(operand, columns)
        return values

    def _computed(self, operand: Series | Rolling, columns: int) -> Floats:
        earlier = self._earlier.pop(operand, None)
        if earlier is None or earlier.shape[1] < columns or self._changed is None:
            return self._of_columns(operand, columns)
        rows, columns = self._changed, earlier.shape[1]
        if len(rows) and _field(operand) in COMPARING:
            return self._of_columns(operand, columns)
        earlier[:, -1:] = self._newest(operand, rows)
        if len(rows):
            earlier[rows] = self._of_columns(operand, columns, rows)
        return earlier

    def _newest(self, operand: Series | Rolling, changed: Counts) -> Floats:
        """(rows, 1): at the newest bar. `changed`: rows in which an earlier bar differs."""
        if isinstance(operand, Rolling) or (operand.field, operand.part) not in NEWEST or self.matrix.width == 1:
            return self._of_columns(operand, 1)
        state_of, state = NEWEST[operand.field, operand.part].state, self._earlier_states.pop(operand, None)
        if state is None:
            state = state_of(self.matrix, operand.period)
        elif len(changed):
            state = state.copy()
            state[:, changed] = state_of(self.matrix.of_rows(changed), operand.period)
        self._states[operand] = state
        return newest_values(self.matrix, operand.field, operand.period, operand.part, state)

    def _of_columns(self, operand: Series | Rolling, columns: int, rows: Counts | None = None) -> Floats:
        """Of all rows or some of them."""
        matrix = self.matrix if rows is None else self.matrix.of_rows(rows)
        if isinstance(operand, Rolling):
            inner = self.values(operand.of, columns + operand.bars)
            return self._window(operand, inner if rows is None else inner[rows], matrix, columns)
        other = self._other(matrix, operand, columns)
        return series(matrix, operand.field, operand.period, operand.part, columns) if other is None else other

    def _window(self, operand: Rolling, inner: Floats, matrix: BarMatrix, columns: int) -> Floats:
        if operand.function == "chg":
            before = lagged(inner, operand.bars, columns)
            values = 100 * (np.divide(lagged(inner, 0, columns), before, out=_missing(before), where=before != 0) - 1)
        else:
            values = FUNCTIONS[operand.function](inner, operand.bars, columns)
        if operand.function in EXACT:
            return values
        is_price = self._has_splits and unit_of(operand) is Unit.PRICE
        return rounded_prices(values, lagged(matrix.traded, 0, columns)) if is_price else rounded_to(values)


def in_share(values: Floats, unit: Unit | None, share: Floats) -> Floats:
    """`share`: what prices are to be multiplied with; volumes become fewer as prices become higher."""
    if unit is Unit.PRICE:
        return values * share
    return values / share if unit is Unit.SHARES else values


def _plain(operand: Series | Rolling) -> Series | Rolling:
    """Without lag, factor and timeframe."""
    if operand.lag == 0 and operand.times == 1 and not operand.timeframe:
        return operand
    return replace(operand, lag=0, times=1.0, timeframe="")


def _field(operand: Series | Rolling) -> str:
    return operand.field if isinstance(operand, Series) else _field(operand.of)


def _missing(values: Floats) -> Floats:
    return np.full(values.shape, np.nan)

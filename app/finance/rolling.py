"""Sums, extremes and deviations over the last n bars, for every bar of many symbols at once.

Arrays are (rows, width), the newest bar in the last column. A value depends on its n bars alone and not on where they
stand in the array, to the last bit: each window is put together from windows of 1, 2, 4, 8 ... bars. A window that
contains a NaN, or begins before the first column, is NaN. `columns` limits what is computed to the last columns.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from app.finance.panel import Floats

FEW_WINDOWS = 4
Merge = Callable[[Floats, Floats, int, int], Floats]
"""Of an older window, the newer one that follows it, and their numbers of bars."""


def lagged(values: Floats, lag: int = 0, columns: int | None = None) -> Floats:
    """The values `lag` bars earlier."""
    width = values.shape[1]
    columns = width if columns is None else min(columns, width)
    end = max(width - lag, 0)
    return _padded(values[:, max(end - columns, 0) : end], columns)


def total(values: Floats, bars: int, columns: int | None = None) -> Floats:
    columns, recent = _recent(values, bars, columns)
    return _padded(_windows(recent, bars, _add), columns)


def mean(values: Floats, bars: int, columns: int | None = None) -> Floats:
    return total(values, bars, columns) / bars


def highest(values: Floats, bars: int, columns: int | None = None) -> Floats:
    return _extreme(values, bars, columns, np.maximum)


def lowest(values: Floats, bars: int, columns: int | None = None) -> Floats:
    return _extreme(values, bars, columns, np.minimum)


def deviation(values: Floats, bars: int, columns: int | None = None) -> Floats:
    """Standard deviation of the population; 0 exactly where all values are the same."""
    deviations: Floats = np.sqrt(codeviation(values, values, bars, columns) / bars)
    return deviations


def codeviation(values: Floats, others: Floats, bars: int, columns: int | None = None) -> Floats:
    """Sum of the products of both values' deviations from their means."""
    columns, recent = _recent(values, bars, columns)
    beside = _recent(others, bars, columns)[1]
    # A single value deviates by nothing, a missing one by what nobody knows.
    moments = np.stack([recent, beside, np.where(np.isnan(recent) | np.isnan(beside), np.nan, 0.0)])
    return _padded(_windows(moments, bars, _merge_moments)[2], columns)


def _extreme(values: Floats, bars: int, columns: int | None, function: np.ufunc) -> Floats:
    columns, block = _recent(values, bars, columns)
    if 0 <= block.shape[1] - bars < FEW_WINDOWS:
        extremes: Floats = function.reduce(_views(block, bars), axis=-1)
        return _padded(extremes, columns)
    size = 1
    while 2 * size <= bars:
        block = function(block[:, :-size], block[:, size:])
        size *= 2
    if size < bars:
        # Two windows that overlap.
        block = function(block[:, : size - bars], block[:, bars - size :])
    return _padded(block, columns)


def _windows(values: Floats, bars: int, merge: Merge) -> Floats:
    """All windows of `bars` bars in the order of their first column, along the last axis."""
    if 0 <= values.shape[-1] - bars < FEW_WINDOWS:
        return _few_windows(_views(values, bars), bars, merge)
    block, size = values, 1
    window, length = values, 0
    while True:
        if bars & size:
            window = _joined(block, size, window, length, merge) if length else block
            length += size
        if length == bars:
            return window
        block = _joined(block, size, block, size, merge)
        size *= 2


def _views(values: Floats, bars: int) -> Floats:
    """(..., windows, bars)"""
    return values[..., None, :] if values.shape[-1] == bars else sliding_window_view(values, bars, axis=-1)


def _few_windows(values: Floats, bars: int, merge: Merge) -> Floats:
    """The same of windows along the last axis, without those that nobody wants."""
    window, length, size = values, 0, 1
    while length < bars:
        if bars & size:
            block = values[..., bars - length - size : bars - length]
            for half in (1 << level for level in range(size.bit_length() - 1)):
                block = merge(block[..., 0::2], block[..., 1::2], half, half)
            window = merge(block, window, size, length) if length else block
            length += size
        size *= 2
    return window[..., 0]


def _joined(old: Floats, old_bars: int, new: Floats, new_bars: int, merge: Merge) -> Floats:
    return merge(old[..., : max(old.shape[-1] - new_bars, 0)], new[..., old_bars:], old_bars, new_bars)


def _add(old: Floats, new: Floats, _old_bars: int, _new_bars: int) -> Floats:
    return old + new


def _merge_moments(old: Floats, new: Floats, old_bars: int, new_bars: int) -> Floats:
    """Of both means and the sum of the products (Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances, 1979)."""
    apart = new[:2] - old[:2]
    bars = old_bars + new_bars
    products = old[2] + new[2] + apart[0] * apart[1] * (old_bars * new_bars / bars)
    return np.concatenate([old[:2] + apart * (new_bars / bars), products[None]])


def _recent(values: Floats, bars: int, columns: int | None) -> tuple[int, Floats]:
    """How many columns are wanted, and what they are computed from."""
    width = values.shape[1]
    columns = width if columns is None else min(columns, width)
    return columns, values[:, -(columns + bars - 1) :]


def _padded(values: Floats, columns: int) -> Floats:
    """With NaN at the left."""
    lacking = columns - values.shape[1]
    if not lacking:
        return values
    return np.concatenate([np.full((len(values), lacking), np.nan), values], axis=1)

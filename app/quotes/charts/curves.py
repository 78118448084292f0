"""Curves on the grid: lines through values, and strokes from zero."""

import math
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats
from app.quotes.charts import grid
from app.quotes.charts.grid import PriceScale
from app.quotes.charts.model import Curve

STYLES = "abcdef"
"""Classes of curves: colour and kind of the line."""


class DrawnCurve(NamedTuple):
    style: str
    path: str


def style(number: int) -> str:
    return STYLES[number % len(STYLES)]


def line(curve: Curve, scale: PriceScale) -> str:
    return grid.polyline(points(curve.values, scale))


def points(values: Floats, scale: PriceScale, first: int = 0) -> list[grid.Point | None]:
    present = np.isfinite(values)
    heights = scale.ys(np.where(present, values, scale.low))
    return [
        (grid.x(first + n), height) if is_present else None
        for n, (height, is_present) in enumerate(zip(heights, present.tolist(), strict=True))
    ]


def strokes_from_zero(curve: Curve, scale: PriceScale) -> str:
    zero = scale.y(0)
    finite = ((grid.x(n), scale.y(value)) for n, value in enumerate(curve.values.tolist()) if math.isfinite(value))
    return grid.strokes((at, zero, place) for at, place in finite if place != zero)


def extremes_within(values: Floats, low: float, high: float) -> tuple[float, ...]:
    """The least and the largest of the values between these."""
    within = values[(values >= low) & (values <= high)]
    return (float(within.min()), float(within.max())) if len(within) else ()

"""Panes below the prices: their curves, rules and last values."""

import math
from typing import NamedTuple

from app.quotes.charts import curves, grid
from app.quotes.charts.curves import DrawnCurve
from app.quotes.charts.grid import PriceScale, ScaleRule
from app.quotes.charts.model import Pane

PANE = 100
"""Height of a pane."""


class DrawnPane(NamedTuple):
    """`last`: the values of its curves at the last bar, with their places in percent."""

    pane: Pane
    curves: tuple[DrawnCurve, ...]
    histogram: tuple[DrawnCurve, ...]
    rules: tuple[ScaleRule, ...]
    labels: tuple[ScaleRule, ...]
    last: tuple[ScaleRule, ...]


def draw_pane(pane: Pane) -> DrawnPane:
    scale, last = pane_scale(pane), pane_values(pane)
    rules = tuple(ScaleRule(scale.percent(value), value) for value in pane.rules)
    labels = rules or grid.rules(scale)[::2]
    free = tuple(rule for rule in labels if all(abs(rule.at - each.at) >= 22 for each in last))
    lines = [curve for curve in pane.curves if curve.kind == "line"]
    return DrawnPane(
        pane,
        tuple(DrawnCurve(curves.style(n), curves.line(curve, scale)) for n, curve in enumerate(lines)),
        tuple(
            DrawnCurve("h", curves.strokes_from_zero(curve, scale))
            for curve in pane.curves
            if curve.kind == "histogram"
        ),
        rules,
        free,
        last,
    )


def pane_values(pane: Pane) -> tuple[ScaleRule, ...]:
    """The last value of each curve, where it has one, in places that are not in each other's way."""
    scale = pane_scale(pane)
    last = [float(curve.values[-1]) for curve in pane.curves if curve.kind == "line"]
    values = [value for value in last if math.isfinite(value)]
    return tuple(map(ScaleRule, grid.apart([scale.percent(value) for value in values], 22.0), values))


def pane_scale(pane: Pane) -> PriceScale:
    if pane.low is not None and pane.high is not None:
        return PriceScale(pane.low, pane.high, PANE)
    values = (value for curve in pane.curves for value in curves.extremes_within(curve.values, -math.inf, math.inf))
    return grid.fit((*values, *pane.rules), PANE, air=0.05) or PriceScale(-1, 1, PANE)

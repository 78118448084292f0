"""Answers of a scan as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.finance.instrument import Instrument
from app.identity import View
from app.rules.errors import TextSegment
from app.scans.cells import TextCell
from app.web.html import fragment


class MatchRow(NamedTuple):
    """`quote`: price, change and percentage, which pushes replace; `spark`: the session's line, or empty."""

    instrument: Instrument
    quote: Markup
    cells: Sequence[TextCell]
    spark: Markup | str


class RuleChip(NamedTuple):
    label: str
    without: str
    """Address of the scan without this condition; empty for the only one."""


class FunnelStep(NamedTuple):
    """`symbols`: how many are left after this condition and those before it; `percent`: of all that were scanned."""

    label: str
    symbols: int
    percent: float


def rows(rows: Sequence[MatchRow], linked: bool) -> Markup:
    """`linked`: whether symbols lead to their pages."""
    return fragment("scans/rows", rows=rows, linked=linked)


def chips(chips: Sequence[RuleChip]) -> Markup:
    return fragment("scans/chips", chips=chips)


def funnel(steps: Sequence[FunnelStep], view: View) -> Markup:
    return fragment("scans/funnel", steps=steps, view=view)


def problem(segments: Sequence[TextSegment], messages: Sequence[str]) -> Markup:
    """`segments`: the rule as it was typed, with what is wrong marked."""
    return fragment("scans/problem", segments=segments, messages=messages)

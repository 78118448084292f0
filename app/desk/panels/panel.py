"""A panel of the desk as a value, the usual ones, and how panels are spread over columns."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations_with_replacement, pairwise

import msgspec

MOST_PANELS = 12
COLUMNS = 3


class PanelKind(StrEnum):
    QUOTES = "quotes"
    CHART = "chart"
    MOVERS = "movers"
    DETECTIONS = "detections"
    BREADTH = "breadth"
    LIST = "list"
    SCREEN = "screen"
    STATE = "state"


KIND_WORDS = {
    PanelKind.QUOTES: "Quotes: the list for the desk, or the most active",
    PanelKind.CHART: "Chart",
    PanelKind.MOVERS: "Movers",
    PanelKind.DETECTIONS: "Detected patterns",
    PanelKind.BREADTH: "Breadth of the market",
    PanelKind.LIST: "List",
    PanelKind.SCREEN: "Screen",
    PanelKind.STATE: "State of the desk's parts",
}
HEIGHTS = {
    PanelKind.QUOTES: 62,
    PanelKind.CHART: 12,
    PanelKind.MOVERS: 18,
    PanelKind.DETECTIONS: 17,
    PanelKind.BREADTH: 16,
    PanelKind.LIST: 13,
    PanelKind.SCREEN: 13,
    PanelKind.STATE: 3,
}
"""In rows, about."""


class DeskPanel(msgspec.Struct, frozen=True):
    """`target`: the id of a list or a screen, or a symbol; empty for kinds without one, and for the chart of the first
    symbol on the desk."""

    kind: PanelKind
    target: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.target}" if self.target else f"{self.kind}"


USUAL_PANELS = (
    DeskPanel(PanelKind.QUOTES),
    DeskPanel(PanelKind.CHART),
    DeskPanel(PanelKind.MOVERS),
    DeskPanel(PanelKind.DETECTIONS),
    DeskPanel(PanelKind.BREADTH),
    DeskPanel(PanelKind.STATE),
)


def visible(panels: Sequence[DeskPanel], *, is_admin: bool) -> list[DeskPanel]:
    """Administrators alone see the state of parts."""
    return [panel for panel in panels if is_admin or panel.kind is not PanelKind.STATE]


def columns(heights: Sequence[int]) -> list[slice]:
    """Consecutive panels for each column, so that the highest column is as low as it can be; none is empty."""
    ends = combinations_with_replacement(range(len(heights) + 1), COLUMNS - 1)
    cuts = [(0, *two, len(heights)) for two in ends]
    best = min(cuts, key=lambda cut: max(sum(heights[a:b]) for a, b in pairwise(cut)))
    return [slice(a, b) for a, b in pairwise(best) if a < b]

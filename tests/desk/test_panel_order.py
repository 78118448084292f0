"""The order of panels, and the columns that they stand in."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.desk.panels.panel import COLUMNS, MOST_PANELS, DeskPanel, PanelKind, columns
from app.desk.panels.routes import moved


def test_moving_keeps_every_panel() -> None:
    panels = [DeskPanel(PanelKind.MOVERS), DeskPanel(PanelKind.CHART, "GE"), DeskPanel(PanelKind.BREADTH)]

    assert moved(panels, "up", "movers") == panels
    assert moved(panels, "down", "breadth") == panels
    assert moved(panels, "down", "movers") == [panels[1], panels[0], panels[2]]
    assert moved(panels, "up", "breadth") == [panels[0], panels[2], panels[1]]
    assert moved(panels, "up", "chart") is None


@given(st.lists(st.integers(1, 30), max_size=MOST_PANELS))
def test_columns_are_in_order_and_none_is_needlessly_high(heights: list[int]) -> None:
    parts = columns(heights)

    assert [height for part in parts for height in heights[part]] == heights
    assert len(parts) <= COLUMNS
    assert all(heights[part] for part in parts)
    highest = max((sum(heights[part]) for part in parts), default=0)
    assert highest >= max(heights, default=0)
    assert highest <= sum(heights) / COLUMNS + max(heights, default=0)
    assert all(first.stop == second.start for first, second in pairwise(parts))

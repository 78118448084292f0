"""Boxes of a tree map: areas in proportion, without overlap, inside the frame."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.market.sectors.treemap import MapBox, squarify

WEIGHTS = st.lists(st.floats(1e-3, 1e13), min_size=1, max_size=40).map(lambda weights: sorted(weights, reverse=True))
FRAMES = st.builds(MapBox, st.floats(0, 50), st.floats(0, 50), st.floats(1, 300), st.floats(1, 300))


@given(WEIGHTS, FRAMES)
def test_areas_are_in_proportion_and_fill_the_frame(weights: list[float], frame: MapBox) -> None:
    boxes = squarify(weights, frame)

    assert len(boxes) == len(weights)
    for box, weight in zip(boxes, weights, strict=True):
        assert box.area == pytest.approx(frame.area * weight / sum(weights), rel=1e-6, abs=1e-6 * frame.area)
    assert sum(box.area for box in boxes) == pytest.approx(frame.area)


@given(WEIGHTS, FRAMES)
def test_no_box_leaves_the_frame_or_overlaps_another(weights: list[float], frame: MapBox) -> None:
    boxes, slack = squarify(weights, frame), 1e-6 * (frame.width + frame.height)

    for box in boxes:
        assert min(box.width, box.height) >= 0
        assert box.x >= frame.x - slack
        assert box.y >= frame.y - slack
        assert box.x + box.width <= frame.x + frame.width + slack
        assert box.y + box.height <= frame.y + frame.height + slack
    for one, other in combinations(boxes, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert min(across, down) <= slack


def test_the_example_of_the_paper_is_drawn_as_there() -> None:
    boxes = squarify([6, 6, 4, 3, 2, 2, 1], MapBox(0, 0, 6, 4))

    assert [(round(box.width, 2), round(box.height, 2)) for box in boxes] == [
        (3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67),
    ]  # fmt: skip


def test_nothing_has_no_box() -> None:
    assert squarify([], MapBox(0, 0, 6, 4)) == []

"""Squarified tree maps: boxes whose areas are in proportion to weights, as near to squares as they come."""

from collections.abc import Sequence
from typing import NamedTuple


class MapBox(NamedTuple):
    """A rectangle; its upper left corner is at x, y."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


def squarify(weights: Sequence[float], frame: MapBox) -> list[MapBox]:
    """A box for each weight, in their order, which together fill the frame. Weights are above zero; boxes are squarest
    where the largest weight comes first. After Bruls, Huizing and van Wijk, 2000."""
    boxes: list[MapBox] = []
    scale = frame.area / sum(weights) if weights else 0.0
    areas = [weight * scale for weight in weights]
    while areas and frame.area > 0:
        count = _strip_length(areas, min(frame.width, frame.height))
        is_last = count == len(areas)
        strip, frame = _strip(areas[:count], frame, whole=is_last)
        boxes += strip
        areas = areas[count:]
    return boxes + [MapBox(frame.x, frame.y, 0.0, 0.0)] * len(areas)


def _strip_length(areas: Sequence[float], side: float) -> int:
    """How many of the first areas make the squarest boxes in a strip along that side."""
    total, worst = areas[0], _worst(areas[0], areas[0], areas[0], side)
    least = most = areas[0]
    for count, area in enumerate(areas[1:], 1):
        total, least, most = total + area, min(least, area), max(most, area)
        next_worst = _worst(total, least, most, side)
        if next_worst > worst:
            return count
        worst = next_worst
    return len(areas)


def _worst(total: float, least: float, most: float, side: float) -> float:
    """The largest ratio of the sides of a box in a strip of that total area."""
    if not least:
        return float("inf")
    return max(side**2 * most / total**2, total**2 / (side**2 * least))


def _strip(areas: Sequence[float], frame: MapBox, *, whole: bool) -> tuple[list[MapBox], MapBox]:
    """The boxes of a strip along the shorter side, and the rest of the frame; `whole`: there is no rest."""
    x, y, width, height = frame
    total, boxes, done = sum(areas), [], 0.0
    if width >= height:
        thick = width if whole else min(width, total / height)
        for area in areas:
            boxes.append(MapBox(x, y + height * done / total, thick, height * area / total))
            done += area
        return boxes, MapBox(x + thick, y, width - thick, height)
    thick = height if whole else min(height, total / width)
    for area in areas:
        boxes.append(MapBox(x + width * done / total, y, width * area / total, thick))
        done += area
    return boxes, MapBox(x, y + thick, width, height - thick)

"""The tree map of sectors with their heaviest symbols, and that of universes."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats
from app.market.overview.figures import MarketFigures
from app.market.sectors.groups import GroupFigures
from app.market.sectors.treemap import MapBox, squarify
from app.web.filters import dom_id, symbol_path

WIDTH, HEIGHT = 220.0, 100.0
"""Of the map while boxes are laid out; pages stretch it."""
HEAD = 5.7
"""Height of the name above the symbols of a sector."""
LOWEST = 2.5 * HEAD
"""A sector that is not as high has no name above its symbols."""
MOST_SYMBOLS = 5
"""Of a sector; the others share a box."""
LEAST_SHARE = 0.004
"""Of the whole map, of a symbol with a box of its own."""
STEPS = (0.0005, 0.005, 0.015)
"""Changes from which on a box has a shade, and the next darker ones."""


class MapCell(NamedTuple):
    """A box that is a link. `x` to `height`: in percent of the map."""

    id: str
    label: str
    path: str
    x: float
    y: float
    width: float
    height: float
    fraction: float | None
    """Change since the previous close."""

    @property
    def shade(self) -> str:
        """Class names: the direction, and how strong it is."""
        change = self.fraction or 0.0
        step = sum(abs(change) >= least for least in STEPS)
        return f"{'rise' if change > 0 else 'fall'} m{step}" if step else "m0"

    @property
    def visible(self) -> tuple[str, float | None]:
        """As many digits as are written."""
        return self.shade, None if self.fraction is None else round(self.fraction, 3)


class MapGroup(NamedTuple):
    """A sector with the boxes of its symbols; `name` is empty where there is no room for it."""

    name: str
    x: float
    y: float
    width: float
    cells: Sequence[MapCell]


def sector_map(groups: Iterable[GroupFigures], figures: MarketFigures, weights: Floats) -> list[MapGroup]:
    """`weights`: one a symbol."""
    heavy = [group for group in groups if group.weight > 0]
    least = LEAST_SHARE * sum(group.weight for group in heavy)
    boxes = squarify([group.weight for group in heavy], MapBox(0, 0, WIDTH, HEIGHT))
    return [_sector(group, box, figures, weights[group.rows], least) for group, box in zip(heavy, boxes, strict=True)]


def universe_map(groups: Iterable[GroupFigures]) -> list[MapGroup]:
    """One box for each, where there are several; their members may be the same."""
    heavy = [group for group in groups if group.weight > 0]
    boxes = squarify([group.weight for group in heavy], MapBox(0, 0, WIDTH, HEIGHT))
    cells = [
        _cell(dom_id("map", group.name), group.name, group.path, box, group.change)
        for group, box in zip(heavy, boxes, strict=True)
    ]
    return [MapGroup("", 0, 0, 0, cells)] if len(cells) > 1 else []


def cells(groups: Iterable[MapGroup]) -> list[MapCell]:
    return [cell for group in groups for cell in group.cells]


def _sector(group: GroupFigures, box: MapBox, figures: MarketFigures, weights: Floats, least: float) -> MapGroup:
    has_name = box.height >= LOWEST
    inner = box._replace(y=box.y + HEAD, height=box.height - HEAD) if has_name else box
    single = int(np.count_nonzero(weights[:MOST_SYMBOLS] >= least))
    if len(weights) == single + 1 and weights[single] > 0:
        single += 1
    others = float(weights[single:].sum())
    boxes = squarify([*weights[:single].tolist(), *([others] if others > 0 else [])], inner)
    rows = group.rows[:single].tolist()
    symbols = [
        _cell(
            dom_id("map", figures.symbols[row]),
            figures.symbols[row],
            symbol_path(figures.symbols[row]),
            each,
            float(figures.fraction[row]),
        )
        for row, each in zip(rows, boxes, strict=False)
    ]
    if others > 0:
        name = f"+{len(weights) - single}" if single else f"{len(weights)} symbols"
        symbols.append(_cell(dom_id("rest", group.name), name, group.path, boxes[-1], group.change))
    x, y, width, _ = _percent(box)
    return MapGroup((group.name or "No sector") if has_name else "", x, y, width, symbols)


def _cell(id: str, label: str, path: str, box: MapBox, fraction: float | None) -> MapCell:  # noqa: A002
    change = fraction if fraction is not None and math.isfinite(fraction) else None
    return MapCell(id, label, path, *_percent(box), change)


def _percent(box: MapBox) -> tuple[float, float, float, float]:
    across, down = 100 / WIDTH, 100 / HEIGHT
    return round(box.x * across, 1), round(box.y * down, 1), round(box.width * across, 1), round(box.height * down, 1)

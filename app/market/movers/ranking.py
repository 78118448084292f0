"""The symbols that move most: gainers, losers, most active, and those with unusual volume."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats, Mask
from app.market.overview.figures import SessionQuote
from app.market.overview.overview import MarketOverview
from app.market.scan_paths import scan_path
from app.rules.show import number_text

ROWS = 6
"""Of each list on the page."""
MOST_ROWS = 50
MOST_PRICE, MOST_VOLUME = 1_000_000, 10**12
_FLOOR = re.compile(r"(\d{1,7}(?:\.\d{1,2})?)-(\d{1,13})")


class Floor(NamedTuple):
    """Symbols below it are in no list. `price`: in the instrument's currency; `volume`: shares of the session."""

    price: float = 5.0
    volume: int = 100_000

    @property
    def text(self) -> str:
        return f"{_plain(self.price)}-{self.volume}"


USUAL_FLOOR = Floor()


class MoverList(NamedTuple):
    """`key`: gainers, losers, active or unusual; `figure`: what the list is ordered by."""

    key: str
    label: str
    rule: str
    sort: str

    def path(self, floor: Floor) -> str:
        """Of a scan with the same rule."""
        bounds = f"close:{number_text(floor.price)}..,volume:{number_text(floor.volume)}.."
        return scan_path(f"{self.rule},{bounds}" if self.rule else bounds, sort=self.sort)


LISTS: Sequence[MoverList] = (
    MoverList("gainers", "Rose most, %", "chg:gt:0", "-change"),
    MoverList("losers", "Fell most, %", "chg:lt:0", "change"),
    MoverList("active", "Most shares traded", "", "-volume"),
    MoverList("unusual", "Unusual volume, times its mean", "relvol:1..", "-relvol"),
)


class Mover(NamedTuple):
    """`fraction`: change since the previous close, None without one; `relative_volume`: None without a stored mean."""

    quote: SessionQuote
    fraction: float | None
    relative_volume: float | None


Ranking = dict[str, list[int]]
"""Rows in the figures of the overview, by the key of a list."""


def parse_floor(text: str) -> Floor | None:
    """From `5-100000`; None unless it is spelt as Floor.text spells it."""
    match = _FLOOR.fullmatch(text)
    floor = Floor(float(match[1]), int(match[2])) if match else None
    return floor if floor and floor.text == text and is_floor(floor) else None


def is_floor(floor: Floor) -> bool:
    return 0 <= floor.price <= MOST_PRICE and 0 <= floor.volume <= MOST_VOLUME


def ranking(overview: MarketOverview, floor: Floor, rows: int) -> Ranking:
    """The first `rows` of each list. Equal values are in the order of the symbols."""
    figures, relative = overview.figures, overview.relative_volume
    eligible = (figures.price >= floor.price) & (figures.volume >= floor.volume)
    rising, falling = (eligible & (figures.side == sign) for sign in (1, -1))
    return {
        "gainers": _first(figures.fraction, rising, figures.symbols, rows),
        "losers": _first(-figures.fraction, falling, figures.symbols, rows),
        "active": _first(figures.volume, eligible & (figures.volume > 0), figures.symbols, rows),
        "unusual": _first(relative, eligible & (relative >= 1), figures.symbols, rows),
    }


def mover(overview: MarketOverview, row: int) -> Mover:
    figures = overview.figures
    fraction, relative = (float(values[row]) for values in (figures.fraction, overview.relative_volume))
    return Mover(figures.quotes[row], _or_none(fraction), _or_none(relative))


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _first(values: Floats, mask: Mask, symbols: Sequence[str], rows: int) -> list[int]:
    places = np.flatnonzero(mask)
    if len(places) > rows:
        least = np.partition(values[places], len(places) - rows)[len(places) - rows]
        places = places[values[places] >= least]
    return sorted(places.tolist(), key=lambda row: (-values[row], symbols[row]))[:rows]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None

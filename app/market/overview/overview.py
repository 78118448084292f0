"""The whole market at one moment, each part computed when it is first shown."""

from collections.abc import Callable, Hashable
from functools import cached_property

import numpy as np
from markupsafe import Markup

from app.finance.panel import Floats
from app.market.breadth.counts import BreadthCount, breadth, stages
from app.market.overview.figures import MarketFigures
from app.market.overview.stored import IN_SHARES, MONEY_VOLUME, ShareRatio, StoredFigures, StoredValues
from app.market.sectors.groups import GroupFigures, sector_groups, universe_groups


class MarketOverview:
    def __init__(
        self, at: float, figures: MarketFigures, stored_figures: StoredFigures, share_ratio: ShareRatio
    ) -> None:
        """`at`: wall time, UTC epoch seconds."""
        self.at = at
        self.figures = figures
        self._stored_figures, self._share_ratio = stored_figures, share_ratio
        self._markup: dict[Hashable, Markup] = {}

    def markup(self, key: Hashable, draw: Callable[[], Markup]) -> Markup:
        """A part of the page, drawn once for all pages of this moment. `key`: the part and the view."""
        if key not in self._markup:
            self._markup[key] = draw()
        return self._markup[key]

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each symbol."""
        return {symbol: row for row, symbol in enumerate(self.figures.symbols)}

    @cached_property
    def values(self) -> StoredValues:
        return StoredValues(self.figures, self._stored_figures, self._share_ratio)

    @cached_property
    def breadth(self) -> list[BreadthCount]:
        return breadth(self.figures, self.values)

    @cached_property
    def stages(self) -> list[BreadthCount]:
        return stages(self.figures, self.values)

    @cached_property
    def relative_volume(self) -> Floats:
        """Volume so far against the mean of the 20 days before, one a symbol; NaN without one."""
        mean = self.values.before(IN_SHARES)
        return self.figures.volume / np.where(mean > 0, mean, np.nan)

    @cached_property
    def weights(self) -> Floats:
        """Money volume of a symbol: the mean of 20 stored days, else of the session so far."""
        mean = self.values.newest(MONEY_VOLUME)
        return np.where(mean >= 0, mean, self.figures.price * self.figures.volume)

    @cached_property
    def sectors(self) -> list[GroupFigures]:
        return sector_groups(self.figures, self._stored_figures.sectors, self.weights)

    @cached_property
    def universes(self) -> list[GroupFigures]:
        return universe_groups(self.figures, self._stored_figures.universes, self.weights)

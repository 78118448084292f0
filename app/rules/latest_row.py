"""The newest bar of a symbol with its indicators, as it is stored for scans."""

from typing import NamedTuple

from app.finance.bars import Timeframe
from app.finance.panel import Floats


class LatestRow(NamedTuple):
    """The newest bar of a symbol.

    `running`: the day as it stands rather than the newest closed bar. `at`: where the bar ends, of a day that is not
    over where its last minute does; UTC epoch seconds. `split_1`: shares held now for one held at the bar before.
    `values`: of latest_columns.EVERY, those of the bar before in the newest bar's share; NaN where missing.
    """

    symbol: str
    timeframe: Timeframe
    running: bool
    at: float
    bars: int
    split_1: float
    values: Floats

    @property
    def key(self) -> tuple[str, str, bool]:
        return self.symbol, self.timeframe, self.running

"""What a chart shows, in numbers: the same for the page, the picture, the tables and the sentences."""

from typing import Literal, NamedTuple

from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.finance.jumps import Jump
from app.finance.panel import Floats
from app.quotes.charts.settings import ChartSettings

CurveKind = Literal["line", "histogram"]
Direction = Literal["bullish", "bearish", "neutral"]


class Curve(NamedTuple):
    """`values`: one for each bar of the chart, NaN where there is none."""

    name: str
    values: Floats
    kind: CurveKind = "line"


class Pane(NamedTuple):
    """Curves below the prices. `rules`: values at which a line stands. `low` and `high`: the fixed reach of the axis,
    or None to fit it to the values."""

    name: str
    curves: tuple[Curve, ...]
    rules: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None


class Comparison(NamedTuple):
    """`values`: change in percent since the first bar that all symbols have, one for each bar of the chart; NaN before
    it, and where this symbol has no bar."""

    instrument: Instrument
    values: Floats


class Level(NamedTuple):
    """A price at which a line stands."""

    name: str
    price: float


class Mark(NamedTuple):
    """What happened at the bar of this number. `letter` stands in the mark, `words` say it."""

    bar: int
    letter: str
    words: str
    direction: Direction
    href: str


class ChartModel(NamedTuple):
    """`bars`: oldest first; Heikin-Ashi where the style says so. `live`: whether the last one still runs.

    `own_percent`: the symbol itself as in Comparison, None without comparisons. `notes`: a sentence for each thing that
    the address asks for and that cannot be drawn. `adjusted`: whether some prices differ from those paid. `jumps`:
    those that no split explains, newest first. `version` differs whenever closed bars, studies or marks differ.
    """

    instrument: Instrument
    settings: ChartSettings
    bars: tuple[Bar, ...]
    live: bool = False
    overlays: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    panes: tuple[Pane, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    own_percent: Floats | None = None
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()
    adjusted: bool = False
    jumps: tuple[Jump, ...] = ()
    version: str = ""

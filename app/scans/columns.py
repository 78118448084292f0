"""The columns of a table of symbols, in closed sets that an address names."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from app.rules.tree import Rolling, Series

Operand = Series | Rolling


class DetectionValue(StrEnum):
    """Of the newest detection of a symbol, and of what became of earlier ones of its pattern, timeframe and
    direction."""

    PATTERN = "pattern"
    TIER = "tier"
    CONFIDENCE = "conf"
    """0 to 1."""
    AGE = "age"
    """Bars of its own timeframe since."""
    HIT_RATE = "hitrate"
    """Share of the returns after five bars that went its way, in percent."""
    MEAN_RETURN = "mean5"
    """After five bars, in percent."""
    CASES = "cases"
    """How many returns both are of."""


Source = Operand | DetectionValue
CellValue = float | str | None


class ValueKind(StrEnum):
    """How a value is written."""

    PRICE = "price"
    CHANGE = "change"
    """In percent, signed and coloured."""
    DISTANCE = "distance"
    """In percent, signed."""
    PERCENT = "percent"
    NUMBER = "number"
    VOLUME = "volume"
    TEXT = "text"


class ScreenColumn(NamedTuple):
    """A value of the `latest` row: a stored column, or how far one is from another."""

    name: str
    """As in `sort=`."""
    label: str
    """With its unit, which no cell repeats."""
    kind: ValueKind
    source: Source
    """A stored column of the catalogue, or a value of the newest detection."""
    base: Operand | None = None
    """If given, the value is 100 * (source / base - 1)."""
    places: int = 2
    style: str = ""
    """wide: not below 40 rem; far: not below 64 rem; vast: not below 90 rem; text: words, which wrap."""
    cases: DetectionValue | None = None
    """How many cases the value is of, which the cell says when it is pointed at."""


class ColumnSet(NamedTuple):
    name: str
    label: str
    columns: tuple[ScreenColumn, ...]


CLOSE = Series("close")


def _distance(name: str, label: str, base: Operand, style: str = "") -> ScreenColumn:
    return ScreenColumn(name, label, ValueKind.DISTANCE, CLOSE, base, 1, style)


def _growth(bars: int, style: str = "") -> ScreenColumn:
    return ScreenColumn(f"chg{bars}", f"{bars} bars, %", ValueKind.CHANGE, Rolling("chg", bars, CLOSE), style=style)


def _of_cases(name: str, label: str, kind: ValueKind, source: DetectionValue, places: int) -> ScreenColumn:
    return ScreenColumn(name, label, kind, source, places=places, style="far", cases=DetectionValue.CASES)


LAST = ScreenColumn("last", "Last", ValueKind.PRICE, CLOSE)
CHANGE = ScreenColumn("change", "%", ValueKind.CHANGE, Series("chg"))
"""Both are drawn as the live cells of a quote in every set."""

VOLUME = ScreenColumn("volume", "Volume", ValueKind.VOLUME, Series("volume"), style="wide")
MEAN_VOLUME = Rolling("avg", 20, Series("volume"))
RELATIVE_VOLUME = ScreenColumn("relvol", "Rel. vol.", ValueKind.NUMBER, Series("relvol"))

SETS: Mapping[str, ColumnSet] = {
    each.name: each
    for each in (
        ColumnSet("std", "Standard", (VOLUME, RELATIVE_VOLUME)),
        ColumnSet(
            "perf",
            "Performance",
            (
                _growth(5),
                _growth(21),
                _growth(63, "wide"),
                _growth(126, "far"),
                _growth(252, "wide"),
                ScreenColumn("ytd", "This year, %", ValueKind.CHANGE, Series("ytd"), style="far"),
                _distance("offhigh", "Off high, %", Rolling("max", 252, Series("high")), "far"),
                _distance("offlow", "Off low, %", Rolling("min", 252, Series("low")), "far"),
            ),
        ),
        ColumnSet(
            "tech",
            "Technical",
            (
                ScreenColumn("rsi14", "RSI 14", ValueKind.NUMBER, Series("rsi", 14), places=1),
                ScreenColumn("adx14", "ADX 14", ValueKind.NUMBER, Series("adx", 14), places=1, style="vast"),
                ScreenColumn("atrp14", "ATR, %", ValueKind.PERCENT, Series("atrp", 14), places=1, style="vast"),
                _distance("sma20", "To SMA 20, %", Series("sma", 20), "vast"),
                _distance("sma50", "To SMA 50, %", Series("sma", 50), "wide"),
                _distance("sma200", "To SMA 200, %", Series("sma", 200)),
                ScreenColumn("bb20", "Band place", ValueKind.NUMBER, Series("bb", 20, "place"), style="far"),
            ),
        ),
        ColumnSet(
            "vol",
            "Volume",
            (
                VOLUME._replace(style=""),
                ScreenColumn(
                    "avg20", "Mean of 20", ValueKind.VOLUME, Rolling("avg", 20, Series("volume")), style="wide"
                ),
                RELATIVE_VOLUME,
                ScreenColumn("money", "Money", ValueKind.VOLUME, Series("money"), style="wide"),
                ScreenColumn("gap", "Gap, %", ValueKind.CHANGE, Series("gap"), style="wide"),
            ),
        ),
        ColumnSet(
            "pat",
            "Patterns",
            (
                ScreenColumn("pattern", "Pattern", ValueKind.TEXT, DetectionValue.PATTERN, style="text"),
                ScreenColumn("tier", "Tier", ValueKind.TEXT, DetectionValue.TIER, style="wide"),
                ScreenColumn("conf", "Conf.", ValueKind.NUMBER, DetectionValue.CONFIDENCE, style="wide"),
                ScreenColumn("age", "Age, bars", ValueKind.NUMBER, DetectionValue.AGE, places=0),
                _of_cases("hitrate", "Hit rate 5, %", ValueKind.PERCENT, DetectionValue.HIT_RATE, 0),
                _of_cases("mean5", "Mean 5, %", ValueKind.CHANGE, DetectionValue.MEAN_RETURN, 2),
            ),
        ),
        ColumnSet(
            "risk",
            "Risk",
            (
                ScreenColumn("volatility", "Volatility, %", ValueKind.PERCENT, Series("volatility", 20), places=1),
                ScreenColumn("beta", "Beta", ValueKind.NUMBER, Series("beta", 252), style="wide"),
                ScreenColumn("corr", "Correlation", ValueKind.NUMBER, Series("corr", 252), style="wide"),
                ScreenColumn("worst", "Worst day, %", ValueKind.CHANGE, Rolling("min", 252, Series("chg"))),
                ScreenColumn("span", "Span, %", ValueKind.PERCENT, Series("span"), places=1, style="far"),
                ScreenColumn("atrp14", "ATR, %", ValueKind.PERCENT, Series("atrp", 14), places=1, style="far"),
            ),
        ),
    )
}
"""By the name in `cols=`."""

USUAL_SET = "std"
SYMBOL = "symbol"

SORTABLE: Mapping[str, ScreenColumn] = {
    column.name: column for column in (LAST, CHANGE, *(each for columns in SETS.values() for each in columns.columns))
}


class Sort(NamedTuple):
    """`name`: SYMBOL or a key of SORTABLE. Symbols without a value stand last in both directions."""

    name: str = SYMBOL
    descending: bool = False

    @property
    def text(self) -> str:
        return f"-{self.name}" if self.descending else self.name


def sort_order(text: str) -> Sort | None:
    """From `sort=`, such as `-relvol`; None if there is no such column."""
    sort = Sort(text.removeprefix("-"), text.startswith("-"))
    return sort if sort.name == SYMBOL or sort.name in SORTABLE else None


def value(column: ScreenColumn, row: Mapping[Source, CellValue]) -> CellValue:
    """Of a column, from the values of its sources."""
    source = row[column.source]
    if column.base is None:
        return source
    base = row[column.base]
    return 100 * (source / base - 1) if isinstance(source, float) and isinstance(base, float) and base else None


def number(column: ScreenColumn, row: Mapping[Source, CellValue]) -> float | None:
    """Of a column of numbers."""
    one = value(column, row)
    return None if isinstance(one, str) else one


def sources(columns: tuple[ScreenColumn, ...]) -> tuple[Source, ...]:
    """What these are made of, each once."""
    parts = (source for column in columns for source in (column.source, column.base, column.cases))
    return tuple(dict.fromkeys(source for source in parts if source is not None))


def operands(sources: Iterable[Source]) -> tuple[Operand, ...]:
    """Those of the `latest` row."""
    return tuple(source for source in sources if not isinstance(source, DetectionValue))

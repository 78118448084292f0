"""Random trees of rules that the parser accepts, for properties."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import msgspec
from hypothesis import strategies as st

from app.rules.catalogue import DETECTION_NUMBERS, FIELDS, WORD_FIELDS, Field, Unit
from app.rules.errors import RuleError, RuleProblem
from app.rules.names import TIMELESS
from app.rules.parse import parse
from app.rules.show import show
from app.rules.tree import (
    All,
    Among,
    Any,
    Compare,
    Comparison,
    Condition,
    Cross,
    Direction,
    Flag,
    ForLast,
    InLast,
    Not,
    Number,
    Operand,
    Rolling,
    RollingFunction,
    Rule,
    Series,
    Within,
)
from app.rules.units import unit_of

WORDS: Mapping[str, Sequence[str]] = {
    "symbol": ("BRK.B", "BF/B", "X:BTCUSD", "IBM", "M&M.NS"),
    "universe": ("sp500", "Tide 120"),
    "sector": ("Technology", "Energy", "Health Care"),
    "industry": ("Biotechnology", "Oil and Gas", "Software"),
    "exchange": ("XNAS", "XNYS"),
    "type": ("CS", "ETF"),
    "pattern": ("Hammer", "Doji", "GoldenCross"),
    "tier": ("daily", "intraday", "combo"),
    "direction": ("bullish", "bearish", "neutral"),
}
RANGES: Mapping[Unit | None, tuple[float, float]] = {
    Unit.PRICE: (1, 200),
    Unit.PERCENT: (-20, 20),
    Unit.RATIO: (-1, 3),
    Unit.INDEX: (0, 100),
    Unit.SHARES: (0, 2e6),
    Unit.MONEY: (0, 2e8),
    Unit.CONFIDENCE: (0, 1),
    Unit.BARS: (0, 10),
}
"""Of the numbers that a value of the unit is compared with."""

COMPARISONS = st.sampled_from(get_args(Comparison))
DIRECTIONS = st.sampled_from(get_args(Direction))
FUNCTIONS = st.sampled_from(get_args(RollingFunction))
SERIES_FIELDS = [
    *(field for field in FIELDS.values() if field.name not in DETECTION_NUMBERS and field.group != "Pattern"),
    FIELDS["hammer"],
    FIELDS["priceabovesma50"],
]


class RuleShape(NamedTuple):
    """What the trees may hold."""

    timeframe: str = "d"
    """The rule's own."""
    prefixes: Sequence[str] = ("w", "h")
    """Of other timeframes: at most two."""
    series: Sequence[Series | Rolling] = ()
    """Without prefix, factor and lag; all fields and functions if it is empty."""
    words: Mapping[str, Sequence[str]] = WORDS
    longest_lag: int = 10
    longest_period: int = 30
    """Bars of a period and of a function."""
    longest_window: int = 8
    factors: bool = True
    windows: bool = True
    detections: bool = True
    """Whether conditions on detections appear."""
    depth: int = 2
    """Groups inside each other."""

    def __repr__(self) -> str:
        """Short: a failure prints it many times."""
        return f"RuleShape({self.timeframe!r}, ...)"


def rules(shape: RuleShape | None = None) -> st.SearchStrategy[Rule]:
    shape = shape or RuleShape()
    return _rules(shape).filter(lambda rule: _small(rule, shape.timeframe))


def _small(rule: Rule, timeframe: str) -> bool:
    """Whether it keeps the limits; any other problem is an error."""
    reasons = problems(show(rule), timeframe)
    assert {problem.code for problem in reasons} <= {"limit"}, (show(rule), reasons)
    return not reasons


def problems(text: str, timeframe: str = "d") -> tuple[RuleProblem, ...]:
    try:
        parse(text, timeframe)
    except RuleError as error:
        return error.problems
    return ()


@st.composite
def _rules(draw: st.DrawFn, shape: RuleShape) -> Rule:
    return Rule(_conditions(draw, shape, shape.depth, "", 3))


def _conditions(draw: st.DrawFn, shape: RuleShape, depth: int, window: str, most: int = 2) -> tuple[Condition, ...]:
    return tuple(_condition(draw, shape, depth, window) for _ in range(draw(st.integers(1, most))))


def _condition(draw: st.DrawFn, shape: RuleShape, depth: int, window: str) -> Condition:
    """`window`: the timeframe of the window that it is in."""
    kinds = ["test", "test", "test", "words"]
    kinds += ["detection"] if shape.detections else []
    kinds += ["group", "group"] if depth else []
    kinds += ["window"] if depth and shape.windows else []
    match draw(st.sampled_from(kinds)):
        case "words":
            return _words(draw, shape)
        case "detection":
            return _detection_number(draw)
        case "group":
            group = draw(st.sampled_from((All, Any, Not)))
            return group(_conditions(draw, shape, depth - 1, window))
        case "window":
            timeframe = window or draw(st.sampled_from((shape.timeframe, *shape.prefixes)))
            bars = draw(st.integers(1, shape.longest_window))
            return draw(st.sampled_from((InLast, ForLast)))(bars, _conditions(draw, shape, depth - 1, timeframe))
    return _test(draw, shape, window)


def _words(draw: st.DrawFn, shape: RuleShape) -> Among:
    names = [name for name in shape.words if shape.detections or not WORD_FIELDS[name].of_detection]
    name = draw(st.sampled_from(names))
    return Among(name, tuple(draw(st.lists(st.sampled_from(shape.words[name]), min_size=1, max_size=2))))


def _detection_number(draw: st.DrawFn) -> Condition:
    operand = Series(draw(st.sampled_from(sorted(DETECTION_NUMBERS))))
    first, second = _number(draw, operand), _number(draw, operand)
    if draw(st.booleans()):
        return Compare(draw(COMPARISONS), operand, first)
    return _range(draw, operand, first, second)


def _test(draw: st.DrawFn, shape: RuleShape, window: str) -> Condition:
    """Of fields and functions that are not of a detection."""
    timeframe = window or draw(st.sampled_from((shape.timeframe, shape.timeframe, *shape.prefixes)))
    left = _operand(draw, shape, timeframe)
    if _timeless(left):
        kind = draw(st.sampled_from(("range", "compare")))
    else:
        kind = draw(st.sampled_from(("range", "range", "compare", "compare", "cross", "flag", "number")))
    match kind:
        case "range":
            return _range(draw, left, _right(draw, shape, left, window), _right(draw, shape, left, window))
        case "compare":
            return Compare(draw(COMPARISONS), left, _right(draw, shape, left, window))
        case "cross":
            right = _right(draw, shape, left, window)
            return Cross(draw(DIRECTIONS), left, _number(draw, left) if _timeless(right) else right)
        case "number":
            return Compare(draw(COMPARISONS), _number(draw, left), left)
    return Flag(left)


def _timeless(operand: Operand) -> bool:
    return isinstance(operand, Series) and operand.field in TIMELESS


def _range(draw: st.DrawFn, operand: Operand, low: Operand, high: Operand) -> Within:
    if isinstance(low, Number) and isinstance(high, Number) and low.value > high.value:
        low, high = high, low
    match draw(st.sampled_from(("low", "high", "both"))):
        case "low":
            return Within(operand, low)
        case "high":
            return Within(operand, None, high)
    return Within(operand, low, high)


def _right(draw: st.DrawFn, shape: RuleShape, left: Operand, window: str) -> Operand:
    """A number, or an operand that inherits the timeframe of the left side or has the prefix of another."""
    kind = draw(st.sampled_from(("number", "number", "prefix", "inherits")))
    if kind == "number":
        return _number(draw, left)
    inherited = shape.timeframe if isinstance(left, Number) else left.timeframe or shape.timeframe
    if kind == "inherits" and not _timeless(left):
        return msgspec.structs.replace(_operand(draw, shape, inherited), timeframe="")
    timeframe = window or draw(st.sampled_from((shape.timeframe, *shape.prefixes)))
    return _operand(draw, shape, timeframe, prefix=True)


def _number(draw: st.DrawFn, operand: Operand) -> Number:
    low, high = RANGES[unit_of(operand)]
    if high > 1_000:
        return Number(draw(st.integers(int(low), int(high) // 1_000)) * 1_000.0)
    return Number(draw(st.integers(int(low * 100), int(high * 100))) / 100)


def _operand(draw: st.DrawFn, shape: RuleShape, timeframe: str, prefix: bool = False) -> Series | Rolling:
    if shape.series:
        operand = draw(st.sampled_from([each for each in shape.series if timeframe in _leaf(each).timeframes]))
    else:
        operand = _any_operand(draw, shape, timeframe)
    if _timeless(operand):
        return operand
    plain = timeframe == shape.timeframe and not prefix and draw(st.booleans())
    times = draw(st.sampled_from((1.0, 1.0, 1.0, 0.98, 1.5))) if shape.factors else 1.0
    lag = draw(st.integers(0, shape.longest_lag)) if draw(st.booleans()) else 0
    return msgspec.structs.replace(operand, timeframe="" if plain else timeframe, times=times, lag=lag)


def _leaf(operand: Series | Rolling) -> Field:
    return FIELDS[operand.field] if isinstance(operand, Series) else _leaf(operand.of)


def _any_operand(draw: st.DrawFn, shape: RuleShape, timeframe: str) -> Series | Rolling:
    match draw(st.sampled_from(("series", "series", "rolling", "nested"))):
        case "rolling":
            return _rolling(draw, shape.longest_period, _series(draw, shape, timeframe, TIMELESS))
        case "nested":
            inside = _rolling(draw, shape.longest_period, _series(draw, shape, timeframe, TIMELESS))
            return _rolling(draw, 5, inside)
    return _series(draw, shape, timeframe, DETECTION_NUMBERS)


def _rolling(draw: st.DrawFn, most: int, inside: Series | Rolling) -> Rolling:
    return Rolling(draw(FUNCTIONS), draw(st.integers(1, most)), inside)


def _series(draw: st.DrawFn, shape: RuleShape, timeframe: str, without: frozenset[str]) -> Series:
    field = draw(st.sampled_from([each for each in SERIES_FIELDS if timeframe in each.timeframes]))
    if field.name in without:
        field = FIELDS["close"]
    period = 0
    if field.period and draw(st.booleans()):
        period = draw(st.integers(field.period.least, max(field.period.least, shape.longest_period)))
    elif field.period:
        period = field.period.usual
    return Series(field.name, period, draw(st.sampled_from(("", *(part.name for part in field.parts)))))

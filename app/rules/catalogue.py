"""The fields that a rule may name: one entry each, from which the parser, the form, the help page, SQL and the headers
of tables are made."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from app.finance import candles, crossings, levels, studies
from app.finance.bars import Timeframe
from app.rules.tree import Rolling, Series

TIMEFRAMES: Mapping[str, Timeframe] = {
    "m1": "1min",
    "m5": "5min",
    "m15": "15min",
    "m30": "30min",
    "h": "hourly",
    "d": "daily",
    "w": "weekly",
    "mo": "monthly",
}
"""By the prefix in a rule. No field has such a name."""

INTRADAY: tuple[str, ...] = ("m1", "m5", "m15", "m30", "h")
LONGEST_PERIOD = 252
"""Bars of a period, a window and a lag."""


class Unit(StrEnum):
    PRICE = "price"
    """In the instrument's currency and, against another price, adjusted for splits."""
    PERCENT = "percent"
    """In points: 3 is 3 %."""
    RATIO = "ratio"
    INDEX = "index"
    """0 to 100."""
    SHARES = "shares"
    MONEY = "money"
    CONFIDENCE = "confidence"
    """0 to 1."""
    BARS = "bars"


class PeriodRange(NamedTuple):
    usual: int
    least: int = 2
    most: int = LONGEST_PERIOD


class FieldPart(NamedTuple):
    """A second value of a field, such as the signal of MACD."""

    name: str
    label: str
    unit: Unit


class Field(NamedTuple):
    name: str
    label: str
    """As in "SMA {period}"."""
    description: str
    unit: Unit
    example: str
    """A rule that uses it."""
    period: PeriodRange | None = None
    parts: tuple[FieldPart, ...] = ()
    needs: int = 1
    """Bars until there is a value; with a period, bars beyond it."""
    smoothings: int = 1
    """How many periods follow each other until there is a value."""
    timeframes: tuple[str, ...] = tuple(TIMEFRAMES)
    aliases: tuple[str, ...] = ()
    group: str = "Price"
    """Heading in the form and on the help page."""

    def bars(self, period: int) -> int:
        """Bars until there is a value."""
        return self.needs + (self.smoothings * period if self.period else 0)

    def unit_of(self, part: str) -> Unit:
        return next((each.unit for each in self.parts if each.name == part), self.unit)


class WordField(NamedTuple):
    name: str
    label: str
    description: str
    example: str
    of_detection: bool = False
    """Whether it belongs to a detection rather than to a symbol."""


PRICES = (
    Field("close", "Close", "last price of the bar", Unit.PRICE, "close:5..50", aliases=("price", "last", "c")),
    Field("open", "Open", "first price of the bar", Unit.PRICE, "close:gt:open", aliases=("o",)),
    Field("high", "High", "highest price of the bar", Unit.PRICE, "close:gt:max252(high)@1"),
    Field("low", "Low", "lowest price of the bar", Unit.PRICE, "low:le:min252(low)"),
    Field("chg", "Change", "change from the close of the bar before", Unit.PERCENT, "chg:..-3", needs=2,
          aliases=("change", "percent")),
    Field("gap", "Gap", "open against the close of the bar before", Unit.PERCENT, "gap:3..,close:gt:open", needs=2),
    Field("span", "Span", "high against low of the bar", Unit.PERCENT, "span:5..", aliases=("barrange",)),
    Field("ytd", "Change this year", "change from the last close of the year before", Unit.PERCENT, "ytd:20..",
          needs=LONGEST_PERIOD + 2, timeframes=("d",)),
    Field("vwap", "VWAP", "mean price of the session so far, weighted by volume", Unit.PRICE,
          "for3(h.close:gt:vwap)", timeframes=INTRADAY),
)  # fmt: skip

VOLUMES = (
    Field("volume", "Volume", "shares traded in the bar", Unit.SHARES, "avg20(volume):500k..", aliases=("vol", "v"),
          group="Volume"),
    Field("money", "Money volume", "close times volume", Unit.MONEY, "avg20(money):5m..",
          aliases=("moneyvolume", "dollarvolume"), group="Volume"),
    Field("relvol", "Relative volume", "volume against the mean of the 20 bars before", Unit.RATIO, "relvol:2..",
          needs=21, aliases=("rvol", "relativevolume"), group="Volume"),
)  # fmt: skip

TRENDS = (
    Field("sma", "SMA {period}", "mean of the closes", Unit.PRICE, "close:gt:sma200", PeriodRange(20), needs=0,
          aliases=("ma",), group="Trend"),
    Field("ema", "EMA {period}", "exponential mean of the closes", Unit.PRICE, "ema12:gt:ema26", PeriodRange(12),
          needs=0, group="Trend"),
    Field("macd", "MACD", "EMA 12 less EMA 26", Unit.PRICE, "macd:up:macd.signal,macd:..0", needs=34, group="Trend",
          parts=(FieldPart("signal", "signal", Unit.PRICE), FieldPart("histogram", "histogram", Unit.PRICE))),
    Field("adx", "ADX {period}", "Wilder's directional index", Unit.INDEX, "adx14:25..", PeriodRange(14),
          needs=0, smoothings=2, group="Trend",
          parts=(FieldPart("plus", "+DI", Unit.INDEX), FieldPart("minus", "-DI", Unit.INDEX))),
    Field("rs", "Relative strength {period}", "growth over the period against that of the market", Unit.RATIO,
          "rs20:1.1..", PeriodRange(20), needs=1, aliases=("relstrength",), group="Trend"),
)  # fmt: skip

OSCILLATORS = (
    Field("rsi", "RSI {period}", "Wilder's relative strength index", Unit.INDEX, "rsi14:..30", PeriodRange(14), needs=1,
          group="Momentum"),
    Field("stoch", "Stochastic {period}", "slow stochastic, smoothed over 3 bars", Unit.INDEX, "stoch14:..20",
          PeriodRange(14), needs=4, group="Momentum", parts=(FieldPart("signal", "signal", Unit.INDEX),)),
)  # fmt: skip

VOLATILITIES = (
    Field("atr", "ATR {period}", "Wilder's average true range", Unit.PRICE, "atr14:1..", PeriodRange(14), needs=1,
          group="Volatility"),
    Field("atrp", "ATR {period}, %", "average true range in percent of the close", Unit.PERCENT, "atrp14:..2",
          PeriodRange(14), needs=1, group="Volatility"),
    Field("bb", "Bollinger {period}", "mean of the closes, bands two standard deviations about it", Unit.PRICE,
          "close:gt:bb20.upper", PeriodRange(20), needs=0, group="Volatility", aliases=("bollinger",),
          parts=(FieldPart("upper", "upper band", Unit.PRICE), FieldPart("lower", "lower band", Unit.PRICE),
                 FieldPart("width", "width", Unit.PERCENT), FieldPart("place", "place", Unit.RATIO))),
    Field("volatility", "Volatility {period}", "standard deviation of the changes of the bars, a year", Unit.PERCENT,
          "volatility20:..25", PeriodRange(20), needs=1, group="Volatility", timeframes=("d",)),
    Field("beta", "Beta {period}", "change against that of the market, by least squares", Unit.RATIO, "beta252:..0.8",
          PeriodRange(252, 20), needs=1, group="Volatility", timeframes=("d",)),
    Field("corr", "Correlation {period}", "of the changes of the bars with those of the market", Unit.RATIO,
          "corr252:..0.3", PeriodRange(252, 20), needs=1, group="Volatility", timeframes=("d",),
          aliases=("correlation",)),
)  # fmt: skip

SIZES = (
    Field("cap", "Market capitalisation", "as the database has it now", Unit.MONEY, "cap:10b..",
          aliases=("marketcap", "mcap"), group="Company"),
)  # fmt: skip

DETECTION_FIELDS = (
    Field("conf", "Confidence", "confidence of a detection", Unit.CONFIDENCE, "pattern:Hammer,conf:0.8..",
          aliases=("confidence",), group="Detection"),
    Field("age", "Age", "bars of its own timeframe since a detection's bar, 0 on it", Unit.BARS,
          "pattern:Doji,age:..3", group="Detection"),
)  # fmt: skip


def _pattern_fields() -> tuple[Field, ...]:
    names = [name for candle in candles.CANDLES for name in candle.names]
    names += [name for crossing in crossings.CROSSINGS for name in crossing.names]
    names += [*levels.NAMES]
    return tuple(
        Field(name.lower(), name, "confidence of this pattern on the bar, 0 without it", Unit.CONFIDENCE,
              f"{name.lower()}:0.8..", group="Pattern")
        for name in dict.fromkeys(names)
    )  # fmt: skip


PATTERN_FIELDS = _pattern_fields()
PATTERN_NAMES: Mapping[str, str] = {field.name: field.label for field in PATTERN_FIELDS}
"""Name of a detection's pattern by the name of its field."""

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        *PRICES, *VOLUMES, *TRENDS, *OSCILLATORS, *VOLATILITIES, *SIZES, *DETECTION_FIELDS, *PATTERN_FIELDS,
    )
}  # fmt: skip

ALIASES: Mapping[str, str] = {alias: field.name for field in FIELDS.values() for alias in field.aliases}

WORD_FIELDS: Mapping[str, WordField] = {
    field.name: field
    for field in (
        WordField("symbol", "Symbol", "the symbol itself", "symbol:BRK.B;BF/B;X:BTCUSD"),
        WordField("universe", "Universe", "a universe that it is a member of", "universe:sp500"),
        WordField("sector", "Sector", "its sector", "sector:Technology;Energy"),
        WordField("industry", "Industry", "its industry", "not(industry:Biotechnology)"),
        WordField("exchange", "Exchange", "where it is traded", "exchange:XNAS"),
        WordField("type", "Type", "such as CS for a common share, ETF", "type:ETF"),
        WordField("pattern", "Pattern", "name of a detection", "pattern:Hammer;Doji", True),
        WordField("tier", "Tier", "daily, intraday or combo", "pattern:Hammer,tier:daily", True),
        WordField("direction", "Direction", "bullish, bearish or neutral", "direction:bullish,age:..3", True),
    )
}

DETECTION_NUMBERS = frozenset(field.name for field in DETECTION_FIELDS)
DETECTION_WORDS = frozenset(field.name for field in WORD_FIELDS.values() if field.of_detection)

BENCHMARK = studies.BENCHMARK
"""Symbol that relative strength and beta are measured against."""

WINDOWS: tuple[tuple[str, str, int], ...] = (
    ("avg", "volume", 20), ("avg", "money", 20), ("max", "high", 20), ("min", "low", 20), ("max", "high", 252),
    ("min", "low", 252), ("chg", "close", 5), ("chg", "close", 21), ("chg", "close", 63), ("chg", "close", 126),
    ("chg", "close", 252), ("min", "chg", 252),
)  # fmt: skip
PERIODS: Mapping[str, tuple[int, ...]] = {
    "sma": (20, 50, 200), "ema": (12, 26), "adx": (14,), "rs": (20,), "rsi": (14,), "stoch": (14,), "atr": (14,),
    "atrp": (14,), "bb": (20,), "volatility": (20,), "beta": (252,),
    "corr": (252,),
}  # fmt: skip


def _columns() -> dict[Series | Rolling, str]:
    columns: dict[Series | Rolling, str] = {}
    for field in (*PRICES, *VOLUMES, *TRENDS, *OSCILLATORS, *VOLATILITIES):
        for period in PERIODS.get(field.name, ()) if field.period else (0,):
            for part in ("", *(each.name for each in field.parts)):
                name = f"{field.name}{period or ''}"
                columns[Series(field.name, period, part)] = f"{name}_{part}" if part else name
    for function, of, bars in WINDOWS:
        columns[Rolling(function, bars, Series(of))] = f"{function}{bars}_{of}"  # type: ignore[arg-type]
    return columns


COLUMNS: Mapping[Series | Rolling, str] = _columns()
"""Columns of the `latest` row by what they hold: one bar before in the column with `_1` behind its name."""

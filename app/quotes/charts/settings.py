"""What a chart shows, as its address says it."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeVar, get_args
from urllib.parse import parse_qsl, urlencode

from app.finance.adjust import PRICES, Prices
from app.finance.bars import Timeframe
from app.finance.periods import DATED
from app.finance.symbols import is_symbol

Style = Literal["candles", "bars", "line", "heikin"]
Scale = Literal["linear", "log"]

STYLES: tuple[Style, ...] = get_args(Style)
SCALES: tuple[Scale, ...] = get_args(Scale)
TIMEFRAMES: tuple[Timeframe, ...] = get_args(Timeframe)
SPANS: Mapping[str, Timeframe] = {
    "1d": "5min",
    "5d": "30min",
    "1m": "daily",
    "3m": "daily",
    "6m": "daily",
    "1y": "daily",
    "2y": "weekly",
    "5y": "weekly",
    "all": "monthly",
}
"""How far back a chart reaches, with the timeframe that is usual for it."""
USUAL_TIMEFRAME: Timeframe = "daily"
USUAL_KEY = "usual"

PARAMETERS = (
    "style", "timeframe", "range", "from", "to", "scale", "prices", "overlays", "panes", "compare", "lines",
)  # fmt: skip
"""Of an address, in the order of its one spelling."""

OVERLAYS: Mapping[str, int] = {"sma": 20, "ema": 20, "bb": 20, "vwap": 0, "levels": 0}
PANES: Mapping[str, int] = {"rsi": 14, "macd": 0, "atr": 14, "stoch": 14, "rs": 0}
"""Each study with its usual period in bars, 0 for those without one. `rs` is followed by a symbol."""
SHORTEST, LONGEST = 2, 250
"""Period of a study, in bars."""
MOST_OVERLAYS, MOST_PANES, MOST_COMPARED, MOST_LINES = 20, 3, 3, 8
LONGEST_LIST = 400
"""Characters of one parameter."""

T = TypeVar("T")


class SettingsError(ValueError):
    """An address that no chart has; the text says which parameter is wrong and what it may be."""


class ChartStudy(NamedTuple):
    """An indicator of the bars. `period` in bars, 0 without one; `symbol`: what it is relative to."""

    name: str
    period: int = 0
    symbol: str = ""

    @property
    def text(self) -> str:
        """As addresses spell it."""
        return ":".join(filter(None, (self.name, str(self.period or ""), self.symbol)))


class ChartSettings(NamedTuple):
    """`span`: a key of SPANS, or empty for the newest bars. `since` and `until` are dates of the exchange, both
    included; with one of them `span` is empty. `lines`: prices."""

    style: Style = "candles"
    timeframe: Timeframe = USUAL_TIMEFRAME
    span: str = ""
    since: date | None = None
    until: date | None = None
    scale: Scale = "linear"
    prices: Prices = "split"
    overlays: tuple[ChartStudy, ...] = ()
    panes: tuple[ChartStudy, ...] = ()
    compare: tuple[str, ...] = ()
    lines: tuple[float, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The parameters of the address that differ from the usual chart."""
        texts = {
            "style": self.style,
            "timeframe": self.timeframe,
            "range": self.span,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "scale": self.scale,
            "prices": self.prices,
            "overlays": ",".join(study.text for study in self.overlays),
            "panes": ",".join(study.text for study in self.panes),
            "compare": ",".join(self.compare),
            "lines": ",".join(f"{price:.10g}" for price in self.lines),
        }
        usual = {"style": "candles", "timeframe": usual_timeframe(self.span), "scale": "linear", "prices": "split"}
        return {name: text for name, text in texts.items() if text != usual.get(name, "")}

    def query(self) -> str:
        """The one spelling of these settings; empty for the usual chart."""
        return urlencode(self.values, safe=":,/^")

    @property
    def key(self) -> str:
        """For the name of a topic: letters, digits, `-` and `_` alone."""
        if not (query := self.query()):
            return USUAL_KEY
        return base64.urlsafe_b64encode(query.encode()).decode().rstrip("=")

    @property
    def is_live(self) -> bool:
        """Whether the newest bar belongs to it."""
        return self.until is None


def usual_timeframe(span: str) -> Timeframe:
    return SPANS.get(span, USUAL_TIMEFRAME)


def read_settings(arguments: Mapping[str, str]) -> ChartSettings:
    """Of an address; other parameters than PARAMETERS are ignored. Raises SettingsError."""
    texts = {name: arguments.get(name, "").strip() for name in PARAMETERS}
    for name, text in texts.items():
        if len(text) > LONGEST_LIST:
            raise SettingsError(f"{name}: it has more than {LONGEST_LIST} characters.")
    since, until = _day("from", texts["from"]), _day("to", texts["to"])
    if since and until and since > until:
        raise SettingsError("from: it is later than to.")
    span = "" if since or until else _one_of("range", texts["range"], ("", *SPANS), "")
    timeframe = _one_of("timeframe", texts["timeframe"], TIMEFRAMES, usual_timeframe(span))
    prices = _one_of("prices", texts["prices"], PRICES, "split")
    if prices == "total" and timeframe not in DATED:
        raise SettingsError("prices: total is of daily, weekly and monthly bars alone.")
    return ChartSettings(
        _one_of("style", texts["style"], STYLES, "candles"),
        timeframe,
        span,
        since,
        until,
        _one_of("scale", texts["scale"], SCALES, "linear"),
        prices,
        _list("overlays", texts["overlays"], MOST_OVERLAYS, lambda text: _study("overlays", text, OVERLAYS)),
        _list("panes", texts["panes"], MOST_PANES, lambda text: _study("panes", text, PANES)),
        _list("compare", texts["compare"], MOST_COMPARED, _symbol),
        _list("lines", texts["lines"], MOST_LINES, _price),
    )


def settings_of(key: str) -> ChartSettings | None:
    """Of ChartSettings.key; None for what is the key of no settings."""
    if key == USUAL_KEY:
        return ChartSettings()
    try:
        query = base64.b64decode(key + "=" * (-len(key) % 4), b"-_", validate=True).decode("ascii")
        settings = read_settings(_parameters(query))
    except (ValueError, SettingsError):
        return None
    return settings if settings.key == key else None


def _parameters(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, strict_parsing=True))


def _one_of(name: str, text: str, choices: Sequence[T], usual: T) -> T:
    if not text:
        return usual
    for choice in choices:
        if choice == text:
            return choice
    raise SettingsError(f"{name}: choose one of {', '.join(str(choice) for choice in choices if choice)}.")


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{name}: write a date as 2024-05-31.") from None
    if not 1900 <= day.year <= 2199:
        raise SettingsError(f"{name}: the year must be between 1900 and 2199.")
    return day


def _list(name: str, text: str, most: int, read: Callable[[str], T]) -> tuple[T, ...]:
    """Without repetitions, in the order of the text."""
    entries = dict.fromkeys(read(part.strip()) for part in text.split(",") if part.strip())
    if len(entries) > most:
        raise SettingsError(f"{name}: at most {most} can be drawn at once.")
    return tuple(entries)


def _study(parameter: str, text: str, studies: Mapping[str, int]) -> ChartStudy:
    name, _, rest = text.partition(":")
    if name not in studies:
        raise SettingsError(f"{parameter}: {name[:20]!r} is none of {', '.join(studies)}.")
    if name == "rs":
        return ChartStudy(name, 0, _symbol(rest, parameter))
    usual = studies[name]
    if not rest:
        return ChartStudy(name, usual)
    if not usual:
        raise SettingsError(f"{parameter}: {name} has no period.")
    if not (rest.isascii() and rest.isdigit() and SHORTEST <= int(rest) <= LONGEST):
        raise SettingsError(f"{parameter}: the period of {name} is a number of bars from {SHORTEST} to {LONGEST}.")
    return ChartStudy(name, int(rest))


def _symbol(text: str, parameter: str = "compare") -> str:
    if not is_symbol(text):
        raise SettingsError(f"{parameter}: {text[:20]!r} is no symbol. Write symbols as they are listed, such as IBM.")
    return text


def _price(text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not math.isfinite(price) or abs(price) > 1e12:
        raise SettingsError(f"lines: {text[:20]!r} is no price.")
    return price

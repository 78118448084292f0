"""Numbers, times and ids as people and selectors read them. Pure; also Jinja filters by the same names."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard
from zoneinfo import ZoneInfo

from app.finance.instrument import Instrument
from app.finance.markets import exchange_name
from app.identity import NumberForm, View

MISSING = "-"
MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
HOME_CURRENCY = "USD"
"""The desk's own currency goes unmarked; every other one is written beside its figures."""

MARKS = {
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "BRL": "R$",
    "CAD": "C$",
    "AUD": "A$",
    "HKD": "HK$",
}
MINOR_UNITS = {"GBp": "p", "GBX": "p", "ZAc": "c", "ILA": "ag."}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNSPEAKABLE = 1e15
BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
SWAPPED = str.maketrans(",.", ".,")
AMBIGUOUS_ZONES = frozenset({"Asia/Shanghai"})  # its CST reads as Chicago's

EXCHANGE = View(zone="America/New_York")
"""The clock of the exchange, by which market time is written."""

TIMEFRAME_NAMES = {
    "1min": "1 minute", "5min": "5 minutes", "15min": "15 minutes", "30min": "30 minutes",
    "combo": "combo: daily and intraday at once",
}  # fmt: skip


def price(value: float | None, instrument: Instrument, view: View) -> str:
    if not _known(value):
        return MISSING
    places = decimals(instrument.tick_size)
    if 0 < abs(value) < 1:
        places = max(places, 4)
    return _with_currency(_figures(value, places, view), instrument.currency)


def change(value: float | None, instrument: Instrument, view: View) -> str:
    return _signed(value, decimals(instrument.tick_size), view)


def percent(fraction: float | None, view: View) -> str:
    """0.0123 is +1.23%: a change, always signed."""
    text = _signed(None if fraction is None else fraction * 100, 2, view)
    return text if text == MISSING else f"{text}%"


def share(fraction: float | None, view: View) -> str:
    """0.87 is 87%: a part of a whole, never signed."""
    return f"{_figures(fraction * 100, 0, view)}%" if _known(fraction) else MISSING


def ratio(value: float | None, view: View, places: int = 2) -> str:
    return _figures(value, places, view) if _known(value) else MISSING


def volume(value: float | None, view: View) -> str:
    """Three significant figures: 999, 1.23K, 12.3M, 123B."""
    if not _known(value):
        return MISSING
    rounded = float(f"{value:.3g}") if abs(value) < UNSPEAKABLE else 0.0
    for power, letter in ((12, "T"), (9, "B"), (6, "M"), (3, "K")):
        if abs(rounded) >= 10**power:
            scaled = rounded / 10**power
            return _figures(scaled, max(0, 2 - int(math.log10(abs(scaled)))), view) + letter
    return _figures(value, 0, view)


def count(value: int | None, view: View) -> str:
    """Every digit: 1,234,567."""
    return _figures(value, 0, view) if _known(value) else MISSING


def arrow(value: float | None) -> str:
    return {"up": "▲", "down": "▼"}.get(tone(value), "")


def tone(value: float | None) -> str:
    """The CSS class of a change; its words are the sign and the arrow."""
    if not _known(value) or value == 0:
        return "flat"
    return "up" if value > 0 else "down"


def words(name: str) -> str:
    """DarkCloudCover and Dark_Cloud_Cover are Dark Cloud Cover, MACDCrossUp is MACD Cross Up."""
    return BETWEEN_WORDS.sub(" ", name)


def timeframe(name: str) -> str:
    """In words, where it is one of ours."""
    return TIMEFRAME_NAMES.get(name) or words(name)


def clock(at: float | None, view: View) -> str:
    """14:31:05 EDT"""
    when = _local(at, view)
    return f"{when:%H:%M:%S} {_abbreviation(when, view)}" if when else MISSING


def clock_seconds(at: float | None, view: View) -> int:
    """Seconds since midnight in the viewer's zone, from which static/figures.js counts on."""
    when = _local(at, view)
    return when.hour * 3600 + when.minute * 60 + when.second if when else 0


def stamp(at: float | None, view: View) -> str:
    """31 Aug 2012, 14:31 EDT"""
    when = _local(at, view)
    return f"{day(when.date())}, {when:%H:%M} {_abbreviation(when, view)}" if when else MISSING


def exchange_clock(at: float | None) -> str:
    """14:31:05 EDT, where the exchange is: how market time is written for every reader."""
    return clock(at, EXCHANGE)


def exchange_seconds(at: float | None) -> int:
    """As `clock_seconds`, where the exchange is."""
    return clock_seconds(at, EXCHANGE)


def exchange_stamp(at: float | None) -> str:
    """31 Aug 2012, 14:31 EDT, where the exchange is."""
    return stamp(at, EXCHANGE)


def elsewhere(at: float | None, view: View) -> bool:
    """Whether the viewer's clock shows another time than the exchange's at this moment."""
    return clock_seconds(at, view) != exchange_seconds(at)


def day(value: date | str | None) -> str:
    """31 Aug 2012, from a date or its ISO form"""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return MISSING
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}" if value else MISSING


def iso(at: float | None) -> str:
    """For the datetime attribute of <time>."""
    when = _local(at, View(zone="UTC"))
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when else ""


def age(seconds: float | None) -> str:
    """static/live.js counts on from data-age in the same words."""
    if not _known(seconds):
        return MISSING
    whole = int(min(max(0.0, seconds), UNSPEAKABLE))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"


def zone_name(zone: str) -> str:
    """America/New_York is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


def dom_id(kind: str, *parts: str) -> str:
    """[a-z0-9_-] only and injective, so that a symbol can never break or forge a selector."""
    return "-".join((kind, *(_escaped(part) for part in parts)))


@lru_cache(maxsize=65_536)
def _escaped(part: str) -> str:
    """Symbols are in capitals, which cost nothing. Behind `_0`, which nothing else begins with, the cases are swapped:
    names of patterns become shorter that way."""
    small = sum("a" <= letter <= "z" for letter in part)
    large = sum("A" <= letter <= "Z" for letter in part)
    swapped = small > large + len("_0")
    return ("_0" if swapped else "") + "".join(_escaped_letter(_swapped(each) if swapped else each) for each in part)


def _swapped(letter: str) -> str:
    return letter.swapcase() if letter.isascii() else letter


def _escaped_letter(letter: str) -> str:
    if "A" <= letter <= "Z":
        return letter.lower()
    if "0" <= letter <= "9":
        return letter
    if "a" <= letter <= "z":
        return f"_{letter}"
    return f"__{ord(letter):x}_"


@lru_cache(maxsize=256)
def decimals(tick_size: float) -> int:
    exponent = Decimal(str(tick_size)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 2


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _signed(value: float | None, places: int, view: View) -> str:
    if not _known(value):
        return MISSING
    text = _figures(value, places, view)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def _figures(value: float, places: int, view: View) -> str:
    text = f"{abs(value):.3e}" if abs(value) >= UNSPEAKABLE else f"{abs(value):,.{places}f}"
    if view.numbers is NumberForm.COMMA:
        text = text.translate(SWAPPED)
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def _with_currency(text: str, currency: str) -> str:
    if currency == HOME_CURRENCY:
        return text
    if currency in MINOR_UNITS:
        return text + MINOR_UNITS[currency]
    if mark := MARKS.get(currency):
        return f"{MINUS}{mark}{text[1:]}" if text.startswith(MINUS) else mark + text
    return f"{text}{NARROW}{currency}"


def _local(at: float | None, view: View) -> datetime | None:
    if not _known(at):
        return None
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(view.zone))
    except (OverflowError, ValueError, OSError):
        return None


def _abbreviation(when: datetime, view: View) -> str:
    name = when.tzname() or ""
    if name[:1] not in "+-" and view.zone not in AMBIGUOUS_ZONES:
        return name
    minutes = int((when.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{MINUS if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


FILTERS = (
    price,
    change,
    percent,
    share,
    ratio,
    volume,
    count,
    arrow,
    tone,
    words,
    timeframe,
    clock,
    clock_seconds,
    stamp,
    exchange_clock,
    exchange_seconds,
    exchange_stamp,
    elsewhere,
    day,
    iso,
    age,
    zone_name,
    exchange_name,
)

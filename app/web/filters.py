"""Numbers and ids as people and selectors read them. Pure; also Jinja filters by the same names."""

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard

from app.finance.instrument import Instrument
from app.finance.markets import exchange_name
from app.identity import NumberForm, View
from app.web import times
from app.web.times import MINUS, MISSING

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
UNITS = {"T": 1e12, "B": 1e9, "M": 1e6, "K": 1e3}
MINOR_UNITS = {"GBp": "p", "GBX": "p", "ZAc": "c", "ILA": "ag."}
LARGEST = 1e15
DEPTHS = {1: " d0", 2: "", 3: " d3", 4: " d4"}
"""By the decimals up to which each class is for."""
BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
SWAPPED = str.maketrans(",.", ".,")

TIMEFRAME_NAMES = {
    "1min": "1 minute", "5min": "5 minutes", "15min": "15 minutes", "30min": "30 minutes",
    "combo": "combo: daily and intraday at once",
}  # fmt: skip


def price(value: float | None, instrument: Instrument, view: View, places: int = 0) -> str:
    """`places`: of the column that it stands in; 0: its own."""
    if not _is_number(value):
        return MISSING
    return _with_currency(_figures(value, places or price_places(value, instrument), view), instrument.currency)


def price_places(value: float | None, instrument: Instrument) -> int:
    """Decimals of a price: those of its tick, and below one at least four."""
    places = decimals(instrument.tick_size)
    return max(places, 4) if value is not None and 0 < abs(value) < 1 else places


def decimals_class(places: int) -> str:
    """The CSS class of a cell with other than two decimals, by which static/css/quotes.css keeps points in line."""
    return next((name for most, name in DEPTHS.items() if places <= most), " d8")


def change(value: float | None, instrument: Instrument, view: View) -> str:
    return _signed(value, decimals(instrument.tick_size), view)


def percent(fraction: float | None, view: View) -> str:
    """0.0123 is +1.23%: a change, always signed."""
    text = _signed(None if fraction is None else fraction * 100, 2, view)
    return text if text == MISSING else f"{text}%"


def share(fraction: float | None, view: View) -> str:
    """0.87 is 87%: a part of a whole, never signed."""
    return f"{_figures(fraction * 100, 0, view)}%" if _is_number(fraction) else MISSING


def ratio(value: float | None, view: View, places: int = 2) -> str:
    return _figures(value, places, view) if _is_number(value) else MISSING


def volume(value: float | None, view: View) -> str:
    """Three significant figures: 999, 1.23K, 12.3M, 123B."""
    if not _is_number(value):
        return MISSING
    rounded = float(f"{value:.3g}") if abs(value) < LARGEST else 0.0
    for letter, size in UNITS.items():
        if abs(rounded) >= size:
            scaled = rounded / size
            return _figures(scaled, max(0, 2 - int(math.log10(abs(scaled)))), view) + letter
    return _figures(value, 0, view)


def volume_unit(values: Iterable[float | None]) -> str:
    """Of a column: the largest of T, B, M and K that its largest figure reaches, or none."""
    most = max((abs(value) for value in values if _is_number(value)), default=0.0)
    return next((unit for unit, size in UNITS.items() if most >= size), "")


def in_unit(value: float | None, unit: str, view: View) -> str:
    """Two decimals of a unit that stands in the head of the column; whole figures without one."""
    if not _is_number(value):
        return MISSING
    return _figures(value / UNITS[unit], 2, view) if unit else _figures(value, 0, view)


def count(value: int | None, view: View) -> str:
    """Every digit: 1,234,567."""
    return _figures(value, 0, view) if _is_number(value) else MISSING


def arrow(value: float | None) -> str:
    return {"up": "▲", "down": "▼"}.get(tone(value), "")


def tone(value: float | None) -> str:
    """The CSS class of a change; its words are the sign and the arrow."""
    if not _is_number(value) or value == 0:
        return "flat"
    return "up" if value > 0 else "down"


def words(name: str) -> str:
    """DarkCloudCover and Dark_Cloud_Cover are Dark Cloud Cover, MACDCrossUp is MACD Cross Up."""
    return BETWEEN_WORDS.sub(" ", name)


def timeframe(name: str) -> str:
    """In words, where it is one of ours."""
    return TIMEFRAME_NAMES.get(name) or words(name)


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


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _signed(value: float | None, places: int, view: View) -> str:
    if not _is_number(value):
        return MISSING
    text = _figures(value, places, view)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def _figures(value: float, places: int, view: View) -> str:
    text = f"{abs(value):.3e}" if abs(value) >= LARGEST else f"{abs(value):,.{places}f}"
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


FILTERS = (
    price,
    price_places,
    decimals,
    decimals_class,
    change,
    percent,
    share,
    ratio,
    volume,
    volume_unit,
    in_unit,
    count,
    arrow,
    tone,
    words,
    timeframe,
    exchange_name,
    *times.FILTERS,
)

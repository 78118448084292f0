"""Numbers as people read them: prices, changes, percentages, volumes. Pure functions of a value and a view, for pages,
e-mail and files alike; `filters` gives them to templates by the same names."""

import math
from bisect import bisect
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeGuard

from app.finance.instrument import Instrument
from app.identity import NumberForm, View
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
_VOLUME_FORMS = (
    (1.0, 0, ""),
    *((size, places, letter) for letter, size in reversed(UNITS.items()) for places in (2, 1, 0)),
)
"""Divisor, decimals and letter of volumes below each of _VOLUME_LIMITS, so that they have three significant figures."""
_VOLUME_LIMITS = [999.5, *(size * limit for size in reversed(UNITS.values()) for limit in (9.995, 99.95, 999.5))][:-1]
FINEST_PLACES = 8
"""A change below these decimals counts as none."""
MARKS_OF_FORMS = {
    NumberForm.COMMA: str.maketrans(",.", ".,"),
    NumberForm.SPACE: str.maketrans(",.", f"{NARROW},"),
}
"""What stands for the comma and the point of 1,234.56."""


def price(value: float | None, instrument: Instrument, view: View, places: int = 0) -> str:
    """`places`: of the column that it stands in; 0: its own."""
    if not is_number(value):
        return MISSING
    return _with_currency(_figures(value, places or price_places(value, instrument), view), instrument.currency)


def price_places(value: float | None, instrument: Instrument) -> int:
    """Decimals of a price: those of its tick, and below one at least four."""
    places = decimals(instrument.tick_size)
    return max(places, 4) if value is not None and 0 < abs(value) < 1 else places


def change(value: float | None, instrument: Instrument, view: View) -> str:
    return signed(value, change_places(value, instrument), view)


def change_places(value: float | None, instrument: Instrument) -> int:
    """Decimals of a change: those of the tick, and as many more as a smaller one needs not to look like none."""
    places = decimals(instrument.tick_size)
    if not is_number(value):
        return places
    return next((more for more in (places, 4, FINEST_PLACES) if abs(value) >= 0.5 / 10**more), places)


def signed(value: float | None, places: int, view: View) -> str:
    """With its sign, a rise too: +4.20."""
    if not is_number(value):
        return MISSING
    text = _figures(value, places, view)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def percent(fraction: float | None, view: View) -> str:
    """0.0123 is +1.23%: a change, always signed."""
    text = signed(None if fraction is None else fraction * 100, 2, view)
    return text if text == MISSING else f"{text}%"


def share(fraction: float | None, view: View) -> str:
    """0.87 is 87%: a part of a whole, never signed."""
    return f"{_figures(fraction * 100, 0, view)}%" if is_number(fraction) else MISSING


def ratio(value: float | None, view: View, places: int = 2) -> str:
    return _figures(value, places, view) if is_number(value) else MISSING


def figure(value: float | None, view: View) -> str:
    """Three significant figures, two decimals at least: 1,234.56, 52.83, 0.0123."""
    if not is_number(value):
        return MISSING
    places = 2 if abs(value) >= 10 or value == 0 else min(8, max(2, 2 - math.floor(math.log10(abs(value)))))
    return _figures(value, places, view)


def volume(value: float | None, view: View) -> str:
    """Three significant figures: 999, 1.23K, 12.3M, 123B."""
    if not is_number(value):
        return MISSING
    if not 0.5 < abs(value) < LARGEST:
        return _figures(value, 0, view)
    divisor, places, letter = _VOLUME_FORMS[bisect(_VOLUME_LIMITS, abs(value))]
    return in_form(f"{value / divisor:.{places}f}", view) + letter


def volume_unit(values: Iterable[float | None]) -> str:
    """Of a column: the largest of T, B, M and K that its largest figure reaches, or none."""
    most = max((abs(value) for value in values if is_number(value)), default=0.0)
    return next((unit for unit, size in UNITS.items() if most >= size), "")


def in_unit(value: float | None, unit: str, view: View) -> str:
    """Two decimals of a unit that stands in the head of the column; whole figures without one."""
    if not is_number(value):
        return MISSING
    return _figures(value / UNITS[unit], 2, view) if unit else _figures(value, 0, view)


def count(value: int | None, view: View) -> str:
    """Every digit: 1,234,567."""
    return _figures(value, 0, view) if is_number(value) else MISSING


@lru_cache(maxsize=256)
def decimals(tick_size: float) -> int:
    exponent = Decimal(str(tick_size)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 2


def is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def in_form(figures: str, view: View) -> str:
    """Figures with commas, points and hyphens as the view writes them."""
    text = figures.replace("-", MINUS)
    return text.translate(MARKS_OF_FORMS[view.numbers]) if view.numbers in MARKS_OF_FORMS else text


def _figures(value: float, places: int, view: View) -> str:
    text = f"{abs(value):.3e}" if abs(value) >= LARGEST else f"{abs(value):,.{places}f}"
    if view.numbers in MARKS_OF_FORMS:
        text = text.translate(MARKS_OF_FORMS[view.numbers])
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def _with_currency(text: str, currency: str) -> str:
    if currency == HOME_CURRENCY:
        return text
    if currency in MINOR_UNITS:
        return text + MINOR_UNITS[currency]
    if mark := MARKS.get(currency):
        return f"{MINUS}{mark}{text[1:]}" if text.startswith(MINUS) else mark + text
    return f"{text}{NARROW}{currency}"

"""What templates call, by name: numbers, times, words and tones as Jinja filters; ids as a function."""

import re
from functools import lru_cache
from urllib.parse import quote

from app.finance.markets import exchange_name
from app.web import numbers, times

DEPTHS = {1: " d0", 2: "", 3: " d3", 4: " d4"}
"""By the decimals up to which each class is for."""
BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")

TIMEFRAME_NAMES = {
    "1min": "1 minute", "5min": "5 minutes", "15min": "15 minutes", "30min": "30 minutes",
    "combo": "combo: daily and intraday at once",
}  # fmt: skip


def decimals_class(places: int) -> str:
    """The CSS class of a cell with other than two decimals, by which static/css/quotes.css keeps points in line."""
    return next((name for most, name in DEPTHS.items() if places <= most), " d8")


def arrow(value: float | None) -> str:
    return {"up": "▲", "down": "▼"}.get(tone(value), "")


def tone(value: float | None) -> str:
    """The CSS class of a change; its words are the sign and the arrow."""
    if not numbers.is_number(value) or value == 0:
        return "flat"
    return "up" if value > 0 else "down"


def words(name: str) -> str:
    """DarkCloudCover and Dark_Cloud_Cover are Dark Cloud Cover, MACDCrossUp is MACD Cross Up."""
    return BETWEEN_WORDS.sub(" ", name)


def timeframe(name: str) -> str:
    """In words, where it is one of ours."""
    return TIMEFRAME_NAMES.get(name) or words(name)


def symbol_path(symbol: str) -> str:
    """The address of a symbol's page. A slash in the symbol is written as %2F."""
    return f"/s/{quote(symbol, safe='')}"


def detection_path(symbol: str, pattern: str, timeframe: str, at: float) -> str:
    """The address of the page of one detection; `at` in UTC epoch seconds."""
    return f"/detections/{quote(f'{symbol}/{pattern}/{timeframe}')}/{times.iso(at)}"


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


FILTERS = (
    numbers.price,
    numbers.price_places,
    numbers.change,
    numbers.change_places,
    numbers.percent,
    numbers.share,
    numbers.ratio,
    numbers.figure,
    numbers.volume,
    numbers.volume_unit,
    numbers.in_unit,
    numbers.count,
    times.clock,
    times.clock_seconds,
    times.stamp,
    times.exchange_clock,
    times.exchange_seconds,
    times.exchange_stamp,
    times.exchange_day,
    times.differs_from_exchange,
    times.day,
    times.iso,
    times.age,
    times.zone_name,
    decimals_class,
    arrow,
    tone,
    words,
    timeframe,
    exchange_name,
)

"""Parses numbers in the formats that files use, to prices of four decimals and whole volumes."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Comma = Literal["decimal", "thousands"]
"""What a comma means in the numbers of a file; a point is the other of the two."""

UNITS = 10_000
"""Of a price in 1: what its column numeric(14, 4) keeps."""
NOISE = 1e-12
"""What arithmetic in floats leaves on a price, as a share of it: 101.12999999999998 is 101.13."""
MOST_NOISE = 0.05
"""In units, where a share would be more: of ten thousand millions a float keeps hardly five decimals."""
MOST_VOLUME = 2.0**53
"""What can be told apart by a float."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_ODD = re.compile(r"[^0-9.eE+,-]")
_CURRENCY = re.compile(r"([+-]?)[$€£¥] ?(?=[0-9.])")
_GROUPED: dict[Comma, re.Pattern[str]] = {
    "decimal": re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?"),
    "thousands": re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?"),
}
_COULD_BE_BOTH = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_SIGNED = re.compile(r"[+-]?([0-9]+[.,][0-9]*|[.,][0-9]+)")


class Column(NamedTuple):
    values: Floats
    """NaN where it is no number."""
    texts: list[str]
    """As PostgreSQL reads them."""


class Prices(NamedTuple):
    units: Floats
    """Whole ten-thousandths; NaN where it is no number."""
    texts: list[str]
    finer: Flags
    """Which have more decimals than are stored."""


def read(column: list[str], comma: Comma | None = None) -> Column:
    # float() takes more than PostgreSQL does (1_000, other scripts' digits, odd spaces): those go the slow way.
    joined = ",".join(column)
    if not _ODD.search(joined) and not (comma == "decimal" and "." in joined):
        try:
            return Column(np.array(list(map(float, column))), column)
        except ValueError:
            pass
    texts = [plain(text, comma) for text in column]
    return Column(np.array([float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts]), texts)


def plain(text: str, comma: Comma | None) -> str:
    """Without currency and thousands, with a decimal point; empty where a point is none that `comma` allows."""
    text = _CURRENCY.sub(r"\1", text.strip(), count=1)
    if comma == "decimal":
        if _GROUPED["decimal"].fullmatch(text):
            return text.replace(".", "").replace(",", ".")
        return "" if "." in text else text.replace(",", ".", 1)
    return text.replace(",", "") if comma == "thousands" and _GROUPED["thousands"].fullmatch(text) else text


def commas(columns: Iterable[Iterable[str]]) -> set[Comma]:
    """What numbers prove: both, where they contradict each other."""
    return {meaning for column in columns for text in set(column) if (meaning := _proof(text))}


def prices(column: Column) -> Prices:
    """A price that is exactly a float of 32 bits means the shortest decimal that is that float: 101.12999725341797."""
    with np.errstate(all="ignore"):
        scaled = column.values * UNITS
        units = np.rint(scaled)
        finer = np.abs(scaled - units) > np.minimum(np.abs(units) * NOISE, MOST_NOISE)
        if not finer.any():
            return Prices(units, column.texts, finer)
        texts = list(column.texts)
        for at in np.flatnonzero(finer).tolist():
            if short := _short(column.values[at]):
                units[at], texts[at], finer[at] = np.rint(float(short) * UNITS), short, False
    return Prices(units, texts, finer)


def whole(volume: Column) -> list[str]:
    """Shares are counted whole; providers that trade parts of them say 12.5."""
    if "".join(volume.texts).isdigit():
        return volume.texts
    rounded = np.rint(np.clip(np.nan_to_num(volume.values), 0, MOST_VOLUME)).astype(np.int64).tolist()
    return [text if text.isdigit() else str(number) for text, number in zip(volume.texts, rounded, strict=True)]


def _short(value: np.float64) -> str:
    """Empty where it is no float of 32 bits, or one with more decimals than are stored."""
    narrow = np.float32(value)
    short = np.format_float_positional(narrow, unique=True, trim="-")
    return short if float(narrow) == value and len(short.partition(".")[2]) <= 4 else ""


def _proof(text: str) -> Comma | None:
    text = _CURRENCY.sub(r"\1", text.strip(), count=1)
    for meaning, form in _GROUPED.items():
        if form.fullmatch(text) and not _COULD_BE_BOTH.fullmatch(text):
            return meaning
    if not _SIGNED.fullmatch(text) or _COULD_BE_BOTH.fullmatch(text):
        return None
    return "decimal" if "," in text else "thousands"

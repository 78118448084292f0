"""Parses numbers in the formats that files use, to prices of four decimals and whole volumes."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Comma = Literal["decimal", "thousands"]
"""The meaning of a comma in the numbers of a file; a point has the other one."""

UNITS = 10_000
"""Units of a price of 1, as in numeric(14, 4)."""
NOISE = 1e-12
"""Relative error of float arithmetic on a price: 101.12999999999998 is 101.13."""
MOST_NOISE = 0.05
"""The same in units, for large prices."""
MOST_VOLUME = 2.0**53
"""Largest integer that a float holds exactly."""

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
    """NaN where the text is no number."""
    texts: list[str]
    """In PostgreSQL's notation."""


class Prices(NamedTuple):
    units: Floats
    """Ten-thousandths; NaN where the text is no number."""
    texts: list[str]
    finer: Flags
    """Which have more decimals than are stored."""


def read(column: list[str], comma: Comma | None = None) -> Column:
    # float() accepts more than PostgreSQL (1_000, other digits, odd spaces): such columns take the slow way.
    joined = ",".join(column)
    if not _ODD.search(joined) and not (comma == "decimal" and "." in joined):
        try:
            return Column(np.array(list(map(float, column))), column)
        except ValueError:
            pass
    texts = [plain(text, comma) for text in column]
    return Column(np.array([float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts]), texts)


def plain(text: str, comma: Comma | None) -> str:
    """Without currency and thousands separators, with a decimal point; empty where `comma` forbids the point."""
    text = _CURRENCY.sub(r"\1", text.strip(), count=1)
    if comma == "decimal":
        if _GROUPED["decimal"].fullmatch(text):
            return text.replace(".", "").replace(",", ".")
        return "" if "." in text else text.replace(",", ".", 1)
    return text.replace(",", "") if comma == "thousands" and _GROUPED["thousands"].fullmatch(text) else text


def commas(columns: Iterable[Iterable[str]]) -> set[Comma]:
    """The meanings that numbers prove; both where they contradict each other."""
    return {meaning for column in columns for text in set(column) if (meaning := _proof(text))}


def prices(column: Column) -> Prices:
    """A price that is exactly a 32-bit float means its shortest decimal: 101.12999725341797 is 101.13."""
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
    """Rounded to whole shares; some providers write 12.5."""
    if "".join(volume.texts).isdigit():
        return volume.texts
    rounded = np.rint(np.clip(np.nan_to_num(volume.values), 0, MOST_VOLUME)).astype(np.int64).tolist()
    return [text if text.isdigit() else str(number) for text, number in zip(volume.texts, rounded, strict=True)]


def _short(value: np.float64) -> str:
    """The shortest decimal of a 32-bit float; empty for another float or more than four decimals."""
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

"""How wide a text is in the font of chart pictures."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

WIDTHS = Path(__file__).resolve().parents[3] / "config/fonts/widths.json"
UNKNOWN = "\N{WHITE SQUARE}"
ELLIPSIS = "…"

FontStyle = Literal["Regular", "SemiBold"]


@cache
def widths() -> Mapping[FontStyle, Mapping[str, float]]:
    """Of each letter, in thousandths of the font's size."""
    table: Mapping[FontStyle, Mapping[str, float]] = json.loads(WIDTHS.read_text(encoding="utf-8"))
    return table


def text_width(text: str, size: float, style: FontStyle = "Regular") -> float:
    """`size` and the width have the same unit."""
    letters = widths()[style]
    return size * sum(letters.get(letter, letters[UNKNOWN]) for letter in text) / 1000


def drawable(text: str) -> str:
    """With a sign for letters that the font does not have."""
    letters = widths()["Regular"]
    return "".join(letter if letter in letters else UNKNOWN for letter in text)


def shortened(text: str, size: float, width: float, style: FontStyle = "Regular") -> str:
    """`text`, or as many of its first letters as fit with an ellipsis; empty if not even one does."""
    if text_width(text, size, style) <= width:
        return text
    count = len(text)
    while count and text_width(text[:count].rstrip() + ELLIPSIS, size, style) > width:
        count -= 1
    return text[:count].rstrip() + ELLIPSIS if count else ""

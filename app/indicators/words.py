"""Display names of indicators and their signals."""

import re

SIGNALS = {"above": "price above it", "below": "price below it"}
OVERBOUGHT, OVERSOLD = 70.0, 30.0
NUMBER = re.compile(r"(?<=[A-Za-z])(?=[0-9])")


def name(indicator: str) -> str:
    """RSI14 is RSI 14, relative_strength is Relative strength."""
    spaced = NUMBER.sub(" ", indicator).replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def signal(indicator: str, value: float, text: str) -> str:
    """As stored; for relative strength derived from the value if nothing is stored."""
    if text:
        word = text.lower().replace("_", " ")
        return SIGNALS.get(word, word)
    if not indicator.upper().startswith("RSI"):
        return ""
    return "overbought" if value > OVERBOUGHT else "oversold" if value < OVERSOLD else ""


def places(value: float) -> int:
    return 2 if abs(value) >= 1 else 4

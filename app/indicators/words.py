"""Display names of indicators and their signals."""

import re

SIGNALS = {"above": "price above it", "below": "price below it"}
OVERBOUGHT, OVERSOLD = 70.0, 30.0
ALERTS = {
    "RSI_OVERBOUGHT": ("RSI overbought", "neutral"),
    "RSI_OVERSOLD": ("RSI oversold", "neutral"),
    "MACD_BULLISH_CROSS": ("MACD above its signal", "bullish"),
    "MACD_BEARISH_CROSS": ("MACD below its signal", "bearish"),
    "BB_UPPER_BREAK": ("Close above the upper Bollinger band", "bullish"),
    "BB_LOWER_BREAK": ("Close below the lower Bollinger band", "bearish"),
    "SMA50_CROSS_ABOVE": ("Close above SMA 50", "bullish"),
    "SMA50_CROSS_BELOW": ("Close below SMA 50", "bearish"),
}
"""What an alert says, and its direction."""
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


def alert(alert: str) -> tuple[str, str]:
    """What it says, and its direction; an unknown one is named as it came, and neutral."""
    return ALERTS.get(alert) or (alert.replace("_", " "), "neutral")


def places(value: float) -> int:
    return 2 if abs(value) >= 1 else 4

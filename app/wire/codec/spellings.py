"""Normalizes words that producers spell differently: timeframes, directions, severities, states of a run."""

from app.wire.events.patterns import Direction

TIERS = {"daily", "intraday", "combo", "hourly", "weekly", "monthly", "fallback"}

_TIMEFRAMES = {
    "1m": "1min",
    "1minute": "1min",
    "minute": "1min",
    "5m": "5min",
    "15m": "15min",
    "30m": "30min",
    "1h": "hourly",
    "1hour": "hourly",
    "hour": "hourly",
    "1d": "daily",
    "1day": "daily",
    "day": "daily",
    "1w": "weekly",
    "1week": "weekly",
    "week": "weekly",
    "1month": "monthly",
    "month": "monthly",
}

CANCELLATIONS = {"cancelled", "canceled", "stopped", "aborted"}
FAILURES = {"failed", "failure", "error"}

_SEVERITIES = {
    "fatal": "critical",
    "emergency": "emergency",
    "critical": "critical",
    "high": "error",
    "error": "error",
    "warn": "warning",
    "warning": "warning",
    "medium": "warning",
    "low": "info",
    "info": "info",
    "information": "info",
    "debug": "debug",
}

_STATES = {
    **dict.fromkeys(("started", "triggered", "start", "starting", "queued", "pending"), "started"),
    **dict.fromkeys(("progress", "update", "running", "processing", "active"), "running"),
    **dict.fromkeys(("completed", "complete", "finished", "success", "successful", "done"), "completed"),
    **dict.fromkeys(FAILURES, "failed"),
    **dict.fromkeys(CANCELLATIONS, "cancelled"),
    "completed_with_errors": "completed",
}

_BULLISH = {"bullish", "bull", "up", "long", "buy"}
_BEARISH = {"bearish", "bear", "down", "short", "sell"}


def timeframe(value: str) -> str:
    word = value.lower()
    return _TIMEFRAMES.get(word, word)


def severity(value: str, otherwise: str) -> str:
    return _SEVERITIES.get(value, otherwise)


def state(value: str) -> str:
    """Of a run: started, running, completed, failed, cancelled; empty for any other word."""
    return _STATES.get(value, "")


def direction(value: str, pattern: str) -> Direction:
    """As said; where nothing is said, as the pattern's own name tells."""
    word = value.lower()
    name = pattern.lower() if not word else ""
    if word in _BULLISH or "bull" in name:
        return "bullish"
    if word in _BEARISH or "bear" in name:
        return "bearish"
    return "neutral"

"""Example messages of the market's channels: ticks and patterns."""

from app.wire.channels import Meaning
from app.wire.events.event import PatternDetected, PatternExpired, PatternUpdated, Tick
from tests.support.messages import AT, ISO, OFFSET, Variant, enveloped

ONE = {"symbol": "MSFT", "pattern_type": "MACrossover", "timestamp": ISO, "confidence": 0.91, "timeframe": "1min"}
LIVE = {"symbol": "MSFT", "pattern": "MACrossover", "timestamp": ISO, "confidence": 0.91, "timeframe": "1min"}
STRONG = {"symbol": "MSFT", "pattern": "MACrossover", "confidence": 0.91, "timeframe": "1min", "at": AT}

TICKS: list[Variant] = [
    (
        Meaning.TICKS,
        {
            "ticker": "IBM",
            "price": 281.5,
            "volume": 40,
            "timestamp": AT,
            "event_type": "A",
            "source": "polygon",
            "tick_open": 281.0,
            "tick_vwap": None,
        },
        Tick,
        {"symbol": "IBM", "price": 281.5, "volume": 40, "at": AT, "open": 281.0, "vwap": None, "source": "polygon"},
    ),
    (
        Meaning.TICKS,
        {"event_type": "tick_data", "ticker": "IBM", "price": 281.5, "timestamp": AT, "market_status": "PRE"},
        Tick,
        {"symbol": "IBM", "price": 281.5, "volume": 0},
    ),
    (
        Meaning.TICKS,
        {"type": "market_tick", "symbol": "IBM", "price": 281.5, "volume": 0, "timestamp": AT * 1000},
        Tick,
        {"symbol": "IBM", "at": AT},
    ),
]

PATTERNS: list[Variant] = [
    (
        Meaning.PATTERNS,
        {"event": "pattern_detected", "session_id": "s1", "timestamp": ISO, "detection": ONE},
        PatternDetected,
        {**STRONG, "run_id": "s1"},
    ),
    (
        Meaning.PATTERNS,
        {
            "event": "pattern_detected",
            **ONE,
            "price": 412.5,
            "metadata": {"volume": 900},
            "indicators": {"rsi": 61.0, "relative_volume": 1.4},
        },
        PatternDetected,
        {**STRONG, "price": 412.5, "volume": 900, "rsi": 61.0, "relative_volume": 1.4},
    ),
    (
        Meaning.PATTERNS,
        {"type": "streaming_pattern", "detection": {**ONE, "bar_data": {"close": 412.5, "volume": 900}}},
        PatternDetected,
        {**STRONG, "price": 412.5, "volume": 900},
    ),
    (Meaning.PATTERNS, {"type": "streaming_pattern", "detection": LIVE}, PatternDetected, STRONG),
    (
        Meaning.PATTERNS,
        {"type": "streaming_patterns_batch", "patterns": [LIVE], "count": 1, "batch_timestamp": ISO},
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        enveloped("pattern_detected", **LIVE, run_id="r9", levels=[], pattern_data={"entry_price": 412.5}),
        PatternDetected,
        {**STRONG, "run_id": "r9", "price": 412.5, "published_at": AT},
    ),
    (
        Meaning.PATTERNS,
        {"event_type": "pattern_detected", "timestamp": AT, **LIVE, "rs": 1.1, "volume_multiple": 2.0},
        PatternDetected,
        {**STRONG, "relative_strength": 1.1, "relative_volume": 2.0},
    ),
    (
        Meaning.PATTERNS,
        {"symbol": "IBM", "pattern": "Doji", "timestamp": AT, "data": {"source": "daily"}},
        PatternDetected,
        {"tier": "daily", "timeframe": "daily"},
    ),
    (
        Meaning.PATTERNS,
        enveloped(
            "pattern_detected",
            **LIVE,
            pattern_data={"entry_price": 412.5, "stop_loss": 405.0, "target_price": 430.0},
            levels=[{"type": "support", "value": 404.0}, {"type": "resistance", "value": "431.5"}, {"value": 1}, 7],
        ),
        PatternDetected,
        {
            "price": 412.5,
            "stop_loss": 405.0,
            "target_price": 430.0,
            "levels": (("support", 404.0), ("resistance", 431.5)),
        },
    ),
    (
        Meaning.PATTERNS,
        {"type": "streaming_patterns_batch", "patterns": [{"detection": LIVE}], "batch_timestamp": OFFSET},
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {
            "event": "pattern_detected",
            "symbol": "MSFT",
            "pattern_type": "Doji",
            "indicators": {"volume": 900},
            "metadata": {"bar_timestamp": ISO},
        },
        PatternDetected,
        {"volume": 900, "at": AT},
    ),
    (
        Meaning.PATTERNS,
        {"event_type": "pattern_detected", "timestamp": AT + 1, "pattern_data": {**LIVE, "current_price": 412.5}},
        PatternDetected,
        {**STRONG, "price": 412.5, "published_at": AT + 1},
    ),
    (
        Meaning.PATTERNS,
        enveloped("pattern_detected", pattern_data={**ONE, "type": "reversal"}),
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {
            "event_type": "pattern_detected",
            "symbol": "MSFT",
            "timestamp": ISO,
            "pattern_data": {**LIVE, "symbol": None},
        },
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {"type": "streaming_patterns_batch", "patterns": [{"pattern_data": LIVE}], "batch_timestamp": ISO},
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {"event_type": "pattern_detected", "pattern": {**LIVE, "pattern": None, "name": "MACrossover"}},
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {
            "event": "pattern_detected",
            **LIVE,
            "pattern_data": {"type": "reversal", "confidence": 0.1, "timestamp": "?"},
        },
        PatternDetected,
        STRONG,
    ),
    (
        Meaning.PATTERNS,
        {"pattern": "Doji", "symbol": "MSFT", "timestamp": ISO, "direction": "long", "timeframe": "1d"},
        PatternDetected,
        {"pattern": "Doji", "direction": "bullish", "timeframe": "daily", "at": AT},
    ),
    (Meaning.PATTERNS, {"event_type": "pattern_updated", "data": LIVE}, PatternUpdated, STRONG),
    (
        Meaning.PATTERNS,
        {"event_type": "pattern_expired", "data": {"symbol": "IBM", "pattern_name": "Doji"}},
        PatternExpired,
        {"symbol": "IBM", "pattern": "Doji", "confidence": 0.0},
    ),
]

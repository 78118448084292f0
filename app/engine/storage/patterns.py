"""Writes detected patterns and indicator values; every write is idempotent."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from asyncpg import Connection

from app.engine.storage.bars import Statement
from app.finance.detections import LIFE, tier
from app.wire.events.event import IndicatorCalculated, PatternDetected

PATTERNS = """
insert into {tier}_patterns
       (symbol, pattern_type, timeframe, detection_timestamp, {expires}, confidence, levels, pattern_data)
select symbol, pattern, timeframe, at, until, confidence, string_to_array(levels, ' ')::numeric[], data::jsonb
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::float8[], $7::text[],
              $8::text[])
       as found (symbol, pattern, timeframe, at, until, confidence, levels, data)
on conflict (symbol, pattern_type, timeframe, detection_timestamp) do update
   set confidence = excluded.confidence, levels = excluded.levels, pattern_data = excluded.pattern_data
"""

INDICATORS = """
insert into {tier}_indicators (symbol, indicator_type, timeframe, calculation_timestamp, {expires}, value_data)
select symbol, indicator, timeframe, at, until, data::jsonb
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
       as found (symbol, indicator, timeframe, at, until, data)
on conflict (symbol, indicator_type, timeframe, calculation_timestamp) do update set value_data = excluded.value_data
"""

TIERS: Mapping[str, Mapping[str, str]] = {
    "intraday": {"tier": "intraday", "expires": "expiration_timestamp"},
    "daily": {"tier": "daily", "expires": "expiration_date"},
    "combo": {"tier": "daily_intraday", "expires": "expiration_timestamp"},
}
"""Hours are stored with intraday rows and weeks with daily ones: every row has its timeframe."""


def patterns_insert(patterns: Iterable[PatternDetected], tables: Collection[str]) -> list[Statement]:
    """`tables`: the existing ones."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    for event in patterns:
        rows.setdefault(event.tier, []).append(_pattern_row(event))
    return [
        Statement(PATTERNS.format(**TIERS[tier]), [*zip(*sorted(own, key=lambda row: row[:4]), strict=True)])
        for tier, own in rows.items()
        if tier in TIERS and f"{TIERS[tier]['tier']}_patterns" in tables
    ]


def indicators_insert(indicators: Iterable[IndicatorCalculated]) -> list[Statement]:
    rows: dict[str, list[tuple[str, str, str, datetime, datetime, str]]] = {}
    for event in indicators:
        rows.setdefault(tier(event.timeframe), []).append(_indicator_row(event))
    return [
        Statement(INDICATORS.format(**TIERS[tier]), [*zip(*sorted(own), strict=True)]) for tier, own in rows.items()
    ]


async def forget_indicators(connection: Connection, before: float, limit: int) -> int:
    """Deletes at most `limit` expired values of minutes and returns their number: a whole session would block the table
    for minutes."""
    tag = await connection.execute(
        """
        delete from intraday_indicators
         where ctid = any(array(select ctid from intraday_indicators where expiration_timestamp < $1 limit $2))
        """,
        _moment(before),
        limit,
    )
    return int(tag.rpartition(" ")[2])


def _pattern_row(event: PatternDetected) -> tuple[object, ...]:
    data = {
        "direction": event.direction,
        "price": event.price,
        "price_change": event.price_change,
        "volume": event.volume,
        "relative_volume": event.relative_volume,
        "relative_strength": event.relative_strength,
        "rsi": event.rsi,
        "levels": dict(event.levels),
        "stop_loss": event.stop_loss,
        "target_price": event.target_price,
        "flow_id": event.flow_id,
    }
    levels = " ".join(str(price) for _, price in event.levels)
    until = _moment(event.expires_at or event.at)
    return (
        event.symbol, event.pattern, event.timeframe, _moment(event.at), until, event.confidence, levels,
        _json({name: value for name, value in data.items() if value not in (None, {})}),
    )  # fmt: skip


def _indicator_row(event: IndicatorCalculated) -> tuple[str, str, str, datetime, datetime, str]:
    """The signal is stored as `signal` too, unless a part of the indicator has that name."""
    data = {"signal": event.signal, **dict(event.parts), "value": event.value, "state": event.signal}
    until = _moment(event.at + LIFE[event.timeframe])
    return event.symbol, event.indicator, event.timeframe, _moment(event.at), until, _json(data)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _json(data: Mapping[str, object]) -> str:
    return msgspec.json.encode(data).decode()

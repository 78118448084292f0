"""Ticks: `tickstock.data.raw` and its relatives, always flat."""

from app.wire.codec.fields import Fields, Refused
from app.wire.events import Tick


def read(fields: Fields) -> Tick:
    symbol = fields.symbol()
    price = fields.required_number("price", "close", "tick_close", "last", "p")
    if price <= 0:
        raise Refused("bad-number")
    at = fields.time("timestamp", "time", "t")
    published_at = fields.time("published_at")
    return Tick(
        at=fields.arrived_at if at is None else at,
        published_at=published_at or at or 0.0,
        arrived_at=fields.arrived_at,
        source=fields.text("source"),
        symbol=symbol,
        price=price,
        volume=fields.count("volume", "tick_volume", "size") or 0,
        bid=fields.number("bid"),
        ask=fields.number("ask"),
        open=fields.number("tick_open", "open"),
        high=fields.number("tick_high", "high"),
        low=fields.number("tick_low", "low"),
        close=fields.number("tick_close"),
        vwap=fields.number("tick_vwap", "vwap"),
    )


def write(tick: Tick) -> dict[str, object]:
    return {
        "ticker": tick.symbol,
        "price": tick.price,
        "volume": tick.volume,
        "timestamp": tick.at,
        "event_type": "A",
        "source": tick.source,
        "tick_open": tick.open,
        "tick_high": tick.high,
        "tick_low": tick.low,
        "tick_close": tick.close,
        "tick_volume": tick.volume,
        "tick_vwap": tick.vwap,
        "bid": tick.bid,
        "ask": tick.ask,
        "published_at": tick.published_at or tick.at,
    }

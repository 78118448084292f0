"""Ticks: `tickstock.data.raw` and its relatives, always flat."""

from collections.abc import Mapping

from app.finance.sessions import Session, regular, trading_date
from app.wire.channels import ALL_TICKS, MARKET_TICKS
from app.wire.codec.fields import Fields, Refused
from app.wire.codec.shape import SYMBOL, Shape, count, number
from app.wire.events import Tick

SATURDAY = 5
BEFORE_SECONDS = 5.5 * 3600
AFTER_SECONDS = 4.0 * 3600


def _extra(tick: Tick) -> Mapping[str, object]:
    return {"tick_volume": tick.volume}


def _status(tick: Tick) -> Mapping[str, object]:
    day = trading_date(tick.at)
    hours = regular(day)
    return {"market_status": "CLOSED" if day.weekday() >= SATURDAY else _phase(tick.at, hours)}


def _phase(at: float, hours: Session) -> str:
    """By the clock alone, as readers of that channel know it: holidays are days like others there."""
    if hours.opens <= at < hours.closes:
        return "REGULAR"
    if hours.opens - BEFORE_SECONDS <= at < hours.opens:
        return "PRE"
    return "AFTER" if hours.closes <= at < hours.closes + AFTER_SECONDS else "CLOSED"


TICK = Shape(
    Tick,
    {
        "symbol": SYMBOL._replace(names=("ticker", "symbol")),
        "price": number("price", "close", "tick_close", "last", "p", needed="bad-number", says="USD"),
        "volume": count("volume", "tick_volume", "size", says="shares since the symbol's last tick"),
        "bid": number("bid", says="USD"),
        "ask": number("ask", says="USD"),
        "open": number("tick_open", "open", says="USD"),
        "high": number("tick_high", "high", says="USD"),
        "low": number("tick_low", "low", says="USD"),
        "close": number("tick_close", says="USD"),
        "vwap": number("tick_vwap", "vwap", says="USD"),
    },
    home="ticks",
    word="A",
    time=("timestamp", "time", "t"),
    extra=_extra,
)

MARKET = Shape(
    Tick,
    {"symbol": SYMBOL, **{name: TICK.fields[name] for name in ("price", "volume")}},
    home="ticks",
    word="market_tick",
    key="type",
)
ALL = Shape(
    Tick, {name: TICK.fields[name] for name in ("symbol", "price", "volume")}, home="ticks", word="tick_data",
    extra=_status,
)  # fmt: skip

SHAPES = (TICK,)
DIALECTS = {MARKET_TICKS: MARKET, ALL_TICKS: ALL}
"""Channels whose readers know ticks by other fields."""


def read(fields: Fields) -> Tick:
    tick = TICK.read(fields)
    if tick.price <= 0:
        raise Refused("bad-number")
    return tick

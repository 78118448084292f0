"""Ticks: `tickstock.data.raw` and its relatives, always flat."""

from collections.abc import Mapping

from app.finance.sessions import Session, regular, trading_date
from app.wire.channels import ALL_TICKS, MARKET_TICKS
from app.wire.codec.fields import Fields, Refused
from app.wire.codec.shape import SYMBOL, Shape, Spelling, number, positive, when
from app.wire.codec.text import clean
from app.wire.events import Tick

SATURDAY = 5
BEFORE_SECONDS = 5.5 * 3600
AFTER_SECONDS = 4.0 * 3600
LONGEST_SPAN = 86_400.0
"""Of an aggregate, in seconds."""


KINDS = {"A": "A", "AM": "A", "T": "T", "Q": "Q"}
HOURS = {"regular": "regular", "extended": "extended"}


def _extra(tick: Tick) -> Mapping[str, object]:
    return {"tick_volume": _shares(tick.volume)}


def _shares(volume: float) -> float:
    """Whole ones without a point, as every reader of the contract knows them."""
    return int(volume) if volume == int(volume) else volume


def _identity(*names: str, says: str) -> Spelling:
    def make(value: object) -> str:
        return clean(str(value), 64) if isinstance(value, str | int) else ""

    return Spelling(names, make, says, sparse=True)


def _one_of(words: Mapping[str, str], *names: str, says: str) -> Spelling:
    def make(value: object) -> str | None:
        return words.get(value) if isinstance(value, str) else None

    return Spelling(names, make, says, sparse=True)


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
        "volume": positive("volume", "tick_volume", "size", says="shares of the print or span itself")._replace(
            write=_shares
        ),
        "bid": number("bid", says="USD"),
        "ask": number("ask", says="USD"),
        "open": number("tick_open", "open", says="USD"),
        "high": number("tick_high", "high", says="USD"),
        "low": number("tick_low", "low", says="USD"),
        "close": number("tick_close", says="USD"),
        "vwap": number("tick_vwap", "vwap", says="USD"),
        "kind": _one_of(KINDS, "event_type", says="A, AM: of a span; T: one print, also without the field; Q: a quote"),
        "starts_at": when("tick_start_timestamp")._replace(says="of the span; the same again replaces it", sparse=True),
        "trade_id": _identity("trade_id", says="prints that are alike but for this are several"),
        "belongs": _one_of(HOURS, "trading_hours", says="regular (auctions too) or extended; else the clock decides"),
        "day_volume": positive("accumulated_volume", says="shares of the day so far")._replace(sparse=True),
        "day_open": number("market_open_price", says="USD")._replace(sparse=True),
    },
    home="ticks",
    word=lambda tick: tick.kind,
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
    if tick.starts_at is not None and not 0 <= tick.at - tick.starts_at <= LONGEST_SPAN:
        raise Refused("bad-time")
    return tick

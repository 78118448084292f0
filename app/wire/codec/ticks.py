"""Ticks: `tickstock.data.raw` and its relatives, always flat."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from app.finance.sessions import Session, regular, trading_date
from app.finance.symbols import is_symbol
from app.wire.channels import ALL_TICKS, MARKET_TICKS
from app.wire.codec import values
from app.wire.codec.fields import AHEAD_SECONDS, Fields, UnreadableMessage
from app.wire.codec.moments import LATEST
from app.wire.codec.shape import SYMBOL, Shape, Spelling, number, positive, when
from app.wire.codec.text import clean
from app.wire.events.event import Tick

SATURDAY = 5
BEFORE_SECONDS = 5.5 * 3600
AFTER_SECONDS = 4.0 * 3600
LONGEST_SPAN = 86_400.0
"""Of an aggregate, in seconds."""


KINDS = {"A": "A", "AM": "A", "T": "T", "Q": "Q"}
HOURS = {"regular": "regular", "extended": "extended"}


def _extra(tick: Tick) -> Mapping[str, object]:
    return {"tick_volume": _plain_volume(tick.volume)}


def _plain_volume(volume: float) -> float:
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
            write=_plain_volume
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
    iso_times=False,
)

MARKET = Shape(
    Tick,
    {"symbol": SYMBOL, **{name: TICK.fields[name] for name in ("price", "volume")}},
    home="ticks",
    word="market_tick",
    key="type",
    iso_times=False,
)
ALL = Shape(
    Tick, {name: TICK.fields[name] for name in ("symbol", "price", "volume")}, home="ticks", word="tick_data",
    extra=_status, iso_times=False,
)  # fmt: skip

SHAPES = (TICK,)
DIALECTS = {MARKET_TICKS: MARKET, ALL_TICKS: ALL}
"""Channels whose readers know ticks by other fields."""


Figure = Annotated[float, msgspec.Meta(ge=-values.LARGEST, le=values.LARGEST)]
Positive = Annotated[float, msgspec.Meta(ge=0, le=values.LARGEST)]
Seconds = Annotated[float, msgspec.Meta(gt=0, lt=LATEST)]


class DecodedTick(msgspec.Struct):
    """A tick under the names that TICK writes, each value of its type and in its range."""

    event_type: Literal["A", "T", "Q"]
    timestamp: Seconds
    published_at: Seconds
    ticker: str
    price: Annotated[float, msgspec.Meta(gt=0, le=values.LARGEST)]
    volume: Positive
    source: str = ""
    bid: Figure | None = None
    ask: Figure | None = None
    tick_open: Figure | None = None
    tick_high: Figure | None = None
    tick_low: Figure | None = None
    tick_close: Figure | None = None
    tick_vwap: Figure | None = None
    tick_start_timestamp: Seconds | None = None
    trade_id: str = ""
    trading_hours: Literal["", "regular", "extended"] = ""
    accumulated_volume: Positive | None = None
    market_open_price: Figure | None = None


class _Canonical(DecodedTick, forbid_unknown_fields=True, kw_only=True):
    """Exactly as TICK writes it, which writes some fields always."""

    source: str
    tick_volume: Positive
    bid: Figure | None
    ask: Figure | None
    tick_open: Figure | None
    tick_high: Figure | None
    tick_low: Figure | None
    tick_close: Figure | None
    tick_vwap: Figure | None


class EncodedTick(DecodedTick, omit_defaults=True):
    """Without what a tick does not say."""


_CANONICAL = msgspec.json.Decoder(_Canonical)


def decode_canonical(payload: bytes, arrived_at: float) -> Tick | None:
    """What TickStock itself wrote, in a quarter of the time; None for any other message, which `read` understands.

    Both read such a message alike. Whatever has another field, another type or a value out of range is another message.
    """
    try:
        decoded = _CANONICAL.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return to_tick(decoded, arrived_at)


def to_tick(decoded: DecodedTick, arrived_at: float) -> Tick | None:
    """None where its times, its symbol or its texts make no sense together."""
    latest = arrived_at + AHEAD_SECONDS
    starts_at, at = decoded.tick_start_timestamp, decoded.timestamp
    if (
        at > latest
        or decoded.published_at > latest
        or not _symbol(decoded.ticker)
        or not is_clean(decoded.source)
        or (decoded.trade_id and not is_clean(decoded.trade_id))
        or (starts_at is not None and not 0 <= at - starts_at <= LONGEST_SPAN)
    ):
        return None
    return Tick(
        at=at,
        published_at=decoded.published_at,
        arrived_at=arrived_at,
        source=decoded.source,
        symbol=decoded.ticker,
        price=decoded.price,
        volume=decoded.volume,
        bid=decoded.bid,
        ask=decoded.ask,
        open=decoded.tick_open,
        high=decoded.tick_high,
        low=decoded.tick_low,
        close=decoded.tick_close,
        vwap=decoded.tick_vwap,
        kind=decoded.event_type,
        starts_at=starts_at,
        trade_id=decoded.trade_id,
        belongs=decoded.trading_hours,
        day_volume=decoded.accumulated_volume,
        day_open=decoded.market_open_price,
    )


def to_contract(tick: Tick, published_at: float) -> EncodedTick:
    """`published_at` is that of a tick that does not say its own."""
    return EncodedTick(
        tick.kind, tick.at, tick.published_at or published_at, tick.symbol, tick.price, tick.volume, tick.source,
        tick.bid, tick.ask, tick.open, tick.high, tick.low, tick.close, tick.vwap, tick.starts_at, tick.trade_id,
        tick.belongs, tick.day_volume, tick.day_open,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def is_clean(text: str) -> bool:
    """Whether it is a text as `clean` leaves it."""
    return len(text) <= 64 and text.isprintable() and text.strip() == text


@lru_cache(maxsize=65_536)
def _symbol(text: str) -> bool:
    return is_symbol(text)


def read(fields: Fields) -> Tick:
    tick = TICK.read(fields)
    if tick.price <= 0:
        raise UnreadableMessage("bad-number")
    if tick.starts_at is not None and not 0 <= tick.at - tick.starts_at <= LONGEST_SPAN:
        raise UnreadableMessage("bad-time")
    return tick

"""Messages of Massive (once Polygon) on its WebSocket: aggregates, trades, quotes and statuses."""

from collections.abc import Collection
from typing import Annotated, ClassVar, NamedTuple

import msgspec

from app.finance import symbols
from app.finance.trades import Belongs
from app.wire.events.event import Tick

AHEAD_SECONDS = 60.0
"""Times further in the future are rejected."""
BEFORE_END = 0.001
"""An aggregate ends where the next one begins; its tick belongs to its own minute."""
MOST_SYMBOLS = 20_000

AUCTIONS = frozenset((8, 17, 19, 25))
"""Conditions of trades: closing and opening prints, and closing and opening trades of a market center."""
EXTENDED = frozenset((12, 13))
"""Trades of extended hours (Form T)."""
OFFICIAL = frozenset((15, 16, 38))
"""Official opening and closing prices, which carry no shares of their own."""

Symbol = Annotated[str, msgspec.Meta(pattern=rf"^(?:{symbols.PATTERN})\Z")]
Price = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
Shares = Annotated[float, msgspec.Meta(ge=0, lt=1e15)]
Milliseconds = Annotated[float, msgspec.Meta(gt=0, lt=1e14)]


class StatusMessage(msgspec.Struct, frozen=True, tag_field="ev", tag="status"):
    status: str
    message: str = ""


class SecondAggregate(msgspec.Struct, frozen=True, tag_field="ev", tag="A"):
    """A repeated aggregate of the same span replaces the earlier one."""

    seconds: ClassVar[float] = 1.0

    sym: Symbol
    o: Price
    h: Price
    l: Price  # noqa: E741 - the provider's names
    c: Price
    v: Shares
    e: Milliseconds
    s: Milliseconds | None = None
    vw: Price | None = None
    av: Shares | None = None
    """Volume of the whole day so far."""
    op: Price | None = None
    """Official open of the day."""


class MinuteAggregate(SecondAggregate, frozen=True, tag_field="ev", tag="AM"):
    """As SecondAggregate, of a minute."""

    seconds: ClassVar[float] = 60.0


class TradeMessage(msgspec.Struct, frozen=True, tag_field="ev", tag="T"):
    sym: Symbol
    p: Price
    s: Shares
    t: Milliseconds
    i: str | int = ""
    x: int = 0
    """The exchange; trade ids are unique within one."""
    c: tuple[int, ...] = ()
    """Conditions, by number."""


class QuoteMessage(msgspec.Struct, frozen=True, tag_field="ev", tag="Q"):
    sym: Symbol
    bp: Price
    ap: Price
    t: Milliseconds


Message = StatusMessage | SecondAggregate | MinuteAggregate | TradeMessage | QuoteMessage
EVENTS: dict[type[Message], str] = {SecondAggregate: "A", MinuteAggregate: "AM", TradeMessage: "T", QuoteMessage: "Q"}
DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class MessageBatch(NamedTuple):
    statuses: list[StatusMessage]
    ticks: list[Tick]
    rejections: int


def split(payload: bytes) -> list[Message | None]:
    """None for an unknown message; one None for a payload that is not JSON."""
    try:
        items = msgspec.json.decode(payload, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [None]
    return [_message(item) for item in items]


class MessageReader:
    """Converts messages to ticks. A quote has the price of the last trade."""

    def __init__(self, events: Collection[str]) -> None:
        self._events = frozenset(events)
        self._prices: dict[str, float] = {}

    def read(self, payload: bytes, now: float) -> MessageBatch:
        statuses: list[StatusMessage] = []
        ticks: list[Tick] = []
        rejections = 0
        for message in split(payload):
            if isinstance(message, StatusMessage):
                statuses.append(message)
            elif message is not None and (tick := self._tick(message, now)):
                ticks.append(tick)
            else:
                rejections += 1
        return MessageBatch(statuses, ticks, rejections)

    def _tick(
        self, message: SecondAggregate | MinuteAggregate | TradeMessage | QuoteMessage, now: float
    ) -> Tick | None:
        has_room = message.sym in self._prices or len(self._prices) < MOST_SYMBOLS
        if EVENTS[type(message)] not in self._events or not has_room:
            return None
        tick = self._quote_tick(message) if isinstance(message, QuoteMessage) else _trade_tick(message)
        if tick.at > now + AHEAD_SECONDS:
            return None
        if not isinstance(message, QuoteMessage):
            self._prices[tick.symbol] = tick.price
        return tick

    def _quote_tick(self, quote: QuoteMessage) -> Tick:
        price = self._prices.get(quote.sym, round((quote.bp + quote.ap) / 2, 4))
        return Tick(
            at=quote.t / 1000, source="massive", symbol=quote.sym, price=price, bid=quote.bp, ask=quote.ap, kind="Q"
        )


def _trade_tick(message: SecondAggregate | TradeMessage) -> Tick:
    if isinstance(message, TradeMessage):
        return _tick_of_trade(message)
    starts_at = message.e / 1000 - message.seconds if message.s is None else message.s / 1000
    return Tick(
        at=message.e / 1000 - BEFORE_END, source="massive", symbol=message.sym, price=message.c, volume=message.v,
        open=message.o, high=message.h, low=message.l, close=message.c, vwap=message.vw,
        kind="A", starts_at=starts_at, day_volume=message.av, day_open=message.op,
    )  # fmt: skip


def _tick_of_trade(trade: TradeMessage) -> Tick:
    conditions = frozenset(trade.c)
    session: Belongs = "regular" if conditions & (AUCTIONS | OFFICIAL) else "extended" if conditions & EXTENDED else ""
    return Tick(
        at=trade.t / 1000, source="massive", symbol=trade.sym, price=trade.p,
        volume=0 if conditions & OFFICIAL else trade.s,
        trade_id=f"{trade.x}:{trade.i}" if trade.i != "" else "", belongs=session,
    )  # fmt: skip


def _message(item: msgspec.Raw) -> Message | None:
    try:
        return DECODER.decode(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

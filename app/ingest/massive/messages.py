"""What Massive (once Polygon) says on its WebSocket: aggregates, trades, quotes, and words about itself."""

from collections.abc import Collection
from typing import Annotated, NamedTuple

import msgspec

from app.wire.events import Tick

AHEAD_SECONDS = 60.0
"""Further in the future than that no time is believed."""
BEFORE_END = 0.001
"""An aggregate ends where the next one begins, and belongs to its own minute."""
MOST_SYMBOLS = 20_000

Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:/^-]{0,19}$")]
Price = Annotated[float, msgspec.Meta(gt=0, lt=1e9)]
Shares = Annotated[float, msgspec.Meta(ge=0, lt=1e15)]
Milliseconds = Annotated[float, msgspec.Meta(gt=0, lt=1e14)]


class Status(msgspec.Struct, frozen=True, tag_field="ev", tag="status"):
    status: str
    message: str = ""


class Second(msgspec.Struct, frozen=True, tag_field="ev", tag="A"):
    sym: Symbol
    o: Price
    h: Price
    l: Price  # noqa: E741 - the provider's names
    c: Price
    v: Shares
    e: Milliseconds
    vw: Price | None = None


class Minute(Second, frozen=True, tag_field="ev", tag="AM"):
    """As a second, but of a minute."""


class Trade(msgspec.Struct, frozen=True, tag_field="ev", tag="T"):
    sym: Symbol
    p: Price
    s: Shares
    t: Milliseconds


class Quote(msgspec.Struct, frozen=True, tag_field="ev", tag="Q"):
    sym: Symbol
    bp: Price
    ap: Price
    t: Milliseconds


Message = Status | Second | Minute | Trade | Quote
EVENTS: dict[type[Message], str] = {Second: "A", Minute: "AM", Trade: "T", Quote: "Q"}
DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Read(NamedTuple):
    said: list[Status]
    ticks: list[Tick]
    refused: int


def split(payload: bytes) -> list[Message | None]:
    """None for what is not understood; one of them for a payload that is no JSON at all."""
    try:
        items = msgspec.json.decode(payload, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [None]
    return [_message(item) for item in items]


class Reader:
    """Makes ticks of what was subscribed to. A quote has no price of its own: it keeps that of the last trade."""

    def __init__(self, events: Collection[str]) -> None:
        self._events = frozenset(events)
        self._prices: dict[str, float] = {}

    def read(self, payload: bytes, now: float) -> Read:
        said: list[Status] = []
        ticks: list[Tick] = []
        refused = 0
        for message in split(payload):
            if isinstance(message, Status):
                said.append(message)
            elif message is not None and (tick := self._tick(message, now)):
                ticks.append(tick)
            else:
                refused += 1
        return Read(said, ticks, refused)

    def _tick(self, message: Second | Minute | Trade | Quote, now: float) -> Tick | None:
        known = message.sym in self._prices or len(self._prices) < MOST_SYMBOLS
        if EVENTS[type(message)] not in self._events or not known:
            return None
        tick = self._quoted(message) if isinstance(message, Quote) else _traded(message)
        if tick.at > now + AHEAD_SECONDS:
            return None
        self._prices[tick.symbol] = tick.price
        return tick

    def _quoted(self, quote: Quote) -> Tick:
        price = self._prices.get(quote.sym, round((quote.bp + quote.ap) / 2, 4))
        return Tick(
            at=quote.t / 1000, source="massive", symbol=quote.sym.upper(), price=price, bid=quote.bp, ask=quote.ap
        )


def _traded(message: Second | Trade) -> Tick:
    if isinstance(message, Trade):
        return Tick(
            at=message.t / 1000, source="massive", symbol=message.sym.upper(), price=message.p, volume=int(message.s)
        )
    return Tick(
        at=message.e / 1000 - BEFORE_END, source="massive", symbol=message.sym.upper(), price=message.c,
        volume=int(message.v), open=message.o, high=message.h, low=message.l, close=message.c, vwap=message.vw,
    )  # fmt: skip


def _message(item: msgspec.Raw) -> Message | None:
    try:
        return DECODER.decode(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

"""What a feed says was traded: prints, aggregates of spans of time, and quotes."""

from typing import Literal, NamedTuple, Protocol

from app.finance.sessions import Hours, hours

Kind = Literal["A", "T", "Q"]
"""An aggregate of a span, a print, or a quote: bid and ask, with which nothing was traded."""
Belongs = Literal["", "regular", "extended"]
"""Which hours the feed itself counts a print to, where it marks that: auctions to the regular ones."""

COUNTED_SECONDS = 2.0
"""An aggregate of a longer span is more than one tick, and nobody counted how many."""
UNCOUNTED = 1_000_000


class Trade(Protocol):
    """`volume` is what was traded in the print or span itself."""

    @property
    def symbol(self) -> str: ...
    @property
    def at(self) -> float:
        """UTC epoch seconds of market time; of an aggregate its last instant."""

    @property
    def price(self) -> float:
        """Of an aggregate its close."""

    @property
    def volume(self) -> float: ...
    @property
    def open(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def starts_at(self) -> float | None:
        """Where the span of an aggregate starts."""

    @property
    def trade_id(self) -> str:
        """Prints that are alike but for this are several."""

    @property
    def belongs(self) -> Belongs: ...
    @property
    def day_volume(self) -> float | None:
        """Of the whole day up to this, where the feed says it."""

    @property
    def day_open(self) -> float | None: ...


class Part(NamedTuple):
    """What a print or a span adds to a bar."""

    first: float
    open: float
    high: float
    low: float
    last: tuple[float, float]
    """The greater one closes the bar: by market time, and in the closing auction by volume."""
    close: float
    volume: float
    ticks: int


def span_start(trade: Trade) -> float | None:
    """What an aggregate is known by: the same again replaces it. None for a print, which adds."""
    if trade.kind != "A" or trade.open is None:
        return None
    return trade.at if trade.starts_at is None else trade.starts_at


def begins(trade: Trade) -> float:
    return trade.at if trade.starts_at is None else trade.starts_at


def trading_hours(trade: Trade) -> Hours:
    return hours(trade.symbol, begins(trade))


def counts(trade: Trade, session: Hours) -> bool:
    """Whether it belongs to the session's bar, `session` being its trading_hours."""
    if trade.belongs:
        return trade.belongs == "regular" and session.opens <= session.until
    return session.opens <= begins(trade) <= session.until


def part(trade: Trade, closes: float) -> Part:
    """`closes`: where the regular hours end, if the trade is one of them."""
    price, at = trade.price, trade.at
    opened = price if trade.open is None else trade.open
    last = (at, 0.0) if at < closes else (closes, trade.volume)
    return Part(
        begins(trade), opened, max(price, opened, trade.high or price), min(price, opened, trade.low or price), last,
        price, trade.volume, _ticks(trade),
    )  # fmt: skip


def _ticks(trade: Trade) -> int:
    if trade.open is None:
        return 1
    counted = trade.starts_at is not None and trade.at - trade.starts_at <= COUNTED_SECONDS
    return 1 if counted else UNCOUNTED

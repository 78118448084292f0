"""Trades of a feed: prints, aggregates and quotes, and what each adds to a bar."""

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


class BarPart(NamedTuple):
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


class Contribution(NamedTuple):
    """Where a trade belongs, and what it adds there."""

    session: Hours
    """That it lies in, or outside of."""
    regular: bool
    """Whether it belongs to the session's bar."""
    part: BarPart
    span: float | None
    """What an aggregate is known by: the same again replaces it. None for a print, which adds."""


def contribution(trade: Trade) -> Contribution:
    at, starts_at = trade.at, trade.starts_at
    begins = at if starts_at is None else starts_at
    session = hours(trade.symbol, begins)
    _, opens, closes, until = session
    marked = trade.belongs
    regular = marked == "regular" and opens <= until if marked else opens <= begins <= until
    last = (closes, trade.volume) if regular and at >= closes else (at, 0.0)
    price, open_price = trade.price, trade.open
    if open_price is None:
        return Contribution(session, regular, BarPart(begins, price, price, price, last, price, trade.volume, 1), None)
    high, low = max(price, open_price, trade.high or price), min(price, open_price, trade.low or price)
    ticks = 1 if starts_at is not None and at - starts_at <= COUNTED_SECONDS else UNCOUNTED
    part = BarPart(begins, open_price, high, low, last, price, trade.volume, ticks)
    return Contribution(session, regular, part, begins if trade.kind == "A" else None)

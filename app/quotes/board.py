"""The newest quote of every symbol, kept up to date from ticks."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.finance import shares
from app.finance.adjust import share_ratio
from app.finance.instrument import Instrument
from app.finance.session_days import SessionDay, SessionDays
from app.finance.shares import Splits
from app.finance.symbol_index import SymbolIndex
from app.finance.symbols import is_symbol
from app.finance.trades import contribution
from app.quotes.most_active import MostActive
from app.quotes.quote import LINE_SECONDS, SLOT_SECONDS, SPARK_POINTS, SPARK_SECONDS, SymbolQuote, first_quote, merge
from app.quotes.symbol_list import SymbolList
from app.quotes.year_ranges import YearRanges
from app.wire.events.event import Tick

RECENT_SECONDS = 5.0
RECENT_TICKS = 20_000
"""Ticks kept to be applied again after a quote that the feed wrote; it writes every half second."""
DOUBT_SECONDS = 2.0
"""Wait after a tick that came too late to be counted here, until the feed has written its quotes."""
FEED_READ_SECONDS = 5.0
"""Least seconds between two such reads of the feed's quotes."""


class QuoteBoard:
    def __init__(self, instruments: Iterable[Instrument] = (), limit: int = 20_000) -> None:
        self._limit = limit
        self._instruments = SymbolIndex()
        self._quotes: dict[str, SymbolQuote] = {}
        self._symbol_list = SymbolList(self._quotes)
        self.most_active = MostActive()
        """The symbols that have a row on the desk."""
        self.year_ranges = YearRanges()
        self.newest_session: date | None = None
        """Of any symbol."""
        self._days = SessionDays()
        self._recent: deque[Tick] = deque()
        self._newest_dropped: dict[str, float] = {}
        """Publication time of the newest tick of a symbol that is no longer in `_recent`."""
        self._feed_writes: dict[str, tuple[date, float]] = {}
        """Session and time of the feed's quote that was read here."""
        self._uncounted_at = 0.0
        """Arrival of the last tick that could not be counted; 0 after the feed's quotes were read."""
        self._feed_read_at = 0.0
        self._splits = shares.NONE
        self.add_instruments(instruments)

    def apply(self, tick: Tick) -> SymbolQuote | None:
        """The quote after `tick`: unchanged if the tick changes nothing, None for a symbol beyond the limit."""
        before = self._quotes.get(tick.symbol)
        if tick.kind == "Q":
            return self._apply_bid_ask(before, tick)
        if before is None and not self._admit(tick.symbol):
            return None
        late = self._days.late
        day = None if self._in_feed_write(tick) else self._days.add(tick)
        if day is None:
            if self._days.late > late and before and contribution(tick).session.day == before.session:
                self._uncounted_at = tick.arrived_at
            return before
        self._remember(tick)
        quote = self._quotes[tick.symbol] = self._next_quote(before, day, tick)
        if before is None:
            self.most_active.add(tick.symbol)
        if before and quote.session < before.session:
            # The feed began again in the past.
            self.newest_session = quote.session
        elif before is None or before.session != quote.session:
            self._begin_session(quote.session)
        return quote

    def feed_read_is_due(self, now: float) -> bool:
        """Whether the feed's quotes should be read because ticks could not be counted here; resets itself."""
        if not 0 < self._uncounted_at <= now - DOUBT_SECONDS or now - self._feed_read_at < FEED_READ_SECONDS:
            return False
        self._uncounted_at, self._feed_read_at = 0.0, now
        return True

    def quote(self, symbol: str) -> SymbolQuote | None:
        return self._quotes.get(symbol)

    def price(self, symbol: str) -> float | None:
        """In the instrument's currency; None where none is known."""
        quote = self._quotes.get(symbol)
        return quote.price if quote else None

    @property
    def count(self) -> int:
        """Number of symbols with a quote."""
        return len(self._quotes)

    def every(self) -> Iterable[SymbolQuote]:
        return self._quotes.values()

    def first(self, limit: int, after: str = "") -> list[SymbolQuote]:
        """The first `limit` after the symbol `after`, ordered by symbol, which no price changes."""
        return [self._quotes[symbol] for symbol in self._symbol_list.first(limit, after)]

    def rows(self) -> list[SymbolQuote]:
        """The quotes of the most active symbols, in their order."""
        return [self._quotes[symbol] for symbol in self.most_active.symbols]

    def rank(self, money_volumes: Mapping[str, float]) -> None:
        """Chooses the rows for the newest session. `money_volumes`: mean of stored bars of a day, by symbol."""
        if self.newest_session:
            self.most_active.rank(self.newest_session, self._quotes.values(), money_volumes)

    @property
    def incomplete(self) -> int:
        """Number of quotes without a previous close."""
        return sum(quote.previous_close is None for quote in self._quotes.values())

    def instrument(self, symbol: str) -> Instrument | None:
        return self._instruments.get(symbol)

    def share_ratio(self, symbol: str, after: date, until: date) -> float:
        """How many shares one of the day `after` has become on the day `until`, by the known splits."""
        return share_ratio(self._splits.get(symbol, ()), after, until)

    @property
    def instruments(self) -> SymbolIndex:
        return self._instruments

    def add_instruments(self, instruments: Iterable[Instrument]) -> None:
        """Adds instruments up to the limit. Invalid symbols are skipped."""
        for instrument in instruments:
            fits = instrument.symbol in self._instruments or len(self._instruments) < self._limit
            if fits and is_symbol(instrument.symbol):
                self._instruments[instrument.symbol] = instrument

    def set_splits(self, splits: Splits) -> None:
        """Sets the known splits; today's may be reported after the first price of the day."""
        for symbol in {*splits, *self._splits}:
            quote = self._quotes.get(symbol)
            if quote is None or quote.previous_close is None:
                continue
            eve = quote.session - timedelta(days=1)
            now, then = (
                share_ratio(by_symbol.get(symbol, ()), eve, quote.session) for by_symbol in (splits, self._splits)
            )
            if now != then:
                self._quotes[symbol] = quote._replace(previous_close=quote.previous_close * then / now)
        self._splits = splits

    def seed(self, quotes: Iterable[SymbolQuote]) -> None:
        """Fills gaps with stored quotes. A quote that the feed wrote, with the ticks published after it, wins where it
        differs: a tick was missed or came twice."""
        recent: dict[str, list[Tick]] = defaultdict(list)
        for tick in self._recent:
            recent[tick.symbol].append(tick)
        for quote in quotes:
            self.add_instruments((quote.instrument,))
            if quote.symbol not in self._instruments:
                continue
            before = self._quotes.get(quote.symbol)
            if before is None:
                self._put_quote(quote)
                self.most_active.add(quote.symbol)
            elif before.session == quote.session:
                self._quotes[quote.symbol] = self._merge(before, quote, recent[quote.symbol])
            elif before.at < quote.at:
                self._put_quote(quote._replace(arrived_at=before.arrived_at))

    def _put_quote(self, quote: SymbolQuote) -> None:
        self._quotes[quote.symbol] = quote
        self._begin_session(quote.session)
        self._days.put(SessionDay.from_quote(quote.newest))
        if quote.written_at:
            self._feed_writes[quote.symbol] = quote.session, quote.written_at

    def _in_feed_write(self, tick: Tick) -> bool:
        """Whether the feed's quote includes the tick: Redis may answer a read before it has delivered everything
        published."""
        session, written_at = self._feed_writes.get(tick.symbol, (None, 0.0))
        return 0 < tick.published_at <= written_at and contribution(tick).session.day == session

    def _admit(self, symbol: str) -> bool:
        if symbol not in self._instruments:
            if len(self._instruments) >= self._limit:
                return False
            self._instruments[symbol] = Instrument(symbol)
        return True

    def _begin_session(self, session: date) -> None:
        if self.newest_session is None or session > self.newest_session:
            self.newest_session = session

    def _remember(self, tick: Tick) -> None:
        recent = self._recent
        while recent and (len(recent) == RECENT_TICKS or recent[0].arrived_at < tick.arrived_at - RECENT_SECONDS):
            past = recent.popleft()
            self._newest_dropped[past.symbol] = past.published_at
        recent.append(tick)

    def _apply_bid_ask(self, before: SymbolQuote | None, tick: Tick) -> SymbolQuote | None:
        """Updates bid and ask only."""
        if before is None or (before.bid, before.ask) == (tick.bid, tick.ask):
            return before
        quote = self._quotes[tick.symbol] = before._replace(bid=tick.bid, ask=tick.ask)
        return quote

    def _next_quote(self, before: SymbolQuote | None, day: SessionDay, tick: Tick) -> SymbolQuote:
        figures = day.quote()
        if before is None or before.session != day.day:
            instrument = before.instrument if before else self._instruments[tick.symbol]
            previous, last = (self._previous_close(before, day), before.price) if before else (None, None)
            first = first_quote(instrument, figures, previous)
            return first._replace(arrived_at=tick.arrived_at, move=_sign(figures.price, last))
        if day.at != tick.at:
            return before.with_figures(figures, move=0)
        same_slot = before.spark and tick.at // SLOT_SECONDS == before.at // SLOT_SECONDS
        past = before.spark[:-1] if same_slot else before.spark[-SPARK_POINTS + 1 :]
        move, spark = _sign(figures.price, before.price), (*past, figures.price)
        is_later = not before.spark or tick.at // LINE_SECONDS != before.at // LINE_SECONDS
        due = is_later and tick.arrived_at - before.line_at >= SPARK_SECONDS
        line_at = tick.arrived_at if due else before.line_at
        return before.with_figures(figures, arrived_at=tick.arrived_at, move=move, spark=spark, line_at=line_at)

    def _previous_close(self, before: SymbolQuote, day: SessionDay) -> float | None:
        """The previous close for the session that begins."""
        if day.at <= before.at:
            return None
        ended = before.price if before.close is None else before.close
        close = ended if before.has_traded else before.previous_close
        split = share_ratio(self._splits.get(day.symbol, ()), before.session, day.day)
        return close and close / split

    def _merge(self, before: SymbolQuote, from_store: SymbolQuote, recent: Sequence[Tick]) -> SymbolQuote:
        quote = merge(before, from_store)
        if not from_store.written_at:
            if quote.newest != before.newest:
                self._days.put(SessionDay.from_quote(quote.newest))
            return quote
        if self._newest_dropped.get(from_store.symbol, 0.0) > from_store.written_at:
            # Another feed publishes now than the one that wrote this.
            return quote.with_figures(before.newest)
        day = SessionDay.from_quote(from_store.newest)
        for tick in recent:
            one = contribution(tick)
            newer = tick.published_at > from_store.written_at and one.session.day == day.day
            if newer and day.add(tick, one) is None:
                # A correction; the feed's next quote includes it.
                self._uncounted_at = tick.arrived_at
                return quote.with_figures(before.newest)
        figures = day.quote()
        if figures == before.newest._replace(previous_close=None, bid=None, ask=None, written_at=0.0):
            return quote.with_figures(figures)
        self._feed_writes[from_store.symbol] = from_store.session, from_store.written_at
        self._days.put(day)
        return quote.with_figures(figures)


def _sign(price: float, before: float | None) -> int:
    return 0 if before is None else (price > before) - (price < before)

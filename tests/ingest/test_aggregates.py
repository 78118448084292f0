"""Messages of a provider give equal minute, day, newest quote and page row."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from app.finance.bars import Bar
from app.finance.quote import NewestQuote
from app.finance.rollup import Rollup
from app.finance.session_days import SessionDays
from app.finance.sessions import regular
from app.ingest.day import SessionQuotes
from app.ingest.massive.messages import MessageReader
from app.quotes.board import QuoteBoard
from app.quotes.quote import SymbolQuote
from app.wire.channels import Meaning
from app.wire.codec.codec import Rejected, decode, encode
from app.wire.events.event import Tick

INPUTS = Path(__file__).parent / "inputs"
AT = 1709650800.0
"""2024-03-05, 10:00 in New York."""
CLOSES = 1709672400.0
LATER = AT + 86_400


class Accounts(NamedTuple):
    minutes: list[Bar]
    day: Bar | None
    newest: NewestQuote | None
    quote: SymbolQuote | None
    board: QuoteBoard


def accounts_of(name: str) -> Accounts:
    """Over the wire as over a wire: what the engine and the desk see is decoded from what the feed encodes."""
    (path,) = INPUTS.glob(f"{name}_*.json")
    read = MessageReader(("A", "AM", "T", "Q")).read(path.read_bytes(), LATER)
    assert read.rejections == 0
    ticks: list[Tick] = []
    for tick in read.ticks:
        event = decode(Meaning.TICKS, encode(tick), LATER)
        assert isinstance(event, Tick), event
        ticks.append(event)
    minutes, days, feed, board = Rollup(), SessionDays(), SessionQuotes(lambda _symbol, _session: None), QuoteBoard()
    feed.add(read.ticks)
    for tick in ticks:
        board.apply(tick)
        if days.add(tick):
            minutes.add(tick)
    day = days.get("AAPL")
    newest = {quote.symbol: quote for quote in feed.changed(LATER)}.get("AAPL")
    return Accounts(minutes.finish(float("inf")), day.bar if day else None, newest, board.quote("AAPL"), board)


def bar(figures: tuple[float, float, float, float, int], day: Bar | None) -> bool:
    return day is not None and day[3:8] == figures


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("b01", (100, 101.5, 99, 100.5, 1200)),
        ("b01c", (100, 110, 99, 100.8, 250)),
        ("b02", (100, 101, 99.9, 101, 2_000_500)),
        ("b03", (100, 100, 100, 100, 300)),
        ("b04", (105, 105, 105, 105, 100)),
        ("b06", (145, 145, 145, 145, 6)),
        ("b07", (98, 101, 98, 100.5, 5_000_000)),
    ],
)
def test_the_daily_bar_is_correct_in_feed_board_and_engine(
    name: str, figures: tuple[float, float, float, float, int]
) -> None:
    accounts = accounts_of(name)

    assert bar(figures, accounts.day)
    for quote in (accounts.newest, accounts.quote):
        assert quote is not None
        assert (quote.open, quote.high, quote.low, quote.price, quote.volume) == figures
        assert quote.close is None


@pytest.mark.parametrize(
    ("name", "start", "figures"),
    [
        ("b01", AT, (100, 101.5, 99, 100.5, 1200)),
        ("b01c", AT, (100, 110, 99, 100.4, 150)),
        ("b02", CLOSES - 60, (100, 101, 99.9, 101, 2_000_500)),
        ("b03", AT, (100, 100, 100, 100, 300)),
        ("b06", AT, (145, 145, 145, 145, 6)),
        ("b07", AT + 7200, (100, 101, 99, 100.5, 1000)),
    ],
)
def test_the_minute_bar_is_correct(name: str, start: float, figures: tuple[float, float, float, float, int]) -> None:
    minutes = {bar.start: bar for bar in accounts_of(name).minutes}

    assert minutes[start][3:8] == figures


def test_a_quote_shows_as_bid_and_ask_and_makes_no_bar() -> None:
    accounts = accounts_of("b04")

    assert [bar.start for bar in accounts.minutes] == [AT - 1800]
    assert accounts.newest is not None
    assert (accounts.newest.bid, accounts.newest.ask, accounts.newest.at) == (0.01, 199999.99, AT - 1799)
    again = accounts.board.apply(Tick(at=AT, symbol="AAPL", price=9.0, bid=104.9, ask=105.1, kind="Q"))
    assert again is not None
    assert (again.price, again.high, again.volume, again.bid, again.ask) == (105, 105, 100, 104.9, 105.1)


def test_ticks_are_counted_where_the_feed_reports_trades() -> None:
    assert [bar.ticks for bar in accounts_of("b03").minutes] == [3]
    assert [bar.ticks for bar in accounts_of("b01c").minutes] == [1, 1]
    assert [bar.ticks for bar in accounts_of("b01").minutes] == [None]


def test_an_aggregate_that_ends_before_it_starts_is_refused() -> None:
    message = b'{"event_type":"A","ticker":"IBM","price":1,"timestamp":1709650800,"tick_start_timestamp":1709650900}'

    assert decode(Meaning.TICKS, message, LATER) == Rejected("bad-time")


def test_the_closing_auction_is_over_ten_seconds_after_the_close() -> None:
    session = regular(date(2024, 3, 5))
    board = QuoteBoard()
    for at, price in ((session.closes - 1, 100.0), (session.closes + 9.9, 101.0), (session.closes + 10.1, 90.0)):
        board.apply(Tick(at=at, arrived_at=at, symbol="AAPL", price=price, volume=10))
    quote = board.quote("AAPL")

    assert quote is not None
    assert (quote.price, quote.close, quote.low, quote.volume, quote.outside) == (90.0, 101.0, 100.0, 20, 10)


@pytest.mark.parametrize(
    ("conditions", "belongs", "volume"),
    [((), "", 75), ((8,), "regular", 75), ((17, 37), "regular", 75), ((12, 37), "extended", 75), ((15,), "regular", 0)],
)
def test_the_conditions_of_a_trade_say_which_hours_it_belongs_to(
    conditions: tuple[int, ...], belongs: str, volume: int
) -> None:
    trade = {"ev": "T", "sym": "BCpC", "p": 190.3, "s": 75, "t": AT * 1000, "i": "52983", "x": 4, "c": conditions}

    (tick,) = MessageReader(("T",)).read(msgspec.json.encode([trade]), AT).ticks

    assert (tick.symbol, tick.trade_id, tick.belongs, tick.volume) == ("BCpC", "4:52983", belongs, volume)

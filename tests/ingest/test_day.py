from datetime import UTC, date, datetime

from app.finance.quote import NewestQuote
from app.finance.sessions import in_session, regular
from app.ingest.day import SessionQuotes
from app.wire.events.event import Tick

TUESDAY = date(2026, 1, 6)
HOURS = regular(TUESDAY)
WRITTEN_AT = HOURS.closes + 60


def tick(at: float, price: float, volume: int = 100, symbol: str = "AAPL") -> Tick:
    return Tick(at=at, symbol=symbol, price=price, volume=volume)


def quotes(*ticks: Tick) -> dict[str, NewestQuote]:
    day = SessionQuotes(lambda _symbol, _session: 99.0)
    day.add(ticks)
    return {quote.symbol: quote for quote in day.changed(WRITTEN_AT)}


def test_before_the_session_a_quote_has_a_price_and_no_volume() -> None:
    quote = quotes(tick(HOURS.opens - 60, 101.0))["AAPL"]

    newest = NewestQuote("AAPL", 101.0, HOURS.opens - 60, "2026-01-06", 101.0, 101.0, 101.0, 0, 99.0)
    assert quote == newest._replace(outside=100, has_traded=False, written_at=WRITTEN_AT)


def test_extended_hours_do_not_count_for_the_daily_bar() -> None:
    before, first, last, after = (
        tick(HOURS.opens - 60, 120.0),
        tick(HOURS.opens, 100.0),
        tick(HOURS.closes, 102.0),
        tick(HOURS.closes + 60, 80.0),
    )

    quote = quotes(before, first, last, after)["AAPL"]

    assert (quote.open, quote.high, quote.low, quote.volume) == (100.0, 102.0, 100.0, 200)
    assert (quote.price, quote.close, quote.outside) == (80.0, 102.0, 200)


def test_in_the_session_the_quote_has_the_current_price() -> None:
    quote = quotes(tick(HOURS.opens, 100.0), tick(HOURS.opens + 5, 101.0))["AAPL"]

    assert (quote.price, quote.close, quote.volume) == (101.0, None, 200)


def test_the_bar_of_yesterday_is_not_used_for_today() -> None:
    quote = quotes(tick(HOURS.opens, 100.0), tick(HOURS.opens + 86_400 - 60, 105.0))["AAPL"]

    assert (quote.session, quote.open, quote.volume, quote.outside) == ("2026-01-07", 105.0, 0, 100)


def test_crypto_has_no_session_hours() -> None:
    night = datetime(2026, 1, 6, 3, 0, tzinfo=UTC).timestamp()

    quote = quotes(tick(night, 90_000.0, symbol="X:BTCUSD"))["X:BTCUSD"]

    assert (quote.volume, quote.close) == (100, None)
    assert in_session("X:BTCUSD", night)
    assert not in_session("AAPL", night)


def test_a_quote_is_published_again_only_if_it_changed() -> None:
    day = SessionQuotes(lambda _symbol, _session: None)
    day.add([tick(HOURS.opens, 100.0)])

    assert len(day.changed(WRITTEN_AT)) == 1
    assert day.changed(WRITTEN_AT) == []

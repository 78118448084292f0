from collections import Counter
from datetime import date
from pathlib import Path

from app.finance import history

SHIPPED = Path("config/history/us-equities-daily.csv.gz")


def test_the_shipped_history_has_all_its_bars() -> None:
    bars = history.read(SHIPPED)

    counts = Counter(bar.symbol for bar in bars)
    assert counts == {"AAPL": 3270, "IBM": 3270, "MSFT": 3270, "GOOG": 2148, "FB": 196}
    assert min(bar.day for bar in bars) == date(2000, 3, 1)
    assert max(bar.day for bar in bars) == date(2013, 3, 1)


def test_every_shipped_bar_has_consistent_prices() -> None:
    for bar in history.read(SHIPPED):
        assert 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert bar.volume > 0
        assert bar.start % 86400 == 0
        assert bar.day.weekday() < 5


def test_bars_come_by_day_in_order() -> None:
    days = history.by_day(history.read(SHIPPED))

    assert list(days) == sorted(days)
    assert [bar.symbol for bar in days[date(2012, 9, 4)]] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]


def test_every_shipped_symbol_has_a_name() -> None:
    names = {instrument.symbol: instrument for instrument in history.read_instruments(SHIPPED.with_name("symbols.csv"))}

    assert set(names) == {bar.symbol for bar in history.read(SHIPPED)}
    assert names["IBM"].exchange == "XNYS"

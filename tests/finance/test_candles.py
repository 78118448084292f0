from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from app.finance import candles, history, studies
from app.finance.bars import Bar

SHIPPED = Path("config/history/us-equities-daily.csv.gz")


def bars(*rows: tuple[float, float, float, float], volume: int = 1000) -> list[Bar]:
    return [Bar("BF/B", "1min", 60.0 * number, *row, volume) for number, row in enumerate(rows)]


def falling(count: int) -> list[tuple[float, float, float, float]]:
    return [(100 - n, 100.2 - n, 98.8 - n, 99 - n) for n in range(count)]


def test_a_hammer_after_a_fall_is_bullish_and_sure() -> None:
    series = bars(*falling(40), (60.0, 60.25, 55.0, 60.2))
    series[-1] = series[-1]._replace(volume=3000)

    found = candles.find(series, 1, 0.7)

    assert [(one.pattern, one.direction) for one in found] == [("Hammer", "bullish")]
    assert found[0].confidence > 0.9
    assert found[0].bar is series[-1]
    assert found[0].relative_volume == 3.0


def test_the_same_candle_without_a_fall_before_it_is_not_sure() -> None:
    flat = [(100.0, 100.6, 99.4, 100.0 + (-1) ** n * 0.3) for n in range(40)]

    found = candles.find(bars(*flat, (100.0, 100.25, 95.0, 100.2)), 1, 0.0)

    assert all(one.confidence < 0.7 for one in found)


def test_only_the_last_bars_are_asked_about() -> None:
    series = bars(*falling(40), (60.0, 60.25, 55.0, 60.2), (60.2, 60.4, 60.0, 60.3))

    assert [one.pattern for one in candles.find(series, 2, 0.6) if one.bar is series[-2]] == ["Hammer"]
    assert all(one.bar is series[-1] for one in candles.find(series, 1, 0.0))


def test_history_shows_every_pattern_with_a_confidence_between_0_and_1() -> None:
    apple = [bar for bar in history.read(SHIPPED) if bar.symbol == "AAPL"]

    found = candles.find(apple, len(apple), 0.0)

    assert {one.pattern for one in found} >= {"Hammer", "Doji", "EngulfingBullish", "EngulfingBearish", "ShootingStar"}
    assert all(0 < one.confidence <= 1 for one in found)
    assert {one.direction for one in found} == {"bullish", "bearish", "neutral"}
    assert len({one.bar.start for one in found}) == len(found)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1e6), min_size=4, max_size=4), max_size=40), st.integers(1, 40))
def test_no_bars_are_too_odd(prices: list[list[float]], last: int) -> None:
    rows = [sorted(four) for four in prices]
    series = bars(*[(one, high, low, other) for low, one, other, high in rows], volume=0)

    assert all(0 <= one.confidence <= 1 for one in candles.find(series, last, 0.0))
    assert all(reading.bar in series for reading in studies.read(series, last))


def test_studies_wait_until_there_are_enough_bars() -> None:
    apple = [bar for bar in history.read(SHIPPED) if bar.symbol == "AAPL"]

    assert studies.read(apple[:10], 1) == []
    assert {reading.indicator for reading in studies.read(apple[:100], 1)} == {study.name for study in studies.STUDIES}


def test_an_average_is_the_average() -> None:
    series = bars(*[(n, n + 1, n - 1, float(n)) for n in range(1, 61)])

    values = {reading.indicator: reading.value for reading in studies.read(series, 1)}

    assert values["SMA20"] == sum(range(41, 61)) / 20
    assert values["SMA50"] == sum(range(11, 61)) / 50
    assert values["RSI14"] == 100

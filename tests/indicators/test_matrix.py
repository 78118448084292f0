"""Indicators of a symbol as a matrix: states in words, scans for the same, and values of ours where the engine has
none."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import parse_qs, urlsplit

import asyncpg
import numpy as np
import pytest

from app.db.latest_rows import insert, insert_values
from app.db.pools import Pool, Pools
from app.identity import View
from app.indicators import matrix, stream
from app.indicators.board import IndicatorBoard, Reading
from app.indicators.drawing import draw_readings
from app.indicators.latest.computed import PARTS, computed_readings
from app.indicators.latest.queries import COLUMNS, LatestBar
from app.indicators.states import BY_SIGNAL, state
from app.rules.latest_columns import EVERY
from app.rules.latest_row import LatestRow
from app.rules.parse import parse
from tests.conftest import Databases
from tests.support.quote_samples import AWKWARD, OPEN

VIEW = View()
VALUES = dict.fromkeys(COLUMNS, 50.0) | {"close": 52.0, "sma20": 51.0, "sma50": 53.0, "rsi14": 75.0, "rs20": 0.5}


def bar(timeframe: str = "daily", running: bool = False, **changed: float | None) -> LatestBar:
    return LatestBar(timeframe, running, OPEN, {**VALUES, **changed})


def words(readings: list[Reading]) -> Mapping[str, str]:
    return {each.indicator: state(each.indicator, each.value, each.signal).word for each in readings}


@pytest.mark.parametrize(
    ("indicator", "value", "signal", "word", "tone", "rule"),
    [
        ("RSI14", 71.0, "OVERBOUGHT", "overbought", "warn", "rsi14:70.."),
        ("RSI14", 29.0, "", "oversold", "warn", "rsi14:..30"),
        ("RSI14", 50.0, "", "neutral", "flat", "rsi14:30..70"),
        ("STOCH14", 81.0, "", "overbought", "warn", "stoch14:80.."),
        ("SMA50", 9.0, "ABOVE", "price above", "up", "close:gt:sma50"),
        ("ema9", 9.0, "BELOW", "price below", "down", "close:lt:ema9"),
        ("MACD", 0.1, "BULLISH", "above signal", "up", "macd:gt:macd.signal"),
        ("BB20", 9.0, "", "in the band", "flat", "bb20.place:0..1"),
        ("ADX14", 30.0, "BEARISH", "downtrend", "down", "adx14:25..,adx14.plus:lt:adx14.minus"),
        ("relative_volume", 2.5, "", "high", "warn", "relvol:2.."),
        ("relative_strength", 0.9, "", "behind market", "down", "rs20:..1"),
        ("SMA999", 9.0, "ABOVE", "above", "up", ""),
        ("Squeeze", 1.0, "FIRED_LONG", "fired long", "flat", ""),
    ],
)  # fmt: skip
def test_a_value_is_a_word_and_a_rule(
    indicator: str, value: float, signal: str, word: str, tone: str, rule: str
) -> None:
    assert state(indicator, value, signal) == (word, tone, rule)


def test_every_rule_can_be_scanned() -> None:
    names = ("RSI14", "STOCH14", "SMA20", "EMA12", "BB20", "ADX14", "ATR14", "MACD")
    rules = [
        state(indicator, 50.0, signal).rule for indicator in names for signal in BY_SIGNAL[re.sub(r"\d", "", indicator)]
    ]
    rules += [state("relative_volume", value, "").rule for value in (0.1, 1.0, 3.0)]

    for rule in filter(None, rules):
        parse(rule)


def test_the_name_of_an_indicator_leads_to_a_scan_of_its_preferred_timeframe() -> None:
    board = IndicatorBoard()
    board.put_computed("BF/B", computed_readings("BF/B", [bar("hourly"), bar("1min")]))

    row = next(row for row in matrix.rows(board.with_computed("BF/B")) if row.name == "ADX 14")

    query = parse_qs(urlsplit(row.path).query)["q"][0]
    assert query == "h.adx14:..25"
    assert f'href="{row.path.replace("&", "&amp;")}"' in draw_readings("BF/B", board.with_computed("BF/B"), VIEW)
    for each in matrix.rows(board.with_computed("BF/B")):
        parse(parse_qs(urlsplit(unescape(each.path)).query)["q"][0])


def test_values_of_ours_have_the_words_of_the_engine() -> None:
    readings = computed_readings(
        "BRK.B", [bar(macd_histogram=0.5, bb20_lower=53.0, bb20_upper=60.0), bar(running=True)]
    )

    assert set(words(readings)) == set(PARTS)
    assert words(readings) | {"RSI14": "overbought", "SMA20": "price above", "SMA50": "price below"} == words(readings)
    assert words(readings)["MACD"] == "above signal"
    assert words(readings)["BB20"] == "below the band"
    assert words(readings)["relative_strength"] == "behind market"
    assert computed_readings("BRK.B", [bar(close=None)]) == []
    assert "SMA200" not in words(computed_readings("BRK.B", [bar(sma200=None)]))


def test_values_of_the_engine_win() -> None:
    for symbol in AWKWARD:
        board = IndicatorBoard(symbols=len(AWKWARD))
        board.seed(symbol, [Reading(symbol, "RSI14", "daily", 12.5, OPEN)])
        board.put_computed(symbol, computed_readings(symbol, [bar()]))

        html = draw_readings(symbol, board.with_computed(symbol), VIEW)

        assert "12.50" in html
        assert "75.00" not in html
        assert "53.00" in html


def test_a_cell_without_a_value_says_so_and_a_late_one_since_when() -> None:
    board = IndicatorBoard()
    board.seed("BRK.B", [Reading("BRK.B", "SMA5", "1min", 1.0, OPEN), Reading("BRK.B", "SMA9", "daily", 1.0, OPEN)])
    board.put_computed("BRK.B", [Reading("BRK.B", "RSI14", "1min", 50.0, OPEN - 60)])

    html = draw_readings("BRK.B", board.with_computed("BRK.B"), VIEW)

    assert html.count("<td>-</td>") == 3
    assert html.count("09:29 EDT") == 1


async def test_newest_bars_are_read_by_the_key_of_their_table(databases: Databases) -> None:
    values = np.array([28.5 if name == "rsi14" else 50.0 for name in EVERY])
    rows = [LatestRow("BF/B", timeframe, False, OPEN, 60, 1.0, values) for timeframe in ("weekly", "1min")]
    link = await asyncpg.connect(databases.engine)
    await link.execute(insert("latest"), *insert_values([*rows, rows[0]._replace(symbol="BRK.B")]))
    await link.close()
    pools, board = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1)), IndicatorBoard()

    bars = await stream.seed("BF/B", pools, board)
    await pools.close()

    assert sorted((each.timeframe, each.at, each.values["rsi14"]) for each in bars) == [
        ("1min", OPEN, 28.5), ("weekly", OPEN, 28.5)
    ]  # fmt: skip
    assert [group.timeframe for group in board.with_computed("BF/B")] == ["1min", "weekly"]
    assert board.of("BF/B") == ()

"""Indicator values, published and stored, on the page of their symbol."""

import re
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.db import analysis_tables, market
from app.db.pools import Pool, Pools
from app.identity import NumberForm, View
from app.indicators import queries, stream, words
from app.indicators.board import IndicatorBoard, Reading
from app.indicators.drawing import draw_readings
from app.live.topics import symbol_topic
from app.web.filters import dom_id
from app.web.times import MINUS
from app.wire.events.event import IndicatorCalculated
from tests.conftest import Databases
from tests.support.query_plans import Explaining
from tests.support.quote_samples import AWKWARD, DAY, OPEN

VIEW = View()
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"

ROWS = """
insert into daily_indicators (symbol, indicator_type, value_data, calculation_timestamp)
values ('BRK.B', 'RSI14', '{"value": 28.5}', $1), ('BRK.B', 'RSI14', '{"value": 55}', $1 - interval '1 day'),
       ('BRK.B', 'MACD', '{"value": 0.25, "signal": 0.2}', $1), ('BRK.B', 'Odd', '{"value": "much"}', $1),
       ('BF/B', 'SMA20', '{"sma": 71.5}', $1), ('X:BTCUSD', 'EMA12', '9876.5', $1)
"""
MANY = """
insert into {table} (symbol, indicator_type, timeframe, value_data, calculation_timestamp)
select symbol, 'I' || n % 3, '{timeframe}', jsonb_build_object('value', n / 3),
       '2012-09-04Z'::timestamptz - (6000 - n) * interval '1 minute'
  from generate_series(0, 5999) as n, unnest('{{AAPL,IBM,MSFT}}'::text[]) as symbol
"""
FOREIGN = """
drop table intraday_indicators;
create table intraday_indicators (symbol text, indicator text, value numeric, "values" json, calculated_at timestamp);
insert into intraday_indicators values ('BRK.B', 'RSI14', 61.5, null, '2012-09-04 13:31');
insert into intraday_indicators values ('BRK.B', 'SMA5', null, '{"value": 84.1}', '2012-09-04 13:31');
insert into intraday_indicators values ('BRK.B', 'SMA9', 'NaN', null, '2012-09-04 13:31');
"""


def indicator_event(
    symbol: str = "BRK.B", value: float = 71.25, at: float = OPEN, **changed: str
) -> IndicatorCalculated:
    fields = {"indicator": "RSI14", "timeframe": "1min", "signal": "OVERBOUGHT"} | changed
    return IndicatorCalculated(symbol=symbol, value=value, at=at, **fields)


def readings_html(board: IndicatorBoard, symbol: str = "BRK.B", view: View = VIEW) -> str:
    return draw_readings(symbol, board.of(symbol), view)


async def stored_readings(databases: Databases, symbol: str, *statements: str) -> list[Reading]:
    link = await asyncpg.connect(databases.superuser)
    for statement in statements:
        await link.execute(statement)
    await link.execute(ROWS.replace("$1", f"'{datetime.fromtimestamp(OPEN, UTC).isoformat()}'::timestamptz"))
    await link.close()
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1))
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        readings = await queries.newest(connection, shape, symbol)
    await pools.close()
    return readings


def test_a_value_is_pushed_to_the_page_of_its_symbol() -> None:
    for symbol in AWKWARD:
        board = IndicatorBoard()
        (push,) = stream.on_calculated(indicator_event(symbol), board)

        assert (push.topic, push.key, push.op) == (
            symbol_topic(symbol),
            dom_id("readings", symbol),
            "morph",
        )
        html = push.draw(VIEW)
        assert html.startswith(f'<div id="{push.key}"')
        text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
        assert "1min 4 Sep 2012, 09:30 EDT RSI 14 71.25 overbought" in text


def test_a_newer_value_is_pushed_as_the_content_of_its_cell_with_the_time_of_its_column() -> None:
    for symbol in AWKWARD:
        board = IndicatorBoard()
        list(stream.on_calculated(indicator_event(symbol), board))

        cell, column_time = stream.on_calculated(indicator_event(symbol, value=65.5, at=OPEN + 60, signal=""), board)

        html = readings_html(board, symbol)
        assert {push.topic for push in (cell, column_time)} == {symbol_topic(symbol)}
        assert (cell.op, column_time.op) == ("replace", "text")
        assert cell.draw(VIEW) == f'<div id="{cell.key}">65.50 <span class="flat">neutral</span></div>'
        assert f"<td>{cell.draw(VIEW)}</td>" in html
        assert column_time.draw(VIEW) == "4 Sep 2012, 09:31 EDT"
        assert f'id="{column_time.key}">4 Sep 2012, 09:31 EDT</time>' in html


def test_numbers_follow_the_view_of_the_reader() -> None:
    board = IndicatorBoard()
    board.apply(indicator_event(value=-1234.5, indicator="MACD", signal=""))

    assert f"{MINUS}1.234,50" in readings_html(board, view=View(numbers=NumberForm.COMMA))


def test_late_and_equal_values_are_not_pushed_but_a_feed_may_restart() -> None:
    board = IndicatorBoard()

    assert board.apply(indicator_event())
    assert not board.apply(indicator_event())
    assert not board.apply(indicator_event(value=60.0, at=OPEN - 60))
    assert board.apply(indicator_event(value=60.0, at=OPEN - 3 * DAY))
    assert "60.00" in readings_html(board)


def test_timeframes_are_sorted_from_short_to_long_and_old_values_are_marked() -> None:
    board = IndicatorBoard()
    for timeframe in ("quarterly", "daily", "1min"):
        board.apply(indicator_event(timeframe=timeframe))
    board.apply(indicator_event(timeframe="1min", indicator="SMA20", at=OPEN + 60))

    html = readings_html(board)

    assert [group.timeframe for group in board.of("BRK.B")] == ["1min", "daily", "quarterly"]
    assert html.count("09:31 EDT") == 1
    assert html.count("09:30 EDT") == 3
    assert [
        re.sub(r"<[^>]+>", " ", head).split()[0] for head in re.findall(r'<th scope="col" class.*?</th>', html)
    ] == ["1min", "daily", "quarterly"]


def test_indicator_lengths_are_sorted_from_short_to_long() -> None:
    board = IndicatorBoard()
    for indicator in ("SMA200", "relative_volume", "SMA50", "RSI14", "SMA5"):
        board.apply(indicator_event(indicator=indicator))

    assert [reading.indicator for reading in board.of("BRK.B")[0].readings] == [
        "relative_volume", "RSI14", "SMA5", "SMA50", "SMA200"
    ]  # fmt: skip
    assert "Relative volume" in readings_html(board)


def test_the_board_is_bounded() -> None:
    board = IndicatorBoard(symbols=2, each=3)
    for symbol in AWKWARD:
        for n in range(9):
            board.apply(indicator_event(symbol, indicator=f"SMA{n}"))

    assert board.of(AWKWARD[0]) == ()
    assert [len(group.readings) for group in board.of(AWKWARD[1])] == [3]


def test_hostile_names_stay_text() -> None:
    board = IndicatorBoard()
    board.apply(indicator_event(indicator="<img src=x>", signal="<hx-partial>", timeframe="</div>"))

    html = readings_html(board)

    assert not re.search(r"<(img|hx-partial)", html)
    assert html.count("</div>") == html.count("<div")


def test_a_page_without_values_explains_where_they_come_from() -> None:
    assert "No indicator of BF/B" in readings_html(IndicatorBoard(), "BF/B")


@pytest.mark.parametrize(
    ("indicator", "value", "published", "word"),
    [
        ("RSI14", 71.0, "", "overbought"),
        ("RSI14", 29.0, "", "oversold"),
        ("RSI14", 50.0, "", ""),
        ("SMA20", 71.0, "ABOVE", "price above it"),
        ("MACD", 0.1, "BULLISH", "bullish"),
    ],
)
def test_a_signal_is_shown_as_a_word(indicator: str, value: float, published: str, word: str) -> None:
    assert words.signal(indicator, value, published) == word


def test_stored_values_fill_gaps_and_overwrite_no_published_value() -> None:
    board = IndicatorBoard()
    board.apply(indicator_event(value=60.0))

    board.seed(
        "BRK.B",
        [
            Reading("BRK.B", "RSI14", "1min", 11.0, OPEN - 60),
            Reading("BRK.B", "SMA20", "1min", 22.0, OPEN),
            Reading("BRK.B", "RSI14", "1min", 33.0, OPEN + 400 * DAY),
        ],
    )
    assert {reading.value for reading in board.of("BRK.B")[0].readings} == {60.0, 22.0}

    board.seed("BRK.B", [Reading("BRK.B", "RSI14", "1min", 44.0, OPEN + 60)])
    assert {reading.value for reading in board.of("BRK.B")[0].readings} == {44.0, 22.0}


def test_stored_values_replace_those_published_before_the_last_reader_left() -> None:
    board = IndicatorBoard()
    board.apply(indicator_event(value=60.0))
    board.apply(indicator_event(value=5.0, indicator="SMA20"))
    board.drop_unwatched(lambda _symbol: False)

    board.seed("BRK.B", [Reading("BRK.B", "RSI14", "1min", 33.0, OPEN + 400 * DAY)])

    assert [reading.value for group in board.of("BRK.B") for reading in group.readings] == [33.0]


def test_recently_published_values_are_added_to_the_stored_ones() -> None:
    board = IndicatorBoard()
    board.recent = lambda symbol: [indicator_event(symbol, value=61.0, at=OPEN + 60)]

    board.seed("BRK.B", [Reading("BRK.B", "RSI14", "1min", 60.0, OPEN)])

    assert [reading.value for group in board.of("BRK.B") for reading in group.readings] == [61.0]


async def test_the_newest_stored_value_of_each_is_read(databases: Databases) -> None:
    readings = await stored_readings(databases, "BRK.B")

    assert {(each.indicator, each.timeframe, each.value, each.at, each.signal) for each in readings} == {
        ("RSI14", "daily", 28.5, OPEN, ""),
        ("MACD", "daily", 0.25, OPEN, ""),
    }


@pytest.mark.parametrize(("symbol", "value"), [("BF/B", 71.5), ("X:BTCUSD", 9876.5)])
async def test_values_in_foreign_columns_are_read(databases: Databases, symbol: str, value: float) -> None:
    assert [each.value for each in await stored_readings(databases, symbol)] == [value]


async def test_a_foreign_table_has_the_same_shape(databases: Databases) -> None:
    reader = "grant select on intraday_indicators to tickstock_ro"
    readings = await stored_readings(databases, "BRK.B", FOREIGN, reader)

    assert {(each.indicator, each.value) for each in readings if each.timeframe == "intraday"} == {
        ("RSI14", 61.5),
        ("SMA5", 84.1),
    }


async def test_reading_does_not_slow_down_with_the_number_of_stored_values(databases: Databases) -> None:
    link = await asyncpg.connect(databases.superuser)
    for table, timeframe in zip(analysis_tables.INDICATOR_TABLES, ("daily", "5min"), strict=True):
        await link.execute(MANY.format(table=table, timeframe=timeframe))
        await link.execute(f"analyze {table}")
    explaining: Any = Explaining(link)

    readings = await queries.newest(explaining, await market.inspect(link), "IBM")
    await link.close()

    assert [(each.indicator, each.timeframe, each.value) for each in readings] == [
        (f"I{name}", timeframe, 1_999.0) for timeframe in ("5min", "daily") for name in (0, 1, 2)
    ]
    assert explaining.most_rows <= 2 * queries.CANDIDATES * len(readings)
    assert not explaining.without_index


async def test_published_values_are_shown_while_the_database_is_down() -> None:
    away, board = Pool(NOWHERE, "away"), IndicatorBoard()
    board.apply(indicator_event())

    (push,) = await stream.snapshot("symbol:BRK.B", Pools(away, away), board)

    assert "71.25" in push.draw(VIEW)

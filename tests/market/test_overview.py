"""Figures of the whole market: breadth, stages, sectors, and the symbols that move most."""

import time
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import db
from app.identity import View
from app.market.breadth import partials as breadth_partials
from app.market.movers.ranking import LISTS, USUAL_FLOOR, Floor, parse_floor, ranking
from app.market.overview import stream
from app.market.overview.board import OverviewBoard
from app.market.overview.stored import COLUMNS, DAILY, NewestDays, StoredFigures
from app.quotes.board import QuoteBoard
from app.quotes.quote import SymbolQuote
from app.rules.parse import parse
from app.scans.columns import sort_order
from tests.support.market_health import WELL
from tests.support.quote_samples import AWKWARD, quote

DAY = date(2012, 9, 4)
EVE = DAY - timedelta(days=4)


def stored_figures(values: dict[str, dict[str, float]], day: date = DAY) -> StoredFigures:
    rows = np.array([[own.get(name, np.nan) for name in COLUMNS] for own in values.values()]).reshape(-1, len(COLUMNS))
    days = NewestDays({symbol: place for place, symbol in enumerate(values)}, [day] * len(values), rows)
    sectors = {"BRK.B": "Financials", "BF/B": "Consumer, staples", "AAA": "Financials"}
    return StoredFigures(days, sectors, {"test:two": ["BRK.B", "BF/B"], "test:none": ["NONE"]})


def board_of(*quotes: SymbolQuote, values: dict[str, dict[str, float]] | None = None, day: date = DAY) -> OverviewBoard:
    board = OverviewBoard(lambda: quotes, QuoteBoard().share_ratio)
    board.stored_figures = stored_figures(values or {}, day)
    return board


def counts(board: OverviewBoard) -> dict[str, tuple[int, int]]:
    overview = board.current()
    return {each.measure.key: (each.symbols, each.of) for each in (*overview.breadth, *overview.stages)}


def test_symbols_are_counted_where_their_value_is_known() -> None:
    rising, falling, unchanged = quote("BRK.B", 85.5), quote("BF/B", 83.0), quote("AAA", 84.004)
    new = quote("NEW", 10.0, previous_close=None)
    values = {
        "BRK.B": {"sma20": 85.0, "sma50": 84.0, "sma200": 90.0, "max252_high_1": 85.9, "min252_low_1": 50.0},
        "BF/B": {"sma20": 85.0, "sma50": 84.0, "sma200": 80.0, "max252_high_1": 99.0, "min252_low_1": 84.5},
    }

    of_the_market = counts(board_of(rising, falling, unchanged, new, values=values))

    assert of_the_market == {
        "advancing": (1, 3), "unchanged": (1, 3), "declining": (1, 3), "highs": (1, 2), "lows": (1, 2),
        "sma20": (1, 2), "sma50": (1, 2), "sma200": (1, 2),
        "base": (1, 2), "advance": (0, 2), "top": (1, 2), "decline": (0, 2),
    }  # fmt: skip


@given(st.lists(st.tuples(*[st.floats(1, 100)] * 3), min_size=1, max_size=20))
def test_every_symbol_is_in_exactly_one_stage(rows: list[tuple[float, float, float]]) -> None:
    quotes = [quote(f"S{place}", price) for place, (price, _, _) in enumerate(rows)]
    values = {f"S{place}": {"sma50": fast, "sma200": slow} for place, (_, fast, slow) in enumerate(rows)}

    assert sum(each.symbols for each in board_of(*quotes, values=values).current().stages) == len(rows)


def test_days_before_the_session_are_compared_in_its_share() -> None:
    """Stored until the day before: the newest bar is the one before, and a split halves its prices."""
    values = {"BRK.B": {"max252_high": 170.0, "avg20_volume": 617_283.5, "sma20": 172.0}}
    board = OverviewBoard(lambda: [quote("BRK.B", 85.5, high=86.0)], lambda _symbol, _after, _until: 2.0)
    board.stored_figures = stored_figures(values, EVE)

    assert counts(board)["highs"] == (1, 1)
    assert counts(board)["sma20"] == (0, 1)
    assert board.current().relative_volume.tolist() == [1.0]


def test_only_the_newest_session_of_a_market_counts() -> None:
    """A coin's day begins while the exchange's session is the newest one still."""
    coin = quote("X:BTCUSD", 85.0, session=DAY + timedelta(days=1))
    past = quote("OLD", 90.0, session=EVE)

    figures = board_of(quote("BRK.B"), coin, past).current().figures

    assert [*figures.symbols] == ["BRK.B", "X:BTCUSD"]
    assert figures.session == DAY


def test_an_empty_market_has_no_figures() -> None:
    board = board_of()

    assert set(counts(board).values()) == {(0, 0)}
    assert board.current().figures.session is None
    assert board.movers(USUAL_FLOOR) == {"gainers": [], "losers": [], "active": [], "unusual": []}
    assert board.current().sectors == []


def test_movers_are_ranked_above_the_floor() -> None:
    quotes = [
        quote("UP", 90.0),
        quote("DOWN", 70.0),
        quote("CHEAP", 4.99, previous_close=2.0),
        quote("THIN", 99.0, volume=10),
        quote("FIRST", 84.0, previous_close=None),
        quote("BIG", 84.0, volume=123_456_789_012),
    ]
    board = board_of(*quotes, values={"BIG": {"avg20_volume_1": 61_728_394_506.0}, "UP": {"avg20_volume_1": 9e9}})

    movers = {key: [each.quote.symbol for each in own] for key, own in board.movers(USUAL_FLOOR).items()}

    assert movers == {
        "gainers": ["UP"],
        "losers": ["DOWN"],
        "active": ["BIG", "DOWN", "FIRST", "UP"],
        "unusual": ["BIG"],
    }
    assert board.movers(USUAL_FLOOR)["unusual"][0].relative_volume == 2.0
    assert [each.quote.symbol for each in board.movers(Floor(0, 0))["gainers"]] == ["CHEAP", "THIN", "UP"]


def test_the_symbols_of_the_movers_stay_for_a_while_and_their_figures_go_on() -> None:
    quotes = [quote("UP", 90.0)]
    board = OverviewBoard(lambda: quotes, QuoteBoard().share_ratio)
    board.movers(USUAL_FLOOR, 1000.0)
    quotes[:] = [quote("UP", 91.0), quote("BRK.B", 99.0)]

    (later,) = board.movers(USUAL_FLOOR, 1029.0)["gainers"]

    assert (later.quote.symbol, later.quote.price) == ("UP", 91.0)
    assert [each.quote.symbol for each in board.movers(USUAL_FLOOR, 1031.0)["gainers"]] == ["BRK.B", "UP"]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(1, 10))
def test_the_first_movers_are_those_of_the_whole_order(prices: list[int], rows: int) -> None:
    quotes = [quote(f"S{place:02}", 10.0 + price, previous_close=10.0) for place, price in enumerate(prices)]
    overview = board_of(*quotes).current()
    whole = sorted(range(len(prices)), key=lambda row: (-prices[row], row))

    assert ranking(overview, USUAL_FLOOR, rows)["gainers"] == whole[:rows]


def test_sectors_and_universes_are_summed_up() -> None:
    quotes = [quote("BRK.B", 85.68), quote("AAA", 83.16), quote("BF/B", 84.84), quote("X:BTCUSD", 84.0)]
    values = {"BF/B": {"avg20_money": 9e12}}
    overview = board_of(*quotes, values=values).current()

    sectors = [(each.name, each.symbols, each.advancing, each.declining, each.path) for each in overview.sectors]
    (universe,) = overview.universes

    assert sectors == [
        ("Consumer, staples", 1, 1, 0, ""),
        ("Financials", 2, 1, 1, "/scan?q=sector:Financials&sort=-change&v=1"),
        ("", 1, 0, 0, ""),
    ]
    assert overview.sectors[1].change == pytest.approx(0.005)
    assert (universe.name, universe.symbols, universe.path) == ("test:two", 2, "/scan?in=test:two&v=1")


def test_every_list_leads_to_a_scan_that_is_understood() -> None:
    rules = [count.measure.rule for count in (*board_of().current().breadth, *board_of().current().stages)]
    for rule in rules:
        assert parse(rule).conditions
    for each in LISTS:
        assert each.path(Floor(0.5, 1_234_567)).endswith("&v=1")
        assert sort_order(each.sort)
        assert "close:0.5..,volume:1234567.." in each.path(Floor(0.5, 1_234_567))


@pytest.mark.parametrize("text", ["5", "5-", "-1-5", "05-1", "5.0-1", "5-01", "1e9-1", "nan-1", "5-1-1", "9999999-1"])
def test_a_floor_has_one_spelling(text: str) -> None:
    assert parse_floor(text) is None
    assert parse_floor(Floor(5.25, 10).text) == Floor(5.25, 10)


async def test_stored_figures_are_read_once_a_minute_by_whoever_comes_first() -> None:
    board, readings = board_of(quote()), []

    async def load() -> StoredFigures:
        readings.append(1)
        return stored_figures({"BRK.B": dict.fromkeys(DAILY, 1.0)})

    board.load = load
    await board.refresh()
    await board.refresh()
    board.outdate()
    await board.refresh()

    assert len(readings) == 2
    assert counts(board)["sma20"] == (1, 1)


async def test_without_the_database_the_board_keeps_what_it_has() -> None:
    board = board_of(quote(), values={"BRK.B": {"sma20": 1.0}})

    async def load() -> StoredFigures:
        raise db.Unavailable("away")

    board.load = load
    await board.refresh()

    assert board.away
    assert counts(board)["sma20"] == (1, 1)


def test_what_differs_is_pushed_as_cells_once() -> None:
    quotes = [quote(symbol, 85.5) for symbol in AWKWARD]
    board = OverviewBoard(lambda: quotes, QuoteBoard().share_ratio)
    topics = ["breadth", "sectors", "movers:5-100000"]

    def ticked(now: float) -> list[tuple[str, str, str]]:
        board.current(now)
        pushes = [*stream.on_health(WELL, board, lambda: topics, requested.append)]
        return [(push.topic, push.key, push.op) for push in pushes]

    requested: list[object] = []
    now = time.time()
    first = ticked(now)
    again = ticked(now)
    quotes[0] = quote("BRK.B", 83.0)
    board._overview = None
    changed = ticked(now)

    assert ("movers:5-100000", "gainers", "morph") in first
    assert again == []
    assert ("breadth", "breadth-declining", "cells") in changed
    assert ("sectors", "group-", "cells") in changed
    assert ("movers:5-100000", "gainers-brk__2e_b", "cells") in changed
    assert requested


async def test_a_snapshot_brings_what_the_page_shows() -> None:
    board = board_of(quote())

    pushes = await stream.snapshot("breadth", board)
    markup = {push.key: push.draw(View()) for push in pushes}

    assert markup["breadth-advancing"] == breadth_partials.cells(board.current().breadth[0], View())
    assert [push.key for push in await stream.snapshot("movers:5-100000", board)] == [each.key for each in LISTS]

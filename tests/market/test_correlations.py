"""Correlations of the returns of a list's symbols, and their part of the page."""

import random
from datetime import date, timedelta

import numpy as np
import pytest

from app.finance import calendar
from app.finance.adjust import Split
from app.finance.bars import day_start
from app.finance.columns import Columns
from app.market.correlations.matrix import BARS, RETURNS, correlations
from tests.api.conftest import PAGE, market
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD

__all__ = ["market"]

UNTIL = date(2012, 8, 31)
SESSIONS = list(calendar.sessions(UNTIL - timedelta(days=200), UNTIL))[-BARS:]
EVERY_DAY = [UNTIL - timedelta(days=number) for number in range(BARS - 1, -1, -1)]


def columns(closes: dict[str, tuple[list[date], list[float]]]) -> Columns:
    values = [
        [day_start(day), close, close, close, close, 1000.0, 1.0]
        for days, own in closes.values()
        for day, close in zip(days, own, strict=True)
    ]
    firsts = np.cumsum([0, *(len(days) for days, _ in closes.values())])[:-1]
    return Columns("daily", [*closes], firsts, np.array(values).T)


def walk(days: list[date], seed: int) -> tuple[list[date], list[float]]:
    generator = random.Random(seed)
    return days, [100 + generator.uniform(-5, 5) for _ in days]


def test_coefficients_equal_those_of_numpy_on_common_days() -> None:
    closes = {"BRK.B": walk(SESSIONS, 1), "X:BTCUSD": walk(EVERY_DAY, 2)}

    matrix = correlations(["BRK.B", "X:BTCUSD"], columns(closes), {})

    common = sorted({*SESSIONS} & {*EVERY_DAY})[-RETURNS - 1 :]
    returns = []
    for days, own in closes.values():
        prices = np.array([dict(zip(days, own, strict=True))[day] for day in common])
        returns.append(np.diff(prices) / prices[:-1])
    assert matrix.rows == [[], [pytest.approx(np.corrcoef(returns)[0, 1], abs=1e-4)]]
    assert (matrix.returns, matrix.first, matrix.until) == (RETURNS, common[0], UNTIL)


def test_a_split_is_no_return() -> None:
    days, closes = walk(SESSIONS, 1)
    halved = [close / 2 if day >= date(2012, 8, 1) else close for day, close in zip(days, closes, strict=True)]

    matrix = correlations(
        ["A", "B"], columns({"A": (days, closes), "B": (days, halved)}), {"B": [Split(date(2012, 8, 1), 2.0)]}
    )

    assert matrix.rows == [[], [1.0]]


def test_a_price_that_stands_still_has_no_coefficient() -> None:
    closes = {"A": walk(SESSIONS, 1), "B": (SESSIONS, [5.0] * BARS), "C": walk(SESSIONS, 3)}

    rows = correlations(["A", "B", "C"], columns(closes), {}).rows

    assert rows[1] == [None]
    assert rows[2][1] is None
    assert isinstance(rows[2][0], float)


def test_who_has_too_few_days_in_common_is_left_out() -> None:
    past = [day - timedelta(days=4000) for day in SESSIONS]
    closes = {"A": walk(SESSIONS, 1), "OLD": walk(past, 2), "NEW": walk(SESSIONS[-10:], 3), "B": walk(SESSIONS, 4)}

    matrix = correlations(["A", "OLD", "NONE", "NEW", "B"], columns(closes), {})

    assert matrix.symbols == ["A", "B"]
    assert matrix.without_days == ["OLD", "NONE", "NEW"]


def test_twenty_symbols_are_compared_and_the_others_named() -> None:
    symbols = [f"S{number:02}" for number in range(23)]
    closes = {symbol: walk(SESSIONS, number) for number, symbol in enumerate(symbols[:20])}

    matrix = correlations(symbols, columns(closes), {})

    assert [len(row) for row in matrix.rows] == list(range(20))
    assert matrix.beyond == ["S20", "S21", "S22"]


def test_nothing_is_correlated_without_bars() -> None:
    matrix = correlations(["A"], Columns("daily", [], np.zeros(0, dtype=np.int64), np.zeros((7, 0))), {})

    assert (matrix.symbols, matrix.rows, matrix.returns) == ([], [], 0)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_page_compares_the_symbols_of_a_list(market: Desk) -> None:
    async with market.client() as client:
        none = await client.get("/market", headers=PAGE)
        await client.post("/w", data={"name": "Pairs"})
        for symbol in AWKWARD:
            await client.post("/w/pairs", data={"symbol": symbol})
        await client.post("/w", data={"name": "Empty"})
        pairs = await client.get("/market?list=pairs&min_price=0", headers=PAGE)
        empty = await client.get("/market?list=empty", headers=PAGE)
        unknown = await client.get("/market?list=nobodys", headers=PAGE)

    assert "You have no list yet" in none.text
    assert pairs.text.count('class="num near k4">1.00</td>') == 3
    assert '<option value="pairs" selected>Pairs</option>' in pairs.text
    assert '<input type="hidden" name="min_price" value="0">' in pairs.text
    assert "Empty has fewer than two symbols with 20 stored days in common" in empty.text
    assert unknown.status_code == 404

"""Breadth of past sessions, beside a computation bar by bar."""

import math
import random
from datetime import date, timedelta

import numpy as np
import pytest

from app.finance import calendar
from app.finance.adjust import Split, share_ratio
from app.finance.bars import Bar, day_start
from app.finance.columns import Columns
from app.finance.shares import Splits
from app.identity import View
from app.market.breadth import stream
from app.market.breadth.history import SESSIONS, BreadthHistory, BreadthSums, add_bars
from app.market.breadth.partials import rows
from app.market.overview.board import OverviewBoard
from tests.support.quote_samples import quote

UNTIL = date(2012, 8, 31)
SPLITS: Splits = {"BRK.B": [Split(date(2012, 8, 15), 2.0)]}


def market(seed: int) -> dict[str, list[Bar]]:
    """Random walks: two of 282 days, and one that began 60 days ago."""
    generator = random.Random(seed)
    sessions = list(calendar.sessions(UNTIL - timedelta(days=500), UNTIL))[-282:]
    days = {"BRK.B": sessions, "BF/B": sessions, "NEW": sessions[-60:]}
    return {symbol: walk(symbol, own, generator) for symbol, own in days.items()}


def walk(symbol: str, days: list[date], generator: random.Random) -> list[Bar]:
    price, bars = 100.0, []
    for day in days:
        price *= math.exp(generator.gauss(0, 0.02))
        traded = price / share_ratio(SPLITS.get(symbol, ()), days[0], day)
        bars.append(Bar(symbol, "daily", day_start(day), traded, traded * 1.01, traded * 0.99, traded, 1000))
    return bars


def columns(bars: dict[str, list[Bar]]) -> Columns:
    values = [
        [bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume, math.nan]
        for own in bars.values()
        for bar in own
    ]
    firsts = np.cumsum([0, *map(len, bars.values())])[:-1]
    return Columns("daily", [*bars], firsts, np.array(values).T)


def expected(bars: dict[str, list[Bar]], key: str, day: date) -> float | None:
    """Share of the symbols whose value is known."""
    answers = [answer for own in bars.values() if (answer := holds(own, key, day)) is not None]
    return round(sum(answers) / len(answers), 4) if answers else None


def holds(bars: list[Bar], key: str, day: date) -> bool | None:
    until = [bar for bar in bars if bar.day <= day]
    if not until or until[-1].day != day:
        return None
    ratios = [share_ratio(SPLITS.get(bar.symbol, ()), bar.day, UNTIL) for bar in until]
    closes, highs, lows = (
        [getattr(bar, field) / ratio for bar, ratio in zip(until, ratios, strict=True)]
        for field in ("close", "high", "low")
    )
    if key == "advancing":
        return closes[-1] - closes[-2] >= 0.0099
    if key in ("highs", "lows"):
        if len(until) <= 252:
            return None
        return highs[-1] > max(highs[-253:-1]) if key == "highs" else lows[-1] < min(lows[-253:-1])
    length = int(key.removeprefix("sma"))
    return closes[-1] > sum(closes[-length:]) / length if len(closes) >= length else None


@pytest.mark.parametrize("seed", range(3))
def test_shares_equal_those_computed_bar_by_bar(seed: int) -> None:
    bars, sums = market(seed), BreadthSums()
    some = {symbol: bars[symbol] for symbol in ("BRK.B", "NEW")}
    others = {symbol: bars[symbol] for symbol in ("BF/B",)}
    for portion in (some, others):
        add_bars(sums, columns(portion), SPLITS)

    history = sums.history()

    assert history.days == list(calendar.sessions(UNTIL - timedelta(days=100), UNTIL))[-len(history.days) :]
    assert len(history.days) == SESSIONS
    for key in ("advancing", "highs", "lows", "sma20", "sma50", "sma200"):
        assert history.shares[key] == [expected(bars, key, day) for day in history.days], key


def test_no_bars_make_no_history() -> None:
    sums = BreadthSums()
    add_bars(sums, Columns("daily", [], np.zeros(0, dtype=np.int64), np.zeros((7, 0))), {})

    assert sums.history() == BreadthHistory([], {})


def test_a_line_goes_on_to_this_moment() -> None:
    overview = OverviewBoard(lambda: [quote("BRK.B", 85.5)], lambda *_days: 1.0).current()
    past = BreadthHistory([UNTIL], {"advancing": [0.0], "sma20": [None]})

    lines = stream.lines(past, overview)

    assert lines == {"advancing": "M0 19l1-18"}
    markup = stream.table("breadth", overview.breadth, lines, stream.POINTS, View())
    assert 'viewBox="0 0 30 20"' in markup
    assert 'class="spark"' not in stream.table(
        "breadth", overview.breadth, lines, stream.POINTS, View(reduced_data=True)
    )
    assert rows("stages", [], 0, View()) == '<tbody id="stages">\n</tbody>'

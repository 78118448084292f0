import csv
import gzip
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from app.finance.adjust import CorporateActions, Payout, Split, adjust, rates_across, share_ratio
from app.finance.bars import Bar, day_start
from app.finance.history import read

HISTORY = Path("config/history/us-equities-daily.csv.gz")


def bars(*closes: float, volume: int = 100) -> list[Bar]:
    """Days of January 2020, each with a range of 10 percent around its close."""
    return [
        Bar("A", "daily", day_start(date(2020, 1, at)), close, close * 1.1, close * 0.9, close, volume)
        for at, close in enumerate(closes, 1)
    ]


def test_before_a_split_of_two_for_one_a_share_was_half_of_two() -> None:
    adjusted = adjust(bars(100, 102, 51.5, 52), [Split(date(2020, 1, 3), 2.0)])

    assert [bar.close for bar in adjusted.bars] == [50, 51, 51.5, 52]
    assert [bar.volume for bar in adjusted.bars] == [200, 200, 100, 100]
    assert adjusted.bars[0].high == pytest.approx(55)
    assert adjusted.bars[0].low == pytest.approx(45)
    assert adjusted.changed


def test_splits_multiply_and_reverse_splits_divide() -> None:
    adjusted = adjust(bars(6, 3, 30), [Split(date(2020, 1, 2), 2.0), Split(date(2020, 1, 3), 0.1)])

    assert [bar.close for bar in adjusted.bars] == pytest.approx([30, 30, 30])
    assert [bar.volume for bar in adjusted.bars] == [20, 10, 100]


def test_a_dividend_of_2_on_a_close_of_100_lowers_earlier_prices_by_2_percent() -> None:
    adjusted = adjust(bars(99, 100, 98.5), [], [Payout(date(2020, 1, 3), 2.0)])

    assert [bar.close for bar in adjusted.bars] == pytest.approx([97.02, 98.0, 98.5])
    assert [bar.volume for bar in adjusted.bars] == [100, 100, 100]


def test_a_dividend_before_a_split_is_in_shares_of_its_own_day() -> None:
    adjusted = adjust(bars(100, 98, 49), [Split(date(2020, 1, 3), 2.0)], [Payout(date(2020, 1, 2), 2.0)])

    assert [bar.close for bar in adjusted.bars] == pytest.approx([49, 49, 49])


def test_split_and_dividend_match_the_worked_example_of_yahoo() -> None:
    """Microsoft in February 2003: two for one on the second day, 0.08 a share on the third."""
    splits, payouts = [Split(date(2020, 1, 2), 2.0)], [Payout(date(2020, 1, 3), 0.08)]

    adjusted = adjust(bars(48.30, 24.96, 24.53), splits, payouts)

    assert [round(bar.close, 2) for bar in adjusted.bars] == [24.07, 24.88, 24.53]
    assert [bar.volume for bar in adjusted.bars] == [200, 100, 100]


def test_a_dividend_on_the_day_of_a_split_is_in_new_shares() -> None:
    day = date(2020, 1, 2)

    adjusted = adjust(bars(100, 48), [Split(day, 2.0)], [Payout(day, 2.0)])

    assert [bar.close for bar in adjusted.bars] == pytest.approx([48, 48])


def test_already_adjusted_bars_can_be_adjusted_for_the_next_day() -> None:
    traded = bars(100, 98, 25, 24)
    actions = CorporateActions(
        [Split(date(2020, 1, 3), 4.0)], [Payout(date(2020, 1, 3), 0.5), Payout(date(2020, 1, 4), 1.0)]
    )
    closes = [100.0, 98.0]
    for last, bar in pairwise(traded[1:]):
        rates = rates_across(last, bar.day, actions)
        closes = [close * rates.price for close in closes] + [bar.close]

    assert closes == pytest.approx([bar.close for bar in adjust(traded, *actions).bars])


def test_the_share_ratio_includes_a_split_on_the_last_day_and_not_on_the_first() -> None:
    splits = [Split(date(2020, 1, 2), 2.0), Split(date(2020, 1, 5), 0.5), Split(date(2020, 1, 6), 0.0)]

    assert share_ratio(splits, date(2020, 1, 1), date(2020, 1, 2)) == 2
    assert share_ratio(splits, date(2020, 1, 2), date(2020, 1, 4)) == 1
    assert share_ratio(splits, date(2020, 1, 1), date(2020, 1, 9)) == 1


@pytest.mark.parametrize("day", [date(2019, 12, 1), date(2020, 1, 1), date(2020, 1, 4)])
def test_splits_and_dividends_outside_the_bars_change_nothing(day: date) -> None:
    traded = bars(1, 2, 3)

    adjusted = adjust(traded, [Split(day, 2.0)], [Payout(day, 0.5)])

    assert adjusted.bars == tuple(traded)
    assert not adjusted.changed


def test_a_split_on_a_day_without_trade_counts_from_the_next_bar_on() -> None:
    traded = [bar for bar in bars(100, 50, 50) if bar.day != date(2020, 1, 2)]

    assert adjust(traded, [Split(date(2020, 1, 2), 2.0)]).bars[0].close == 50


def test_split_adjustment_matches_the_returns_of_the_source() -> None:
    with gzip.open(HISTORY, "rt", newline="") as file:
        source_closes = {
            row["date"]: float(row["adj_close"]) for row in csv.DictReader(file) if row["symbol"] == "AAPL"
        }
    apple = [bar for bar in read(HISTORY) if bar.symbol == "AAPL" and bar.day < date(2012, 8, 9)]

    adjusted = adjust(apple, [Split(date(2000, 6, 21), 2.0), Split(date(2005, 2, 28), 2.0)])

    last = adjusted.bars[-1].close / source_closes[apple[-1].day.isoformat()]
    assert [bar.close for bar in adjusted.bars] == pytest.approx(
        [source_closes[bar.day.isoformat()] * last for bar in apple], rel=2e-6
    )


def test_adjusting_no_bars_returns_no_bars() -> None:
    assert adjust([], [Split(date(2020, 1, 2), 2.0)]) == ((), False)


def test_total_return_adjustment_matches_the_source_of_the_shipped_history() -> None:
    """Apple split two for one on 2000-06-21 and 2005-02-28, and paid 2.65 dollars from 2012-08-09 on."""
    with gzip.open(HISTORY, "rt", newline="") as file:
        source_closes = {
            row["date"]: float(row["adj_close"]) for row in csv.DictReader(file) if row["symbol"] == "AAPL"
        }
    apple = [bar for bar in read(HISTORY) if bar.symbol == "AAPL" and bar.day < date(2012, 11, 7)]

    adjusted = adjust(
        apple, [Split(date(2000, 6, 21), 2.0), Split(date(2005, 2, 28), 2.0)], [Payout(date(2012, 8, 9), 2.65)]
    )

    last = adjusted.bars[-1].close / source_closes[apple[-1].day.isoformat()]
    # It measures the dividend by the close of the day itself, which was 0.1 percent higher than the one before.
    assert [bar.close for bar in adjusted.bars] == pytest.approx(
        [source_closes[bar.day.isoformat()] * last for bar in apple], rel=3e-5
    )

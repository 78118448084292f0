"""The invented market: the same for one seed, and with the properties of a real one."""

from datetime import date
from hashlib import sha256

import numpy as np
import pytest

from app.finance import calendar
from app.finance.invented import bars, schedule
from app.finance.invented.companies import COMPANY
from app.finance.invented.prices import InventedPrices, cents
from tests.support.invented_market import FIRST, INSTRUMENTS, prices

LAST = date(2025, 11, 28)
SESSIONS = list(calendar.sessions(FIRST, LAST))
COMPANIES = sum(each.kind == COMPANY for each in INSTRUMENTS)


@pytest.fixture(scope="module")
def market() -> InventedPrices:
    return prices()


@pytest.fixture(scope="module")
def returns(market: InventedPrices) -> np.ndarray:
    """One row per session: from the close before to the close, in the shares of the session."""
    figures = [market.prices(day) for day in SESSIONS]
    return np.array([each.closes - each.previous for each in figures])


def test_there_are_120_companies_two_funds_and_an_index_with_distinct_names() -> None:
    kinds = [each.kind for each in INSTRUMENTS]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"CS": 120, "ETF": 2, "INDEX": 1}
    assert len({each.symbol for each in INSTRUMENTS}) == len({each.name for each in INSTRUMENTS}) == 123
    assert len({each.sector for each in INSTRUMENTS if each.sector}) == 11
    assert all(each.industry and each.shares and each.price for each in INSTRUMENTS[:120])


def test_the_market_is_the_same_on_every_machine(market: InventedPrices) -> None:
    days = bars.daily(market, date(2018, 1, 2), date(2018, 3, 29))

    text = "\n".join(f"{bar.symbol} {bar.day} {bar.open} {bar.high} {bar.low} {bar.close}" for bar in days)
    assert sha256(text.encode()).hexdigest()[:16] == "ba947e4ee8bd661c"


def test_prices_do_not_depend_on_the_order_in_which_sessions_are_asked_for(market: InventedPrices) -> None:
    other = prices()
    later = other.prices(date(2019, 6, 3))
    earlier = other.prices(date(2019, 1, 2))

    assert np.array_equal(later.closes, market.prices(date(2019, 6, 3)).closes)
    assert np.array_equal(earlier.closes, market.prices(date(2019, 1, 2)).closes)
    assert not np.array_equal(later.closes, prices(seed=7).prices(date(2019, 6, 3)).closes)


def test_returns_have_fat_tails_and_the_volatility_of_their_company(returns: np.ndarray) -> None:
    own = returns[:, :COMPANIES]
    kurtosis = ((own - own.mean(axis=0)) ** 4).mean(axis=0) / own.var(axis=0) ** 2
    volatility = own.std(axis=0) * 252**0.5

    assert np.median(kurtosis) > 5
    assert np.median(volatility / [each.volatility for each in INSTRUMENTS[:COMPANIES]]) == pytest.approx(1, abs=0.25)
    assert np.abs(own).max() < 0.8


def test_companies_of_one_sector_move_together_more_than_others_do(returns: np.ndarray) -> None:
    correlation = np.corrcoef(returns[:, :COMPANIES].T)
    sectors = np.array([each.sector for each in INSTRUMENTS[:COMPANIES]])
    same = (sectors[:, None] == sectors) & ~np.eye(COMPANIES, dtype=bool)
    others = sectors[:, None] != sectors

    assert 0.15 < correlation[others].mean() < correlation[same].mean() - 0.05 < 0.6


def test_volume_follows_the_size_of_the_move(market: InventedPrices, returns: np.ndarray) -> None:
    volumes = np.log(np.array([market.volumes(day) for day in SESSIONS])[:, :COMPANIES])
    moves = np.abs(returns[:, :COMPANIES])

    correlations = [np.corrcoef(volumes[:, number], moves[:, number])[0, 1] for number in range(COMPANIES)]
    assert np.mean(correlations) > 0.3


def test_a_split_keeps_what_a_share_was_worth(market: InventedPrices) -> None:
    actions = list(bars.actions(market, FIRST, LAST))
    splits = [(each.day, symbol, ratio) for each in actions for symbol, ratio in each.splits.items()]

    assert len(splits) > 5
    for day, symbol, ratio in splits:
        number = market.numbers[symbol]
        before = cents(market.prices(calendar.previous_session(day)).closes)[number]
        assert market.previous_close(number, day) == before
        assert float(np.exp(market.prices(day).previous[number])) * ratio == pytest.approx(before, abs=0.01)


def test_dividends_are_paid_by_quarter_as_the_yield_says(market: InventedPrices) -> None:
    actions = list(bars.actions(market, SESSIONS[-252], LAST))
    amounts = [symbol for each in actions for symbol in each.payouts]
    payers = [each for each in INSTRUMENTS if each.dividend_yield]

    assert set(amounts) == {each.symbol for each in payers}
    assert all(amounts.count(each.symbol) == 4 for each in payers)
    tobacco = sum(each.payouts.get("TBKO", 0.0) for each in actions)
    assert tobacco / np.exp(market.prices(LAST).closes[market.numbers["TBKO"]]) == pytest.approx(0.064, rel=0.5)


def test_the_index_is_the_worth_of_all_companies(market: InventedPrices) -> None:
    index = market.numbers["INV120"]
    worth = []
    for day in (SESSIONS[0], LAST):
        shares = market.shares_outstanding(day)
        closes = np.exp(market.prices(day).closes)
        worth.append(sum(count * closes[market.numbers[symbol]] for symbol, count in shares.items()))

    levels = [float(np.exp(market.prices(day).closes[index])) for day in (SESSIONS[0], LAST)]
    assert levels[1] / levels[0] == pytest.approx(worth[1] / worth[0], rel=1e-9)


def test_the_played_year_ends_before_today_and_the_past_begins_five_years_earlier() -> None:
    today = date(2026, 12, 1)
    first = schedule.first_session(today)

    assert len(list(calendar.sessions(first, calendar.previous_session(today)))) == 250
    assert schedule.history_begins(first) == date(2020, 12, 1)
    assert not schedule.may_be_played(today, today)
    assert schedule.may_be_played(calendar.previous_session(today), today)
    assert schedule.first_session(date(1999, 1, 4)) > FIRST
